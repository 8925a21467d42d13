"""How much of a service a client really uses: one line per service that can be counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mspbyte_common.models import Device, Licence
from mspbyte_common.models.device import DeviceClass
from svc_workers.links import Links

IN_USE = timedelta(days=30)
"""An endpoint silent for longer is not counted."""


@dataclass(frozen=True)
class Count:
    """`actual` units; None where a record does not tell. `until`: when time alone changes the number."""

    actual: int | None
    until: datetime | None = None


@dataclass(frozen=True)
class BillingRule:
    """The service, by its name in the PSA, and the vendor list that proves it."""

    service: str
    vendor: str
    resource: str
    counts: str
    count: Callable[[Links], Count] = field(repr=False)

    @property
    def needs(self) -> str:
        """The listing, as 'vendor/resource'."""
        return f"{self.vendor}/{self.resource}"


def _endpoints(device_class: DeviceClass) -> Callable[[Links], Count]:
    def count(links: Links) -> Count:
        seen = [
            device.model.last_seen_at + IN_USE
            for device in links.of_client(Device, vendor="sophos", resource="endpoints")
            if device.model.device_class == device_class and device.model.last_seen_at is not None
        ]
        in_use = [until for until in seen if until > links.now]
        return Count(len(in_use), min(in_use, default=None))

    return count


def _seats(sku: str) -> Callable[[Links], Count]:
    def count(links: Links) -> Count:
        total = 0
        for licence in links.of_client(Licence, vendor="m365", resource="subscribedSkus"):
            if licence.model.sku == sku:
                if licence.model.bought is None:
                    return Count(None)
                total += licence.model.bought
        return Count(total)

    return count


BILLING_RULES: tuple[BillingRule, ...] = (
    BillingRule(
        service="Endpoint Protection - Workstation",
        vendor="sophos",
        resource="endpoints",
        counts="Sophos workstations seen within 30 days",
        count=_endpoints("workstation"),
    ),
    BillingRule(
        service="Endpoint Protection - Server",
        vendor="sophos",
        resource="endpoints",
        counts="Sophos servers seen within 30 days",
        count=_endpoints("server"),
    ),
    BillingRule(
        service="Microsoft 365 Business Premium",
        vendor="m365",
        resource="subscribedSkus",
        counts="Business Premium seats bought",
        count=_seats("SPB"),
    ),
)

NEEDS: tuple[str, ...] = tuple(sorted({rule.needs for rule in BILLING_RULES}))
"""The listings the rules count from."""


def rule_for(service: str) -> BillingRule | None:
    """The rule of a service; None where nothing can be counted for it."""
    return next((rule for rule in BILLING_RULES if rule.service == service.strip()), None)
