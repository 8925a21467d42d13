"""The numbers of a client's report, counted once: JSON, HTML and CSV say the same because they read this.

None means no data: the listing a number comes from was not read in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from mspbyte_common.models import Licence
from svc_workers.findings.lifecycle import as_json
from svc_workers.reconciliation.result import Position, Reconciliation, Totals, totals
from svc_workers.reports.coverage import coverage
from svc_workers.reports.freshness import Freshness
from svc_workers.reports.store import Client, DeviceRow, FindingRow
from svc_workers.shipped import CHECKS

SEVERITIES: Final = ("critical", "high", "medium", "low", "info")
OPEN: Final = frozenset({"open", "regressed", "acknowledged"})
LICENSED_BUT_DISABLED: Final = "licensed_but_disabled"
USERS: Final = ("m365", "users")
SKUS: Final = ("m365", "subscribedSkus")
CONTACTS: Final = ("autotask", "Contacts")


@dataclass(frozen=True)
class Facts:
    """What was read for a report, in one transaction."""

    now: datetime
    client: Client
    freshness: Freshness
    people: dict[str, int]
    devices: Sequence[DeviceRow]
    same_devices: Sequence[tuple[Any, Any]]
    licences: Sequence[Licence]
    reconciliation: Reconciliation
    findings: Sequence[FindingRow]


def numbers(facts: Facts) -> dict[str, Any]:
    """Every number of the report, as JSON holds it."""
    fresh = facts.freshness.of
    licences = _licences(facts.licences) if fresh(*SKUS) else {"rows": None, "unused": None}
    billing = _billing(facts.reconciliation)
    findings = _findings(facts.findings)
    departed = _departed(facts.findings) if fresh(*USERS) and fresh(*SKUS) else None
    return as_json(
        {
            "title": "Client report",
            "client": facts.client.name,
            "msp": facts.client.msp,
            "as_of": facts.now,
            "headline": {
                "open_findings": findings["open"],
                "unbilled": billing["totals"] and billing["totals"]["under"],
                "unused_seats": licences["unused"],
                "departed_licensed": None if departed is None else len(departed),
            },
            "freshness": facts.freshness.rows(),
            "people": _people(facts),
            "devices": coverage(facts.devices, facts.same_devices, fresh, facts.now),
            "licences": licences,
            "billing": billing,
            "findings": findings,
            "departed": departed,
        }
    )


def _people(facts: Facts) -> list[dict[str, Any]]:
    table = (
        ("Microsoft 365 accounts", "identities", USERS),
        ("enabled", "enabled", USERS),
        ("disabled", "disabled", USERS),
        ("guests", "guests", USERS),
        ("with a licence", "licensed", USERS),
        ("Contacts in the PSA", "contacts", CONTACTS),
        ("active", "active_contacts", CONTACTS),
    )
    return [
        {
            "measure": label,
            "part": label[0].islower(),
            "source": "/".join(source),
            "value": facts.people[name] if facts.freshness.of(*source) else None,
        }
        for label, name, source in table
    ]


def _licences(licences: Iterable[Licence]) -> dict[str, Any]:
    rows = [
        {
            "sku": licence.sku,
            "name": licence.name,
            "bought": licence.bought,
            "assigned": licence.assigned,
            "unused": _unused(licence),
            "free": licence.free,
            "state": licence.state,
        }
        for licence in sorted(licences, key=lambda licence: (licence.free, -(licence.bought or 0), licence.sku))
    ]
    paid = [licence for licence in licences if not licence.free and licence.state == "enabled"]
    unused = [_unused(licence) for licence in paid]
    known = [seats for seats in unused if seats is not None]
    return {"rows": rows, "unused": sum(max(seats, 0) for seats in known) if len(known) == len(unused) else None}


def _unused(licence: Licence) -> int | None:
    return None if licence.bought is None or licence.assigned is None else licence.bought - licence.assigned


def _billing(made: Reconciliation) -> dict[str, Any]:
    """The positions with something to compare: services nobody has a rule for are the MSP's matter, not the client's."""
    if made.no_data is not None:
        return {"rows": None, "totals": None}
    shown = [position for position in made.positions if position.state not in {"missing_rule", "excluded"}]
    [sums] = totals(shown) or (Totals(None, Decimal(), Decimal(), 0),)
    return {
        "rows": [_position(position) for position in shown],
        "totals": {"under": _money(sums.under), "over": _money(sums.over), "net": _money(sums.net)},
        "currency": sums.currency,
        "lines_without_price": sums.without_price,
        "lines_without_data": sum(position.state == "no_data" for position in shown),
    }


def _position(position: Position) -> dict[str, Any]:
    contracts = dict.fromkeys(line.contract for line in position.lines if line.contract)
    periods = [(line.starts_on, line.ends_on) for line in position.lines if line.starts_on is not None]
    return {
        "service": position.service,
        "contract": ", ".join(contracts) or None,
        "counted": position.counts,
        "billed": position.billed,
        "actual": position.actual,
        "difference": position.difference,
        "unit_price": _money(position.unit_price),
        "money_difference": _money(position.money),
        "period": {"starts_at": periods[0][0], "ends_at": periods[0][1]} if periods else None,
        "state": position.state.replace("_", " "),
        "why": position.why,
    }


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount.quantize(Decimal("0.01")))


def _findings(rows: Sequence[FindingRow]) -> dict[str, Any]:
    standing = [row for row in rows if row.state in OPEN]
    return {
        "open": len(standing),
        "suppressed": len(rows) - len(standing),
        "by_severity": [
            {"severity": severity, "open": sum(row.severity == severity for row in standing)} for severity in SEVERITIES
        ],
        "rows": [
            {
                "severity": row.severity,
                "check": row.check_name,
                "check_title": CHECKS[row.check_name].title if row.check_name in CHECKS else row.check_name,
                "title": row.title,
                "remedy": CHECKS[row.check_name].remedy if row.check_name in CHECKS else None,
                "state": row.state,
                "since": row.opened_at,
                "evidence": row.evidence,
            }
            for row in standing
        ],
    }


def _departed(rows: Iterable[FindingRow]) -> list[dict[str, Any]]:
    return [
        {
            "person": row.evidence.get("person"),
            "upn": row.evidence.get("upn"),
            "licences": [licence["name"] or licence["sku"] for licence in row.evidence.get("licences", ())],
        }
        for row in rows
        if row.check_name == LICENSED_BUT_DISABLED and row.state in OPEN
    ]
