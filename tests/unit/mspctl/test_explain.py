"""A person is told why a job runs, waits or rests, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mspbyte_common.ledger.store import PRESSED
from mspctl.schedule.explain import why

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
IDLE: dict[str, Any] = {
    **dict.fromkeys(
        (
            *("paused_at", "paused_reason", "manual_at", "backfill_from", "backfill_to", "unreachable_reason"),
            *("parked_class", "parked_reason", "root_reason", "breaker_class", "failing_since", "next_probe_at"),
            *("failures", "run_id", "run_state", "not_before", "announced_at", "lease_owner", "lease_until"),
            *("run_error_class", "run_error", "budget_until", "last_state", "last_fire_time", "last_error"),
            "last_advice",
        )
    ),
    "now": NOW,
    "enabled": True,
    "paused": False,
    "schedule": "every 3600s",
    "time_zone": "UTC",
    "next_fire_at": LATER,
    "vendor": "m365",
    "account": "Contoso",
    "account_state": "mapped",
    "pages": 0,
    "records": 0,
    "attempts": 0,
    "waiting": 0,
    "account_in_hand": 2,
    "msp_in_hand": 9,
    "pages_waiting": 0,
}
QUEUED = {"run_state": "queued"}


@pytest.mark.parametrize(
    ("facts", "verdict", "first"),
    [
        ({}, "waits", "fires next at 2026-06-01 13:00:00 UTC"),
        ({"next_fire_at": NOW}, "waits", "svc-scheduler has not come to it"),
        ({"paused": True, "paused_at": NOW, "paused_reason": "moving"}, "rests", "paused since 2026-06-01"),
        ({"account_state": "excluded", "enabled": False}, "rests", "is excluded"),
        ({"unreachable_reason": "no host", "enabled": False}, "rests", "cannot be reached: no host"),
        ({"enabled": False}, "rests", "No adapter that runs"),
        (
            {"parked_class": "consent_missing", "parked_reason": "Grant it."},
            "rests",
            "Grant it. Then: mspctl account resume",
        ),
        ({"root_reason": "New secret."}, "rests", "The connection is stopped"),
        (
            {"breaker_class": "vendor_outage", "failures": 4, "failing_since": NOW, "next_probe_at": LATER},
            "rests",
            "asked again at 2026-06-01 13:00:00",
        ),
        (
            {"run_state": "running", "lease_owner": "a/1", "lease_until": LATER, "pages": 3},
            "runs",
            "a/1 fetches it: 3 pages",
        ),
        (
            {"run_state": "running", "lease_owner": "a/1", "lease_until": NOW - timedelta(hours=1)},
            "runs",
            "lease ended",
        ),
        (
            QUEUED | {"not_before": LATER, "run_error_class": "throttled", "run_error": "429"},
            "waits",
            "tried again at 2026-06-01 13:00:00 UTC after throttled: 429",
        ),
        (QUEUED | {"announced_at": NOW}, "waits", "the next free adapter of m365"),
        (QUEUED | {"pages_waiting": PRESSED}, "waits", "wait for svc-processors"),
        (QUEUED, "waits", "2 runs of Contoso and 9 of the msp"),
    ],
)
def test_the_deciding_reason_comes_first(facts: dict[str, Any], verdict: str, first: str) -> None:
    found, reasons = why(IDLE | facts)
    assert found == verdict
    assert first in reasons[0]


def test_what_else_there_is_to_know_follows() -> None:
    _, reasons = why(
        IDLE | QUEUED | {"waiting": 2, "budget_until": LATER, "manual_at": NOW, "paused": True, "backfill_from": NOW}
    )
    told = " ".join(reasons)
    for part in ("asked for a pause until", "2 more instants", "A person has asked", "made up for", "It is paused"):
        assert part in told


def test_the_last_instant_says_what_became_of_it() -> None:
    last = {"last_state": "failed", "last_fire_time": NOW, "last_error": "HTTP 500", "last_advice": "Wait."}
    assert why(IDLE | last)[1][-1] == "Its last instant, 2026-06-01 12:00:00 UTC, ended as failed: HTTP 500. Wait."
