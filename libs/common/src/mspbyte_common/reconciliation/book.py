"""Which rules hold for a client, and which of them is about a service."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from uuid import UUID

from mspbyte_common.reconciliation.files import shipped
from mspbyte_common.reconciliation.rules import BundleRule, CountRule, CurrencyRule, ExcludeRule, Rule

Scope = Literal["shipped", "global", "client_group", "client"]
SCOPES: Final[tuple[Scope, ...]] = ("shipped", "global", "client_group", "client")
"""From the widest to the narrowest, which has the last word."""


@dataclass(frozen=True)
class ScopedRule:
    """A rule as a person set it for a scope; `target_id` is the client or the group."""

    scope: Scope
    target_id: UUID | None
    rule: Rule


@dataclass(frozen=True)
class Rules:
    """The rules that hold for one client, each with its scope, in order of id."""

    entries: tuple[tuple[Scope, Rule], ...]

    @property
    def counting(self) -> tuple[CountRule, ...]:
        """Those that count."""
        return tuple(rule for _, rule in self.entries if isinstance(rule, CountRule))

    @property
    def currency(self) -> str | None:
        """In what the client's contracts are priced; None: nobody said."""
        return next((rule.currency for _, rule in self.entries if isinstance(rule, CurrencyRule)), None)

    def bundle(self, bundle_id: str) -> BundleRule | None:
        """What is in a bundle; None: nobody said. Of two rules about one bundle the narrower scope's counts."""
        found = [
            (SCOPES.index(scope), rule)
            for scope, rule in self.entries
            if isinstance(rule, BundleRule) and rule.bundle == bundle_id
        ]
        return max(found, key=lambda one: one[0])[1] if found else None

    def of_service(self, service_id: str, name: str) -> ExcludeRule | tuple[CountRule, ...]:
        """The exclusion of a service, or the rules that are added up for it; () where none is about it.

        The narrowest scope that has a rule about the service decides; within it an id goes before a name, a name before
        a pattern. An exclusion goes before counts of the same rank.
        """
        ranked = [
            ((SCOPES.index(scope), precision), rule)
            for scope, rule in self.entries
            if isinstance(rule, CountRule | ExcludeRule) and (precision := _precision(rule, service_id, name))
        ]
        best = max((rank for rank, _ in ranked), default=None)
        chosen = [rule for rank, rule in ranked if rank == best]
        excluded = next((rule for rule in chosen if isinstance(rule, ExcludeRule)), None)
        return excluded or tuple(rule for rule in chosen if isinstance(rule, CountRule))


@dataclass(frozen=True)
class RuleBook:
    """All rules of an msp. `groups`: the group of each client that is in one."""

    entries: tuple[ScopedRule, ...] = ()
    groups: Mapping[UUID, UUID] = field(default_factory=dict)

    def of_client(self, client_id: UUID | None) -> Rules:
        """The rules that hold for a client; of two with one id that of the narrower scope does."""
        targets = {
            "global": None,
            "client_group": self.groups.get(client_id) if client_id else None,
            "client": client_id,
        }
        holding: dict[str, tuple[Scope, Rule]] = {rule.id: ("shipped", rule) for rule in shipped().rules}
        for scope in SCOPES[1:]:
            for entry in self.entries:
                mine = scope == "global" or targets[scope] is not None
                if entry.scope == scope and entry.target_id == targets[scope] and mine:
                    holding[entry.rule.id] = scope, entry.rule
        return Rules(tuple(holding[one] for one in sorted(holding)))

    @property
    def counting(self) -> tuple[CountRule, ...]:
        """Every rule that counts for anybody."""
        rules = (*shipped().rules, *(entry.rule for entry in self.entries))
        return tuple(rule for rule in rules if isinstance(rule, CountRule))


def needs(rules: Iterable[CountRule]) -> tuple[str, ...]:
    """The lists, 'vendor/resource', these rules read."""
    return tuple(sorted({need for rule in rules for need in rule.needs}))


def same_text(pattern: str, text: str) -> bool:
    """Whether a text is the pattern's; * stands for any text, upper and lower case and outer blanks do not count."""
    parts = (re.escape(part) for part in pattern.strip().casefold().split("*"))
    return re.fullmatch(".*".join(parts), text.strip().casefold(), re.DOTALL) is not None


def _precision(rule: CountRule | ExcludeRule, service_id: str, name: str) -> int:
    """3: it names the service's id, 2: its name, 1: a pattern it fits; 0: it is about another."""
    if service_id in rule.service_ids:
        return 3
    fitting = [pattern for pattern in rule.services if same_text(pattern, name)]
    return 0 if not fitting else 2 if any("*" not in pattern for pattern in fitting) else 1
