"""What changed since a cursor: the same state as a full listing, at a fraction of it."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.adapters.conftest import Bench

from vendor_sim.directory import USER
from vendor_sim.moments import stamp
from vendor_sim.mutate import clock, mutate

HISTORIES = int(os.environ.get("MSPBYTE_TEST_HISTORIES", "6"))
"""How many histories each resource is tried with; 1,000 are a matter of minutes."""

Operation = tuple[str, int]
Play = Callable[[str, str, list[Operation]], Awaitable[None]]
OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["edit", "clear", "delete", "restore", "create", "move", "pull", "expire"]),
        st.integers(0, 10_000),
    ),
    max_size=25,
)


@dataclass
class Estate:
    """One list of the simulated world and what can happen to it. `told`: deletions reach an incremental listing."""

    bench: Bench
    vendor: str
    account: UUID
    resource: str
    external: str
    rows: dict[Any, Any]
    template: dict[str, Any]
    told: bool
    bin: dict[Any, Any] = field(default_factory=dict)

    async def do(self, operation: str, at: int) -> None:
        """One thing that happens."""
        keys = sorted(self.rows)
        key = keys[at % len(keys)] if keys else None
        if operation == "expire":
            if self.vendor == "m365":
                self.bench.world.estate.changes.expire(self.external, "gone" if at % 2 else "not_found")
        elif operation == "create":
            new = self.new_key(at)
            self.put(new, self.rows.get(new, self.template | {"id": new}) | self.changed(at))
        elif operation == "restore" and self.bin and self.resource != "alerts":
            gone, row = self.bin.popitem()
            self.put(gone, row)
        elif key is None or (self.resource == "alerts" and operation != "delete"):
            return  # an alert is raised and vanishes; it is not edited
        elif operation == "edit":
            self.put(key, self.rows[key] | self.changed(at))
        elif operation == "clear":
            self.put(key, self.rows[key] | dict.fromkeys(self.changed(at)))
        elif operation == "delete":
            self.bin[key] = self.rows[key]
            self.put(key, None)
        elif operation == "move" and self.resource == "groups":
            self.move(str(key), at)

    def put(self, key: Any, row: dict[str, Any] | None) -> None:
        """Writes or deletes a record."""
        mutate(self.bench.world.estate, self.vendor, self.external, self.resource, str(key), row)

    def move(self, group: str, at: int) -> None:
        """Somebody joins the group, or leaves it."""
        tenant = self.bench.world.estate.m365[self.external]
        users = sorted(tenant.users)
        somebody = users[at % len(users)]
        members = tenant.members.get(group, [])
        kept = [one for one in members if one["id"] != somebody]
        if len(kept) == len(members):
            kept.append({"@odata.type": USER, "id": somebody})
        mutate(self.bench.world.estate, "m365", self.external, "members", group, kept)

    def new_key(self, at: int) -> Any:
        """The id of a record that may or may not be there."""
        if self.vendor == "autotask":
            return 900_000_000 + at % 5
        return f"{at % 5:08d}-0000-4000-8000-000000000000"

    def changed(self, at: int) -> dict[str, Any]:
        """Fields of an edit."""
        now = stamp(clock(self.bench.world.estate), 3)
        return {
            "users": {"displayName": f"Name {at}"}
            if at % 2
            else {"mail": f"name{at}@client.example", "jobTitle": None},
            "groups": {"displayName": f"Group {at}"},
            "Companies": {"companyName": f"Company {at}"},
            "Contacts": {"lastName": f"Name {at}"},
            "ConfigurationItems": {"referenceTitle": f"Device {at}"},
            "Services": {"name": f"Service {at}"},
            "Tickets": {"title": f"Ticket {at}"},
            "alerts": {"description": f"Alert {at}", "raisedAt": now},
        }[self.resource]


async def _estate(bench: Bench, vendor: str, resource: str) -> Estate:
    world = bench.world.estate
    if vendor == "m365":
        tenant = min(world.m365.values(), key=lambda one: (len(one.users), one.id))
        account = bench.account("m365", tenant.id)
        rows = tenant.users if resource == "users" else tenant.groups
        return Estate(bench, vendor, account, resource, tenant.id, rows, dict(next(iter(rows.values()))), told=True)
    if vendor == "autotask":
        rows = world.autotask.table(resource)
        template = dict(next(iter(rows.values())))
        return Estate(bench, vendor, bench.roots[vendor], resource, "x", rows, template, told=False)
    await bench.read("sophos", bench.roots["sophos"], "tenants")
    reachable = bench.database.execute(
        "SELECT id, external_id FROM account WHERE vendor = 'sophos' AND settings ? 'api_host' ORDER BY external_id"
    )
    account, tenant_id = next(found for found in reachable if world.sophos.reachable(found[1]))
    rows = world.sophos.alerts[tenant_id]
    return Estate(bench, vendor, account, resource, tenant_id, rows, dict(next(iter(rows.values()))), told=False)


LISTS = [
    ("m365", "users"),
    ("m365", "groups"),
    ("autotask", "Companies"),
    ("autotask", "Contacts"),
    ("autotask", "ConfigurationItems"),
    ("autotask", "Services"),
    ("autotask", "Tickets"),
    ("sophos", "alerts"),
]


@pytest.mark.parametrize(("vendor", "resource"), LISTS)
@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=OPERATIONS)
async def test_the_state_after_changes_is_that_of_a_full_listing(
    play: Play, vendor: str, resource: str, operations: list[Operation]
) -> None:
    await play(vendor, resource, operations)


@pytest.fixture
def play(tiny_bench: Bench) -> Play:
    """Plays a history; hidden in a function, because hypothesis would print the whole world with each example."""

    async def played(vendor: str, resource: str, operations: list[Operation]) -> None:
        await _play(tiny_bench, vendor, resource, operations)

    return played


async def _play(bench: Bench, vendor: str, resource: str, operations: list[Operation]) -> None:
    estate = await _estate(bench, vendor, resource)
    before = dict(estate.rows)
    run = await bench.read(vendor, estate.account, resource)
    assert (run["state"], run["mode"]) == ("succeeded", "full")
    for operation, at in operations:
        if operation == "pull":
            await _pull(bench, estate)
        else:
            await estate.do(operation, at)
    await _pull(bench, estate)
    known = bench.stored(estate.account, resource)
    full = await bench.read(vendor, estate.account, resource)
    if full["held"]:  # pages may shift: what is gone is believed when a second listing agrees
        full = await bench.read(vendor, estate.account, resource)
    there = bench.stored(estate.account, resource)
    assert full["state"] == "succeeded"
    assert full["changed"] == 0, [name for name in there if there[name] != known.get(name)]
    assert known.keys() - there.keys() <= ({str(key).lower() for key in estate.bin} if not estate.told else set())
    assert {name.lower() for name in there} == {str(key).lower() for key in estate.rows}
    for key in [*estate.rows, *before]:
        if estate.rows.get(key) != before.get(key):
            estate.put(key, before.get(key))


async def _pull(bench: Bench, estate: Estate) -> None:
    """An hour's run; where its cursor has expired, the run that follows from it."""
    queued = bench.queue(estate.vendor, estate.account, estate.resource, trigger="schedule")
    run = await bench.carry_out(queued)
    if run["error_class"] == "delta_expired" and run["state"] == "queued":
        bench.due(queued)
        run = await bench.carry_out(queued)
        assert run["mode"] == "full"
    assert run["state"] == "succeeded", run["error"]


