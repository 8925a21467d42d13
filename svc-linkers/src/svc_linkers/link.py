"""The link stage: entity_relationship is made true to the keys of a batch and of all they meet."""

from __future__ import annotations

from collections.abc import Sequence

from mspbyte_common.db.engine import Connection
from mspbyte_common.declarations import discover, index
from mspbyte_common.ledger.item import Item, Next, batches
from svc_linkers import rules, store
from svc_linkers.rule import ReferenceRule, SamenessRule

REFERENCES = tuple(index(discover(rules, ReferenceRule), key=lambda rule: rule.id).values())
SAMENESS = tuple(index(discover(rules, SamenessRule), key=lambda rule: rule.id).values())


async def link(connection: Connection, item: Item) -> Sequence[Next]:
    """Finds the edges that should be, ends those that should not, and has both ends judged.

    Links of one msp are made one batch at a time: of two records that belong together the later batch sees the earlier's
    keys and edges, so that no edge outlives its reason.
    """
    await store.one_at_a_time(connection, item.msp_id)
    touched = set(item.entity_ids)
    for reference in REFERENCES:
        if item.kind == reference.source or item.kind in reference.targets:
            touched |= await store.relink_reference(connection, item.msp_id, reference, item.entity_ids)
    for sameness in SAMENESS:
        if item.kind in (sameness.left, sameness.right):
            touched |= await store.relink_sameness(connection, item.msp_id, sameness, item.entity_ids)
    return [
        *batches("evaluate", item.kind, item.account_id, item.entity_ids),
        *batches("evaluate", "recheck", item.account_id, touched - set(item.entity_ids)),
    ]
