"""What the billing rules count; the generator prices contracts by them and the ground truth judges by them."""

from collections.abc import Iterable
from datetime import date, timedelta

from vendor_sim.estate import M365Tenant, Record
from vendor_sim.licences import PREMIUM
from vendor_sim.moments import noon, parse

RECENT = timedelta(days=30)
WORKSTATION_SERVICE = "Endpoint Protection - Workstation"
SERVER_SERVICE = "Endpoint Protection - Server"
PREMIUM_SERVICE = "Microsoft 365 Business Premium"
ENDPOINT_TYPES = {WORKSTATION_SERVICE: "computer", SERVER_SERVICE: "server"}


def protected(endpoints: dict[str, Record], kind: str, as_of: date) -> int:
    """Sophos endpoints of that type seen within 30 days of noon."""
    since = noon(as_of) - RECENT
    return sum(
        row["type"] == kind and "lastSeenAt" in row and parse(row["lastSeenAt"]) >= since for row in endpoints.values()
    )


def premium_seats(tenant: M365Tenant) -> int:
    """Business Premium seats bought."""
    rows = tenant.subscribed_skus.values()
    return sum(row["prepaidUnits"]["enabled"] for row in rows if row["skuId"] == PREMIUM.id)


def covers(row: Record, as_of: date) -> bool:
    """Whether a row's startDate to endDate, both days included, holds the date."""
    return parse(row["startDate"]).date() <= as_of <= parse(row["endDate"]).date()


def units_in_force(rows: Iterable[Record], as_of: date) -> dict[int, int]:
    """Units by contract line on the date: of two rows that hold it, the one that starts last, then the higher id."""
    latest: dict[int, Record] = {}
    for row in sorted(rows, key=lambda one: (one["startDate"], one["id"])):
        if covers(row, as_of):
            latest[row["contractServiceID"]] = row
    return {line: row["units"] for line, row in latest.items()}
