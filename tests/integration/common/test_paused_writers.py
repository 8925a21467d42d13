"""A process that was paused and wakes after its time writes nothing, whichever writer it stood in."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from tests.integration.pipeline import STAGES as HANDLERS

from mspbyte_common import adapter
from mspbyte_common.db.engine import transaction
from mspbyte_common.db.schema import metadata
from mspbyte_common.effects import store as effects
from mspbyte_common.effects.effect import STAGES as KINDS
from mspbyte_common.effects.effect import Effect, Manner, Result
from mspbyte_common.errors import LeaseLost, Unreachable, VendorError
from mspbyte_common.jetstream.topology import STAGES
from mspbyte_common.ledger.item import Item, Next
from mspbyte_common.ledger.perform import perform
from mspbyte_common.ledger.store import insert_work
from mspbyte_common.vendors.keep import Keeper
from mspbyte_common.vendors.pull import Page
from mspbyte_common.vendors.runs import store as runs
from mspbyte_common.vendors.runs.store import Run
from mspbyte_common.vendors.session import Target
from svc_adapter_m365.endpoints import ENDPOINTS
from svc_workers.actions.act import act

USERS = next(one for one in ENDPOINTS if one.resource == "users")
TOLD = ("transient", "it broke", "wait")

Write = Callable[[Any, Run], Awaitable[object]]

WRITERS: dict[str, Write] = {
    "renew": runs.renew,
    "begin": lambda connection, run: runs.begin(connection, run, "full", None),
    "advance": lambda connection, run: runs.advance(connection, run, 1, None, None, records=1, changed=1, deleted=0),
    "start_over": runs.start_over,
    "finish": lambda connection, run: runs.finish(connection, run, "succeeded"),
    "requeue": lambda connection, run: runs.requeue(connection, run, TOLD, 1.0, counts=True),
    "progress": runs.progress,
    "count_deleted": lambda connection, run: runs.count_deleted(connection, run, 1, 1),
    "fenced": lambda connection, run: runs.fenced(connection, run, "records = 7", {}),
}
EFFECT_WRITERS: dict[str, Callable[[Any, Effect], Awaitable[object]]] = {
    "done": lambda connection, effect: effects.done(connection, effect, Result("made", "1"), "one"),
    "put_off": lambda connection, effect: effects.put_off(connection, effect, Unreachable("away"), 1, "one", sent=True),
    "failed": lambda connection, effect: effects.failed(connection, effect, Unreachable("away"), "one"),
}
STAGE_WRITERS = {**HANDLERS, "act": ("svc_workers", act)}
OUTSIDE = {"ticket", "notify"}
"""Stages whose writers are those of an effect."""
BESIDE = {"write_page": "written in the transaction that `advance` has opened the way for"}


def _leaves(kind: type[VendorError]) -> list[type[VendorError]]:
    return [kind, *(leaf for one in kind.__subclasses__() for leaf in _leaves(one))]


ERRORS = sorted(set(_leaves(VendorError)), key=lambda one: one.__name__)


def test_every_writer_of_a_run_is_tried_here() -> None:
    found = {
        name
        for name, function in inspect.getmembers(runs, inspect.iscoroutinefunction)
        if "run" in inspect.signature(function).parameters
    }
    assert found == WRITERS.keys() | BESIDE.keys()
    assert set(STAGES) == STAGE_WRITERS.keys() | {"report", *OUTSIDE}, (
        "each stage is tried here, or writes only an answer"
    )


def test_every_writer_of_an_effect_is_tried_here() -> None:
    found = {
        name
        for name, function in inspect.getmembers(effects, inspect.iscoroutinefunction)
        if "effect" in inspect.signature(function).parameters
    }
    assert found == EFFECT_WRITERS.keys()
    assert {stage for stage, _ in KINDS.values()} == OUTSIDE


def _everything(database: Any) -> dict[str, list[tuple[object, ...]]]:
    tables = {table.name: f"SELECT t::text FROM {table.name} t ORDER BY 1" for table in metadata.sorted_tables}
    with psycopg.connect(database.admin_url) as connection:
        return {name: connection.execute(statement).fetchall() for name, statement in tables.items()}


async def _claimed(database: Any, pool: Any) -> Run:
    """A run of a new msp, in the hands of a process."""
    msp, connection, account, job, run = (uuid4() for _ in range(5))
    for statement, values in (
        ("INSERT INTO msp (id, name) VALUES (%s, 'm')", (msp,)),
        (
            "INSERT INTO connection (id, msp_id, vendor, name, secret, key_version) VALUES (%s, %s, 'm365', 'c', '', 1)",
            (connection, msp),
        ),
        (
            "INSERT INTO account (id, msp_id, connection_id, vendor, external_id) VALUES (%s, %s, %s, 'm365', 'x')",
            (account, msp, connection),
        ),
        (
            (
                "INSERT INTO job (id, msp_id, account_id, vendor, resource, schedule, priority, next_fire_at)"
                " VALUES (%s, %s, %s, 'm365', 'users', 'every 3600s', 5, now() + interval '1 hour')"
            ),
            (job, msp, account),
        ),
        (
            (
                "INSERT INTO run (id, msp_id, job_id, account_id, vendor, resource, fire_time, trigger, state, traceparent)"
                " VALUES (%s, %s, %s, %s, 'm365', 'users', now(), 'schedule', 'queued', '00-0-0-01')"
            ),
            (run, msp, job, account),
        ),
    ):
        database.execute(statement, *values)
    async with transaction(pool, msp) as open_one:
        claimed = await runs.claim(open_one, run, "one")
    assert claimed is not None
    return claimed


async def _ended(database: Any, pool: Any, run: Run, *, taken: bool) -> None:
    """The lease has ended; nobody has the run yet, or another process has it by now."""
    database.execute("UPDATE run SET lease_until = now() - interval '1 millisecond'")
    if taken:
        database.execute("UPDATE run SET state = 'queued', fence = fence + 1, lease_until = NULL")
        async with transaction(pool, run.msp_id) as connection:
            assert await runs.claim(connection, run.id, "another") is not None


@pytest.mark.parametrize("taken", [False, True], ids=["nobody has it", "another has it"])
async def test_no_writer_of_a_run_writes_after_its_lease(database, taken: bool) -> None:
    pool = await database.pool("svc_adapter_m365")
    run = await _claimed(database, pool)
    await _ended(database, pool, run, taken=taken)
    before = _everything(database)
    for name, write in WRITERS.items():
        with pytest.raises(LeaseLost):
            async with transaction(pool, run.msp_id) as connection:
                await write(connection, run)
        assert _everything(database) == before, name


@pytest.mark.parametrize("taken", [False, True], ids=["nobody has it", "another has it"])
async def test_neither_a_page_nor_the_end_of_a_list_is_kept_after_the_lease(database, taken: bool) -> None:
    pool = await database.pool("svc_adapter_m365")
    run = await _claimed(database, pool)
    keeper = Keeper(pool, run, USERS, Target(run.msp_id, uuid4(), run.account_id, "x", {}, {}, {}))
    await keeper.page(Page(0, [{"id": "1", "displayName": "Ada"}], None))
    await _ended(database, pool, run, taken=taken)
    before = _everything(database)
    for write in (
        keeper.begin("full", None),
        keeper.page(Page(1, [{"id": "2", "displayName": "Grace"}], None)),
        keeper.complete(),
    ):
        with pytest.raises(LeaseLost):
            await write
        assert _everything(database) == before


@pytest.mark.parametrize("taken", [False, True], ids=["nobody has it", "another has it"])
async def test_no_failure_has_a_consequence_after_the_lease(database, taken: bool) -> None:
    pool = await database.pool("svc_adapter_m365")
    run = await _claimed(database, pool)
    await _ended(database, pool, run, taken=taken)
    service = SimpleNamespace(pool=pool, announcer=None)
    runner = adapter.Runner(service, SimpleNamespace(name="m365"), {"users": USERS}, None, None, None)
    before = _everything(database)
    for error in ERRORS:
        await runner._failed(run, error("it broke"))
        assert _everything(database) == before, error.__name__


async def test_every_pool_has_standing_transactions_ended(database) -> None:
    pool = await database.pool("svc_linkers")
    async with transaction(pool, None) as connection:
        cursor = await connection.execute("SHOW idle_in_transaction_session_timeout")
        assert await cursor.fetchone() == ("30s",)


async def test_no_writer_of_an_effect_writes_once_another_has_it(database) -> None:
    pool = await database.pool("svc_adapter_autotask")
    manner = Manner(seconds=120.0, settled=420.0, tries=6, pause=lambda _tried: 420.0)
    msp, action = uuid4(), uuid4()
    database.execute("INSERT INTO msp (id, name) VALUES (%s, 'm')", msp)
    database.execute("INSERT INTO action_mode (msp_id, kind, mode, author) VALUES (%s, 'all', 'automatic', 'me')", msp)
    database.execute(
        "INSERT INTO action_mode (msp_id, kind, mode, author) VALUES (%s, 'ticket', 'automatic', 'me')", msp
    )
    database.execute(
        """
        INSERT INTO action (id, msp_id, workflow_id, name, kind, state, group_key, episode, number, findings, told, summary,
                            request, traceparent)
        VALUES (%s, %s, gen_random_uuid(), 'ticket', 'ticket_create', 'queued', 'g', 0, 0, '{}', '{}', 's', '{}', '')
        """,
        action,
        msp,
    )
    async with transaction(pool, msp) as connection:
        mine = (await effects.claim(connection, action, manner, "one")).effect
    assert mine is not None
    database.execute("UPDATE action SET due_at = now() - interval '1 millisecond'")
    async with transaction(pool, msp) as connection:
        assert (await effects.claim(connection, action, manner, "another")).effect is not None
    before = _everything(database)
    for name, write in EFFECT_WRITERS.items():
        async with transaction(pool, msp) as connection:
            await write(connection, mine)
        assert _everything(database) == before, name


@pytest.mark.parametrize("stage", sorted(STAGE_WRITERS))
async def test_a_stage_whose_transaction_was_ended_while_it_was_paused_leaves_nothing(database, stage: str) -> None:
    role, handler = STAGE_WRITERS[stage]
    pool, msp = await database.pool(role), UUID(int=1)
    database.execute("INSERT INTO msp (id, name) VALUES (%s, 'm')", msp)
    async with transaction(pool, msp) as connection:
        piece = Next(stage, "identity", None, [uuid4()])
        [(number, *_)] = await insert_work(connection, msp, None, "00-0-0-01", [piece])
    before = _everything(database)

    async def paused(connection: Any, item: Item) -> list[Next]:
        await handler(connection, item)
        await insert_work(
            connection, msp, None, item.traceparent, [Next("evaluate", "identity", None, item.entity_ids)]
        )
        database.execute("SELECT pg_terminate_backend(%s, 5000)", connection.info.backend_pid)
        return []

    with pytest.raises(psycopg.OperationalError):
        await perform(pool, msp, number, paused)
    assert _everything(database) == before, "it is there for another, untried"
    assert (await perform(pool, msp, number, handler)).outcome == "done"
