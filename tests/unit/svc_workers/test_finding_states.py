"""The life of one finding, whatever verdicts and people do in whatever order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mspbyte_common.errors import UsageError
from mspbyte_common.findings import QUIET, RETURNS, STANDING, WINDOW, decided
from mspbyte_common.ids import finding_id
from mspbyte_common.models import Alert
from svc_workers.checks.high_alert_open import CHECK
from svc_workers.findings.lifecycle import Judged, Standing, awaited, changes
from svc_workers.subject import Subject
from svc_workers.verdict import Ok, Verdict, finding, ok, unknown

START = datetime(2026, 11, 23, tzinfo=UTC)
ALERT = Alert(
    alert_id="a1", source="sophos", severity="high", category=None, alert_type=None, title="Malware", raised_at=None,
    agent_id=None, state="open",
)  # fmt: skip
SUBJECT: Subject[Alert] = Subject(UUID(int=1), "alert", "sophos", "alerts", "a1", UUID(int=2), UUID(int=3), ALERT)


class Life(RuleBasedStateMachine):
    """A finding, the moment, and when it last came back."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.held: Standing | None = None
        self.returned: list[datetime] = []
        self.said: Verdict = ok()

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(evidence=st.sampled_from(("one", "other")))
    def the_check_finds_it(self, evidence: str) -> None:
        before = self.held
        self._judged(finding("high", {"what": evidence}))
        assert self.held is not None
        assert self.held.quiet_since is None
        if before is not None and before.state == "resolved" and before.resolved_by is None:
            assert self.held.state == "regressed"
        if before is not None and before.resolved_by is not None:
            known = before.evidence["what"] == evidence
            assert self.held.state == ("resolved" if known else "regressed")

    @rule()
    def the_check_is_content(self) -> None:
        before = self.held
        self._judged(ok())
        if before is None:
            assert self.held is None
        elif before.state in STANDING and len(self._lately()) < RETURNS:
            assert self.held is not None
            assert self.held.state == "resolved"

    @rule()
    def somebody_is_excepted(self) -> None:
        self._judged(Ok(why="excepted"))
        assert self.held is None or self.held.state == "resolved"

    @rule()
    def the_check_cannot_tell(self) -> None:
        before = self.held
        self._judged(unknown("why"))
        lifted = before is not None and before.suppressed_until is not None and before.suppressed_until <= self.now
        assert (self.held and self.held.state) == ("open" if lifted else before and before.state)

    @precondition(lambda self: self.held is not None)
    @rule(action=st.sampled_from(("ack", "suppress", "resolve", "reopen")), hours=st.integers(1, 40))
    def a_person_acts(self, action: str, hours: int) -> None:
        held = self.held
        assert held is not None
        try:
            state = decided(action, held.state, by_person=held.resolved_by is not None)  # type: ignore[arg-type]
        except UsageError:
            return
        until = self.now + timedelta(hours=hours) if state == "suppressed" else None
        by = "kim" if state == "resolved" else None
        self.held = replace(held, state=state, suppressed_until=until, quiet_since=None, resolved_by=by)

    @invariant()
    def what_is_put_away_has_an_end_that_is_awaited(self) -> None:
        if self.held is None:
            return
        assert (self.held.state == "suppressed") == (self.held.suppressed_until is not None)
        waited = awaited([self.held], [])
        asleep = self.held.suppressed_until is not None or self.held.quiet_since is not None
        assert bool(waited) == asleep

    @invariant()
    def only_what_is_closed_names_who_closed_it(self) -> None:
        assert self.held is None or self.held.resolved_by is None or self.held.state == "resolved"

    @invariant()
    def nothing_that_is_closed_is_still_awaited(self) -> None:
        assert self.held is None or self.held.state != "resolved" or self.held.quiet_since is None

    def _lately(self) -> list[datetime]:
        return [at for at in self.returned if at > self.now - WINDOW]

    def _judged(self, verdict: Verdict) -> None:
        stored = [] if self.held is None else [replace(self.held, returns=len(self._lately()))]
        self.held = stored[0] if stored else None
        for change in changes(stored, [Judged(CHECK, SUBJECT, verdict)], {}, self.now):
            if change.event and change.finding.state == "regressed":
                self.returned.append(self.now)
            self.held = change.finding
        again = changes([self.held] if self.held else [], [Judged(CHECK, SUBJECT, verdict)], {}, self.now)
        assert again == [], "the same answer a second time changes nothing"


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def _flapping() -> Standing:
    return Standing(
        UUID(int=9), CHECK.name, SUBJECT.id, "alert", None, "high", "regressed", "Malware", {}, returns=RETURNS
    )


def _after(standing: Standing, now: datetime, verdict: Verdict) -> Standing:
    stored = replace(standing, id=finding_id(CHECK.name, SUBJECT.id))
    changed = changes([stored], [Judged(CHECK, SUBJECT, verdict)], {}, now)
    return changed[0].finding if changed else stored


def test_a_finding_that_flaps_closes_only_after_a_quiet_time() -> None:
    quiet = _after(_flapping(), START, ok())
    assert (quiet.state, quiet.quiet_since) == ("regressed", START)
    assert awaited([quiet], []) == {(SUBJECT.id, CHECK.name): START + QUIET}
    assert _after(quiet, START + QUIET / 2, ok()).state == "regressed"
    assert _after(quiet, START + QUIET / 2, finding("high", {})).quiet_since is None
    assert _after(quiet, START + QUIET, ok()).state == "resolved"


@pytest.mark.parametrize("action", ["ack", "suppress", "resolve"])
def test_what_the_check_closed_takes_no_person_to_close(action: str) -> None:
    with pytest.raises(UsageError, match="resolved"):
        decided(action, "resolved", by_person=False)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="comes back by itself"):
        decided("reopen", "resolved", by_person=False)
