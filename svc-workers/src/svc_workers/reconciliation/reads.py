"""What is read for billing rules: the kinds and lists they count, and which records are one thing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from mspbyte_common.reconciliation.book import RuleBook, needs
from mspbyte_common.reconciliation.rules import COUNTABLE, CountRule
from svc_workers.check import Check
from svc_workers.reconciliation.billing import BUNDLE_UNITS, BUNDLES, LISTS

BILLED_KINDS: Final = ("contract", "contract_line", "contract_unit")
BILLED_LISTS: Final = (*LISTS, BUNDLES, BUNDLE_UNITS)
"""What tells of the contracts, whatever is counted."""
_RELATIONS: Final = {"people": "same_person", "devices": "same_device"}


def kinds(rules: Iterable[CountRule]) -> tuple[str, ...]:
    """The kinds of the lists some rules read."""
    return tuple(sorted({COUNTABLE[listing].NAME for listing in needs(rules)}))


def relations_of(rules: Iterable[CountRule]) -> list[str]:
    """The relations whose clusters are one thing to some rules."""
    return sorted({_RELATIONS[rule.count] for rule in rules if rule.count in _RELATIONS})


def with_rules(check: Check[Any, Any], book: RuleBook) -> Check[Any, Any]:
    """The check with what the msp's rules count, where it compares by them."""
    if not check.by_rules:
        return check
    counting = book.counting
    return replace(
        check,
        client_kinds=tuple(sorted({*check.client_kinds, *kinds(counting)})),
        needs=tuple(sorted({*check.needs, *needs(counting)})),
    )
