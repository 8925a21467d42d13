"""What reports say, from facts alone: figures, totals, rankings, and what is no data."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_workers.reconciliation.billing import LISTS
from svc_workers.reconciliation.result import BilledLine, Counted, NoData, Position, Reconciliation, cents, totals
from svc_workers.reports.charts import chart
from svc_workers.reports.document import REPORTS, UNNAMED, document
from svc_workers.reports.estate import Client, Estate, Facts, Standing, StandingFinding, Trend
from svc_workers.reports.fleet import added, over_time
from svc_workers.reports.freshness import Freshness, Source
from svc_workers.reports.machines import machines
from svc_workers.reports.model import Document, Money, Share, summed
from svc_workers.reports.read import MONTHS, months
from svc_workers.reports.record import Record
from svc_workers.reports.render import csv_of, html, json_of
from svc_workers.reports.shown import parts, percent, shown
from svc_workers.shipped import CHECKS

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
ENTRA, INTUNE, AGENTS, SKUS = "m365/devices", "m365/managedDevices", "sophos/endpoints", "m365/subscribedSkus"


def _source(listing: str, age: timedelta | None = DAY, *, stale: bool = False, reachable: bool = True) -> Source:
    vendor, resource = listing.split("/")
    return Source(UUID(int=1), vendor, resource, "a", None if age is None else NOW - age, stale, reachable, None)


def _record(number: int, listing: str, kind: str = "device", **data: object) -> Record:
    vendor, resource = listing.split("/")
    usual = {"device_class": "workstation", "name": f"PC-{number}", "last_seen_at": f"{NOW - DAY:%Y-%m-%dT%H:%M:%SZ}"}
    return Record(UUID(int=number), UUID(int=1), UUID(int=2), vendor, resource, kind, {**usual, **data})


def _facts(
    *records: Record,
    fresh: Sequence[str] = (),
    findings: Sequence[StandingFinding] = (),
    name: str = "Example Ltd",
    past: bool = False,
    billed: bool = False,
    same: Sequence[tuple[int, int]] = (),
) -> Facts:
    listings = {one.listing for one in records}
    return Facts(
        at=NOW,
        past=past,
        client=Client(UUID(int=1), name, "k1"),
        freshness=Freshness([_source(listing) for listing in fresh]),
        records={listing: tuple(one for one in records if one.listing == listing) for listing in listings},
        same=tuple((UUID(int=one), UUID(int=other)) for one, other in same),
        findings=tuple(findings),
        reconciliation=Reconciliation(NOW, no_data=None if billed else NoData("unread", "nothing was read")),
        faults=None if past else (),
    )


def _estate(*clients: Facts, trend: Trend | None = None) -> Estate:
    return Estate(NOW, clients[0].past, "MSP", clients, (), (), trend or Trend(None, (), ()))


def _finding(check: str, severity: str, state: str = "open") -> StandingFinding:
    return StandingFinding(UUID(int=1), check, severity, state, "It is so", {}, NOW)


def test_these_are_the_reports_and_each_check_is_in_one_beside_the_summary():
    assert sorted(REPORTS) == ["coverage", "executive", "licences", "posture", "quality"]
    topics = [report.checks for name, report in REPORTS.items() if name != "executive"]
    assert frozenset().union(*topics) == REPORTS["executive"].checks == frozenset(CHECKS)


def test_the_one_pager_of_a_client():
    facts = _facts(
        _record(1, ENTRA),
        _record(2, AGENTS, tamper_protection=True),
        _record(3, ENTRA),
        fresh=(ENTRA, AGENTS),
        same=((1, 2),),
        findings=(
            _finding("no_endpoint_protection", "high"),
            _finding("unused_seats", "low"),
            _finding("unused_seats", "low", "acknowledged"),
            _finding("stale", "medium", "suppressed"),
        ),
    )
    told = document(REPORTS["executive"], _estate(facts), fleet=False)

    assert (told.about, told.scope, told.as_of) == ("Example Ltd", "client", NOW)
    assert {figure.name: figure.value for figure in told.figures} == {
        "grave": 1,
        "admins_without_mfa": None,
        "mfa": None,
        "protected": Share(1, 2),
        "tamper_protection": Share(1, 1),
        "unbilled": None,
        "unused": None,
        "departed": None,
    }
    by_severity, first = (part.tables[0] for part in told.parts)
    assert by_severity.rows == (("critical", 0), ("high", 1), ("medium", 0), ("low", 2), ("info", 0))
    assert by_severity.total == ("All", 3)
    assert [(row[0], row[2], row[3]) for row in first.rows or ()] == [
        ("Device without endpoint protection", "high", 1),
        (CHECKS["unused_seats"].title, "low", 2),
    ]
    protected = next(figure for figure in told.figures if figure.name == "protected")
    assert (protected.sources, protected.as_of) == ((AGENTS, ENTRA), NOW - DAY)


def test_clients_are_ranked_by_what_is_to_be_done_and_those_without_data_stand_last_and_in_no_total():
    good = _facts(_record(1, AGENTS), _record(2, ENTRA), fresh=(ENTRA, AGENTS), same=((1, 2),), name="Good")
    bad = _facts(_record(3, ENTRA), fresh=(ENTRA, AGENTS), name="Bad")
    unknown = _facts(_record(4, ENTRA), fresh=(ENTRA,), name="Unknown")
    told = document(REPORTS["coverage"], _estate(unknown, good, bad), fleet=True)
    clients = told.parts[0].tables[0]

    assert [row[:2] for row in clients.rows or ()] == [("Bad", 1), ("Good", 0), ("Unknown", None)]
    assert clients.total is not None
    assert clients.total[:2] == ("All", 1)
    figure = told.figures[0]
    assert (figure.name, figure.value, figure.known, figure.asked) == ("unprotected", 1, 2, 3)


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("fleet", [False, True])
def test_a_client_of_whom_nothing_is_known_has_no_numbers(name: str, *, fleet: bool):
    told = document(REPORTS[name], _estate(_facts()), fleet=fleet)

    counted = {figure.name: figure.value for figure in told.figures if figure.sources}
    assert set(counted.values()) <= {None}
    assert len(told.parts) == len(REPORTS[name].fleet if fleet else REPORTS[name].sections)


def test_of_the_past_nothing_is_told_that_rests_on_what_was_not_kept():
    past = document(
        REPORTS["coverage"], _estate(_facts(_record(1, ENTRA), fresh=(ENTRA, AGENTS), past=True)), fleet=False
    )
    values = {figure.name: figure.value for figure in past.figures}

    assert (values["devices"], values["in_sophos"]) == (1, Share(0, 1))
    assert values["unprotected"] is values["protected"] is None


def test_a_chain_of_pairs_is_one_device_of_the_class_the_best_source_tells():
    records = {
        ENTRA: [_record(1, ENTRA)],
        INTUNE: [_record(2, INTUNE, last_seen_at=None)],
        AGENTS: [_record(3, AGENTS, device_class="server", last_seen_at="2026-09-01T00:00:00Z")],
    }
    pairs = [(UUID(int=1), UUID(int=2)), (UUID(int=2), UUID(int=3)), (UUID(int=3), UUID(int=99))]
    [machine] = machines(records, pairs, lambda _: True)

    assert (set(machine.records), machine.device_class, machine.in_use(NOW)) == (
        {"entra", "intune", "sophos"},
        "server",
        True,
    )


def test_a_source_that_was_not_read_adds_no_device_but_still_joins_those_of_others():
    records = {ENTRA: [_record(1, ENTRA)], INTUNE: [_record(2, INTUNE)], AGENTS: [_record(3, AGENTS)]}
    pairs = [(UUID(int=1), UUID(int=3)), (UUID(int=3), UUID(int=2))]
    [machine] = machines(records, pairs, lambda listing: listing != AGENTS)

    assert set(machine.records) == {"entra", "intune"}


def test_a_list_is_as_fresh_as_its_least_recently_read_account():
    vendor, resource = AGENTS.split("/")

    def fresh(*sources: Source) -> datetime | None:
        return Freshness(sources).of(vendor, resource)

    assert fresh(_source(AGENTS), _source(AGENTS, 2 * DAY)) == NOW - 2 * DAY
    assert fresh(_source(AGENTS), _source(AGENTS, None)) is None
    assert fresh(_source(AGENTS), _source(AGENTS, 9 * DAY, stale=True)) is None
    assert fresh(_source(AGENTS), _source(AGENTS, None, reachable=False)) == NOW - DAY
    assert fresh(_source(AGENTS, reachable=False)) is None
    assert fresh() is None


def test_a_trend_begins_when_something_was_known():
    moments = months(NOW)
    standing = (
        Standing(NOW, "stale", "high", 3),
        Standing(NOW, "other", "low", 9),
        Standing(moments[0], "stale", "low", 1),
    )
    told = over_time(Trend(moments[-2], moments, standing), frozenset({"stale"}))

    assert told.rows == ((moments[-2], 0, 0, 0, 0, 0, 0), (NOW, 0, 3, 0, 0, 0, 3))
    assert over_time(Trend(None, moments, ()), frozenset({"stale"})).rows is None


@given(st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_a_trend_is_a_years_month_beginnings_and_the_moment_itself(at: datetime):
    moments = months(at)

    assert len(moments) == MONTHS
    assert list(moments) == sorted(set(moments))
    assert moments[-1] == at
    assert {moment.replace(year=2000, month=1) for moment in moments[:-1]} == {datetime(2000, 1, 1, tzinfo=UTC)}


numbers = st.integers(0, 10**9)
shares = st.tuples(numbers, numbers).map(lambda pair: Share(min(pair), max(pair)))
amounts = st.decimals(min_value=-(10**6), max_value=10**6, places=2)
currency = st.sampled_from(("EUR", "CHF", "USD", None))
moneys = st.lists(st.tuples(currency, amounts)).map(lambda pairs: Money.of(*pairs))


@given(st.lists(st.tuples(numbers, amounts, shares, moneys), min_size=1))
def test_a_total_is_the_sum_of_its_rows_to_the_cent(rows: list[tuple[int, Decimal, Share, Money]]):
    total = summed(tuple((f"row {number}", *row) for number, row in enumerate(rows)))

    assert total is not None
    assert total[1] == sum(row[0] for row in rows)
    assert total[2] == sum((row[1] for row in rows), Decimal())
    assert total[3] == Share(sum(row[2].part for row in rows), sum(row[2].whole for row in rows))
    assert isinstance(total[4], Money)
    assert _by_currency(total[4]) == _by_currency(*(row[3] for row in rows))
    assert total[1:] == tuple(added(column) for column in zip(*rows, strict=True))


def _by_currency(*moneys: Money) -> dict[str | None, Decimal]:
    sums: dict[str | None, Decimal] = defaultdict(Decimal)
    for one in moneys:
        for name, amount in one.amounts:
            sums[name] += amount
    return {name: amount for name, amount in sums.items() if amount}


prices = st.decimals(min_value=0, max_value=1000, places=4)


services = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500), prices, currency), max_size=6)


@given(st.lists(services, min_size=1, max_size=5))
def test_what_is_billed_wrongly_is_the_sum_of_its_services_and_clients_by_currency_to_the_cent(
    clients: list[list[tuple[int, int, Decimal, str | None]]],
):
    estate = [_billed(f"Client {number}", *of) for number, of in enumerate(clients)]
    fleet = document(REPORTS["licences"], _estate(*estate), fleet=True)
    owed = [_directions(facts) for facts in estate]

    for facts, both in zip(estate, owed, strict=True):
        shown, rows = document(REPORTS["licences"], _estate(facts), fleet=False).parts[0].tables
        for direction, money, state in zip(shown.rows or (), both, ("under", "over"), strict=True):
            found = [row[8] for row in rows.rows or () if row[3] == state]
            sums = _by_currency(*(one for one in found if isinstance(one, Money)))
            assert direction[1:] == (len(found), money)
            assert {name: abs(amount) for name, amount in sums.items()} == _by_currency(money)
    for place, figure in enumerate(fleet.figures[:2]):
        assert isinstance(figure.value, Money)
        assert _by_currency(figure.value) == _by_currency(*(both[place] for both in owed))


def _directions(facts: Facts) -> tuple[Money, Money]:
    """What `mspctl reconcile show` says of a client."""
    told = totals(facts.reconciliation.positions)
    return Money.of(*((one.currency, one.under) for one in told)), Money.of(*((one.currency, one.over) for one in told))


def _billed(name: str, *services: tuple[int, int, Decimal, str | None]) -> Facts:
    positions = tuple(_position(place, *service) for place, service in enumerate(services))
    return replace(_facts(fresh=LISTS, billed=True, name=name), reconciliation=Reconciliation(NOW, positions))


def _position(place: int, billed: int, actual: int, price: Decimal, currency: str | None) -> Position:
    more = actual - billed
    line = BilledLine(
        UUID(int=place), "l", "c", "Contract", "s", None, billed, price, None, None, more, cents(price * more)
    )
    counted = (Counted(UUID(int=place), "seats", "rule", actual, ()),)
    state = "matched" if not more else "under" if more > 0 else "over"
    return Position(
        UUID(int=place), UUID(int=1), state, f"Service {place}", ("s",), (), "seats", currency, (line,), counted
    )


def _fleet(*clients: Facts) -> Document:
    return document(REPORTS["licences"], _estate(*clients), fleet=True)


def test_clients_are_ranked_currency_by_currency_and_amounts_of_two_are_not_drawn():
    price = Decimal(1)
    euro = [_billed(f"Euro {more}", (0, more, price, "EUR")) for more in (5, 900)]
    franc = [_billed(f"Franc {more}", (0, more, price, "CHF")) for more in (7, 6)]
    rest = [_facts(name="Unread"), _billed("Nothing", (3, 3, price, "EUR")), _billed("Unsaid", (0, 9999, price, None))]
    mixed = _fleet(*rest, *euro, *franc)
    alike = _fleet(*rest[:2], *euro)

    [clients], [same] = mixed.parts[0].tables, alike.parts[0].tables
    order = ["Franc 7", "Franc 6", "Euro 900", "Euro 5", "Unsaid", "Nothing", "Unread"]
    assert [row[0] for row in clients.rows or ()] == order
    assert chart(clients, "x") is None
    assert "without a chart" in clients.notes[-1]
    assert mixed.notes == (UNNAMED,)
    drawn = chart(same, "x")
    assert drawn is not None
    assert "Euro 900 900.00 EUR, Euro 5 5.00 EUR, Nothing 0.00, Unread no data" in drawn
    assert (alike.notes, [note for note in same.notes if "chart" in note]) == ((), [])


def test_money_has_its_currency_in_every_form():
    one = Decimal(1)
    services = ((0, 12, one, "USD"), (0, 1293, one / 10, "EUR"), (0, 3, one, None), (4, 0, one, None))
    told = document(REPORTS["licences"], _estate(_billed("Example Ltd", *services)), fleet=False)
    page, cells = html(told), list(csv.DictReader(io.StringIO(csv_of(told))))

    unbilled = [
        cell for cell in cells if (cell["section"], cell["item"], cell["measure"]) == ("figures", "unbilled", "value")
    ]
    assert "129.30 EUR + 12.00 USD + 3.00</dd>" in page
    assert UNNAMED in page
    assert [(cell["value"], cell["currency"]) for cell in unbilled] == [
        ("129.30", "EUR"),
        ("12.00", "USD"),
        ("3.00", ""),
    ]
    assert json_of(told)["figures"][0]["value"] == [
        {"amount": "129.30", "currency": "EUR"},
        {"amount": "12.00", "currency": "USD"},
        {"amount": "3.00", "currency": None},
    ]
    assert json_of(told)["notes"] == [UNNAMED]
    assert "\u22124.00</td>" in page


@given(st.lists(st.one_of(st.none(), numbers), min_size=1))
def test_a_column_with_a_gap_has_no_total(values: list[int | None]):
    total = summed(tuple(("row", value) for value in values))

    assert total is not None
    assert (total[1] is None) == (None in values)


@given(shares)
def test_a_percentage_is_all_or_nothing_only_where_that_is_so(share: Share):
    text = percent(share)

    assert (text == "0\u202f%") == (share.whole > 0 and share.part == 0)
    assert (text == "100\u202f%") == (share.whole > 0 and share.missing == 0)
    assert parts(share).replace("\u202f", "") == f"{share.part} of {share.whole}"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "number", "no data"),
        (1234567, "number", "1\u202f234\u202f567"),
        (Money.of(("EUR", Decimal("-1234.5"))), "money", "\u22121\u202f234.50 EUR"),
        (Money.of((None, Decimal(3)), ("USD", Decimal(2)), ("EUR", Decimal(1))), "money", "1.00 EUR + 2.00 USD + 3.00"),
        (Money.of(("EUR", Decimal(1)), ("EUR", Decimal(-1))), "money", "0.00"),
        (3, "difference", "+3"),
        (-3, "difference", "\u22123"),
        (True, "seen", "yes"),
        (NOW, "day", "23 Nov 2026"),
        (NOW, "moment", "23 Nov 2026, 09:30 UTC"),
        (("a", "b"), "list", "a, b"),
        ("high", "severity", "High"),
    ],
)
def test_values_are_written_as_people_read_them(value, unit, text):
    assert shown(value, unit) == text
