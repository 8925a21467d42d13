"""`relink`: edges kept true when half a percent of the records change, against making all of them anew.

Ours: a linker does the link work of the changed records. Baseline: what graphs that are rebuilt at each sync do, in one
statement per rule over the same keys: every edge that should be is upserted with this round's tag, and those with an older
tag are deleted. Both in turn; at the end both must say the same.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median
from uuid import UUID

from mspbyte_common import ids
from mspbyte_common.jetstream.announce import Announcer
from mspctl.bench import store
from mspctl.bench.edges import store as edges
from mspctl.bench.edges.store import KeyRow
from mspctl.bench.figure import Figure, Ground, Measured
from mspctl.bench.work import until
from mspctl.embedded import Fleet
from mspctl.embedded.leftovers import empty
from mspctl.embedded.roster import SERVICES
from mspctl.failure import Failure

ACCOUNTS = 20
GROUPS = 50
SKUS = 10
EACH = 2
"""Groups and licences of a person: four edges."""
CHANGED = 0.005
LOOK_SECONDS = 0.005
SECONDS = 1_800.0
MSP = ids.derive("msp", "relink")


@dataclass
class People:
    """People in groups and with licences, as keys; which licences each has now."""

    number: int
    dice: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - a course of things, no secret
    licences: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def keys(self) -> Iterator[KeyRow]:
        """Every key of every record."""
        for account in range(ACCOUNTS):
            for sku in range(SKUS):
                yield _key(account, "licence", f"sku{sku}", "m365_sku_id", f"sku{sku}", refers=False)
            for user in range(self.number // ACCOUNTS):
                self.licences[account, user] = self.dice.sample(range(SKUS), EACH)
                yield _key(account, "identity", f"user{user}", "m365_member_id", f"{account}/user{user}", refers=False)
                for sku in self.licences[account, user]:
                    yield _key(account, "identity", f"user{user}", "m365_sku_id", f"sku{sku}", refers=True)
                for group in self.dice.sample(range(GROUPS), EACH):
                    yield _key(
                        account, "group", f"group{group}", "m365_member_id", f"{account}/user{user}", refers=True
                    )

    def change(self) -> tuple[list[KeyRow], list[KeyRow]]:
        """(keys that go, keys that come): half a percent of the people have another licence."""
        gone, come = [], []
        for account, user in self.dice.sample(sorted(self.licences), round(len(self.licences) * CHANGED)):
            had = self.licences[account, user]
            other = self.dice.choice([one for one in range(SKUS) if one not in had])
            gone.append(_key(account, "identity", f"user{user}", "m365_sku_id", f"sku{had[0]}", refers=True))
            come.append(_key(account, "identity", f"user{user}", "m365_sku_id", f"sku{other}", refers=True))
            self.licences[account, user] = [other, *had[1:]]
        return gone, come


def _key(account: int, kind: str, name: str, key_type: str, value: str, *, refers: bool) -> KeyRow:
    at = ids.derive("account", "relink", str(account))
    return KeyRow(ids.entity_id(at, kind, name), refers, key_type, value, kind, at)


async def measure(ground: Ground, _variants: tuple[str, ...]) -> AsyncIterator[Measured]:
    """Seconds, medians of both in turn."""
    directory, rounds = ground.directory / "relink", ground.size.rounds
    await empty(directory)
    people = People(ground.size.people)
    services = [member for member in SERVICES if member.name == "svc_linkers"]
    async with Fleet(directory, services=services) as fleet, fleet.servers.connect() as client:
        connection = await store.connect(fleet.servers.database_admin_url)
        try:
            linker = Linker(connection, Announcer(client))
            keys = list(people.keys())
            await edges.keep(connection, MSP, keys)
            await linker.link(one.entity_id for one in keys if one.kind == "identity")
            await edges.tag(connection, MSP, 0)
            ours, baseline, changed = [], [], 0
            for tag in range(1, rounds + 1):
                gone, come = people.change()
                await edges.replace(connection, MSP, gone, come)
                ours.append(await linker.link(one.entity_id for one in come))
                began = time.monotonic()
                await edges.tag(connection, MSP, tag)
                baseline.append(time.monotonic() - began)
                changed = len(come)
            if differ := await edges.differences(connection):
                message = f"{differ} edges are in one graph and not in the other"
                raise Failure(message)
            number = await edges.count(connection)
        finally:
            await connection.close()
    yield Measured(
        "relink",
        median(ours),
        median(baseline),
        "s",
        rounds,
        {
            "edges": number,
            "changed": changed,
            "seconds": [round(one, 3) for one in ours],
            "baseline_seconds": [round(one, 3) for one in baseline],
            "baseline": "one statement per rule upserts every edge with a tag; one deletes those with an older tag",
        },
    )


@dataclass(frozen=True)
class Linker:
    """A linker's work, from its first announcement to its last commit."""

    connection: store.Connection
    announcer: Announcer

    async def link(self, entities: Iterable[UUID]) -> float:
        """Seconds until the link work of these records, all people, is done."""
        await edges.add_work(self.connection, MSP, sorted(set(entities)))
        seconds = await until("the records are linked", self._linked, seconds=SECONDS, look=LOOK_SECONDS)
        await edges.forget_rest(self.connection)
        return seconds

    async def _linked(self) -> bool:
        await self.announcer.work(await edges.announce(self.connection))
        return not await edges.waits(self.connection)


RELINK = Figure(
    "relink", "Half a percent of the records of an estate changed, against update-tag relinking of all", measure
)
