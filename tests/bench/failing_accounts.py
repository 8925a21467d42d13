"""How much longer 270 accounts take when 30 others fail: `python -m tests.bench.failing_accounts`, from the root.

Both courses run in turn over one database, eight runs at a time as in an adapter; a run that is to be tried again is tried
at once, which is harder on the others than the pauses of the real thing. Prints the times and their ratio.
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

import psycopg
import structlog
from tests.conftest import PASSWORD, Database, _embedded
from tests.integration.adapters.conftest import connect_all, new_bench, open_world
from tests.integration.adapters.failing import WAYS, settle, tenants
from tests.integration.adapters.listing import OneConnection

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
        waiting = [(account, bench.queue("m365", account, "users")) for account in made]
        waiting.reverse()
        started, done, left = time.perf_counter(), 0.0, len(healthy)

        async def hand() -> None:
            nonlocal left, done
            while waiting:
                account, run = waiting.pop()
                state = await settle(bench, run)
                if account in healthy:
                    assert state == "succeeded", state
                    left -= 1
                    if left == 0:
                        done = time.perf_counter() - started

        await asyncio.gather(*(hand() for _ in range(HANDS)))
        await world.http.aclose()
        return done


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
