"""What verdicts make of findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mspbyte_common.ids import finding_id
from svc_workers.checks.high_alert_open import CHECK
from svc_workers.findings.lifecycle import NO_ACCOUNT_OF, Change, Judged, Standing, changes
from svc_workers.findings.rechecks import rechecks
from svc_workers.verdict import Verdict, finding, ok, unknown

Build = Callable[..., Any]
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SAID = finding("high", {"alert": "Malware found"})


def _in_state(standing: Standing, state: Any) -> Standing:
    """The finding in a state a person put it into, for a day where it is put away."""
    until = NOW + timedelta(days=1) if state == "suppressed" else None
    return replace(standing, state=state, suppressed_until=until)


def _one(stored: Standing | None, subject: Any, verdict: Verdict) -> Change | None:
    found = changes([stored] if stored else [], [Judged(CHECK, subject, verdict)], {}, NOW)
    return found[0] if found else None


@pytest.fixture
def standing(alert: Build) -> Standing:
    change = _one(None, alert(), SAID)
    assert change is not None
    return change.finding


def test_a_first_finding_opens(alert: Build) -> None:
    change = _one(None, alert(), SAID)

    assert change is not None
    assert change.event
    assert change.finding.state == "open"
    assert change.finding.id == finding_id("high_alert_open", alert().id)
    assert change.finding.title == CHECK.title


@pytest.mark.parametrize("state", ["open", "acknowledged", "suppressed", "regressed"])
def test_the_same_finding_again_changes_nothing(alert: Build, standing: Standing, state: Any) -> None:
    assert _one(_in_state(standing, state), alert(), SAID) is None


@pytest.mark.parametrize("state", ["acknowledged", "suppressed"])
def test_a_new_severity_is_an_event_and_keeps_what_a_person_decided(
    alert: Build, standing: Standing, state: Any
) -> None:
    change = _one(_in_state(standing, state), alert(), finding("critical", SAID.evidence))

    assert change is not None
    assert change.event
    assert (change.finding.state, change.finding.severity) == (state, "critical")


def test_new_evidence_is_no_event(alert: Build, standing: Standing) -> None:
    change = _one(standing, alert(), finding("high", {"alert": "Other malware"}))

    assert change is not None
    assert not change.event


@pytest.mark.parametrize("state", ["open", "acknowledged", "suppressed", "regressed"])
def test_ok_resolves_what_stands(alert: Build, standing: Standing, state: Any) -> None:
    change = _one(_in_state(standing, state), alert(), ok())

    assert change is not None
    assert change.event
    assert change.finding.state == "resolved"
    assert change.finding.evidence["resolved_because"] == "the check found it in order"


def test_ok_on_nothing_and_on_the_resolved_is_nothing(alert: Build, standing: Standing) -> None:
    assert _one(None, alert(), ok()) is None
    assert _one(replace(standing, state="resolved"), alert(), ok()) is None


def test_a_finding_after_resolution_is_regressed(alert: Build, standing: Standing) -> None:
    resolved = _one(standing, alert(), ok())
    assert resolved is not None
    change = _one(resolved.finding, alert(), SAID)

    assert change is not None
    assert change.event
    assert change.finding.state == "regressed"
    assert "resolved_because" not in change.finding.evidence


def test_unknown_opens_nothing_and_resolves_nothing(alert: Build, standing: Standing) -> None:
    assert _one(None, alert(), unknown("why")) is None
    assert _one(standing, alert(), unknown("why")) is None


@pytest.mark.parametrize(
    ("vendors", "verdict", "state"),
    [
        ({"m365"}, unknown("it may be the same device as PC-1"), "resolved"),
        ({"m365"}, unknown("m365/devices was not read in full lately", "m365/devices"), "open"),
        (set(), unknown("it may be the same device as PC-1"), "open"),
    ],
    ids=["nobody can tell", "not read yet", "still without"],
)
def test_a_finding_made_without_a_vendor_falls_when_with_it_nobody_can_tell(
    alert: Build, standing: Standing, vendors: set[str], verdict: Verdict, state: str
) -> None:
    without = replace(standing, evidence={**standing.evidence, NO_ACCOUNT_OF: ["m365"]})
    found = changes([without], [Judged(CHECK, alert(), verdict, frozenset(vendors))], {}, NOW)

    assert [change.finding.state for change in found] == (["resolved"] if state == "resolved" else [])
    for change in found:
        assert change.event
        assert "made without m365" in change.finding.evidence["resolved_because"]
        assert changes([change.finding], [Judged(CHECK, alert(), verdict, frozenset(vendors))], {}, NOW) == []


def test_that_a_vendor_was_missing_is_nothing_new_to_a_person_who_closed_it(alert: Build, standing: Standing) -> None:
    closed = replace(standing, state="resolved", resolved_by="ann")
    said = finding("high", {**SAID.evidence, NO_ACCOUNT_OF: ["m365"]})

    assert _one(closed, alert(), said) is None


def test_a_subject_that_is_gone_resolves_its_findings_with_the_reason(standing: Standing) -> None:
    [change] = changes([standing], [], {standing.subject_id: "it was deleted at its source"}, NOW)

    assert change.finding.state == "resolved"
    assert change.finding.evidence["resolved_because"] == "it was deleted at its source"
    assert changes([change.finding], [], {standing.subject_id: "it was deleted at its source"}, NOW) == []


def test_rechecks_are_kept_for_the_unknown_and_for_what_time_changes(alert: Build, now: datetime) -> None:
    rows = rechecks(
        [
            Judged(CHECK, alert(), unknown("why", "sophos/alerts")),
            Judged(replace(CHECK, name="later"), alert(), ok(recheck_at=now)),
            Judged(replace(CHECK, name="settled"), alert(), ok()),
        ],
        {},
    )

    assert [(row.check_name, row.why, row.waits_for, row.due_at) for row in rows] == [
        ("high_alert_open", "why", "sophos/alerts", None),
        ("later", None, None, now),
    ]
