"""Many Microsoft 365 tenants, some of which fail, each in one of five ways that stay until somebody acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from tests.integration.adapters.conftest import Bench

from vendor_sim.estate import M365Tenant

WAYS: dict[str, tuple[dict[str, Any], str, str]] = {
    "consent withdrawn": ({}, "account_parked", "consent_missing"),
    "tenant gone": ({}, "account_parked", "account_gone"),
    "permission taken": ({"action": "status:403"}, "account_parked", "permission_missing"),
    "server error": ({"action": "status:500"}, "vendor_trouble", "transient"),
    "damaged answers": ({"action": "malformed"}, "vendor_trouble", "schema_drift"),
}
"""The fault of a way, and the check and class of the one finding it must lead to."""


async def tenants(bench: Bench, number: int, users: int, fails: Callable[[int], str | None]) -> dict[UUID, str | None]:
    """So many tenants with so many users, mapped to one client; `fails` names the way in which the n-th does, or None."""
    client = uuid4()
    bench.database.execute(
        "INSERT INTO client (id, msp_id, account_id, company_id, name) VALUES (%s, %s, %s, '7', 'Contoso')",
        *(client, bench.msp, bench.roots["autotask"]),
    )
    made: dict[UUID, str | None] = {}
    for place in range(number):
        tenant, way = str(UUID(int=place + 1)), fails(place)
        people = {
            (key := str(UUID(int=place * 1_000 + one))): {"id": key, "displayName": f"Person {one}"}
            for one in range(users)
        }
        if way != "tenant gone":
            bench.world.estate.m365[tenant] = M365Tenant(
                tenant, {"id": tenant}, users=people, consented=way != "consent withdrawn"
            )
        account = bench.account("m365", tenant)
        made[account] = way
        if way is not None and WAYS[way][0]:
            await bench.fault("m365", path_contains="/v1.0/users?", account=tenant, times=-1, **WAYS[way][0])
    bench.database.execute(
        "UPDATE account SET state = 'mapped', client_id = %s WHERE vendor = 'm365' AND NOT is_root", client
    )
    return made


async def settle(bench: Bench, run: UUID) -> str:
    """Tries a run until it has ended; what became of it."""
    while (row := await bench.carry_out(run))["state"] == "queued":
        bench.due(run)
    return str(row["state"])
