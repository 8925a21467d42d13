"""The link stage: entity_relationship is made true to the keys of a batch and of all they meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.declarations import discover, index
from mspbyte_common.fault_points import reach
from mspbyte_common.ledger.item import Item, Next, batches
from mspbyte_common.links import PERSON
from svc_linkers import rules as declared
from svc_linkers import store
from svc_linkers.batch import Batch
from svc_linkers.clusters.regroup import regroup
from svc_linkers.edges import Change, trait_types
from svc_linkers.locks import Locks, joined
from svc_linkers.relink import (
    decision_change,
    holders,
    reference_change,
    references_asked,
    retired,
    sameness_asked,
    sameness_change,
    sameness_places,
    together,
)
from svc_linkers.rule import ClusterRule, ReferenceRule, SamenessRule

REFERENCES = tuple(index(discover(declared, ReferenceRule), key=lambda rule: rule.id).values())
SAMENESS = tuple(index(discover(declared, SamenessRule), key=lambda rule: rule.id).values())
CLUSTERS = tuple(index(discover(declared, ClusterRule), key=lambda rule: rule.relation).values())


@dataclass(frozen=True)
class Rules:
    """The rules that concern a kind."""

    references: Sequence[ReferenceRule]
    sameness: Sequence[SamenessRule]
    clusters: Sequence[ClusterRule]

    @classmethod
    def of(cls, kind: str) -> Rules:
        """Those that have it on either side."""
        return cls(
            [rule for rule in REFERENCES if kind == rule.source or kind in rule.targets],
            [rule for rule in SAMENESS if kind in (rule.left, rule.right)],
            [rule for rule in CLUSTERS if kind in rule.kinds],
        )

    @property
    def version(self) -> str:
        """Another when a rule is new, gone or raised, or makes another relation, or when clusters are made otherwise."""
        references = [f"{rule.relation} {rule.id} {rule.version}" for rule in self.references]
        sameness = [f"{rule.relation} {rule.id} {rule.version}" for rule in self.sameness]
        clusters = [f"{rule.relation} {rule.fragments_by} {rule.one_per_source}" for rule in self.clusters]
        return ", ".join(sorted((*references, *sameness, *clusters)))

    @property
    def making(self) -> set[tuple[str, str]]:
        """Which (relation, rule) may make edges; people may make any that there are clusters of."""
        references = {(rule.relation, rule.id) for rule in self.references}
        sameness = {(rule.relation, rule.id) for rule in self.sameness}
        return references | sameness | {(cluster.relation, PERSON) for cluster in CLUSTERS}

    @property
    def msp_wide(self) -> bool:
        """Whether keys meet anywhere in the msp."""
        return "msp" in {rule.scope for rule in self.references} | {rule.scope for rule in self.sameness}


async def link(connection: Connection, item: Item) -> Sequence[Next]:
    """Finds the edges that should be, ends those that should not, and has both ends judged.

    Batches that share an account or a client are linked one after the other: of two records that belong together the
    later batch sees the earlier's keys and edges, so that no edge outlives its reason. It costs as many statements
    whatever the number of records and rules: all rules ask together, and what changes is written at once.

    Records are judged with those that an edge joins them to; whose edge or cluster changed otherwise is judged beside.
    """
    rules = Rules.of(item.kind)
    claim = await store.claim(connection, item.entity_ids)
    locks = Locks(connection, item.msp_id)
    scopes = joined(claim.scopes, claim.pins) | ({item.msp_id} if rules.msp_wide else set())
    reach("linkers.work.claimed")
    known = await store.known(connection, item.msp_id, locks.first(scopes), item.entity_ids)
    batch = Batch(item.msp_id, item.kind, known.keys, claim.former, known.existing)
    changes = await _changes(connection, batch, rules, known.decided)
    reach("linkers.edges.known")
    await store.write(connection, item.msp_id, known.at, changes)
    reach("linkers.edges.written")
    met = _met(changes, item.entity_ids)
    touched = {end for change in changes for end in change.ends - met[change.rule.relation]}
    for cluster in CLUSTERS:
        seeds = {end for change in changes if change.rule.relation == cluster.relation for end in change.ends}
        seeds |= batch.linked(cluster.relation)
        if seeds:
            touched |= await regroup(connection, locks, known.at, cluster, seeds) - met[cluster.relation]
            reach("linkers.clusters.written")
    return [
        *batches("evaluate", item.kind, item.account_id, item.entity_ids),
        *batches("evaluate", "recheck", item.account_id, touched - set(item.entity_ids)),
    ]


def _met(changes: Iterable[Change], ids: Iterable[UUID]) -> Mapping[str, set[UUID]]:
    """By relation: what a new edge joins these records to."""
    mine, found = set(ids), defaultdict[str, set[UUID]](set)
    for change in changes:
        for edge in change.begun:
            ends = {edge.source_id, edge.target_id}
            if not mine.isdisjoint(ends):
                found[change.rule.relation] |= ends
    return found


async def _changes(connection: Connection, batch: Batch, rules: Rules, decided: store.Decided) -> list[Change]:
    """What is to be written, of every rule and of what people decided."""
    sought = {rule.id: sameness_places(batch, rule) for rule in rules.sameness}
    asked = together(
        (
            *references_asked(batch, rules.references),
            *(one for rule in rules.sameness for one in sameness_asked(rule, sought[rule.id])),
        )
    )
    met = await store.surroundings(connection, batch.msp_id, asked, sought) if asked else store.Surroundings({}, {})
    held = {rule.id: holders(rule, sought[rule.id], met.answers) for rule in rules.sameness}
    compared = {one.entity_id for places in held.values() for found in places.values() for one in found}
    told = await store.told(connection, compared, trait_types(rules.sameness)) if compared else store.Told({}, {})
    changes = (
        *(reference_change(batch, rule, met.answers) for rule in rules.references),
        *(
            sameness_change(
                rule,
                held[rule.id],
                met.existing.get((rule.relation, rule.id), ()),
                told.traits,
                told.rejected.get(rule.relation, ()),
            )
            for rule in rules.sameness
        ),
        *(decision_change(batch, cluster.relation, decided.get(cluster.relation, {})) for cluster in CLUSTERS),
        *retired(rules.making, batch.existing),
        *retired(rules.making, met.existing),
    )
    return [change for change in changes if change.ended or change.begun]
