"""Sophos Central's lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from mspbyte_common.vendors.endpoint import Accounts, Body, Cursor, Endpoint, Incremental, Record, Request, by, whole
from mspbyte_common.vendors.moments import began, moment, replaces
from mspbyte_common.vendors.pages import key_after, page_number, unpaged


def _name(record: Record) -> str | None:
    value = record.get("showAs") or record.get("name")
    return str(value) if value else None


def _settings(record: Record) -> dict[str, Any]:
    host = record.get("apiHost")
    return {"api_host": host} if isinstance(host, str) and host else {}


def _no_host(settings: Mapping[str, Any]) -> str | None:
    """A tenant still being set up has no host; it is never guessed from the region."""
    return None if settings.get("api_host") else "Sophos lists the tenant without an API host"


READ = "the credential's role Service Principal ReadOnly, and the customer's Partner Assistance"
FIREWALL = f"{READ}, and Sophos Firewall in Central"
LATEST = "latest"

TENANTS = Endpoint(
    resource="tenants",
    kind="tenant",
    path="/partner/v1/tenants",
    params={"pageSize": "100", "pageTotal": "true"},
    records="items",
    paging=page_number(),
    interval=timedelta(hours=24),
    host="global",
    level="root",
    priority=1,
    accounts=Accounts(by("id"), _name, _settings, _no_host),
    needs="a credential of the partner with the role Service Principal ReadOnly",
    essential=True,
)
ENDPOINTS_LIST = Endpoint(
    resource="endpoints",
    kind="device",
    path="/endpoint/v1/endpoints",
    params={"pageSize": "100", "view": "full"},
    records="items",
    paging=key_after(),
    interval=timedelta(hours=4),
    volatile=frozenset({"lastSeenAt", "online"}),
    needs="the customer's Partner Assistance",
    essential=True,
)


def _raised_since(endpoint: Endpoint, cursor: Cursor) -> Request:
    return Request(endpoint.method, endpoint.path, {**endpoint.params, "from": moment(cursor)})


def _following_raised(endpoint: Endpoint, request: Request, body: Body) -> Request | None:
    after = key_after().following(endpoint, request, body)
    return after and replace(after, params={**request.params, **after.params})


RAISED_SINCE = Incremental(
    interval=timedelta(hours=1),
    oldest=timedelta(days=7),
    cursor=began,
    first=_raised_since,
    following=_following_raised,
    merge=replaces,
)
"""Alerts raised since the last run began. One that is acknowledged vanishes without a word: the full listing sees it."""

ALERTS = Endpoint(
    resource="alerts",
    kind="alert",
    path="/common/v1/alerts",
    params={"pageSize": "100", "pageTotal": "true"},
    records="items",
    paging=key_after(positions=True),
    interval=timedelta(hours=24),
    incremental=RAISED_SINCE,
    needs="the customer's Partner Assistance",
    essential=True,
)
FIREWALLS = Endpoint(
    resource="firewalls",
    kind="firewall",
    path="/firewall/v1/firewalls",
    params={"pageSize": "100", "pageTotal": "true"},
    records="items",
    paging=page_number(),
    interval=timedelta(hours=24),
    needs=FIREWALL,
)
LICENCES = Endpoint(
    resource="licenses",
    kind="licence",
    path="/licenses/v1/licenses",
    records="licenses",
    paging=unpaged(),
    interval=timedelta(hours=24),
    host="global",
    needs=READ,
)
DIRECTORY_USERS = Endpoint(
    resource="directoryUsers",
    kind="identity",
    path="/common/v1/directory/users",
    params={"pageSize": "100", "pageTotal": "true"},
    records="items",
    paging=page_number(counted=False),
    interval=timedelta(hours=24),
    needs=READ,
)
HEALTH_CHECK = Endpoint(
    resource="accountHealthCheck",
    kind="score",
    path="/account-health-check/v1/health-check",
    records="",
    extract=whole,
    paging=unpaged(),
    interval=timedelta(hours=24),
    record_id=lambda _record: LATEST,
    needs=READ,
)
"""One record per tenant: how it stands now."""

ENDPOINTS = (TENANTS, ENDPOINTS_LIST, ALERTS, FIREWALLS, LICENCES, DIRECTORY_USERS, HEALTH_CHECK)
