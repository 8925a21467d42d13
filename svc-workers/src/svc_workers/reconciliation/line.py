"""What a reconciliation says of one contract line, for the checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mspbyte_common.models import ContractLine
from svc_workers.links import Links
from svc_workers.reconciliation.reconcile import reconcile
from svc_workers.reconciliation.result import BilledLine, Position, State
from svc_workers.subject import Subject
from svc_workers.verdict import Severity, Unknown, Verdict, finding, ok, unknown


@dataclass(frozen=True)
class Parts:
    """The positions a line is part of, with its share of each. `until`: when time alone may change any."""

    parts: tuple[tuple[Position, BilledLine], ...]
    until: datetime | None


def positions_of(subject: Subject[ContractLine], links: Links) -> Parts | Unknown:
    """Where a line stands; nowhere while its contract does not run."""
    if subject.client_id is None:
        return unknown("the contract's client is not known")
    found = links.once(reconcile)
    if found.no_data is not None:
        return unknown(found.no_data.why, found.no_data.waits_for)
    parts = tuple(
        (position, line) for position in found.positions for line in position.lines if line.entity_id == subject.id
    )
    moments = [position.until for position, _ in parts if position.until is not None]
    return Parts(parts, min(moments, default=found.later.get(subject.id)))


def differing(severity: Severity, subject: Subject[ContractLine], links: Links, state: State, title: str) -> Verdict:
    """A finding where a line's share of a difference is that of the state; unknown where there is no data.

    `title` has `{units}`, how many, and `{services}`. Of a bundle that differs in several services each is told.
    """
    mine = positions_of(subject, links)
    if isinstance(mine, Unknown):
        return mine
    found = [(position, line) for position, line in mine.parts if position.state == state and line.difference]
    lacking = [position.no_data for position, _ in mine.parts if position.no_data is not None]
    bundles = [position for position, line in mine.parts if line.bundle_id and position.state == "missing_rule"]
    if not found and bundles:
        return unknown(f"{bundles[0].why}: mspctl reconcile rule set")
    if not found and lacking:
        return unknown(lacking[0].why, lacking[0].waits_for, recheck_at=mine.until)
    if not found:
        return ok(recheck_at=mine.until)
    told = [evidence(position, line) for position, line in found]
    more = {"also": told[1:]} if told[1:] else {}
    return finding(
        severity,
        told[0] | more,
        title.format(
            units=sum(abs(line.difference or 0) for _, line in found),
            services=", ".join(position.service for position, _ in found),
        ),
        recheck_at=mine.until,
    )


def evidence(position: Position, line: BilledLine) -> dict[str, Any]:
    """The facts of one line's part in a position, as a finding keeps them."""
    return {
        "service": position.service,
        "contract": line.contract,
        "counted": position.counts,
        "units": line.units,
        "billed": position.billed,
        "actual": position.actual,
        "difference": line.difference,
        "unit_price": line.unit_price,
        "money_difference": line.money,
        "currency": position.currency,
        "period": {"starts_at": line.starts_on, "ends_at": line.ends_on},
    }
