"""A piece of work, as the ledger keeps it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from mspbyte_common.db.engine import Connection

BATCH = 1_000
"""The most entities one piece of work carries."""


@dataclass(frozen=True)
class Item:
    """One row of `work`, locked by whoever holds it."""

    id: int
    msp_id: UUID
    run_id: UUID | None
    account_id: UUID | None
    stage: str
    kind: str
    entity_ids: list[UUID]
    attempts: int
    traceparent: str


@dataclass(frozen=True)
class Next:
    """Work that follows: it is written in the transaction of the work it follows from."""

    stage: str
    kind: str
    account_id: UUID | None
    entity_ids: Sequence[UUID]


class NotInThisReleaseError(Exception):
    """The work is of a sort that this release does not know: while a rollout lasts, another process does."""


Handler = Callable[[Connection, Item], Awaitable[Sequence[Next]]]
"""A stage: does its set-based work for one item in the transaction it is given, and returns what follows."""


def batches(stage: str, kind: str, account_id: UUID | None, ids: Iterable[UUID]) -> Iterator[Next]:
    """Ids, each once and in order, in pieces of work of the allowed size."""
    distinct = iter(sorted(set(ids)))
    while batch := list(islice(distinct, BATCH)):
        yield Next(stage, kind, account_id, batch)
