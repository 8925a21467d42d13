"""How well links agree with the ground truth, over seeds and noise: normalizers, resolvers and linkers in this process.

    .venv/bin/python tests/bench/link_quality.py --clients 50 --seeds 1 2 3 4 5 --noise none some much

Prints precision and recall per relation with the share of each kind of error, and the records linked per second. It
needs no fleet: an embedded PostgreSQL, or that of MSPBYTE_TEST_DATABASE_URL, whose owner may create databases.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from mspbyte_common import ids
from mspbyte_common.db.bootstrap import apply_roles, migrate
from mspbyte_common.db.engine import Pool, open_pool, transaction
from mspbyte_common.db.roles import ROLES
from mspbyte_common.ledger.item import Handler, Item, Next, batches
from mspctl.demo import quality, store
from mspctl.embedded.servers import embedded_servers
from svc_linkers.link import link
from svc_processors.process import process
from svc_resolvers.resolve import resolve
from vendor_sim.estate import Estate, generate
from vendor_sim.truth import truth

PASSWORD = "a-password-of-the-bench"
STAGES: dict[str, tuple[str, Handler]] = {
    "process": ("svc_processors", process),
    "resolve": ("svc_resolvers", resolve),
    "link": ("svc_linkers", link),
}
KINDS = {
    "users": "identity",
    "organization": "tenant",
    "tenants": "tenant",
    "devices": "device",
    "managedDevices": "device",
    "endpoints": "device",
    "ConfigurationItems": "device",
    "Companies": "company",
    "Contacts": "contact",
}


@dataclass
class Fed:
    """What one estate came to: seconds and records per stage."""

    seconds: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)


def listed(estate: Estate) -> Iterator[tuple[str, str, str, str, dict[str, Any]]]:
    """(vendor, account, resource, external id, raw record) of what decides about people, devices and companies."""
    for tenant in estate.m365.values():
        yield "m365", tenant.id, "organization", tenant.id, tenant.organization
        for resource, rows in (
            ("users", tenant.users),
            ("devices", tenant.devices),
            ("managedDevices", tenant.managed_devices),
        ):
            yield from (("m365", tenant.id, resource, key, row) for key, row in rows.items())
    for resource in ("Companies", "Contacts", "ConfigurationItems"):
        yield from (("autotask", "", resource, str(key), row) for key, row in estate.autotask.table(resource).items())
    for key, row in estate.sophos.tenants.items():
        yield "sophos", estate.sophos.partner_id, "tenants", key, row
    for account, endpoints in estate.sophos.endpoints.items():
        if estate.sophos.reachable(account):
            yield from (("sophos", account, "endpoints", key, row) for key, row in endpoints.items())


def keep(admin: str, msp: UUID, estate: Estate) -> list[Next]:
    """Writes accounts, mapped as the truth says, and raw records, as adapters and the operator do."""
    connections = {vendor: ids.connection_id(msp, vendor, "bench") for vendor in ("m365", "autotask", "sophos")}
    psa = ids.account_id(connections["autotask"], "")
    accounts = dict(estate.accounts) | {("autotask", ""): None, ("sophos", estate.sophos.partner_id): None}
    work: dict[tuple[UUID, str], list[UUID]] = defaultdict(list)
    with psycopg.connect(admin) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO msp (id, name) VALUES (%s, %s)", (msp, str(msp)))
        cursor.executemany(
            "INSERT INTO connection (id, msp_id, vendor, name, secret, key_version) VALUES (%s, %s, %s, 'bench', '', 1)",
            [(key, msp, vendor) for vendor, key in connections.items()],
        )
        cursor.executemany(
            """
            INSERT INTO account (id, msp_id, connection_id, vendor, external_id, is_tenant, state, client_id)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [
                (
                    ids.account_id(connections[vendor], external),
                    *(msp, connections[vendor], vendor, external, (vendor, external) in estate.accounts),
                    "unmapped" if company is None else "mapped",
                    None if company is None else ids.client_id(psa, str(company)),
                )
                for (vendor, external), company in accounts.items()
            ],
        )
        with cursor.copy(
            """
            COPY entity (id, msp_id, account_id, vendor, resource, kind, external_id, raw_data, semantic_hash, volatile_hash)
            FROM STDIN
            """
        ) as copy:
            for vendor, external, resource, key, row in listed(estate):
                account = ids.account_id(connections[vendor], external)
                entity = ids.entity_id(account, resource, key)
                work[account, KINDS[resource]].append(entity)
                copy.write_row((entity, msp, account, vendor, resource, KINDS[resource], key, Jsonb(row), b"", b""))
        cursor.execute("ANALYZE entity")
    return [piece for (account, kind), rows in work.items() for piece in batches("process", kind, account, rows)]


