"""What every report on all clients has: the clients side by side, and how its findings went over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from svc_workers.reports.estate import SEVERITIES, Estate, Facts, Trend
from svc_workers.reports.model import Chart, Column, Figure, Money, Row, Share, Table, Value, currencies
from svc_workers.reports.report import FleetSection, Measure


def measured(measure: Measure, facts: Facts) -> Value:
    """What a measure gives for a client; None where a list it needs was not read, or the past cannot tell."""
    return figure(measure, facts).value


def figure(measure: Measure, facts: Facts) -> Figure:
    """A measure of one client, with the lists it was counted from."""
    read = tuple(listing for listing in measure.any_of if facts.fresh(listing) is not None)
    sources = measure.needs + read
    as_of = facts.fresh(*sources) if sources else None if measure.any_of else facts.at
    told = as_of is not None and (measure.remembered or not facts.past)
    value = measure.count(facts) if told else None
    named = sources or measure.any_of
    return Figure(measure.name, measure.label, measure.unit, value, named, None if value is None else as_of)


def total(measure: Measure, clients: Sequence[Facts]) -> Figure:
    """A measure added up over the clients that have data for it; None where none has."""
    figures = [one for facts in clients if (one := figure(measure, facts)).value is not None]
    return Figure(
        measure.name,
        measure.label,
        measure.unit,
        added(one.value for one in figures),
        measure.needs + measure.any_of,
        min((one.as_of for one in figures if one.as_of is not None), default=None),
        known=len(figures),
        asked=len(clients),
    )


def added(values: Iterable[Value]) -> Value:
    """The sum of numbers, shares or money, all of one kind; None of nothing."""
    found: Value = None
    for value in values:
        match found, value:
            case Share(), Share():
                found += value
            case Money(), Money():
                found += value
            case ((int() | Decimal()), (int() | Decimal())):
                found += value
            case _:
                found = value
    return found


def ranking(measures: tuple[Measure, ...]) -> FleetSection:
    """Clients by the first of the measures, the worst first; where that is money, currency by currency."""

    def tables(estate: Estate) -> tuple[Table, ...]:
        ordered = sorted(estate.clients, key=lambda facts: (*_place(measured(measures[0], facts)), facts.client.called))
        rows: tuple[Row, ...] = tuple(
            (facts.client.called, *(measured(measure, facts) for measure in measures)) for facts in ordered
        )
        chart = Chart(
            "shares" if measures[0].unit == "share" else "bars", "client", (measures[0].name,), measures[0].label
        )
        return (
            Table(
                name="clients",
                caption="Clients side by side",
                columns=(
                    Column("client", "Client"),
                    *(Column(one.name, one.short or one.label, one.unit) for one in measures),
                ),
                rows=rows,
                total=("All", *(total(measure, estate.clients).value for measure in measures)),
                chart=chart,
                empty="No client has an account of a vendor mapped to it.",
                notes=_missing(rows, measures) + _undrawn(rows),
            ),
        )

    return FleetSection("clients", "Clients", f"{measures[0].label}: the clients that need it most come first.", tables)


def trend(checks: frozenset[str]) -> FleetSection:
    """Open findings of these checks, month by month."""
    return FleetSection(
        "trend",
        "Over time",
        "Findings that were open when each month began, and now.",
        lambda estate: (over_time(estate.trend, checks),),
    )


def over_time(told: Trend, checks: frozenset[str]) -> Table:
    """Open findings by month and severity, from the first moment at which an account was known."""
    rows: tuple[Row, ...] = tuple(
        (moment, *(counts[severity] for severity in SEVERITIES), sum(counts.values()))
        for moment, counts in told.of(checks)
    )
    return Table(
        name="trend",
        caption="Open findings by month and severity",
        columns=(
            Column("at", "At", "day"),
            *(Column(severity, severity.capitalize(), "number") for severity in SEVERITIES),
            Column("open", "All", "number"),
        ),
        rows=rows or None,
        chart=Chart("stacked", "at", SEVERITIES, "Open findings by month", most=len(rows)) if len(rows) > 1 else None,
        why="no account of any client was known",
        notes=(f"Nothing is known before {told.since:%-d %b %Y}.",) if told.since else (),
    )


def _place(value: Value) -> tuple[int, bool, str, Decimal]:
    """Sorts the most there is to do first; where that is not known, last.

    Money goes by its first currency and then by the amount in that, as amounts of two currencies cannot be compared.
    """
    match value:
        case Money(amounts=((currency, amount), *_)):
            return 0, currency is None, currency or "", -amount
        case Share():
            return 0, False, "", -Decimal(value.missing)
        case int() | Decimal():
            return 0, False, "", -Decimal(value)
        case Money():
            return 1, False, "", Decimal(0)
        case _:
            return 2, False, "", Decimal(0)


def _undrawn(rows: Sequence[Row]) -> tuple[str, ...]:
    """Why there is no chart of the first measure."""
    if len(currencies(row[1] for row in rows)) < 2:  # noqa: PLR2004
        return ()
    return ("Clients stand by currency, without a chart: amounts of two currencies have no scale in common.",)


def _missing(rows: Sequence[Row], measures: Sequence[Measure]) -> tuple[str, ...]:
    """Which totals leave clients out."""
    gaps = {
        one.label: number
        for place, one in enumerate(measures, start=1)
        if (number := sum(row[place] is None for row in rows))
    }
    if not gaps:
        return ()
    told = "; ".join(f"{label}: {number}" for label, number in gaps.items())
    return (f"Clients without data stand in no total. {told}.",)
