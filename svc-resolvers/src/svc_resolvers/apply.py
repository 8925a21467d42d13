"""Rules in order over one record: the repaired record, what was replaced, and what could not be repaired."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, NotRequired, TypedDict, TypeVar

from mspbyte_common.models import Kind
from svc_resolvers.rule import Rule

K = TypeVar("K", bound=Kind)


class Repair(TypedDict):
    """A value a rule replaced with another. Filling a field of the record that was empty is no repair.

    `by` is the proof of a client that no mapping and no company told.
    """

    rule: str
    version: int
    field: str
    before: Any
    after: Any
    by: NotRequired[str]


class Issue(NamedTuple):
    """A value a rule could not repair."""

    rule: str
    field: str
    value: str


def apply_rules(model: K, rules: Iterable[Rule]) -> tuple[K, list[Repair], list[Issue]]:
    """The record after every rule of its kind, in order of `order` and id. Each sees what the ones before it made."""
    kind = type(model)
    repaired, repairs, issues = model, list[Repair](), list[Issue]()
    for rule in sorted((rule for rule in rules if kind in rule.kinds), key=lambda rule: (rule.order, rule.id)):
        outcome = rule.apply(repaired)
        issues.extend(Issue(rule.id, name, value) for name, value in sorted(outcome.issues.items()))
        changes = {name: value for name, value in outcome.changes.items() if getattr(repaired, name) != value}
        repairs.extend(
            Repair(rule=rule.id, version=rule.version, field=name, before=getattr(repaired, name), after=changes[name])
            for name in sorted(changes)
            if not _empty(getattr(repaired, name))
        )
        repaired = repaired.model_copy(update=changes) if changes else repaired
    if repaired is not model:
        repaired = kind.model_validate({name: getattr(repaired, name) for name in kind.model_fields})
    return repaired, repairs, issues


def _empty(value: object) -> bool:
    """Nothing was there: None, or a list not yet filled."""
    return value is None or value == ()
