"""Coverage: which devices which tools see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from svc_workers.devices import AGENTS, ENTRA, INTUNE, ITEMS
from svc_workers.reports.estate import Facts
from svc_workers.reports.findings import findings_section
from svc_workers.reports.fleet import measured, ranking, trend
from svc_workers.reports.machines import CLASSES, SOURCES, TITLES, Machine
from svc_workers.reports.model import Chart, Column, Row, Share, Table
from svc_workers.reports.report import Measure, Report, Section
from svc_workers.reports.shipped.posture import PROTECTED, in_use

CHECKS: Final = frozenset(
    {"no_endpoint_protection", "agent_silent", "ghost_agent", "agent_unhealthy", "class_mismatch", "not_in_psa"}
)
PRINTED: Final = 100
SEEN: Final = tuple(Column(name, title, "number") for name, title in TITLES.items())


def _without(facts: Facts, source: str) -> list[Machine]:
    return [machine for machine in in_use(facts) if source not in machine.records]


def _seen(facts: Facts, source: str) -> Share:
    return Share(sum(source in machine.records for machine in facts.machines), len(facts.machines))


DEVICES = Measure("devices", "Devices", lambda facts: len(facts.machines), any_of=tuple(SOURCES.values()))
UNPROTECTED = Measure(
    "unprotected",
    "Computers in use without a Sophos agent",
    lambda facts: len(_without(facts, "sophos")),
    (AGENTS, ENTRA),
    remembered=False,
    short="Without Sophos",
)
UNLISTED = Measure(
    "unlisted",
    "Computers in use that the PSA does not list",
    lambda facts: len(_without(facts, "psa")),
    (ITEMS, ENTRA),
    remembered=False,
    short="Not in the PSA",
)
IN_SOPHOS = Measure(
    "in_sophos", "Devices Sophos sees", lambda facts: _seen(facts, "sophos"), (AGENTS,), "share", short="In Sophos"
)
IN_INTUNE = Measure(
    "in_intune", "Devices Intune manages", lambda facts: _seen(facts, "intune"), (INTUNE,), "share", short="In Intune"
)
IN_PSA = Measure(
    "in_psa", "Devices the PSA lists", lambda facts: _seen(facts, "psa"), (ITEMS,), "share", short="In the PSA"
)


def _classes(facts: Facts) -> tuple[Table, ...]:
    columns = (
        Column("class", "Class"),
        Column("devices", "Devices", "number"),
        Column("in_use", "Seen within 30 days", "number"),
        *SEEN,
    )
    if measured(DEVICES, facts) is None:
        return (Table("classes", "Devices by class, and how many of them each source sees", columns, None),)
    by_class = [(name, [one for one in facts.machines if one.device_class == name]) for name in CLASSES]
    return (
        Table(
            "tools",
            "Devices each source sees",
            (Column("source", "Source"), Column("sees", "Devices it sees", "share")),
            tuple(
                (TITLES[source], _seen(facts, source) if facts.fresh(listing) else None)
                for source, listing in SOURCES.items()
            ),
            chart=Chart("shares", "source", ("sees",), "Devices each source sees"),
        ),
        Table(
            "classes",
            "Devices by class, and how many of them each source sees",
            columns,
            tuple(_counted(name.capitalize(), found, facts) for name, found in by_class if found),
            _counted("All", facts.machines, facts) if facts.machines else None,
            empty="No source knows a device of this client.",
        ),
    )


def _counted(label: str, devices: Sequence[Machine], facts: Facts) -> Row:
    used = None if facts.past else sum(machine.in_use(facts.at) for machine in devices)
    return (
        label,
        len(devices),
        used,
        *(
            sum(source in machine.records for machine in devices) if facts.fresh(listing) else None
            for source, listing in SOURCES.items()
        ),
    )


def _gaps(facts: Facts) -> tuple[Table, ...]:
    """Computers in use that a source which was read does not see."""
    columns = (
        Column("device", "Device"),
        Column("user", "User", under="device"),
        Column("class", "Class"),
        Column("last_seen", "Last seen", "day"),
        *(Column(name, title, "seen") for name, title in TITLES.items()),
    )
    caption = "Computers in use that a tool does not see"
    if facts.past:
        why = "when a device was last seen is not kept for earlier dates"
        return (Table("gaps", caption, columns, None, why=why),)
    known = {source: facts.fresh(listing) is not None for source, listing in SOURCES.items()}
    if not any(known.values()):
        return (Table("gaps", caption, columns, None),)
    asked = [source for source in SOURCES if known[source]]
    found = [machine for machine in in_use(facts) if not all(source in machine.records for source in asked)]
    rows: tuple[Row, ...] = tuple(
        (
            machine.name,
            machine.tells("owner_upn") or machine.tells("last_user") or "",
            machine.device_class,
            machine.last_seen_at,
            *((source in machine.records) if known[source] else None for source in SOURCES),
        )
        for machine in found
    )
    return (
        Table(
            "gaps",
            caption,
            columns,
            rows,
            printed=PRINTED,
            empty="Every source that was read sees every computer in use.",
        ),
    )


REPORT = Report(
    name="coverage",
    title="Device coverage",
    lead="Each device once, however many sources know it, and which of them see it.",
    measures=(UNPROTECTED, UNLISTED, PROTECTED, DEVICES, IN_SOPHOS, IN_INTUNE, IN_PSA),
    sections=(
        Section("devices", "Devices", "Devices by class, and how many of them each source sees.", _classes),
        Section(
            "gaps",
            "Gaps",
            "Workstations and servers seen within 30 days that a source which was read does not know.",
            _gaps,
        ),
        findings_section(CHECKS),
    ),
    fleet=(ranking((UNPROTECTED, UNLISTED, DEVICES, IN_SOPHOS, IN_INTUNE, IN_PSA)), trend(CHECKS)),
    checks=CHECKS,
)
