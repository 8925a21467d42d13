"""Security posture: who gets in with what, and what protects the machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Final

from svc_workers.devices import AGENTS, ENTRA, INTUNE
from svc_workers.directory import NEEDS as DIRECTORY
from svc_workers.reports.estate import Facts
from svc_workers.reports.findings import by_severity, findings_section
from svc_workers.reports.fleet import ranking, trend
from svc_workers.reports.machines import Machine
from svc_workers.reports.model import Chart, Column, Row, Share, Table, Value, summed
from svc_workers.reports.people import LEVELS, REGISTRATIONS, USERS
from svc_workers.reports.record import Record
from svc_workers.reports.report import Measure, Report, Section
from svc_workers.support import supported_until

ALERTS, SCORES = ("sophos/alerts", "m365/alerts_v2"), "m365/secureScores"
SIGN_IN: Final = (USERS, *DIRECTORY)
WEAK: Final = frozenset({"none", "partial"})
CHECKS: Final = frozenset(
    {
        *("admin_no_mfa", "no_mfa_enforced", "mfa_not_registered", "too_many_global_admins", "departed_still_enabled"),
        *("stale", "never_signed_in", "guest_stale", "high_alert_open", "no_endpoint_protection"),
        *("tamper_protection_off", "agent_unhealthy", "os_unsupported", "not_compliant"),
    }
)
ENFORCED: Final = {
    "full": "At every sign-in",
    "partial": "At some sign-ins only",
    "none": "Never",
    "unknown": "Cannot be told",
}


def _registered(facts: Facts) -> Value:
    told = [account.registered for account in facts.accounts if account.registered is not None]
    return Share(sum(told), len(told))


def in_use(facts: Facts) -> list[Machine]:
    """Computers that were seen in the last thirty days."""
    return [machine for machine in facts.machines if machine.computer and machine.in_use(facts.at)]


def _protected(facts: Facts) -> Value:
    computers = in_use(facts)
    return Share(sum("sophos" in machine.records for machine in computers), len(computers))


def agents(facts: Facts, holds: Callable[[Record], bool | None]) -> Share:
    """How many of the Sophos agents that tell it have something."""
    told = [held for agent in facts.of(AGENTS) if (held := holds(agent)) is not None]
    return Share(sum(told), len(told))


def _tamper(agent: Record) -> bool | None:
    """None where the platform has no tamper protection, or the record does not tell."""
    return None if agent.data.get("tamper_protection_supported") is False else agent.data.get("tamper_protection")


def _healthy(agent: Record) -> bool | None:
    health = agent.data.get("agent_health")
    return None if health in {None, "unknown"} else health == "good"


def _compliant(facts: Facts) -> Value:
    told = [one.data.get("compliance") for one in facts.of(INTUNE)]
    known = [compliance for compliance in told if compliance not in {None, "unknown"}]
    return Share(known.count("compliant"), len(known))


def _unsupported(facts: Facts) -> Value:
    ends = [support[1] for machine in in_use(facts) if (support := _support(machine)) is not None]
    return sum(end <= facts.at for end in ends)


def _support(machine: Machine) -> tuple[str, datetime] | None:
    """What Windows it runs, and until when that is mended; None for others, and where it is not told."""
    version = machine.tells("os_version")
    if machine.tells("os_family") != "windows" or version is None:
        return None
    return supported_until(version, server=machine.device_class == "server")


def _high_alerts(facts: Facts) -> Value:
    alerts = [alert.data for listing in ALERTS if facts.fresh(listing) for alert in facts.of(listing)]
    return sum(1 for alert in alerts if (alert.get("state"), alert.get("severity")) == ("open", "high"))


def _score(facts: Facts) -> Value:
    told = [(one.data.get("value"), one.data.get("maximum")) for one in facts.of(SCORES)]
    scores = [Share(Decimal(value), Decimal(maximum)) for value, maximum in told if value and maximum]
    return sum(scores[1:], scores[0]) if scores and len(scores) == len(told) else None


ADMINS = Measure(
    "admins_without_mfa",
    "Administrators without MFA at every sign-in",
    lambda facts: sum(bool(one.roles) and one.enforced in WEAK for one in facts.accounts),
    SIGN_IN,
    short="Administrators without MFA",
)
MFA = Measure(
    "mfa",
    "Accounts asked for MFA at every sign-in",
    lambda facts: Share(sum(one.enforced == "full" for one in facts.accounts), len(facts.accounts)),
    SIGN_IN,
    "share",
    short="MFA",
)
REGISTERED = Measure(
    "mfa_registered",
    "Accounts with a second factor registered",
    _registered,
    (USERS, REGISTRATIONS),
    "share",
    short="MFA registered",
)
PROTECTED = Measure(
    "protected",
    "Computers in use with a Sophos agent",
    _protected,
    (AGENTS, ENTRA),
    "share",
    remembered=False,
    short="Protected",
)
TAMPER = Measure(
    "tamper_protection",
    "Agents with tamper protection on",
    lambda facts: agents(facts, _tamper),
    (AGENTS,),
    "share",
    short="Tamper protection",
)
HEALTHY = Measure("healthy", "Agents in good health", lambda facts: agents(facts, _healthy), (AGENTS,), "share")
COMPLIANT = Measure("compliant", "Managed devices that comply", _compliant, (INTUNE,), "share")
UNSUPPORTED = Measure(
    "unsupported",
    "Computers in use on Windows without updates",
    _unsupported,
    (ENTRA,),
    remembered=False,
    short="Windows without updates",
)
HIGH_ALERTS = Measure("high_alerts", "Open alerts of high severity", _high_alerts, any_of=ALERTS, short="High alerts")
SCORE = Measure("secure_score", "Microsoft Secure Score", _score, (SCORES,), "share", short="Secure Score")


def _mfa(facts: Facts) -> tuple[Table, ...]:
    columns = (
        Column("enforced", "Asked for MFA"),
        Column("accounts", "Accounts", "number"),
        Column("admins", "Of them administrators", "number"),
    )
    if facts.fresh(*SIGN_IN) is None:
        return (Table("mfa", "Accounts by how MFA is enforced", columns, None),)
    rows: tuple[Row, ...] = tuple(
        (
            ENFORCED[level],
            sum(one.enforced == level for one in facts.accounts),
            sum(one.enforced == level and bool(one.roles) for one in facts.accounts),
        )
        for level in LEVELS
    )
    admins = [one for one in facts.accounts if one.roles]
    return (
        Table(
            "mfa",
            "Accounts by how MFA is enforced",
            columns,
            rows,
            summed(rows),
            Chart("bars", "enforced", ("accounts",), "Accounts by how MFA is enforced"),
        ),
        Table(
            "admins",
            "Administrators",
            (
                Column("account", "Administrator"),
                Column("upn", "Signs in as", under="account"),
                Column("roles", "Privileged roles", "list"),
                Column("enforced", "Asked for MFA"),
                Column("policy", "Decided by", under="enforced"),
            ),
            tuple((one.name, one.upn or "", one.roles, ENFORCED[one.enforced], one.decided_by or "") for one in admins),
            empty="No account holds a privileged role.",
        ),
    )


def _machines(facts: Facts) -> tuple[Table, ...]:
    columns = (
        Column("system", "Operating system"),
        Column("devices", "Devices", "number"),
        Column("updates_until", "Updates until", "day"),
    )
    if not any(facts.fresh(listing) for listing in (AGENTS, INTUNE, ENTRA)):
        return (Table("systems", "Computers by operating system", columns, None),)
    counts: Counter[tuple[str, Value]] = Counter()
    for machine in facts.machines:
        if machine.computer:
            support = _support(machine)
            name = support[0] if support else machine.tells("os_name") or "Not told"
            counts[name, support[1] if support else ""] += 1
    rows: tuple[Row, ...] = tuple(
        (name, number, until) for (name, until), number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
    return (
        Table(
            "systems",
            "Computers by operating system",
            columns,
            rows,
            summed(rows),
            Chart("bars", "system", ("devices",), "Computers by operating system"),
            empty="No source knows a computer of this client.",
            notes=("Dates are those of the edition Microsoft supports longest.",),
        ),
    )


def _alerts(facts: Facts) -> tuple[Table, ...]:
    columns = (
        Column("alert", "Alert"),
        Column("source", "Raised by", under="alert"),
        Column("severity", "Severity", "severity"),
        Column("raised", "Raised", "day"),
    )
    if not any(facts.fresh(listing) for listing in ALERTS):
        return (Table("alerts", "Open alerts", columns, None),)
    standing = [
        alert for listing in ALERTS for alert in facts.of(listing)
        if alert.data.get("state") == "open" and alert.data.get("severity") in {"high", "medium"}
    ]  # fmt: skip
    standing.sort(key=lambda one: (one.data["severity"], one.data.get("raised_at") or "", one.data.get("title") or ""))
    return (
        Table(
            "alerts",
            "Open alerts of high and medium severity",
            columns,
            tuple(
                (one.data.get("title") or "An alert without a title", one.data["source"], one.data["severity"],
                 one.moment("raised_at"))
                for one in standing
            ),
            empty="There are no open alerts of high or medium severity.",
        ),
    )  # fmt: skip


MEASURES = (ADMINS, MFA, REGISTERED, PROTECTED, TAMPER, UNSUPPORTED, HIGH_ALERTS, SCORE)

REPORT = Report(
    name="posture",
    title="Security posture",
    lead="Who gets in with what, and what protects the machines.",
    measures=MEASURES,
    sections=(
        Section(
            "findings_by_severity", "Open findings by severity", "", lambda facts: (by_severity(facts.open(CHECKS)),)
        ),
        Section("sign_in", "Sign-in", "What the directory's policies enforce for each account that can sign in.", _mfa),
        Section(
            "machines", "Machines", "Workstations and servers, each once, however many sources know it.", _machines
        ),
        Section("alerts", "Alerts", "What Sophos and Microsoft 365 want a person to look at.", _alerts),
        findings_section(CHECKS),
    ),
    fleet=(ranking((ADMINS, MFA, PROTECTED, TAMPER, UNSUPPORTED, HIGH_ALERTS)), trend(CHECKS)),
    checks=CHECKS,
)
