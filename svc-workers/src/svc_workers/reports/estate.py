"""What is known of clients at one moment: all that a report may count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from svc_workers.directory import NEEDS as DIRECTORY
from svc_workers.reconciliation.result import Reconciliation
from svc_workers.reports.freshness import Freshness
from svc_workers.reports.machines import Machine, machines
from svc_workers.reports.people import Account, accounts
from svc_workers.reports.record import Record

OPEN: Final = frozenset({"open", "regressed", "acknowledged"})
"""States of a finding that somebody may still do something about."""
SEVERITIES: Final = ("critical", "high", "medium", "low", "info")

PROJECTED: Final[Mapping[str, tuple[str, ...]]] = {
    "identity": ("object_id", "display_name", "upn", "identity_type", "enabled", "licence_ids"),
    "mfa_registration": ("object_id", "registered"),
    "contact": ("active",),
    "device": (
        *("name", "device_class", "os_family", "os_name", "os_version", "compliance", "agent_health", "last_seen_at"),
        *("tamper_protection", "tamper_protection_supported", "owner_upn", "last_user"),
    ),
    "alert": ("source", "severity", "state", "title", "raised_at"),
    "score": ("source", "value", "maximum"),
}
"""Of these kinds only these fields are read: an estate has many of them."""
WHOLE: Final = ("licence", "group", "role", "policy")
"""Of these all are."""
LISTINGS: Final = (
    *("m365/users", "m365/subscribedSkus", "m365/userRegistrationDetails", "m365/secureScores", "m365/alerts_v2"),
    *("m365/devices", "m365/managedDevices", "sophos/endpoints", "sophos/alerts", "autotask/ConfigurationItems"),
    *("autotask/Contacts", *DIRECTORY),
)
"""The lists that are read for a report."""


@dataclass(frozen=True)
class Client:
    """Whom a report is about."""

    id: UUID
    name: str | None
    company_id: str

    @property
    def called(self) -> str:
        """Its name, or what stands for it."""
        return self.name or f"Company {self.company_id}"


@dataclass(frozen=True)
class StandingFinding:
    """A finding that was not resolved. `title` is None where what it said then is no longer known."""

    client_id: UUID
    check_name: str
    severity: str
    state: str
    title: str | None
    evidence: Mapping[str, Any]
    opened_at: datetime


@dataclass(frozen=True)
class Fault:
    """Records of one list with one thing wrong (`state`: issue or quarantined), as `v_data_quality` counts them."""

    client_id: UUID | None
    vendor: str
    resource: str
    state: str
    rule: str
    field: str
    records: int
    since: datetime


@dataclass(frozen=True)
class Standing:
    """How many findings of a check were open at a moment."""

    at: datetime
    check_name: str
    severity: str
    number: int


@dataclass(frozen=True)
class Trend:
    """Open findings at some moments. Before `since` nothing was known."""

    since: datetime | None
    moments: tuple[datetime, ...]
    standing: tuple[Standing, ...]

    def of(self, checks: frozenset[str]) -> list[tuple[datetime, dict[str, int]]]:
        """By moment of which something is known: how many findings of these checks were open, by severity."""
        known = [moment for moment in self.moments if self.since is not None and self.since <= moment]
        counts = {moment: dict.fromkeys(SEVERITIES, 0) for moment in known}
        for row in self.standing:
            if row.check_name in checks and row.at in counts:
                counts[row.at][row.severity] += row.number
        return list(counts.items())


@dataclass(frozen=True)
class Facts:
    """One client at one moment. `faults` of None: of that time nobody can tell."""

    at: datetime
    past: bool
    client: Client
    freshness: Freshness
    records: Mapping[str, tuple[Record, ...]]
    same: tuple[tuple[UUID, UUID], ...]
    findings: tuple[StandingFinding, ...]
    reconciliation: Reconciliation
    faults: tuple[Fault, ...] | None

    def of(self, listing: str) -> tuple[Record, ...]:
        """The client's records of a list 'vendor/resource'."""
        return self.records.get(listing, ())

    def fresh(self, *listings: str) -> datetime | None:
        """Until when all of these lists are known; None: at least one is not."""
        known = [self.freshness.of(*listing.split("/", 1)) for listing in listings]
        times = [moment for moment in known if moment is not None]
        return min(times) if times and len(times) == len(known) else None

    def open(self, checks: Iterable[str]) -> list[StandingFinding]:
        """Its open findings of these checks, the gravest first."""
        wanted = frozenset(checks)
        return [one for one in self.findings if one.state in OPEN and one.check_name in wanted]

    @cached_property
    def machines(self) -> tuple[Machine, ...]:
        """The client's devices, each once, as the sources that were read tell them."""
        return machines(self.records, self.same, lambda listing: self.fresh(listing) is not None)

    @cached_property
    def accounts(self) -> tuple[Account, ...]:
        """Whoever can sign in to its directories, with what is enforced of them."""
        return accounts(self.records, self.at)


@dataclass(frozen=True)
class VendorAccount:
    """An account of a vendor, whosever it is."""

    vendor: str
    name: str
    state: str
    client: str | None
    problem: str | None


@dataclass(frozen=True)
class Estate:
    """All clients of an msp, or one of them, at one moment."""

    at: datetime
    past: bool
    msp: str
    clients: tuple[Facts, ...]
    accounts: tuple[VendorAccount, ...]
    unowned: tuple[Fault, ...] | None
    """Faults of records that belong to no client."""
    trend: Trend
