"""What the checks say of a simulated MSP is what its simulators know to be true."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from tests.integration.derived.estates import open_estate
from tests.unsure import MISTAKEN, UNSURE

from mspbyte_common.db.engine import transaction
from svc_workers.reconciliation.reconcile import reconcile
from svc_workers.reconciliation.result import totals
from svc_workers.reconciliation.store import every_client
from svc_workers.reconciliation.surroundings import surroundings
from vendor_sim.truth import truth

CLIENTS = 7
SEEDS = [int(seed) for seed in os.environ.get("MSPBYTE_TEST_SEEDS", "2").split(",")]
"""The whole fleet is compared on the estate of seed 1. MSPBYTE_TEST_SEEDS=2,3 is the proof over three."""

Subjects = dict[str, set[tuple[str, ...]]]
BY_ACCOUNT = {"account_unmapped"}
"""Told of accounts, which are mapped and reached otherwise here: the whole fleet is compared elsewhere."""


def _subjects(database: Any, table: str, where: str) -> Subjects:
    """The subjects in a table, by check, as the truth names them."""
    found: Subjects = {}
    for check, *subject in database.execute(
        f"""
        SELECT t.check_name, e.vendor, CASE WHEN e.vendor = 'autotask' THEN '' ELSE a.external_id END, e.resource,
               e.external_id
        FROM {table} t JOIN entity e ON e.id = t.subject_id JOIN account a ON a.id = e.account_id WHERE {where}
        """
    ):
        found.setdefault(check, set()).add(tuple(subject))
    return found


@pytest.mark.parametrize("seed", SEEDS)
async def test_findings_are_the_truth_and_what_is_missed_is_said_to_be_unknown(database: Any, seed: int) -> None:
    estate = await open_estate(database, seed, CLIENTS, datetime.now(UTC).date())
    try:
        await estate.judge()
    finally:
        await estate.bench.world.http.aclose()
    found = _subjects(database, "finding", "t.state IN ('open', 'regressed')")
    unsure = _subjects(database, "recheck", "t.why IS NOT NULL")
    read = set(
        database.execute(
            """
            SELECT DISTINCT e.vendor, CASE WHEN e.vendor = 'autotask' THEN '' ELSE a.external_id END, e.resource
            FROM entity e JOIN account a ON a.id = e.account_id
            """
        )
    )
    known = {
        check: {tuple(subject) for subject in subjects if tuple(subject[:3]) in read}
        for check, subjects in truth(estate.bench.world.estate)["findings"].items()
        if check not in BY_ACCOUNT
    }
    instead = {right: mistaken for mistaken, right in MISTAKEN.items()}
    wrong = {}
    for check, right in known.items():
        said = found.get(check, set())
        assert right, f"the estate has no {check}: the comparison proves nothing"
        more = said - right - known.get(MISTAKEN.get(check, ""), set())
        missed = right - said - unsure.get(UNSURE.get(check, ""), set()) - found.get(instead.get(check, ""), set())
        if more or missed:
            wrong[check] = (more, missed)
    assert wrong == {}
    assert await _money_of_positions(database, estate.bench.msp) == _money_of_findings(database)


async def _money_of_positions(database: Any, msp: UUID) -> Decimal:
    """What all clients together are billed too little, less what they are billed too much."""
    async with transaction(await database.pool("svc_workers"), msp) as connection:
        around = await surroundings(connection, await every_client(connection))
    positions = [position for links in around.values() for position in reconcile(links).positions]
    assert {"under", "over", "matched", "missing_line", "no_data", "missing_rule", "excluded"} == {
        one.state for one in positions
    }
    return sum((one.net for one in totals(positions)), Decimal())


def _money_of_findings(database: Any) -> Decimal:
    """The same, as the checks say it."""
    [(money,)] = database.execute(
        """
        SELECT sum(money::numeric) FROM (
            SELECT evidence ->> 'money_difference' FROM finding
            WHERE check_name IN ('under_billed', 'over_billed') AND state IN ('open', 'regressed')
            UNION ALL
            SELECT u ->> 'money_difference' FROM finding CROSS JOIN jsonb_array_elements(evidence -> 'unbilled') u
            WHERE check_name = 'unbilled' AND state IN ('open', 'regressed')) AS told (money)
        """
    )
    return Decimal(money)
