"""What a batch's edges depend on, and how they have to change: pure functions, rule by rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from mspbyte_common.links import PERSON
from svc_linkers.batch import Answers, Asked, Batch, Existing, Question
from svc_linkers.edges import (
    Change,
    Edge,
    Evidence,
    Holder,
    Place,
    Stored,
    Traits,
    WrittenRule,
    difference,
    referenced,
    same,
)
from svc_linkers.rule import ReferenceRule, SamenessRule


def references_asked(batch: Batch, rules: Iterable[ReferenceRule]) -> Iterator[tuple[Question, Place]]:
    """Who is known by what the batch refers to, and who refers to what it is known by."""
    for rule in rules:
        if batch.kind == rule.source:
            yield from ((_named(rule), place) for _, place in batch.mine(rule.scope, rule.refers, refers=True))
        if batch.kind in rule.targets:
            yield from ((_naming(rule), place) for _, place in batch.mine(rule.scope, rule.known_by, refers=False))


def sameness_asked(rule: SamenessRule, places: Iterable[Place]) -> Iterator[tuple[Question, Place]]:
    """Who else is known by a value, on either side of the rule."""
    sides = _sides(rule)
    return ((side, place) for place in places for side in sides)


def together(asked: Iterable[tuple[Question, Place]]) -> Asked:
    """Each question once, whichever rules ask it."""
    found: dict[Question, set[Place]] = defaultdict(set)
    for question, place in asked:
        found[question].add(place)
    return found


def sameness_places(batch: Batch, rule: SamenessRule) -> set[Place]:
    """The values of the rule's keys that records of the batch have, had, or are linked by.

    Whether a value is ambiguous depends on all who have it, so each value is looked at as a whole.
    """
    found = {_place(stored) for stored in batch.edges(rule.relation, rule.id)}
    found |= batch.left(rule.scope, (rule.left_key, rule.right_key))
    for side in _sides(rule):
        if side.kind == batch.kind:
            found |= {place for _, place in batch.mine(rule.scope, side.key_type, refers=False)}
    return found


def holders(rule: SamenessRule, places: Iterable[Place], answers: Answers) -> dict[Place, list[Holder]]:
    """Who is known by each of these values, where there are two to be compared."""
    sides = [answers.get(side, {}) for side in _sides(rule)]
    found = {place: [holder for side in sides for holder in side.get(place, ())] for place in places}
    return {place: known for place, known in found.items() if len(known) > 1}


def reference_change(batch: Batch, rule: ReferenceRule, answers: Answers) -> Change:
    """Brings a reference rule's edges at the batch up to date, whichever end of them the batch has."""
    desired: set[Edge] = set()
    if batch.kind == rule.source:
        mine = batch.mine(rule.scope, rule.refers, refers=True)
        desired |= referenced(rule, mine, answers.get(_named(rule), {}), refers=True)
    if batch.kind in rule.targets:
        mine = batch.mine(rule.scope, rule.known_by, refers=False)
        desired |= referenced(rule, mine, answers.get(_naming(rule), {}), refers=False)
    written = WrittenRule(rule.id, rule.version, rule.relation, 1)
    return difference(written, desired, batch.edges(rule.relation, rule.id), _met(rule.refers, rule.known_by))


def sameness_change(
    rule: SamenessRule,
    held: Mapping[Place, Sequence[Holder]],
    existing: Iterable[Stored],
    traits: Traits,
    rejected: Collection[frozenset[UUID]],
) -> Change:
    """Brings a rule's edges at the values that were looked at up to date."""
    written = WrittenRule(rule.id, rule.version, rule.relation, rule.confidence)
    return difference(written, same(rule, held, traits, rejected), existing, _met(rule.left_key, rule.right_key))


def decision_change(batch: Batch, relation: str, decided: Mapping[Edge, Evidence]) -> Change:
    """Brings the edges that a person confirmed or pinned at the batch up to date."""
    return difference(WrittenRule(PERSON, 1, relation, 1), decided, batch.edges(relation, PERSON), decided.__getitem__)


def retired(made: Collection[tuple[str, str]], existing: Existing) -> Iterator[Change]:
    """Ends what no (relation, rule) makes any more: the rule was taken away, or makes another relation now."""
    for (relation, rule), stored in existing.items():
        if (relation, rule) not in made:
            yield Change(WrittenRule(rule, 0, relation, 0), stored, {})


def _met(left_key: str, right_key: str) -> Callable[[Edge], Evidence]:
    return lambda edge: {"left_key": left_key, "right_key": right_key, "value": edge.key_value}


def _named(rule: ReferenceRule) -> Question:
    return Question(rule.scope, rule.known_by, refers=False)


def _naming(rule: ReferenceRule) -> Question:
    return Question(rule.scope, rule.refers, refers=True)


def _sides(rule: SamenessRule) -> set[Question]:
    """Both sides; one, where they are alike."""
    return {
        Question(rule.scope, rule.left_key, refers=False, kind=rule.left),
        Question(rule.scope, rule.right_key, refers=False, kind=rule.right),
    }


def _place(stored: Stored) -> Place:
    """Where the keys of an edge met."""
    return stored.edge.scope_id, stored.edge.key_value
