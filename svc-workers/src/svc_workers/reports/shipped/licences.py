"""Licences and billing: what is bought, held and billed, and what it should be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mspbyte_common.models import Licence
from svc_workers.identities import LICENCES as SKUS
from svc_workers.reconciliation.billing import LISTS
from svc_workers.reconciliation.result import Position, cents
from svc_workers.reports.estate import Estate, Facts
from svc_workers.reports.findings import findings_section
from svc_workers.reports.fleet import measured, ranking, trend
from svc_workers.reports.model import Chart, Column, Money, Row, Table, Value, summed
from svc_workers.reports.people import USERS
from svc_workers.reports.report import FleetSection, Measure, Report, Section

DISABLED: Final = "licensed_but_disabled"
CHECKS: Final = frozenset(
    {
        *("unused_seats", "over_assigned", "expiring", "licensed_but_disabled", "licensed_but_stale"),
        *("shared_mailbox_licensed", "under_billed", "over_billed", "unbilled", "no_source"),
    }
)


def _licences(facts: Facts) -> list[Licence]:
    """The paid ones first, the largest of them before."""
    found = [one.read(Licence) for one in facts.of(SKUS)]
    return sorted(found, key=lambda one: (one.free, -(one.bought or 0), one.sku, one.sku_id))


def _paid(facts: Facts) -> list[Licence]:
    return [one for one in _licences(facts) if not one.free and one.state == "enabled"]


def _all(numbers: Iterable[int | None]) -> int | None:
    """The sum; None where one is not known."""
    known = list(numbers)
    told = [number for number in known if number is not None]
    return sum(told) if len(told) == len(known) else None


def _unused(licence: Licence) -> int | None:
    return None if licence.bought is None or licence.assigned is None else licence.bought - licence.assigned


def _spare(licence: Licence) -> int | None:
    unused = _unused(licence)
    return None if unused is None else max(unused, 0)


def _shown(facts: Facts) -> list[Position]:
    """The positions with something to compare: services nobody has a rule for are the MSP's matter, not the client's."""
    return [one for one in facts.reconciliation.positions if one.state not in {"missing_rule", "excluded"}]


def _money(facts: Facts, sign: int) -> Value:
    """What all positions of that direction come to; None where none could be compared."""
    shown = _shown(facts)
    if facts.reconciliation.no_data is not None or (shown and all(one.state == "no_data" for one in shown)):
        return None
    differences = ((one.currency, one.money) for one in shown if one.money is not None)
    return Money.of(*((currency, abs(amount)) for currency, amount in differences if amount * sign > 0))


UNBILLED = Measure(
    "unbilled",
    "In use but not billed, per period",
    lambda facts: _money(facts, 1),
    LISTS,
    "money",
    short="Not billed",
)
OVERBILLED = Measure(
    "overbilled",
    "Billed but not in use, per period",
    lambda facts: _money(facts, -1),
    LISTS,
    "money",
    short="Billed too much",
)
BOUGHT = Measure(
    "bought",
    "Paid licence seats bought",
    lambda facts: _all(one.bought for one in _paid(facts)),
    (SKUS,),
    short="Seats bought",
)
UNUSED = Measure(
    "unused",
    "Paid licence seats nobody holds",
    lambda facts: _all(map(_spare, _paid(facts))),
    (SKUS,),
    short="Seats unused",
)
DEPARTED = Measure(
    "departed",
    "Disabled accounts with paid licences",
    lambda facts: len(facts.open({DISABLED})),
    (USERS, SKUS),
    short="Disabled but licensed",
)


BILLING = (
    Column("service", "Service"),
    Column("contract", "Contract", under="service"),
    Column("why", "Why", under="service"),
    Column("state", "State"),
    Column("billed", "Billed", "number"),
    Column("actual", "Actual", "number"),
    Column("difference", "Difference", "difference"),
    Column("unit_price", "Unit price", "money"),
    Column("amount", "Per period", "money"),
)


def _billing(facts: Facts) -> tuple[Table, ...]:
    caption = "Billed against actual, by service"
    lacking = facts.reconciliation.no_data
    if lacking is not None:
        return (Table("billing", caption, BILLING, None, why=lacking.why),)
    shown = _shown(facts)
    amounts = Table(
        "totals",
        "Totals per period",
        (
            Column("direction", "Direction"),
            Column("services", "Services", "number"),
            Column("amount", "Per period", "money"),
        ),
        tuple(
            (label, sum((one.difference or 0) * sign > 0 for one in shown), measured(measure, facts))
            for label, sign, measure in (
                ("In use but not billed", 1, UNBILLED),
                ("Billed but not in use", -1, OVERBILLED),
            )
        ),
        notes=_left_out(shown),
    )
    lines = Table(
        "billing",
        caption,
        BILLING,
        tuple(map(_position, shown)),
        empty="No contract of this client has a service that can be counted.",
        notes=("Amounts are at the price of the contract's line.",),
    )
    return amounts, lines


def _position(one: Position) -> Row:
    contracts = ", ".join(dict.fromkeys(line.contract for line in one.lines if line.contract))
    price = None if one.unit_price is None else Money.of((one.currency, cents(one.unit_price)))
    amount = None if one.money is None else Money.of((one.currency, one.money))
    state = one.state.replace("_", " ")
    return (one.service, contracts, one.why or "", state, one.billed, one.actual, one.difference, price, amount)


def _left_out(shown: Iterable[Position]) -> tuple[str, ...]:
    positions = list(shown)
    told = {
        "without data": sum(one.state == "no_data" for one in positions),
        "that differ and have no price": sum(bool(one.difference) and one.money is None for one in positions),
    }
    return tuple(f"Services {what}, which stand in no total: {number}." for what, number in told.items() if number)


SEATS = (
    Column("licence", "Licence"),
    Column("sku", "SKU", under="licence"),
    Column("state", "State"),
    Column("assigned", "Assigned", "number"),
    Column("bought", "Bought", "number"),
    Column("unused", "Unused", "number"),
)


def _seats(facts: Facts) -> tuple[Table, ...]:
    if facts.fresh(SKUS) is None:
        return (Table("licences", "Seats by licence", SEATS, None),)
    paid, others = _paid(facts), [one for one in _licences(facts) if one.free or one.state != "enabled"]
    return (
        Table(
            "licences",
            "Paid licences: seats assigned and bought",
            SEATS,
            tuple(map(_seat, paid)),
            chart=Chart("within", "licence", ("assigned", "bought"), "Seats assigned of those bought, by licence"),
            empty="The client has no paid licences.",
        ),
        Table("other", "Free licences, and those that are not enabled", SEATS, tuple(map(_seat, others))),
    )


def _seat(one: Licence) -> Row:
    state = one.state.replace("_", " ") + (", free" if one.free else "")
    return (one.name or one.sku, one.sku if one.name else "", state, one.assigned, one.bought, _unused(one))


def _departed(facts: Facts) -> tuple[Table, ...]:
    columns = (
        Column("account", "Account"),
        Column("upn", "Signed in as", under="account"),
        Column("held", "Licences", "list"),
    )
    if facts.fresh(USERS, SKUS) is None:
        return (Table("departed", "Disabled accounts with paid licences", columns, None),)
    rows = tuple(
        (
            one.evidence.get("person") or one.evidence.get("upn") or "An account without a name",
            one.evidence.get("upn") or "",
            tuple(licence["name"] or licence["sku"] for licence in one.evidence.get("licences", ())),
        )
        for one in facts.open({DISABLED})
    )
    return (Table("departed", "Disabled accounts with paid licences", columns, rows),)


def _skus(estate: Estate) -> tuple[Table, ...]:
    """Seats of all clients by licence."""
    columns = (
        Column("licence", "Licence"),
        Column("clients", "Clients", "number"),
        Column("assigned", "Assigned", "number"),
        Column("bought", "Bought", "number"),
        Column("unused", "Unused", "number"),
    )
    read = [facts for facts in estate.clients if facts.fresh(SKUS) is not None]
    held: dict[str, list[Licence]] = {}
    for licence in (one for facts in read for one in _paid(facts)):
        held.setdefault(licence.name or licence.sku, []).append(licence)
    rows: list[Row] = [
        (name, len(of), _all(one.assigned for one in of), _all(one.bought for one in of), _all(map(_spare, of)))
        for name, of in held.items()
    ]
    rows.sort(key=lambda row: (-int(str(row[3] or 0)), str(row[0])))
    return (
        Table(
            "licences",
            "Paid licences of all clients",
            columns,
            tuple(rows) if read else None,
            summed(tuple(rows)) if read else None,
            Chart("within", "licence", ("assigned", "bought"), "Seats assigned of those bought, by licence"),
            notes=(f"{len(read)} of {len(estate.clients)} clients were read in full lately.",),
        ),
    )


MEASURES = (UNBILLED, OVERBILLED, UNUSED, DEPARTED)

REPORT = Report(
    name="licences",
    title="Licences and billing",
    lead="What is bought, held and billed, and what it should be.",
    measures=MEASURES,
    sections=(
        Section(
            "billing",
            "Billed against actual",
            "Units of the billing period that covers the day against what the vendors show.",
            _billing,
        ),
        Section("licences", "Licences", "Microsoft 365 seats bought, and how many of them are assigned.", _seats),
        Section(
            "departed",
            "Disabled but licensed",
            "Accounts nobody can sign in to that hold a licence which costs money.",
            _departed,
        ),
        findings_section(CHECKS - {DISABLED}),
    ),
    fleet=(
        ranking((UNBILLED, OVERBILLED, BOUGHT, UNUSED, DEPARTED)),
        FleetSection("licences", "Licences", "Microsoft 365 seats of all clients together.", _skus),
        trend(CHECKS),
    ),
    checks=CHECKS,
)
