"""Which batches are linked one after the other: those that share an account or a client."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from mspbyte_common.db.engine import Connection
from svc_linkers import store
from svc_linkers.clusters.partition import components

STRIPES = 64
"""Scopes share this many locks per msp, so that a batch that touches a thousand clients does not hold a thousand."""


@dataclass
class Locks:
    """The locks of one transaction, held to its end.

    Keys meet within an account or a client, so two batches that share neither can be linked side by side. A batch takes
    what its records' keys name in one order; so nobody waits in a circle.
    """

    connection: Connection
    msp_id: UUID
    held: set[int] = field(default_factory=set)

    def first(self, scopes: Collection[UUID]) -> list[int]:
        """The stripes a batch begins with, in order; to be waited for before anything is read."""
        wanted = _stripes(scopes)
        self.held.update(wanted)
        return wanted

    async def widen(self, scopes: Collection[UUID]) -> bool:
        """Takes scopes found on the way, such as that of a record pinned to another client's; False: all were held.

        What was read before must be read again when it is True. Somebody who has the lock may be waiting for ours: then the
        batch fails with LockNotAvailable and is tried again. It is rare, for pins between clients are known beforehand.
        """
        wanted = [stripe for stripe in _stripes(scopes) if stripe not in self.held]
        if not wanted:
            return False
        await store.lock_now(self.connection, self.msp_id, wanted)
        self.held.update(wanted)
        return True


def joined(scopes: Collection[UUID], pins: Collection[tuple[UUID, UUID]]) -> set[UUID]:
    """The scopes and all that pins join to them, over any number of pins."""
    if not pins:
        return set(scopes)
    root = components({*scopes, *(end for pin in pins for end in pin)}, pins)
    reached = {root[scope] for scope in scopes}
    return {scope for scope, top in root.items() if top in reached}


def _stripes(scopes: Iterable[UUID]) -> list[int]:
    return sorted({scope.int % STRIPES for scope in scopes})
