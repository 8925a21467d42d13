"""One fleet that nothing disturbs, and what every test wants to know of it: it is down again before the others start."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.prometheus import Seen, installed, prometheus, seen
from tests.e2e.world import World, running

STATISTICS_SECONDS = 11.0
"""A PostgreSQL process that has fallen idle hands in what it counted within ten seconds."""

Subjects = dict[str, set[tuple[str, ...]]]
"""By check, as the truth names them."""


@dataclass(frozen=True)
class Undisturbed:
    """A full sync that nothing disturbed, and a second one of the same estate after it.

    `findings`: those that are open; `unsure`: what waits for what is not known yet. `counted`: after each sync, what
    PostgreSQL has counted of derived tables and the broker of messages. `changed`: records the second sync found changed.
    `monitored`: what a Prometheus saw after the first sync; None where there is none.
    """

    summary: dict[str, Any]
    truth: dict[str, Any]
    findings: Subjects
    unsure: Subjects
    counted: tuple[dict[str, Any], dict[str, Any]]
    changed: int
    monitored: Seen | None


async def undisturbed_syncs(directory: Path) -> Undisturbed:
    """Both syncs of a fleet of their own."""
    async with running(directory / "fleet") as world:
        with ExitStack() as stack:
            address = stack.enter_context(prometheus(world, directory / "prometheus")) if installed() else None
            await world.settle()
            summary = world.summary()
            findings = _subjects(world, "finding", "t.state IN ('open', 'regressed')")
            unsure = _subjects(world, "recheck", "t.why IS NOT NULL")
            before = await _counted(world)
            monitored = await seen(address) if address else None
        changed = await _sync_again(world)
        return Undisturbed(summary, world.truth, findings, unsure, (before, await _counted(world)), changed, monitored)


async def _sync_again(world: World) -> int:
    """Every job runs once more; how many records that changed."""
    world.owner("UPDATE job SET next_fire_at = now() WHERE enabled")
    expected = world.owner("SELECT count(*) FROM job WHERE enabled")[0][0]
    while world.owner("SELECT count(*) FROM run WHERE fire_time > (SELECT max(created_at) FROM msp)")[0][0] < 1:
        await asyncio.sleep(0.1)
    await _until_all_ran_twice(world, expected)
    await world.settle(mapping=False)
    [(changed,)] = world.owner(
        "SELECT sum(changed) FROM run r WHERE fire_time <> (SELECT min(fire_time) FROM run f WHERE f.job_id = r.job_id)"
    )
    return int(changed)


def _subjects(world: World, table: str, where: str) -> Subjects:
    """The subjects in a table."""
    rows = world.owner(
        f"""
        SELECT t.check_name, coalesce(e.vendor, s.vendor), CASE WHEN e.vendor = 'autotask' THEN '' ELSE a.external_id END,
               e.resource, e.external_id, s.external_id
        FROM {table} t LEFT JOIN entity e ON e.id = t.subject_id LEFT JOIN account a ON a.id = e.account_id
        LEFT JOIN account s ON s.id = t.subject_id WHERE {where}
        """
    )
    found: Subjects = {}
    for check, vendor, account, resource, external_id, subject in rows:
        key = (vendor, subject) if subject else (vendor, account, resource, external_id)
        found.setdefault(check, set()).add(key)
    return found


async def _counted(world: World) -> dict[str, Any]:
    """What PostgreSQL counts of the derived tables, and how many messages the broker has taken for the stages."""
    await asyncio.sleep(STATISTICS_SECONDS)
    rows = world.owner(
        """
        SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables
        WHERE relname IN ('entity', 'entity_key', 'entity_relationship', 'work', 'quarantine', 'issue', 'finding')
        ORDER BY relname
        """
    )
    async with world.fleet.servers.connect() as client:
        stages = await client.jetstream().stream_info("STAGES")
    return {"tables": rows, "messages": stages.state.last_seq}


async def _until_all_ran_twice(world: World, jobs: int) -> None:
    while True:
        [(done,)] = world.owner(
            """
            SELECT count(*) FROM (SELECT job_id FROM run WHERE state IN ('succeeded', 'parked', 'unavailable')
                                  GROUP BY job_id HAVING count(*) >= 2) twice
            """
        )
        [(parked,)] = world.owner(
            "SELECT count(*) FROM job j JOIN account a ON a.id = j.account_id WHERE j.enabled AND a.parked_at IS NOT NULL"
        )
        if done >= jobs - parked:
            return
        await asyncio.sleep(0.2)
