"""Tickets at Autotask: one for each finding, whatever dies or is not answered; closed when it clears, never opened again."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import date
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock
from uuid import UUID, uuid4

import orjson
import pytest
from psycopg.types.json import Jsonb
from tests.integration.adapters.conftest import PORTS, Bench, OneConnection, connect_all, new_bench, open_world
from tests.integration.adapters.test_kills import Killed

from mspbyte_common import ids
from mspbyte_common.adapter import Runner
from mspbyte_common.db.engine import transaction
from mspbyte_common.declarations import index
from mspbyte_common.effects.carry_out import receive_effects
from mspbyte_common.effects.effect import Manner, key_of
from mspbyte_common.effects.writer import Writer
from mspbyte_common.jetstream.consume import UnreadableError
from mspbyte_common.ledger.item import Item
from mspbyte_common.vendors.budget.budget import Budget
from mspbyte_common.vendors.transport import Transport
from mspbyte_common.workflows.declaration import declared, workflow
from svc_adapter_autotask.main import AUTOTASK
from svc_adapter_autotask.tickets import TRIES
from svc_scheduler.recover import due_actions
from svc_workers.actions.act import act
from vendor_sim.estate import generate

FINDINGS = int(os.environ.get("MSPBYTE_TICKET_FINDINGS", "40"))
"""200 in the proof that is quoted; a fortieth of them is closed by hand, three quarters die on their way."""
STEP = int(os.environ.get("MSPBYTE_TICKET_STEP", "8"))
"""Every so many awaits an action is killed; 1 is at each."""
WAITING, COMPLETE, TRIAGE = 7, 5, 29_682_969
TICKETS = workflow(
    {
        "workflow": "gaps",
        "when": {"severity": "medium"},
        "do": [
            {
                "action": "ticket",
                "queue": 29_682_833,
                "priority": {"critical": 4, "high": 1, "medium": 2, "low": 3, "info": 3},
                "source": 8,
                "triage": {"queue": TRIAGE},
            }
        ],
    }
)
FAULTS: tuple[dict[str, Any], ...] = (
    {"action": "drop"},
    {"action": "malformed"},
    {"action": "blank"},
    {"action": "html:504"},
    {"action": "status:503"},
    {"action": "status:429", "retry_after": 0},
)
"""The first four may come after the effect: the simulator drops or damages its right answer."""


@dataclass(repr=False)
class Desk:
    """An msp with clients, findings and a workflow; carries out what follows from them."""

    bench: Bench
    workers: Any
    scheduler: Any
    companies: dict[UUID, int] = field(default_factory=dict)
    workflow_id: UUID = field(default_factory=uuid4)

    def __repr__(self) -> str:
        """Short: what it holds is a whole world."""
        return f"Desk({self.bench.msp})"

    @property
    def tickets(self) -> dict[int, dict[str, Any]]:
        """Our tickets, as Autotask has them."""
        found = self.bench.world.estate.autotask.tickets
        return {key: row for key, row in found.items() if str(row["externalID"]).startswith("mspbyte-")}

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self.bench.database.execute(query, *values)

    async def set_up(self) -> None:
        """Every company is a client; actions are switched on."""
        await self.bench.read("autotask", self.bench.roots["autotask"], "Companies")
        root, msp = self.bench.roots["autotask"], self.bench.msp
        for company in self.bench.world.estate.autotask.companies:
            client = ids.client_id(root, str(company))
            self.companies[client] = company
            self.rows(
                "INSERT INTO client (id, msp_id, account_id, company_id, name) VALUES (%s, %s, %s, %s, %s)",
                *(client, msp, root, str(company), f"Client {company}"),
            )
        self.rows(
            "INSERT INTO workflow (id, msp_id, name, scope, declaration, author) VALUES (%s, %s, 'gaps', 'global', %s, 'me')",
            *(self.workflow_id, msp, Jsonb(declared(TICKETS))),
        )
        self.switch("all", "automatic")
        self.switch("ticket", "automatic")

    def switch(self, kind: str, mode: str) -> None:
        self.rows(
            """
            INSERT INTO action_mode (msp_id, kind, mode, author) VALUES (%s, %s, %s, 'me')
            ON CONFLICT (msp_id, kind) DO UPDATE SET mode = EXCLUDED.mode
            """,
            *(self.bench.msp, kind, mode),
        )

    def find(self, number: int, client: UUID | None, severity: str = "high") -> UUID:
        """A finding that is open."""
        subject = uuid4()
        finding = ids.finding_id("no_endpoint_protection", subject)
        self.rows(
            """
            INSERT INTO finding (id, msp_id, check_name, subject_id, subject_kind, client_id, severity, state, title, evidence)
            VALUES (%s, %s, 'no_endpoint_protection', %s, 'device', %s, %s, 'open', %s, '{"seen": "yesterday"}')
            """,
            *(finding, self.bench.msp, subject, client, severity, f"Device {number} without protection"),
        )
        self._event(finding)
        return finding

    def becomes(self, finding: UUID, **columns: str) -> None:
        for name, value in columns.items():
            self.rows(f"UPDATE finding SET {name} = %s WHERE id = %s", value, finding)
        self._event(finding)

    def _event(self, finding: UUID) -> None:
        self.rows(
            """
            INSERT INTO finding_event (msp_id, finding_id, state, severity, evidence, author)
            SELECT msp_id, id, state, severity, evidence, 'test' FROM finding WHERE id = %s
            """,
            finding,
        )

    async def act(self, *findings: UUID) -> None:
        """The stage `act`, and the work it leaves."""
        item = Item(0, self.bench.msp, None, None, "act", "finding", list(findings), 0, "00-0-0-01")
        async with transaction(self.workers, self.bench.msp) as connection:
            for piece in await act(connection, item):
                self.rows(
                    """
                    INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent)
                    VALUES (%s, %s, %s, %s, %s, '00-0-0-01')
                    """,
                    *(self.bench.msp, piece.account_id, piece.stage, piece.kind, list(piece.entity_ids)),
                )

    async def receive(self, work: int, manner: Manner = AUTOTASK.writes.manner) -> None:
        """Hands a piece of work to a new process of the adapter."""
        pool = self.bench.pools["autotask"]
        service = SimpleNamespace(pool=pool, announcer=self.bench.announcements, name="svc-adapter-autotask")
        runner = Runner(
            service,
            AUTOTASK,
            index(AUTOTASK.endpoints, key=lambda one: one.resource),
            Transport(self.bench.world.http, allow_loopback_http=True),
            Budget("autotask", (), pool),
            self.bench.key_ring,
        )
        writer = Writer(service, AUTOTASK.writes, runner.target, runner.sender, AUTOTASK.connect)
        receive = receive_effects(service, "ticket", writer.perform, manner)
        await receive(SimpleNamespace(data=orjson.dumps({"work": work, "msp": str(self.bench.msp)})))

    def work(self) -> list[int]:
        return [row[0] for row in self.rows("SELECT id FROM work WHERE stage = 'ticket' ORDER BY id")]

    def tried(self, work: int) -> int:
        """How often the action of a piece of work was tried."""
        [(tried,)] = self.rows(
            "SELECT coalesce(max(a.tried), 0) FROM action a JOIN work w ON a.id = ANY (w.entity_ids) WHERE w.id = %s",
            work,
        )
        return int(tried)

    async def time_passes(self) -> bool:
        """Whatever waits for a moment has waited long enough; False when nothing waits."""
        self.rows(
            "UPDATE action SET due_at = clock_timestamp() WHERE due_at IS NOT NULL AND state IN ('queued', 'doing')"
        )
        self.rows("DELETE FROM budget")
        return bool(await due_actions(self.scheduler))

    async def finish(self) -> None:
        """Carries out all there is, with nothing in the way."""
        while True:
            for work in self.work():
                await self.receive(work)
            if not self.work() and not await self.time_passes():
                return

    def states(self) -> Counter[tuple[str, str]]:
        return Counter(self.rows("SELECT kind, state FROM action"))

    async def fault(self, **fault: Any) -> None:
        await self.bench.fault("autotask", **fault)

    async def no_faults(self) -> None:
        await self.bench.world.http.delete(f"http://127.0.0.1:{PORTS['autotask']}/_sim/faults")

    def notes(self) -> list[dict[str, Any]]:
        return list(self.bench.world.estate.autotask.ticket_notes.values())

    async def technician(self, number: int, **fields: Any) -> None:
        """A person at the PSA changes a ticket."""
        address = f"{self.bench.world.at.autotask}/ATServicesRest/V1.0/Tickets"
        answer = await self.bench.world.http.patch(
            address, json={"id": number, **fields}, headers=self.bench.world.autotask_headers
        )
        answer.raise_for_status()


@pytest.fixture
async def desk(database) -> AsyncIterator[Desk]:
    """A desk over a small estate, with nothing found yet."""
    world = open_world(estate=generate(1, 4, date(2026, 11, 23)))
    bench = await new_bench(OneConnection(database), world)
    connect_all(bench)
    held = Desk(bench, await database.pool("svc_workers"), await database.pool("svc_scheduler"))
    await held.set_up()
    yield held
    await world.http.aclose()


async def play(desk: Desk, dice: random.Random, kills: int) -> int:
    """Carries out all there is while processes die, answers get lost and messages come twice; returns how many died.

    None so often that it is given up for a person to see to.
    """
    died = 0
    while True:
        work = desk.work()
        if not work and not await desk.time_passes():
            return died
        for one in work:
            spared = desk.tried(one) >= TRIES - 2
            if dice.random() < 0.2 and not spared:
                await desk.fault(path_contains="/Tickets", **dice.choice(FAULTS))
            life = dice.randrange(1, 60) if died < kills and not spared else 10**9
            died += not await Killed(desk.receive(one), life)
            if dice.random() < 0.1:
                await desk.receive(one)
            await desk.no_faults()


async def test_findings_have_one_ticket_each_whatever_dies_and_it_ends_with_its_finding(
    desk: Desk,
) -> None:
    dice, kills = random.Random(20261123), 3 * FINDINGS // 4  # noqa: S311 - drawn from a seed
    clients = sorted(desk.companies, key=str)
    owner = {number: clients[number % len(clients)] for number in range(FINDINGS)}
    findings = [desk.find(number, owner[number]) for number in range(FINDINGS)]
    await desk.act(*findings)
    await desk.act(*reversed(findings))
    died = await play(desk, dice, kills=kills)

    assert died == kills
    assert desk.states() == {("ticket_create", "done"): FINDINGS}
    assert len(desk.tickets) == FINDINGS
    keys = dict(desk.rows("SELECT findings[1], id FROM action"))
    by_key = {row["externalID"]: row for row in desk.tickets.values()}
    for number, finding in enumerate(findings):
        row = by_key[key_of(keys[finding])]
        assert (row["companyID"], row["title"].partition(" without")[0]) == (
            desk.companies[owner[number]],
            f"Device {number}",
        )
    numbers = dict(desk.rows("SELECT findings[1], external_id FROM action"))
    assert {str(number): row["externalID"] for number, row in desk.tickets.items()} == {
        numbers[finding]: key_of(keys[finding]) for finding in findings
    }

    changed, closed_by_hand = findings[: FINDINGS // 4], set(list(desk.tickets)[::10])
    for finding in changed:
        desk.becomes(finding, severity="critical")
    await desk.act(*changed)
    for number in closed_by_hand:
        await desk.technician(number, status=COMPLETE)
    by_hand = {number: desk.tickets[number]["completedDate"] for number in closed_by_hand}
    died += await play(desk, dice, kills=FINDINGS // 8)
    for finding in findings:
        desk.becomes(finding, state="resolved")
    await desk.act(*findings)
    died += await play(desk, dice, kills=kills)

    assert died == 2 * kills + FINDINGS // 8
    assert {state for _, state in desk.states()} == {"done"}
    assert len(desk.tickets) == FINDINGS
    assert {row["status"] for row in desk.tickets.values()} == {COMPLETE}
    assert {number: desk.tickets[number]["completedDate"] for number in closed_by_hand} == by_hand
    notes = Counter((note["ticketID"], note["description"].splitlines()[0].split(" ")[0]) for note in desk.notes())
    assert set(notes.values()) == {1}
    open_ones = [finding for finding in changed if int(numbers[finding]) not in closed_by_hand]
    assert Counter(word for _, word in notes) == {
        "Now": len(open_ones),
        "Cleared:": FINDINGS - len(closed_by_hand),
    }
    assert not closed_by_hand & {ticket for ticket, _ in notes}


@pytest.mark.parametrize("kind", ["ticket_create", "ticket_note", "ticket_close"])
async def test_killed_at_any_of_its_awaits_an_action_is_done_once(desk: Desk, kind: str) -> None:
    client = next(iter(desk.companies))
    died, points, after = True, 0, 0
    while died:
        points, after = points + 1, after + STEP
        finding = desk.find(after, client)
        await desk.act(finding)
        if kind != "ticket_create":
            await desk.finish()
            desk.becomes(finding, **({"state": "resolved"} if kind == "ticket_close" else {"severity": "critical"}))
            await desk.act(finding)
            if kind == "ticket_close":
                await desk.receive(desk.work()[0])  # the note that comes before
        died = not await Killed(desk.receive(desk.work()[0]), after)
        await desk.finish()
    assert after > 20
    assert len(desk.tickets) == points
    assert all(count == 1 for count in Counter(row["externalID"] for row in desk.tickets.values()).values())
    assert len(desk.notes()) == (0 if kind == "ticket_create" else points)
    assert {state for _, state in desk.states()} == {"done"}
    assert [row["status"] == COMPLETE for row in desk.tickets.values()] == [kind == "ticket_close"] * points


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["action"])
async def test_an_answer_that_is_lost_costs_no_second_ticket(desk: Desk, fault: dict[str, Any]) -> None:
    await desk.act(desk.find(1, next(iter(desk.companies))))
    await desk.fault(path_contains="/Tickets", **fault)
    await desk.receive(desk.work()[0])
    assert desk.states() == {
        ("ticket_create", "queued" if fault["action"] == "status:429" else "doing"): 1,
    }
    await desk.finish()
    assert desk.states() == {("ticket_create", "done"): 1}
    assert len(desk.tickets) == 1


async def test_what_may_have_been_sent_is_not_sent_again_before_it_can_have_no_effect_any_more(desk: Desk) -> None:
    await desk.act(desk.find(1, next(iter(desk.companies))))
    await desk.fault(path_contains="/Tickets", action="status:503")
    await desk.receive(desk.work()[0])
    [(seconds,)] = desk.rows("SELECT extract(epoch FROM due_at - changed_at)::float8 FROM action")
    assert seconds == pytest.approx(420, abs=1)
    assert desk.work() == []
    assert await due_actions(desk.scheduler) == []


async def test_an_attempt_whose_time_is_over_when_it_comes_to_sending_sends_nothing(desk: Desk) -> None:
    await desk.act(desk.find(1, next(iter(desk.companies))))
    await desk.receive(desk.work()[0], replace(AUTOTASK.writes.manner, seconds=0.0))
    assert (desk.tickets, desk.states()) == ({}, {("ticket_create", "doing"): 1})
    await desk.finish()
    assert len(desk.tickets) == 1


async def test_a_message_about_tickets_that_says_nothing_is_let_go(desk: Desk) -> None:
    service = SimpleNamespace(pool=desk.bench.pools["autotask"], announcer=desk.bench.announcements, name="adapter")
    receive = receive_effects(service, "ticket", AsyncMock(), AUTOTASK.writes.manner)
    for data in (b"", b"\xff", b"[]", b'{"msp": 1}', b'{"msp": "x", "work": 1}'):
        with pytest.raises(UnreadableError):
            await receive(SimpleNamespace(data=data))


async def test_what_belongs_to_no_known_company_goes_to_triage_as_the_msps_own(desk: Desk) -> None:
    await desk.act(desk.find(1, None), desk.find(2, uuid4()))
    await desk.finish()
    assert [(row["companyID"], row["queueID"]) for row in desk.tickets.values()] == [(0, TRIAGE)] * 2


async def test_a_ticket_a_person_closed_is_not_opened_nor_replaced_nor_written_on_until_its_finding_returns(
    desk: Desk,
) -> None:
    finding = desk.find(1, next(iter(desk.companies)))
    await desk.act(finding)
    await desk.finish()
    [number] = desk.tickets
    await desk.technician(number, status=COMPLETE)
    closed = dict(desk.tickets[number])
    for change in ({"severity": "critical"}, {"state": "acknowledged"}, {"state": "open"}, {"state": "resolved"}):
        desk.becomes(finding, **change)
        await desk.act(finding)
        await desk.finish()
    assert desk.tickets == {number: closed}
    assert desk.notes() == []
    desk.becomes(finding, state="regressed")
    await desk.act(finding)
    await desk.finish()
    assert len(desk.tickets) == 2
    assert desk.tickets[number] == closed


async def test_a_ticket_that_is_gone_is_written_on_and_closed_no_more(desk: Desk) -> None:
    finding = desk.find(1, next(iter(desk.companies)))
    await desk.act(finding)
    await desk.finish()
    desk.bench.world.estate.autotask.tickets.clear()
    for change in ({"severity": "critical"}, {"state": "resolved"}):
        desk.becomes(finding, **change)
        await desk.act(finding)
        await desk.finish()
    assert desk.tickets == {}
    assert desk.notes() == []
    assert {state for _, state in desk.states()} == {"done"}
    assert ("nothing to do: the ticket is gone",) in desk.rows("SELECT detail FROM action_step")


async def test_a_ticket_whose_finding_clears_before_it_is_made_is_never_made(desk: Desk) -> None:
    finding = desk.find(1, next(iter(desk.companies)))
    await desk.act(finding)
    desk.becomes(finding, state="resolved")
    await desk.act(finding)
    await desk.finish()
    assert desk.tickets == {}
    assert desk.states() == {("ticket_create", "cancelled"): 1}


async def test_what_autotask_refuses_waits_for_a_person_with_its_words(desk: Desk) -> None:
    finding = desk.find(1, next(iter(desk.companies)))
    await desk.act(finding)
    desk.rows("UPDATE action SET request = jsonb_set(request, '{body,queueID}', '4711')")
    await desk.finish()
    [(state, error)] = desk.rows("SELECT state, error FROM action")
    assert (state, desk.tickets) == ("failed", {})
    assert "queueID: Value 4711 does not exist or is invalid" in error


async def test_a_refused_credential_stops_everything_once_its_zone_was_looked_up_anew_until_a_person_acts(
    desk: Desk,
) -> None:
    await desk.act(*(desk.find(number, next(iter(desk.companies))) for number in range(5)))
    await desk.fault(path_contains="/Tickets", action="status:401", times=-1)
    for work in desk.work():
        await desk.receive(work)
    await desk.no_faults()
    assert desk.rows("SELECT parked_class FROM account WHERE parked_at IS NOT NULL") == [("credential_invalid",)]
    counters = (await desk.bench.world.http.get(f"{desk.bench.world.at.autotask}/_sim/counters")).json()["requests"]
    assert counters["POST /ATServicesRest/V1.0/Tickets"] == 2
    desk.rows("UPDATE account SET parked_at = NULL, parked_class = NULL, parked_reason = NULL")
    await desk.finish()
    assert len(desk.tickets) == 5


async def test_switched_off_nothing_is_sent_and_what_was_queued_waits_for_approval(desk: Desk) -> None:
    await desk.act(desk.find(1, next(iter(desk.companies))))
    desk.switch("ticket", "off")
    await desk.finish()
    await desk.act(desk.find(2, next(iter(desk.companies))))
    assert (desk.tickets, desk.states()) == ({}, {("ticket_create", "proposed"): 1})


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "DELETE", "path": "V1.0/Tickets", "body": {}},
        {"method": "POST", "path": "V1.0/Contacts", "body": {}},
        {"method": "POST", "path": "V1.0/Tickets", "body": {"assignedResourceID": 1}},
        {"method": "POST", "path": "V1.0/Tickets", "body": {"title": "of another", "externalID": "mspbyte-0"}},
    ],
)
async def test_the_adapter_sends_nothing_that_is_no_action_of_its_kind(desk: Desk, request_: dict[str, Any]) -> None:
    await desk.act(desk.find(1, next(iter(desk.companies))))
    desk.rows("UPDATE action SET request = %s", Jsonb(request_))
    await desk.finish()
    counters = (await desk.bench.world.http.get(f"{desk.bench.world.at.autotask}/_sim/counters")).json()["requests"]
    assert not [route for route in counters if route.startswith(("DELETE", "POST /ATServicesRest/V1.0/Tickets"))]
    assert desk.states() == {("ticket_create", "failed"): 1}


async def test_every_step_of_an_action_stands_in_its_audit(desk: Desk) -> None:
    finding = desk.find(1, next(iter(desk.companies)))
    await desk.act(finding)
    await desk.fault(path_contains="/Tickets", action="drop")
    await desk.finish()
    steps = [row[0] for row in desk.rows("SELECT step FROM action_step ORDER BY id")]
    assert steps == ["queued", "sending", "put off", "sending", "done"]
    [(detail,)] = desk.rows("SELECT detail FROM action_step WHERE step = 'done'")
    assert detail == "found by its externalID: an earlier attempt had made it"
