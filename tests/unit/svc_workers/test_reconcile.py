"""Billed against actual, case by case, each worked out by hand: service | state | billed | actual | difference | money."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.svc_workers.reconciling import (
    NOW,
    PREMIUM,
    SERVER,
    WORKSTATION,
    At,
    Rule,
    Same,
    Unread,
    Without,
    World,
    agents,
    bills,
    bundle,
    contract,
    counts,
    managed,
    of_client,
    person,
    positions,
    record,
    row,
    seats,
    service,
    units,
)

from mspbyte_common.reconciliation.book import RuleBook
from svc_workers.reconciliation.reconcile import reconcile
from svc_workers.reconciliation.result import totals

ANNUAL, MONTHLY = f"{PREMIUM} (Annual)", f"{PREMIUM} (Monthly)"
USERS = counts("Helpdesk*", "count: people, of: m365/users, where: {identity_type: member, enabled: true}")
PAID = counts("Helpdesk*", "count: people, of: m365/users, holds: paid")
PAIR = Rule(f"{{id: pair, bundle: '41', contains: [{{service: {WORKSTATION}}}, {{service: {SERVER}, units: 2}}]}}")
NOVEMBER_14 = At(datetime(2026, 11, 14, 12, tzinfo=UTC))
LAST_MINUTE = At(datetime(2026, 11, 30, 23, 59, tzinfo=UTC))


def _example(bought: int) -> list[Any]:
    """20 units at 18.00, and 5 at 22.00 that became 6 on 10 November."""
    lines = [bills(PREMIUM, 20, price="18.00"), bills(MONTHLY, 5, line=2, price="22.00")]
    return [*lines, units(2, 6, "2026-11-10"), seats("SPB", bought)]


CASES: dict[str, tuple[list[Any], list[str]]] = {
    # the plain ones
    "as many in use as billed": ([bills(WORKSTATION, 3), agents(3)], [f"{WORKSTATION} | matched | 3 | 3 | 0 | 0.00"]),
    "more in use": ([bills(WORKSTATION, 3, price="4.50"), agents(5)], [f"{WORKSTATION} | under | 3 | 5 | 2 | 9.00"]),
    "fewer in use": ([bills(WORKSTATION, 3, price="4.50"), agents(1)], [f"{WORKSTATION} | over | 3 | 1 | -2 | -9.00"]),
    "none in use is 0, for the list was read": (
        [bills(WORKSTATION, 3)],
        [f"{WORKSTATION} | over | 3 | 0 | -3 | -30.00"],
    ),
    "a line of no units, and nothing used": ([bills(WORKSTATION, 0)], [f"{WORKSTATION} | matched | 0 | 0 | 0 | 0.00"]),
    "a line of no units, and something used": (
        [bills(WORKSTATION, 0), agents(2)],
        [f"{WORKSTATION} | under | 0 | 2 | 2 | 20.00"],
    ),
    "a credit takes units off": (
        [bills(WORKSTATION, 10), bills(WORKSTATION, -2, line=2), agents(8)],
        [f"{WORKSTATION} | matched | 8 | 8 | 0 | 0.00"],
    ),
    # money
    "without a price there is no money": (
        [bills(WORKSTATION, 1, price=None), agents(2)],
        [f"{WORKSTATION} | under | 1 | 2 | 1 | -"],
    ),
    "a line without a price has what its period comes to: 375.00 / 25": (
        [bills(WORKSTATION, price=None), units(1, 25, price=Decimal("375.00")), agents(26)],
        [f"{WORKSTATION} | under | 25 | 26 | 1 | 15.00"],
    ),
    "half a cent is rounded up": (
        [bills(WORKSTATION, 1, price="0.125"), agents(2)],
        [f"{WORKSTATION} | under | 1 | 2 | 1 | 0.13"],
    ),
    "and away from zero": (
        [bills(WORKSTATION, 2, price="0.125"), agents(1)],
        [f"{WORKSTATION} | over | 2 | 1 | -1 | -0.13"],
    ),
    "only the sum is rounded, never the price: 3 x 3.3333": (
        [bills(WORKSTATION, 0, price="3.3333"), agents(3)],
        [f"{WORKSTATION} | under | 0 | 3 | 3 | 10.00"],
    ),
    # periods: the units in force on the date
    "units raised on the 15th: after it": (
        [bills(WORKSTATION, 5), units(1, 8, "2026-11-15"), agents(8)],
        [f"{WORKSTATION} | matched | 8 | 8 | 0 | 0.00"],
    ),
    "units raised on the 15th: the day before": (
        [bills(WORKSTATION, 5), units(1, 8, "2026-11-15"), agents(8, seen=20), NOVEMBER_14],
        [f"{WORKSTATION} | under | 5 | 8 | 3 | 30.00"],
    ),
    "on the day two periods share, the one that starts then": (
        [
            bills(WORKSTATION),
            units(1, 5, "2026-11-01", "2026-11-15"),
            units(1, 8, "2026-11-15"),
            agents(5, seen=20),
            At(datetime(2026, 11, 15, tzinfo=UTC)),
        ],
        [f"{WORKSTATION} | over | 8 | 5 | -3 | -30.00"],
    ),
    "the last day of a period counts": (
        [bills(WORKSTATION, 3), agents(3), LAST_MINUTE],
        [f"{WORKSTATION} | matched | 3 | 3 | 0 | 0.00"],
    ),
    "a month ahead bills nothing yet": (
        [bills(WORKSTATION, 3), units(1, 9, "2026-12-01", "2026-12-31"), agents(3)],
        [f"{WORKSTATION} | matched | 3 | 3 | 0 | 0.00"],
    ),
    "a date in no period is not known to be 0": (
        [bills(WORKSTATION), units(1, 3, "2026-10-01", "2026-10-31"), agents(3)],
        [f"{WORKSTATION} | no_data | - | - | - | -"],
    ),
    # contracts
    "an ended contract bills nothing": (
        [bills(WORKSTATION, 3), contract(ends="2026-11-22"), agents(3)],
        [f"{WORKSTATION} | missing_line | 0 | 3 | 3 | 30.00"],
    ),
    "a contract ends with its last day": (
        [bills(WORKSTATION, 3), contract(ends="2026-11-23"), agents(3)],
        [f"{WORKSTATION} | matched | 3 | 3 | 0 | 0.00"],
    ),
    "an inactive contract bills nothing, and nothing is used": ([bills(WORKSTATION, 3), contract(active=False)], []),
    "a contract to come bills nothing yet": ([bills(WORKSTATION, 3), contract(starts="2026-11-24")], []),
    "a contract nobody knows to be active": (
        [bills(WORKSTATION, 3), contract(active=None), agents(3)],
        [f"{WORKSTATION} | no_data | - | - | - | -"],
    ),
    # several lines
    "two contracts with one service are added up": (
        [bills(WORKSTATION, 3), bills(WORKSTATION, 4, line=2, of="c2"), agents(7)],
        [f"{WORKSTATION} | matched | 7 | 7 | 0 | 0.00"],
    ),
    "what is missing goes to the newest line, at its price": (
        [bills(WORKSTATION, 3, price="10.00"), bills(WORKSTATION, 4, line=2, price="12.00"), agents(9)],
        [f"{WORKSTATION} | under | 7 | 9 | 2 | 24.00"],
    ),
    "too much comes off the newest line, then the one before: 4 x 12 + 1 x 10": (
        [bills(WORKSTATION, 3, price="10.00"), bills(WORKSTATION, 4, line=2, price="12.00"), agents(2)],
        [f"{WORKSTATION} | over | 7 | 2 | -5 | -58.00"],
    ),
    "two terms of one SKU are one position": (
        [bills(ANNUAL, 20, price="18.00"), bills(MONTHLY, 5, line=2, price="22.00"), seats("SPB", 27)],
        [f"{ANNUAL}, {MONTHLY} | under | 25 | 27 | 2 | 44.00"],
    ),
    "two services are two positions": (
        [bills(WORKSTATION, 2), bills(SERVER, 1, line=2), agents(2), agents(1, "SRV", device_class="server")],
        [f"{SERVER} | matched | 1 | 1 | 0 | 0.00", f"{WORKSTATION} | matched | 2 | 2 | 0 | 0.00"],
    ),
    "the guide's example, before the change": (
        [_example(29), At(datetime(2026, 11, 9, tzinfo=UTC))],
        [f"{PREMIUM}, {MONTHLY} | under | 25 | 29 | 4 | 88.00"],
    ),
    "the guide's example, after it": ([_example(29)], [f"{PREMIUM}, {MONTHLY} | under | 26 | 29 | 3 | 66.00"]),
    "the guide's example, with fewer seats: 6 x 22 + 3 x 18": (
        [_example(17)],
        [f"{PREMIUM}, {MONTHLY} | over | 26 | 17 | -9 | -186.00"],
    ),
    # bundles
    "a bundle bills what it contains": (
        [
            PAIR,
            service(WORKSTATION),
            service(SERVER),
            bundle("41", 2),
            agents(2),
            agents(4, "SRV", device_class="server"),
        ],
        [f"{SERVER} | matched | 4 | 4 | 0 | 0.00", f"{WORKSTATION} | matched | 2 | 2 | 0 | 0.00"],
    ),
    "a bundle and a line are added up, and the line is to change": (
        [PAIR, service(SERVER), bills(WORKSTATION, 3, price="4.00"), bundle("41", 2), agents(6)],
        [f"{SERVER} | over | 4 | 0 | -4 | -40.00", f"{WORKSTATION} | under | 5 | 6 | 1 | 4.00"],
    ),
    "nobody says what is in a bundle: a line is compared all the same": (
        [bills(WORKSTATION, 3), bundle("41", 2), agents(3)],
        ["Bundle 41 | missing_rule | 2 | - | - | -", f"{WORKSTATION} | matched | 3 | 3 | 0 | 0.00"],
    ),
    "nobody says what is in a bundle: it may bill what has no line": (
        [service(WORKSTATION), bundle("41", 2), agents(3)],
        [f"{WORKSTATION} | no_data | - | - | - | -", "Bundle 41 | missing_rule | 2 | - | - | -"],
    ),
    "a bundle with nothing that is counted is silent": (
        [Rule("{id: care, bundle: '41', contains: []}"), service(WORKSTATION), bundle("41", 2), agents(1)],
        [f"{WORKSTATION} | missing_line | 0 | 1 | 1 | 10.00"],
    ),
    # machines
    "a machine silent for 30 days, or never seen, is not in use": (
        [bills(WORKSTATION, 1), agents(1, "NB", seen=29), agents(1, "OLD", seen=30), agents(1, "NEW", seen=None)],
        [f"{WORKSTATION} | matched | 1 | 1 | 0 | 0.00"],
    ),
    "a machine two tools know is counted once": (
        [
            counts("Care", "count: devices, of: [sophos/endpoints, m365/managedDevices]"),
            bills("Care", 2),
            agents(1),
            managed("A"),
            managed("B"),
            Same(("PC-1", "A")),
        ],
        ["Care | matched | 2 | 2 | 0 | 0.00"],
    ),
    "two rules of one service are added up, each machine once": (
        [
            counts("Care", "count: rows, of: sophos/endpoints, where: {device_class: workstation}"),
            counts("Care", "count: rows, of: sophos/endpoints, where: {name: '*-1'}", "first"),
            bills("Care", 3),
            agents(2),
            agents(2, "SRV", device_class="server"),
        ],
        ["Care | matched | 3 | 3 | 0 | 0.00"],
    ),
    "of a cluster of firewalls the auxiliary one is not counted": (
        [
            bills("Managed Firewall M", 2),
            *(
                record(
                    "firewall", "sophos/firewalls", name, firewall_id=name, name=name, addresses=(), cluster_role=role
                )
                for name, role in (("a", "primary"), ("b", "auxiliary"), ("alone", None))
            ),
        ],
        ["Managed Firewall M | matched | 2 | 2 | 0 | 0.00"],
    ),
    # seats
    "seats bought, not those of another product": (
        [bills(PREMIUM, 10), seats("SPB", 12, assigned=9), seats("O365_BUSINESS_ESSENTIALS", 50)],
        [f"{PREMIUM} | under | 10 | 12 | 2 | 20.00"],
    ),
    "seats assigned, where a rule says so": (
        [
            Rule(
                f"{{id: m365-business-premium, services: {PREMIUM}, counts: c, count: seats, seats: assigned,"
                " of: m365/subscribedSkus, where: {sku: SPB}}"
            ),
            bills(PREMIUM, 10),
            seats("SPB", 12, assigned=9),
        ],
        [f"{PREMIUM} | over | 10 | 9 | -1 | -10.00"],
    ),
    "a product without a price is no seat": (
        [
            counts("Flow", "count: seats, of: m365/subscribedSkus"),
            bills("Flow", 3),
            seats("FLOW_FREE", 10_000, free=True),
            seats("SPB", 3),
        ],
        ["Flow | matched | 3 | 3 | 0 | 0.00"],
    ),
    "a suspended product has no seats bought": (
        [bills(PREMIUM, 5), seats("SPB", 0, suspended=5, state="suspended")],
        [f"{PREMIUM} | over | 5 | 0 | -5 | -50.00"],
    ),
    "a product that does not tell its seats is no data": (
        [bills(PREMIUM, 5), seats("SPB", None)],
        [f"{PREMIUM} | no_data | 5 | - | - | -"],
    ),
    # people
    "guests, shared mailboxes, rooms and disabled people are no users": (
        [
            USERS,
            bills("Helpdesk Flat", 1),
            person("Ann"),
            person("Guest", identity_type="guest"),
            person("Info", identity_type="shared"),
            person("Room 1", identity_type="room"),
            person("Gone", enabled=False),
        ],
        ["Helpdesk Flat | matched | 1 | 1 | 0 | 0.00"],
    ),
    "a person with two accounts counts once": (
        [
            USERS,
            bills("Helpdesk Flat", 2),
            person("Ann"),
            person("Ann (admin)"),
            person("Bob"),
            Same(("Ann", "Ann (admin)")),
        ],
        ["Helpdesk Flat | matched | 2 | 2 | 0 | 0.00"],
    ),
    "only who holds a paid product": (
        [
            PAID,
            bills("Helpdesk Flat", 2),
            seats("SPB", 9),
            seats("FLOW_FREE", 9, free=True),
            person("Ann", "SPB"),
            person("Bob", "FLOW_FREE"),
            person("Eve"),
        ],
        ["Helpdesk Flat | over | 2 | 1 | -1 | -10.00"],
    ),
    "who does not tell whether they are enabled is no data": (
        [USERS, bills("Helpdesk Flat", 1), person("Ann"), person("Bob", enabled=None)],
        ["Helpdesk Flat | no_data | 1 | - | - | -"],
    ),
    "unless the rule says what not known means": (
        [
            counts("Helpdesk*", "count: people, of: m365/users, where: {enabled: [true, null]}"),
            bills("Helpdesk Flat", 1),
            person("Ann"),
            person("Bob", enabled=None),
        ],
        ["Helpdesk Flat | under | 1 | 2 | 1 | 10.00"],
    ),
    "what a guest does not tell does not matter: guests do not count": (
        [USERS, bills("Helpdesk Flat", 1), person("Ann"), person("Guest", identity_type="guest", enabled=None)],
        ["Helpdesk Flat | matched | 1 | 1 | 0 | 0.00"],
    ),
    # no data is never 0
    "no account of the vendor": (
        [bills(WORKSTATION, 3), Without("sophos")],
        [f"{WORKSTATION} | no_data | 3 | - | - | -"],
    ),
    "a list that was not read": (
        [bills(WORKSTATION, 3), agents(3), Unread("sophos/endpoints")],
        [f"{WORKSTATION} | no_data | 3 | - | - | -"],
    ),
    "a list that was not read, of a service without a line": (
        [service(WORKSTATION), agents(3), Unread("sophos/endpoints")],
        [f"{WORKSTATION} | no_data | - | - | - | -"],
    ),
    "bundles that were not read may bill what has no line": (
        [service(WORKSTATION), agents(3), Unread("autotask/ContractServiceBundles")],
        [f"{WORKSTATION} | no_data | - | - | - | -"],
    ),
    "contracts that were not read: nothing is known": (
        [bills(WORKSTATION, 3), agents(3), Unread("autotask/Contracts")],
        [],
    ),
    # lines and rules that are not there
    "used, in the catalogue and billed by no line: at the catalogue's price": (
        [service(WORKSTATION, "4.50"), agents(2)],
        [f"{WORKSTATION} | missing_line | 0 | 2 | 2 | 9.00"],
    ),
    "used, and nothing the MSP sells": ([agents(2)], []),
    "sold no more": ([service(WORKSTATION, active=False), agents(2)], []),
    "what one service bills is not missing from another": (
        [
            counts("Care", "count: rows, of: sophos/endpoints"),
            bills("Care", 2),
            service(WORKSTATION),
            agents(2),
        ],
        ["Care | matched | 2 | 2 | 0 | 0.00"],
    ),
    "no rule counts it": ([bills("Helpdesk Flat", 12)], ["Helpdesk Flat | missing_rule | 12 | - | - | -"]),
    "a rule says it is not to be counted": ([bills("Backup per TB", 4)], ["Backup per TB | excluded | 4 | - | - | -"]),
    "a service the catalogue lacks": (
        [part for part in bills(WORKSTATION, 3) if part.kind != "service"],
        ["Unknown service | no_data | 3 | - | - | -"],
    ),
    # which rule
    "a rule of the client replaces the shipped one of its id": (
        [
            of_client(f"{{id: endpoint-workstation, services: {WORKSTATION}, exclude: included in the flat}}"),
            bills(WORKSTATION, 3),
            agents(5),
        ],
        [f"{WORKSTATION} | excluded | 3 | - | - | -"],
    ),
    "an id goes before a name": (
        [
            Rule("{id: mine, service_ids: '12', counts: c, count: rows, of: m365/managedDevices}"),
            bills(WORKSTATION, 1, ident="12"),
            agents(5),
            managed("A"),
        ],
        [f"{WORKSTATION} | matched | 1 | 1 | 0 | 0.00"],
    ),
    "the client's pattern goes before everybody's name": (
        [
            of_client("{id: all, services: 'Endpoint*', counts: c, count: rows, of: m365/managedDevices}"),
            Rule(f"{{id: mine, services: {WORKSTATION}, exclude: agreed}}"),
            bills(WORKSTATION, 1),
            agents(5),
            managed("A"),
        ],
        [f"{WORKSTATION} | matched | 1 | 1 | 0 | 0.00"],
    ),
    "a rule of the client's group": (
        [
            Rule(f"{{id: mine, services: {WORKSTATION}, exclude: agreed}}", "client_group"),
            bills(WORKSTATION, 1),
            agents(5),
        ],
        [f"{WORKSTATION} | excluded | 1 | - | - | -"],
    ),
}


@pytest.mark.parametrize(("parts", "rows"), CASES.values(), ids=CASES)
def test_a_case_comes_out_as_worked_out_by_hand(parts: list[Any], rows: list[str]) -> None:
    assert sorted(row(position) for position in positions(*parts)) == sorted(rows)


def test_the_shares_of_the_lines_say_which_to_change() -> None:
    older, newer = bills(WORKSTATION, 3, price="10.00"), bills(WORKSTATION, 4, line=2, price="12.00")
    [position] = positions(older, newer, agents(2))

    assert [(line.line_id, line.difference, line.money) for line in position.lines] == [
        ("1", -1, Decimal("-10.00")),
        ("2", -4, Decimal("-48.00")),
    ]
    assert position.unit_price is None


def test_the_things_counted_are_named_with_all_their_records() -> None:
    ann, admin, bob = person("Ann"), person("Ann (admin)"), person("Bob")
    [position] = positions(USERS, bills("Helpdesk Flat", 2), ann, admin, bob, Same(("Ann", "Ann (admin)")))

    assert [(thing.name, set(thing.records), thing.rule) for thing in position.counted] == [
        ("Ann", {ann.id, admin.id}, "mine"),
        ("Bob", {bob.id}, "mine"),
    ]


def test_totals_are_per_currency_and_never_added_up() -> None:
    euro = positions(Rule("{id: currency, currency: EUR}"), bills(WORKSTATION, 3), agents(5))
    franc = positions(Rule("{id: currency, currency: CHF}"), bills(WORKSTATION, 3), agents(1))
    unsaid = positions(bills(WORKSTATION, 3, price=None), agents(1))

    assert [
        (one.currency, one.under, one.over, one.net, one.without_price) for one in totals(euro + franc + unsaid)
    ] == [
        ("CHF", Decimal("0.00"), Decimal("20.00"), Decimal("-20.00"), 0),
        ("EUR", Decimal("20.00"), Decimal("0.00"), Decimal("20.00"), 0),
        (None, Decimal("0.00"), Decimal("0.00"), Decimal(0), 1),
    ]


def test_why_there_is_no_data_is_said_with_the_list_that_would_tell() -> None:
    [absent] = positions(bills(WORKSTATION, 3), Without("sophos"))
    [unread] = positions(bills(WORKSTATION, 3), Unread("sophos/endpoints"))

    assert absent.no_data is not None
    assert (absent.no_data.reason, absent.why) == ("no_account", "the client has no sophos account that can be read")
    assert unread.no_data is not None
    assert (unread.no_data.reason, unread.no_data.waits_for) == ("unread", "sophos/endpoints")
    nothing = reconcile(World().put([Unread("autotask/Contracts")]).links())
    assert nothing.no_data is not None
    assert nothing.no_data.waits_for == "autotask/Contracts"


def test_a_position_is_looked_at_again_at_midnight_or_when_a_machine_falls_silent() -> None:
    [plain] = positions(bills(WORKSTATION, 1), agents(1))
    [leaving] = positions(
        bills(WORKSTATION, 1), agents(1, last_seen_at=NOW - timedelta(days=30) + timedelta(minutes=5))
    )

    assert plain.until == datetime(2026, 11, 24, tzinfo=UTC)
    assert leaving.until == NOW + timedelta(minutes=5)


def test_every_shipped_rule_is_found_by_a_service_of_its_name() -> None:
    rules = RuleBook().of_client(None)
    for _, rule in rules.entries:
        name = rule.services[0].replace("*", " X ")
        found = rules.of_service("1", name)
        assert (found if isinstance(found, tuple) else (found,)) == (rule,)
