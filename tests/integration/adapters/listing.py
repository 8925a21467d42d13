"""One list of one account, in small pages, over a database and a simulator: read, disturbed, compared with the vendor's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from tests.integration.adapters.conforming import CONFORMERS, Conformer, Listed
from tests.integration.adapters.conftest import Bench, OneConnection, connect_all, new_bench, open_world

from mspbyte_common import ids
from vendor_sim.estate import Estate

LISTS = {f"{c.vendor.name}/{one.resource}": (c, one) for c in CONFORMERS for one in c.lists}
"""The lists that can be filled at will."""
SIZE = 5
"""Records on a page."""
MOST_RUNS = 12
"""More runs than this for one listing is one that does not end."""


class Between:
    """Stands where announcements go: after each page that was kept, it may change the world."""

    def __init__(self) -> None:
        self.pages = 0
        self.then: Callable[[int], None] | None = None

    async def work(self, _announcements: Any) -> None:
        """A page was kept."""
        self.pages += 1
        if self.then is not None:
            self.then(self.pages)


@dataclass
class Listing:
    """The list under test."""

    bench: Bench
    conformer: Conformer
    listed: Listed
    account: UUID
    rows: dict[Any, dict[str, Any]]
    between: Between = field(default_factory=Between)

    @classmethod
    def over(cls, bench: Bench, conformer: Conformer, listed: Listed, records: int) -> Listing:
        """A list of so many records, on a bench of its own."""
        vendor = conformer.vendor
        account = bench.roots[vendor.name]
        if listed.account is not None:
            external_id, settings = listed.account(bench.world)
            account = bench.account(vendor.name, external_id, **settings)
        small = [listed.small(one, SIZE) if one.resource == listed.resource else one for one in vendor.endpoints]
        bench.vendors[vendor.name] = replace(vendor, endpoints=small)
        rows = listed.rows(bench.world)
        rows.clear()
        made = cls(bench, conformer, listed, account, rows)
        bench.announcements = made.between  # type: ignore[assignment]
        for number in range(records):
            made.put(number, f"name {number}")
        return made

    @property
    def shifts(self) -> bool:
        """Whether a record is ended only when two listings agree."""
        endpoints = self.bench.vendors[self.conformer.vendor.name].endpoints
        return next(one for one in endpoints if one.resource == self.listed.resource).paging.total is not None

    def put(self, number: int, name: str) -> None:
        """The vendor has the record, named so."""
        key = self.listed.key(number)
        self.rows[key] = self.listed.record(key, name)

    def drop(self, number: int) -> None:
        """The vendor no longer has the record."""
        self.rows.pop(self.listed.key(number), None)

    def there(self) -> dict[str, str]:
        """What the vendor has: name by id."""
        return {str(key): row[self.listed.name] for key, row in self.rows.items()}

    def stored(self) -> dict[str, tuple[str, bool]]:
        """What we have: (name, deleted) by id; each id once."""
        found = self.bench.database.execute(
            "SELECT external_id, raw_data ->> %s, deleted_at IS NOT NULL FROM entity WHERE account_id = %s AND resource = %s",
            self.listed.name,
            self.account,
            self.listed.resource,
        )
        assert len({row[0] for row in found}) == len(found), "a record is stored twice"
        return {row[0]: (row[1], row[2]) for row in found}

    def alive(self) -> dict[str, str]:
        """What we have and do not hold for deleted: name by id."""
        return {key: name for key, (name, deleted) in self.stored().items() if not deleted}

    def queue(self) -> UUID:
        """A run that reads the whole list, ready to be claimed."""
        self.bench.database.execute("UPDATE listing SET cursor = NULL")
        return self.bench.queue(self.conformer.vendor.name, self.account, self.listed.resource)

    async def fault(self, **fault: Any) -> None:
        """Something goes wrong with the list's pages."""
        await self.bench.fault(self.conformer.vendor.name, **({"path_contains": self.listed.path} | fault))

    async def anew(self) -> None:
        """Nothing was ever read, and nothing goes wrong."""
        await self.bench.world.http.delete(f"{self.bench.world.at.m365}/_sim/faults")
        self.bench.database.execute("TRUNCATE job, entity, work CASCADE")
        self.resume()
        self.conformer.forget()

    def resume(self) -> None:
        """What a person does who has mended what parked the account."""
        self.bench.database.execute(
            "UPDATE account SET parked_at = NULL, parked_class = NULL, parked_reason = NULL WHERE parked_at IS NOT NULL"
        )

    async def until_complete(self, seen: Callable[[dict[str, Any]], None] = lambda _: None) -> dict[str, Any]:
        """Runs, as scheduler and people would have them, until one has read the list whole; `seen` is shown each."""
        run = self.queue()
        for _ in range(MOST_RUNS):
            row = await self.bench.carry_out(run)
            seen(row)
            if row["state"] == "succeeded":
                return row
            if row["state"] == "queued":
                self.bench.due(run)
                continue
            self.resume()
            run = self.queue()
        raise AssertionError(f"the list is never read whole: {row['state']} {row['error_class']}: {row['error']}")

    def proved(self, *, repeated: int = 0) -> None:
        """The newest run's place, its pages and its records moved together, but for pages the vendor repeated."""
        [(pages, noted, carried)] = self.bench.database.execute(
            """
            SELECT r.pages, (SELECT count(*) FROM page p WHERE p.run_id = r.id),
                   (SELECT count(DISTINCT e.id) FROM page p JOIN entity e ON e.id = ANY(p.entity_ids) WHERE p.run_id = r.id)
            FROM run r WHERE r.job_id = %s ORDER BY r.fire_time DESC LIMIT 1
            """,
            ids.job_id(self.account, self.listed.resource),
        )
        assert pages == noted
        assert carried == min(max(pages - repeated, 0) * SIZE, len(self.rows)), "every page but the last is full"


@asynccontextmanager
async def open_listing(database: Any, estate: Estate, name: str, records: int) -> AsyncIterator[Listing]:
    """A list of `LISTS` with so many records in place of the estate's own, which are there again afterwards."""
    world = open_world(estate=estate)
    bench = await new_bench(OneConnection(database), world)
    connect_all(bench)
    conformer, listed = LISTS[name]
    rows = listed.rows(world)
    before = dict(rows)
    yield Listing.over(bench, conformer, listed, records)
    rows.clear()
    rows.update(before)
    await world.http.aclose()
