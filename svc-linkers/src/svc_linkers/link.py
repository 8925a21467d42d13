"""The link stage: entity_relationship is made true to the keys of a batch and of all they meet."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.declarations import discover, index
from mspbyte_common.ledger.item import Item, Next, batches
from svc_linkers import rules, store
from svc_linkers.clusters.regroup import regroup
from svc_linkers.locks import Locks
from svc_linkers.rule import ClusterRule, ReferenceRule, SamenessRule

REFERENCES = tuple(index(discover(rules, ReferenceRule), key=lambda rule: rule.id).values())
SAMENESS = tuple(index(discover(rules, SamenessRule), key=lambda rule: rule.id).values())
CLUSTERS = tuple(index(discover(rules, ClusterRule), key=lambda rule: rule.relation).values())


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
    touched: dict[str, set[UUID]] = {}
    for reference in references:
        ends = await store.relink_reference(connection, item.msp_id, at, reference, ids)
        touched.setdefault(reference.relation, set()).update(ends)
    for same in sameness:
        ends = await store.relink_sameness(connection, item.msp_id, at, same, ids, former)
        touched.setdefault(same.relation, set()).update(ends)
    for cluster in CLUSTERS:
        if item.kind in cluster.kinds:
            ends = touched.setdefault(cluster.relation, set())
            ends |= await store.relink_decisions(connection, item.msp_id, at, cluster.relation, ids)
            ends |= await regroup(connection, locks, at, cluster, {*ids, *ends})
    others = set().union(*touched.values()) - set(ids)
    return [
        *batches("evaluate", item.kind, item.account_id, ids),
        *batches("evaluate", "recheck", item.account_id, others),
    ]