async def feed(pools: dict[str, Pool], msp: UUID, waiting: Sequence[Next], at_once: int) -> Fed:
    """Carries the work through the three stages, stage by stage, several pieces at a time."""
    fed = Fed()
    queues: dict[str, deque[Next]] = {stage: deque() for stage in STAGES}
    queues["process"].extend(waiting)
    while any(queues.values()):
        stage = next(name for name in STAGES if queues[name])
        role, handler = STAGES[stage]
        pieces = list(queues[stage])
        queues[stage].clear()
        started = time.perf_counter()
        following = await _do(pools[role], msp, handler, pieces, at_once)
        fed.seconds[stage] += time.perf_counter() - started
        fed.records[stage] += sum(len(piece.entity_ids) for piece in pieces)
        for piece in following:
            if piece.stage in STAGES:
                queues[piece.stage].append(piece)
    return fed


async def _do(pool: Pool, msp: UUID, handler: Handler, pieces: Sequence[Next], at_once: int) -> list[Next]:
    hands = asyncio.Semaphore(at_once)

    async def one(piece: Next) -> Sequence[Next]:
        item = Item(0, msp, None, piece.account_id, piece.stage, piece.kind, list(piece.entity_ids), 0, "00-0-0-01")
        async with hands:
            while True:
                try:
                    async with transaction(pool, msp) as connection:
                        return await handler(connection, item)
                except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                    continue

    return [piece for made in await asyncio.gather(*(one(piece) for piece in pieces)) for piece in made]


def judged(admin: str, msp: UUID, estate: Estate) -> dict[str, Any]:
    """Precision and recall per relation, and the rules behind wrong edges."""
    with psycopg.connect(admin, row_factory=dict_row) as connection:
        connection.execute("SET row_security = off")
        keep_only = {row["id"] for row in connection.execute("SELECT id FROM entity WHERE msp_id = %s", (msp,))}
        places = [row for row in store.references(connection) if row["id"] in keep_only]
        edges = [row for row in store.sameness(connection) if row["source_id"] in keep_only]
    return quality.link_quality(truth(estate), places, edges)


@asynccontextmanager
async def database() -> AsyncIterator[str]:
    """The address of an empty, migrated database's owner."""
    async with AsyncExitStack() as stack:
        server = os.environ.get("MSPBYTE_TEST_DATABASE_URL")
        if not server:
            ground = stack.enter_context(tempfile.TemporaryDirectory(prefix="mspbyte-", ignore_cleanup_errors=True))
            server = (await stack.enter_async_context(embedded_servers(Path(ground) / "bench"))).database_admin_url
        name = f"mspbyte_bench_{os.getpid()}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        url = psycopg.conninfo.conninfo_to_dict(server)
        mine = f"postgresql://{url['user']}:{url.get('password', '')}@{url['host']}:{url.get('port', 5432)}/{name}"
        migrate(mine)
        apply_roles(mine, {role.name: PASSWORD for role in ROLES})
        yield mine
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


async def measure(options: argparse.Namespace) -> None:
    """Every noise with every seed, and the sums per noise."""
    async with database() as admin, AsyncExitStack() as stack:
        pools = {}
        for role, _ in STAGES.values():
            url = psycopg.conninfo.make_conninfo(admin, user=role, password=PASSWORD)
            pools[role] = await stack.enter_async_context(open_pool(url, role, size=options.at_once))
        for noise in options.noise:
            sums: dict[str, Counter[str]] = defaultdict(Counter)
            for seed in options.seeds:
                msp = ids.derive("msp", f"{noise} {seed}")
                estate = generate(seed, options.clients, date(2026, 3, 1), noise)
                fed = await feed(pools, msp, keep(admin, msp, estate), options.at_once)
                found = judged(admin, msp, estate)
                _print(noise, str(seed), found, fed)
                for relation, one in found.items():
                    sums[relation].update(one["pairs"], between=one["between_clients"])
                    if options.errors:
                        _print_errors(relation, one["errors"])
            for relation, pairs in sums.items():
                print(
                    f"{noise:5} all   {relation:13} precision {pairs['right'] / max(1, pairs['claimed']):.4f}"
                    f" recall {pairs['right'] / max(1, pairs['existing']):.4f} pairs {pairs['existing']}"
                    f" between clients {pairs['between']}"
                )


def _print(noise: str, seed: str, found: dict[str, Any], fed: Fed) -> None:
    for relation, one in found.items():
        print(f"{noise:5} {seed:5} {relation:13} precision {one['precision']:.4f} recall {one['recall']:.4f}")
    rates = ", ".join(f"{stage} {fed.records[stage] / fed.seconds[stage]:.0f}/s" for stage in STAGES)
    print(f"{noise:5} {seed:5} {fed.records['link']} records linked; {rates}", flush=True)


def _print_errors(relation: str, errors: dict[str, list[Any]]) -> None:
    for sort, pairs in errors.items():
        for one, other in pairs:
            print(f"      {relation} {sort}: {'/'.join(one)} | {'/'.join(other)}")


def main() -> None:
    """Reads the options and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--noise", nargs="+", choices=("none", "some", "much"), default=["none", "some", "much"])
    parser.add_argument("--at-once", type=int, default=1, help="pieces of work at a time")
    parser.add_argument("--errors", action="store_true", help="name the first wrong and missed pairs")
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
