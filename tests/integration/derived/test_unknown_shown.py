"""What a vendor did not say is unknown all the way: from its answer, through the adapter, to the check and the view."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.integration.derived.estates import open_estate

from vendor_sim.estate import M365Tenant, Record

NOW = datetime.now().astimezone().isoformat()[:19] + "Z"


@dataclass(frozen=True)
class Case:
    """A record as it was sent, what its view shows, and why the check that reads it does not know."""

    name: str
    sent: Callable[[M365Tenant, str, Record], None]
    view: str
    columns: str
    shown: tuple[Any, ...]
    check: str | None = None
    why: str | None = None


def _person(**fields: Any) -> Callable[[M365Tenant, str, Record], None]:
    def sent(tenant: M365Tenant, key: str, _machine: Record) -> None:
        pattern = next(row for row in tenant.users.values() if row["userType"] == "Member")
        row = pattern | {"id": key, "displayName": key, "userPrincipalName": f"{key}@x.example", "mail": None} | fields
        tenant.users[key] = {name: value for name, value in row.items() if value is not ABSENT}

    return sent


def _machine(**fields: Any) -> Callable[[M365Tenant, str, Record], None]:
    def sent(tenant: M365Tenant, key: str, machine: Record) -> None:
        seen = {"enrolledDateTime": "2020-01-01T00:00:00Z", "lastSyncDateTime": NOW}
        row = machine | {"id": key, "deviceName": key, "serialNumber": f"S{key}"} | seen | fields
        tenant.managed_devices[key] = {name: value for name, value in row.items() if value is not ABSENT}

    return sent


def _product(**fields: Any) -> Callable[[M365Tenant, str, Record], None]:
    def sent(tenant: M365Tenant, key: str, _machine: Record) -> None:
        row = next(iter(tenant.subscribed_skus.values())) | {"id": key, "skuPartNumber": "SPB", "skuId": key} | fields
        tenant.subscribed_skus[key] = {name: value for name, value in row.items() if value is not ABSENT}

    return sent


ABSENT = object()
PAID = [{"disabledPlans": [], "skuId": "00000000-0000-4000-8000-000000000001"}]
UNSEEN = ("no_endpoint_protection", "when the device was last seen is not known")
CASES = (
    Case("no P1", _person(), "v_identity", "sign_in_known, last_sign_in_at", (False, None)),
    Case(
        "403",
        _machine(),
        "v_device",
        "tamper_protection, agent_health",
        (None, None),
        "no_endpoint_protection",
        "Sophos endpoints were not read in full lately",
    ),
    Case(
        "absent key of a number",
        _product(consumedUnits=ABSENT),
        "v_licence",
        "assigned",
        (None,),
        "unused_seats",
        "how many seats are bought and assigned is not known",
    ),
    Case(
        "absent key of a list",
        _person(accountEnabled=False, assignedLicenses=ABSENT),
        "v_identity",
        "licence_ids",
        (None,),
        "licensed_but_disabled",
        "which licences it holds is not known",
    ),
    Case(
        "absent key of a flag",
        _person(accountEnabled=ABSENT, assignedLicenses=PAID),
        "v_identity",
        "enabled",
        (None,),
        "licensed_but_disabled",
        "whether the account is enabled is not known",
    ),
    Case(
        "empty string",
        _machine(serialNumber="", lastSyncDateTime=""),
        "v_device",
        "serial, last_seen_at",
        (None, None),
        *UNSEEN,
    ),
    Case(
        "0001-01-01",
        _machine(lastSyncDateTime="0001-01-01T00:00:00Z", enrolledDateTime="0001-01-01T00:00:00Z"),
        "v_device",
        "last_seen_at, created_at",
        (None, None),
        *UNSEEN,
    ),
)


async def test_what_was_not_said_is_shown_as_null_and_judged_as_unknown(database) -> None:
    estate = await open_estate(database, 1, 1)
    world, rows = estate.bench.world.estate, estate.pipeline.database.execute
    tenant = next(one for one in world.m365.values() if one.id != world.partner_tenant_id)
    windows = next(row for row in tenant.managed_devices.values() if row["operatingSystem"] == "Windows")
    tenant.premium = False
    for case in CASES:
        case.sent(tenant, case.name, windows)
    async with aclosing(estate.bench.world.http):
        await estate.bench.fault("sophos", path_contains="/endpoints", action="status:403", times=-1)
        await estate.sync()
    [(no_licence,)] = rows("SELECT unavailable_reason FROM listing WHERE resource = 'signInActivity'")
    assert "Entra ID P1" in no_licence
    refused = "SELECT DISTINCT state, error FROM run WHERE resource = 'endpoints'"
    assert rows(refused) == [("parked", "tenant: HTTP 403 Forbidden")]
    for case in CASES:
        [(subject, *shown)] = rows(f"SELECT id, {case.columns} FROM {case.view} WHERE external_id = %s", case.name)
        assert tuple(shown) == case.shown, case.name
        if case.check is not None:
            [(why,)] = rows("SELECT why FROM recheck WHERE subject_id = %s AND check_name = %s", subject, case.check)
            assert why is not None, case.name
            assert why.startswith(case.why), case.name
            assert (
                rows("SELECT state FROM finding WHERE subject_id = %s AND check_name = %s", subject, case.check) == []
            )
