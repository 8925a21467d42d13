"""A record that fails, messages nobody can read and a record that kills its process, all in one fleet."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from tests.e2e.undisturbed import Undisturbed
from tests.e2e.world import World, running

from mspctl.demo.operator import connect_vendors
from mspctl.ledger import store as ledger

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("fleet")]

UNREADABLE = (b"\xff\xfe", b"[]", b'{"work": "none", "run": {}}')
SUBJECTS = ("stage.process.device", "stage.evaluate.listing", "jobs.m365.users", "jobs.sophos.endpoints")
POISON = """
    CREATE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        IF (SELECT external_id FROM account WHERE id = NEW.account_id) <> '{tenant}' THEN RETURN NEW; END IF;
        IF session_user = 'svc_processors' AND NEW.external_id = (
            SELECT min(external_id) FROM entity WHERE resource = 'domains' AND account_id = NEW.account_id)
        THEN RAISE EXCEPTION 'this record fails'; END IF;
        IF session_user = 'svc_resolvers' AND NEW.resource = 'organization' THEN PERFORM pg_sleep(600); END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER poisoned BEFORE UPDATE ON entity FOR EACH ROW
        WHEN (NEW.resource IN ('domains', 'organization') AND NEW.normalized_data IS NOT NULL) EXECUTE FUNCTION poisoned();
"""


async def test_each_is_parked_the_rest_is_done_and_all_of_it_can_be_replayed(
    ground: Path, undisturbed: Undisturbed
) -> None:
    async with running(ground / "fleet", connect=False) as world:
        [tenant] = [
            one["external_id"]
            for one in world.truth["accounts"]
            if one["vendor"] == "m365" and one["company_id"] is None  # nobody maps it: its records are resolved once
        ]
        world.owner(POISON.format(tenant=tenant))
        killing = asyncio.create_task(_kill_what_touches_it(world))
        connect_vendors(world.operator, world.fleet.simulators_file)
        await _say_what_nobody_can_read(world)
        await world.settle()
        killing.cancel()
        with suppress(asyncio.CancelledError):
            await killing
        buried = world.owner("SELECT stage, error_class, cardinality(entity_ids) FROM dead_letter ORDER BY stage")
        not_mapped = world.owner("SELECT resource FROM entity WHERE normalized_data IS NULL")
        parked = world.summary()

        world.owner("DROP TRIGGER poisoned ON entity")
        with world.operator.transaction() as connection:
            ledger.replay(connection, [row["id"] for row in ledger.letters(connection, "open", None, None)])
        await world.settle(mapping=False)
        replayed = world.summary()

    assert buried == [("process", "RaiseException", 1), ("resolve", "ProcessKilled", 1)]
    assert parked["dead_letters"] == 2
    assert parked["entities"] == undisturbed.summary["entities"]
    assert not_mapped == [("domains",)]
    assert replayed == undisturbed.summary


async def _kill_what_touches_it(world: World) -> None:
    """Ends the process whose statement stands at the record, each time, and its statement with it."""
    while True:
        with suppress(psycopg.OperationalError):
            if world.owner(
                "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND usename = 'svc_resolvers'"
            ):
                world.fleet.supervisor.keepers["svc_resolvers"].restart()
                world.owner("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'svc_resolvers'")
        await asyncio.sleep(0.1)


async def _say_what_nobody_can_read(world: World) -> None:
    async with world.fleet.servers.connect() as client:
        js = client.jetstream()
        for subject in SUBJECTS:
            for body in UNREADABLE:
                await js.publish(subject, body)
