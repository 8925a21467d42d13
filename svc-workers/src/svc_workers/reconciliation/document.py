"""Reconciliations as JSON: what `mspctl reconcile show` prints and whoever asks reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from svc_workers.reconciliation.result import BilledLine, Position, Reconciliation, Totals, totals


def document(of_clients: Iterable[tuple[str, Reconciliation]]) -> dict[str, Any]:
    """Clients by name with their positions, and the totals per currency over all of them.

    Money is decimal text with two places, prices as they are known; dates are ISO 8601; what is not known is null.
    """
    found = list(of_clients)
    positions = [position for _, one in found for position in one.positions]
    return {
        "as_of": max((one.at for _, one in found), default=None),
        "positions": [_position(name, position) for name, one in found for position in one.positions],
        "no_data": [{"client": name, "why": one.no_data.why} for name, one in found if one.no_data is not None],
        "totals": [_totals(row) for row in totals(positions)],
    }


def _position(client: str, position: Position) -> dict[str, Any]:
    return {
        "id": position.id,
        "client_id": position.client_id,
        "client": client,
        "state": position.state,
        "service": position.service,
        "service_ids": position.service_ids,
        "rules": position.rules,
        "counted_as": position.counts,
        "billed": position.billed,
        "actual": position.actual,
        "difference": position.difference,
        "unit_price": position.unit_price,
        "money_difference": position.money,
        "currency": position.currency,
        "why": position.why,
        "lines": [_line(line) for line in position.lines],
        "counted": [asdict(thing) for thing in position.counted],
    }


def _line(line: BilledLine) -> dict[str, Any]:
    told = asdict(line)
    money = told.pop("money")
    return {**told, "amount": line.amount, "money_difference": money}


def _totals(row: Totals) -> dict[str, Any]:
    return {
        "currency": row.currency,
        "under": row.under,
        "over": row.over,
        "net": row.net,
        "without_price": row.without_price,
    }
