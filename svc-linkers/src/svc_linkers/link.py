"""The link stage: entity_relationship is made true to the keys of a batch and of all they meet."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.declarations import discover, index
from mspbyte_common.ledger.item import Item, Next, batches
from svc_linkers import rules as declared
from svc_linkers import store
from svc_linkers.clusters.regroup import regroup
from svc_linkers.locks import Locks
from svc_linkers.relink import Batch, relink_decisions, relink_reference, relink_sameness
from svc_linkers.rule import ClusterRule, ReferenceRule, SamenessRule

REFERENCES = tuple(index(discover(declared, ReferenceRule), key=lambda rule: rule.id).values())
SAMENESS = tuple(index(discover(declared, SamenessRule), key=lambda rule: rule.id).values())
CLUSTERS = tuple(index(discover(declared, ClusterRule), key=lambda rule: rule.relation).values())


async def link(connection: Connection, item: Item) -> Sequence[Next]:
    """Finds the edges that should be, ends those that should not, and has both ends judged.

    Batches that share an account or a client are linked one after the other: of two records that belong together the
    later batch sees the earlier's keys and edges, so that no edge outlives its reason.
    """
    ids = item.entity_ids
    references = [rule for rule in REFERENCES if item.kind == rule.source or item.kind in rule.targets]
    sameness = [rule for rule in SAMENESS if item.kind in (rule.left, rule.right)]
    former = await store.take_former(connection, ids)
    locks = Locks(connection, item.msp_id)
    scopes = await store.scopes(connection, ids, former)
    if "msp" in {rule.scope for rule in references} | {rule.scope for rule in sameness}:
        scopes.add(item.msp_id)
    await locks.take(scopes)
    at = await store.moment(connection)
    clusters = [cluster for cluster in CLUSTERS if item.kind in cluster.kinds]
    relations = {one.relation for one in references} | {one.relation for one in sameness}
    relations |= {one.relation for one in clusters}
    existing = await store.edges_at(connection, ids, relations)
    keys = await store.keys_at(connection, ids)
    batch = Batch(connection, item.msp_id, at, ids, former, keys, existing)
    touched: dict[str, set[UUID]] = {relation: set() for relation in relations}
    for reference in references:
        touched[reference.relation] |= await relink_reference(batch, reference, item.kind)
    for relation in sorted({rule.relation for rule in sameness}):
        rules = [rule for rule in sameness if rule.relation == relation]
        touched[relation] |= await relink_sameness(batch, relation, rules, item.kind)
    for cluster in clusters:
        touched[cluster.relation] |= await relink_decisions(batch, cluster.relation)
        touched[cluster.relation] |= await regroup(connection, locks, at, cluster, {*ids, *touched[cluster.relation]})
    others = set().union(*touched.values()) - set(ids)
    return [
        *batches("evaluate", item.kind, item.account_id, ids),
        *batches("evaluate", "recheck", item.account_id, others),
    ]