async def _users(bench: Bench) -> Estate:
    """A tenant whose users were read in full."""
    estate = await _estate(bench, "m365", "users")
    assert (await bench.read("m365", estate.account, "users"))["mode"] == "full"
    return estate


async def _mode(bench: Bench, estate: Estate) -> str:
    run = await bench.read_changes(estate.vendor, estate.account, estate.resource)
    assert run["state"] == "succeeded", run["error"]
    return str(run["mode"])


async def test_a_scheduled_run_asks_for_what_changed_and_reads_no_more(bench: Bench) -> None:
    estate = await _users(bench)
    await estate.do("edit", 7)
    run = await bench.read_changes("m365", estate.account, "users")
    assert (run["mode"], run["pages"], run["records"], run["changed"]) == ("incremental", 1, 1, 1)
    assert (await bench.read_changes("m365", estate.account, "users"))["records"] == 0


@pytest.mark.parametrize(
    "spoiled",
    [
        "UPDATE listing SET complete_at = now() - interval '25 hours'",
        "UPDATE listing SET current_at = now() - interval '8 days'",
        "UPDATE listing SET cursor = NULL",
        """UPDATE listing SET cursor = jsonb_set(cursor, '{shape}', '"of other fields"')""",
        "UPDATE listing SET held_ids = ARRAY[gen_random_uuid()]",
        "UPDATE job SET full_seconds = 1; UPDATE listing SET complete_at = now() - interval '2 seconds'",
    ],
)
async def test_the_list_is_read_in_full_when_what_is_known_is_no_ground_to_go_on_from(
    bench: Bench, spoiled: str
) -> None:
    estate = await _users(bench)
    assert await _mode(bench, estate) == "incremental"
    for statement in spoiled.split("; "):
        bench.database.execute(statement)
    assert await _mode(bench, estate) == "full"


async def test_the_cursor_moves_only_when_the_run_is_complete(bench: Bench) -> None:
    estate = await _users(bench)
    [(before,)] = bench.database.execute("SELECT cursor FROM listing")
    for at in range(250):
        await estate.do("edit", at)
    await bench.fault("m365", path_contains="skiptoken", action="status:500")
    queued = bench.queue("m365", estate.account, "users", trigger="schedule")
    run = await bench.carry_out(queued)
    assert (run["state"], run["mode"], run["pages"]) == ("queued", "incremental", 1)
    assert bench.database.execute("SELECT cursor FROM listing") == [(before,)]
    bench.due(queued)
    run = await bench.carry_out(queued)
    assert (run["state"], run["mode"], run["pages"]) == ("succeeded", "incremental", 3)
    [(after,)] = bench.database.execute("SELECT cursor FROM listing")
    assert after["from"] != before["from"]
    assert (await bench.read("m365", estate.account, "users"))["changed"] == 0


async def test_a_record_that_is_back_is_the_same_entity_again(bench: Bench) -> None:
    estate = await _users(bench)
    before = set(bench.database.execute("SELECT id FROM entity WHERE resource = 'users'"))
    await estate.do("delete", 3)
    run = await bench.read_changes("m365", estate.account, "users")
    assert (run["deleted"], len(bench.stored(estate.account, "users"))) == (1, len(before) - 1)
    await estate.do("restore", 0)
    await bench.read_changes("m365", estate.account, "users")
    assert len(bench.stored(estate.account, "users")) == len(before)
    assert set(bench.database.execute("SELECT id FROM entity WHERE resource = 'users'")) == before
