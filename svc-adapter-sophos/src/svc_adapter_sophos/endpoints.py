"""Sophos Central's lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mspbyte_common.vendors.endpoint import Accounts, Endpoint, Record, by
from mspbyte_common.vendors.pages import key_after, page_number


def _name(record: Record) -> str | None:
    value = record.get("showAs") or record.get("name")
    return str(value) if value else None


def _settings(record: Record) -> dict[str, Any]:
    host = record.get("apiHost")
    return {"api_host": host} if isinstance(host, str) and host else {}


def _no_host(settings: Mapping[str, Any]) -> str | None:
    """A tenant still being set up has no host; it is never guessed from the region."""
    return None if settings.get("api_host") else "Sophos lists the tenant without an API host"


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
)
ALERTS = Endpoint(
    resource="alerts",
    kind="alert",
    path="/common/v1/alerts",
    params={"pageSize": "100"},
    records="items",
    paging=key_after(),
    interval=timedelta(hours=1),
)

ENDPOINTS = (TENANTS, ENDPOINTS_LIST, ALERTS)
