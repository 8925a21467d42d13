"""Clusters made true to the edges, around the records whose edges or keys changed and nowhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.links import CONFLICT
from svc_linkers.clusters import store
from svc_linkers.clusters.partition import components, partition
from svc_linkers.locks import Locks
from svc_linkers.rule import ClusterRule


async def regroup(
    connection: Connection, locks: Locks, at: datetime, rule: ClusterRule, seeds: Collection[UUID]
) -> set[UUID]:
    """Brings the clusters that the seeds are in up to date; returns every record whose surroundings changed.

    An edge that a rule found holds as long as both its ends are in one cluster, and is a candidate otherwise.
    """
    while True:
        edges = await store.connected(connection, rule.relation, seeds)
        ends = {end for stored in edges for end in (stored.edge.one, stored.edge.other)}
        known, rejected = await store.around(connection, rule, {*seeds, *ends})
        if not await locks.widen({member.scope for member in known.values() if member.scope is not None}):
            break
    records = {one: member.record for one, member in known.items()}
    cluster_of = partition(rule, records, [stored.edge for stored in edges], rejected)
    sizes = Counter(cluster_of.values())
    now_in = {one: cluster if sizes[cluster] > 1 else None for one, cluster in cluster_of.items()}
    moved = [(one, cluster) for one, cluster in now_in.items() if cluster != known[one].cluster_id]
    restated = {}
    for stored in edges:
        together = cluster_of[stored.edge.one] == cluster_of[stored.edge.other]
        reason = None if together else CONFLICT
        if reason != stored.held_back:
            restated[stored.id] = reason
    if restated:
        await store.restate(connection, at, restated)
    if moved:
        await store.write_members(connection, locks.msp_id, rule.relation, at, moved)
    surroundings = components(known, [(stored.edge.one, stored.edge.other) for stored in edges])
    changed = {surroundings[one] for one, _ in moved}
    changed |= {surroundings[stored.edge.one] for stored in edges if stored.id in restated}
    return {one for one, root in surroundings.items() if root in changed}
