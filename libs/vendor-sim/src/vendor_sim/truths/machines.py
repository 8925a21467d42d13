"""The truth about machines, their agents and what those raised."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from vendor_sim.counts import RECENT
from vendor_sim.estate import Estate, Record
from vendor_sim.moments import noon, parse

Finding = list[str]
NEW = timedelta(days=7)
BETTER = ("managedDevices", "devices", "endpoints")
COMPUTERS = {"Windows", "macOS", "MacMDM"}
OLDEST_SUPPORTED = 26100
"""Build of the oldest Windows that Microsoft still mends at the estate's date."""


def findings(estate: Estate, devices: list[dict[str, Any]]) -> dict[str, list[Finding]]:
    """Those of devices. Of what is no client's only what the agent says of itself is judged."""
    found: dict[str, list[Finding]] = {
        name: []
        for name in (
            *("agent_unhealthy", "agent_silent", "ghost_agent", "not_compliant"),
            *("os_unsupported", "not_in_psa", "class_mismatch"),
        )
    }
    found["high_alert_open"] = list(_alerts(estate))
    now = noon(estate.as_of)
    for account, rows in estate.sophos.endpoints.items():
        if estate.sophos.reachable(account):
            for key, row in rows.items():
                ill = row.get("health", {}).get("overall") in {"bad", "suspicious"}
                if ill and parse(row["lastSeenAt"]) > now - RECENT:
                    found["agent_unhealthy"].append(["sophos", account, "endpoints", key])
    for group in devices:
        records = [record for record in group["records"] if record[2] in BETTER]
        if group["company_id"] is not None and records:
            _of_device(estate, group["records"], sorted(records, key=lambda one: BETTER.index(one[2])), now, found)
    return found


def _alerts(estate: Estate) -> Iterator[Finding]:
    """Those of high severity. What Sophos lists is open; of Microsoft's, what is new or in progress."""
    for account, alerts in estate.sophos.alerts.items():
        if estate.sophos.reachable(account):
            yield from (["sophos", account, "alerts", key] for key, row in alerts.items() if row["severity"] == "high")
    for tenant in estate.m365.values():
        for key, row in tenant.security_alerts.items():
            if row["severity"] == "high" and row["status"] != "resolved":
                yield ["m365", tenant.id, "alerts_v2", key]


def _of_device(
    estate: Estate, records: list[Finding], known: list[Finding], now: datetime, found: dict[str, list[Finding]]
) -> None:
    best = max((record for record in known if record[2] == known[0][2]), key=lambda record: _seen(estate, record))
    row, alive = _row(estate, best), [record for record in known if _seen(estate, record) > now - RECENT]
    for agent in known:
        if agent[2] == "endpoints" and agent not in alive:
            others = {record[2] for record in alive}
            broken = bool(others) and "endpoints" not in others
            found["agent_silent" if broken else "ghost_agent"].append(agent)
    for agent in known:
        computers = any(record[2] != "endpoints" and _computer(estate, record) for record in known)
        if agent[2] == "endpoints" and _row(estate, agent)["type"] == "server" and computers:
            found["class_mismatch"].append(agent)
    if best not in alive:
        return
    state = row.get("complianceState")
    if state == "noncompliant" or (state == "unknown" and _barred(estate, row, known)):
        found["not_compliant"].append(best)
    version = str(row.get("osVersion") or row.get("operatingSystemVersion") or "")
    if row.get("operatingSystem") == "Windows" and int(version.split(".")[2]) < OLDEST_SUPPORTED:
        found["os_unsupported"].append(best)
    born = row.get("enrolledDateTime") or row.get("createdDateTime")
    grown = born is None or parse(born) <= now - NEW
    if _computer(estate, best) and grown and not any(record[2] == "ConfigurationItems" for record in records):
        found["not_in_psa"].append(best)


def _barred(estate: Estate, managed: Record, known: list[Finding]) -> bool:
    """Whether the directory, which sign-in goes by, holds a device for not compliant that Intune has not judged."""
    registered = [_row(estate, record) for record in known if record[2] == "devices"]
    return any(one["deviceId"] == managed["azureADDeviceId"] and one["isCompliant"] is False for one in registered)


def _row(estate: Estate, record: Finding) -> Record:
    _, account, resource, key = record
    if resource == "endpoints":
        return estate.sophos.endpoints[account][key]
    tenant = estate.m365[account]
    return tenant.managed_devices[key] if resource == "managedDevices" else tenant.devices[key]


def _seen(estate: Estate, record: Finding) -> datetime:
    row = _row(estate, record)
    return parse(row.get("lastSyncDateTime") or row.get("approximateLastSignInDateTime") or row["lastSeenAt"])


def _computer(estate: Estate, record: Finding) -> bool:
    return record[2] == "endpoints" or _row(estate, record)["operatingSystem"] in COMPUTERS
