"""How much longer 270 accounts take when 30 others fail: `python -m tests.bench.failing_accounts`, from the root.

Both courses run in turn over one database, eight runs at a time as in an adapter. A run that is to be tried again waits as
long as it says and then stands behind those that wait already, as the scheduler has it. Prints the times and their ratio.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import tempfile
import time
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from uuid import UUID

import psycopg
import structlog
from tests.conftest import PASSWORD, Database, _embedded
from tests.integration.adapters.conftest import OneConnection, connect_all, new_bench, open_world
from tests.integration.adapters.failing import WAYS, tenants

from mspbyte_common.db.bootstrap import apply_roles, migrate
from mspbyte_common.db.roles import ROLES
from mspbyte_common.db.schema import metadata
from vendor_sim.estate import generate

ACCOUNTS, EVERY, USERS, HANDS, ROUNDS = 300, 10, 20, 8, 5


async def course(url: str, *, failing: bool) -> float:
    """Seconds until the healthy accounts have been read."""
    with psycopg.connect(url) as connection:
        connection.execute(f"TRUNCATE {', '.join(table.name for table in metadata.sorted_tables)} CASCADE")
    database = Database(url)
    async with database.stack:
        world = open_world(estate=generate(1, 1, date(2026, 11, 23)))
        bench = await new_bench(OneConnection(database), world)
        connect_all(bench)
        ways = list(WAYS)
        made = await tenants(
            bench,
            ACCOUNTS,
            USERS,
            lambda place: ways[place // EVERY % len(ways)] if failing and place % EVERY == 0 else None,
        )
        healthy = {account for place, account in enumerate(made) if place % EVERY}
        waiting: asyncio.Queue[tuple[UUID, UUID]] = asyncio.Queue()
        for account in made:
            waiting.put_nowait((account, bench.queue("m365", account, "users")))
        started, left, done = time.perf_counter(), len(healthy), asyncio.Event()

        async def hand() -> None:
            nonlocal left
            while True:
                account, run = await waiting.get()
                row = await bench.carry_out(run)
                if row["state"] == "queued":
                    [(seconds,)] = bench.database.execute(
                        "SELECT extract(epoch FROM not_before - clock_timestamp())::float8 FROM run WHERE id = %s", run
                    )
                    asyncio.get_running_loop().call_later(seconds, waiting.put_nowait, (account, run))
                elif account in healthy:
                    assert row["state"] == "succeeded", row["error"]
                    left -= 1
                    if left == 0:
                        done.set()

        hands = [asyncio.create_task(hand()) for _ in range(HANDS)]
        everything = asyncio.create_task(done.wait())
        ended, _ = await asyncio.wait({everything, *hands}, return_when=asyncio.FIRST_COMPLETED)
        taken = time.perf_counter() - started
        for one in hands:
            one.cancel()
        await asyncio.gather(*hands, return_exceptions=True)
        for one in ended:
            one.result()
        await world.http.aclose()
        return taken


def main() -> None:
    """Measures and prints."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory(prefix="mspbyte-", ignore_cleanup_errors=True) as name, ExitStack() as stack:
        url = _embedded(Path(name) / "embedded", stack).database_admin_url
        migrate(url)
        apply_roles(url, {role.name: PASSWORD for role in ROLES})
        asyncio.run(course(url, failing=False))
        times: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(ROUNDS):
            for failing, taken in times.items():
                taken.append(asyncio.run(course(url, failing=failing)))
    whole, some = (statistics.median(times[failing]) for failing in (False, True))
    print(f"all healthy {whole:.2f} s, thirty fail {some:.2f} s, ratio {some / whole:.3f}")


if __name__ == "__main__":
    main()
