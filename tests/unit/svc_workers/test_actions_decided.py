"""What follows from findings: laws of the decision, for every order in which things may happen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspbyte_common.errors import UsageError
from mspbyte_common.workflows.declaration import declared, workflow
from svc_workers.actions.decide import (
    CLEARED,
    Close,
    Create,
    End,
    Note,
    Occurrence,
    Rewrite,
    Standing,
    group_of,
    ticket_changes,
    to_tell,
)

DECLARED = {
    "workflow": "gaps",
    "when": {"checks": ["no_endpoint_protection"], "severity": "medium"},
    "do": [
        {
            "action": "ticket",
            "per": "client",
            "queue": 8,
            "priority": {"critical": 4, "high": 1, "medium": 2, "low": 3, "info": 3},
            "triage": {"queue": 29_682_833},
        }
    ],
}
WORKFLOW = workflow(DECLARED)
TICKET = WORKFLOW.do[0]
ID, CLIENT = uuid4(), uuid4()
FINDINGS = [uuid4() for _ in range(3)]
STATES = ("open", "acknowledged", "suppressed", "resolved", "regressed")


def occurrence(finding: UUID, state="open", severity="high", check="no_endpoint_protection") -> Occurrence:
    return Occurrence(finding, 1, check, finding, CLIENT, state, severity, "A device without protection")


@dataclass
class World:
    """A group's tickets as rows would hold them, and what was decided."""

    standing: Standing | None = None
    decided: list[object] = field(default_factory=list)

    def look(self, *occurrences: Occurrence) -> list[object]:
        changes = ticket_changes(ID, WORKFLOW, TICKET, str(CLIENT), self.standing, occurrences)
        for change in changes:
            match change:
                case Create(action_id, episode, told):
                    assert self.standing is None or self.standing.ended
                    self.standing = Standing(action_id, episode, "queued", told, ended=False)
                case Rewrite(_, told, _):
                    self.standing = replace(self.standing, told=told)
                case Note(_, _, number, _, told):
                    self.standing = replace(self.standing, told=told, number=number)
                case Close(_, _, number):
                    self.standing = replace(self.standing, number=number)
                case End(_, cancel):
                    state = "cancelled" if cancel else self.standing.state
                    self.standing = replace(self.standing, told={}, ended=True, state=state)
        self.decided += changes
        return changes

    def become(self, state) -> None:
        if self.standing is not None and not self.standing.ended:
            self.standing = replace(self.standing, state=state)


occurrences = st.builds(
    occurrence,
    st.sampled_from(FINDINGS),
    st.sampled_from(STATES),
    st.sampled_from(["critical", "high", "medium", "low"]),
)
moves = st.lists(st.one_of(occurrences, st.sampled_from(["doing", "done", "failed", "rejected"])), max_size=30)


def play(world: World, steps) -> None:
    for step in steps:
        if isinstance(step, str):
            world.become(step)
        else:
            world.look(step)


@given(moves, st.lists(occurrences, min_size=1, max_size=3, unique_by=lambda one: one.finding_id))
def test_the_same_findings_looked_at_again_change_nothing(before, seen) -> None:
    world = World()
    play(world, before)
    world.look(*seen)
    assert world.look(*seen) == []
    assert world.look(*reversed(seen)) == []


@given(moves)
def test_a_group_has_one_ticket_at_a_time_and_every_id_is_new(steps) -> None:
    world = World()
    play(world, steps)
    ids = [change.id for change in world.decided if isinstance(change, Create | Note | Close)]
    assert len(ids) == len(set(ids))
    creates = [change for change in world.decided if isinstance(change, Create)]
    ends = [change for change in world.decided if isinstance(change, End)]
    assert [create.episode for create in creates] == list(range(len(creates)))
    assert len(creates) - len(ends) in {0, 1}


@given(moves)
def test_when_all_have_cleared_what_was_begun_is_closed_and_what_was_not_is_never_made(steps) -> None:
    world = World()
    play(world, steps)
    before = world.standing
    changes = world.look(*(occurrence(finding, "resolved") for finding in FINDINGS))
    if before is None or before.ended:
        assert changes == []
    elif before.state in {"doing", "done"}:
        assert [type(change) for change in changes] == [Note, Close, End]
        assert not changes[-1].cancel
    else:
        assert [type(change) for change in changes] == [End]
        assert changes[0].cancel is (before.state != "rejected")
    assert world.standing is None or world.standing.ended


@given(moves)
def test_nothing_is_said_or_done_on_a_ticket_after_its_closing_and_none_is_made_beside_a_live_one(steps) -> None:
    """So a person's closing at the PSA is undone by nothing: no decision opens a ticket, or replaces one that lives."""
    world, closed = World(), set()
    for step in steps:
        live = world.standing.id if world.standing and not world.standing.ended else None
        if isinstance(step, str):
            world.become(step)
            continue
        for change in world.look(step):
            assert not (isinstance(change, Create) and live is not None)
            assert getattr(change, "about", None) not in closed or isinstance(change, Close)
            if isinstance(change, Close):
                closed.add(change.about)


@given(moves, st.lists(occurrences, max_size=3, unique_by=lambda one: one.finding_id))
def test_what_a_ticket_tells_depends_on_no_order(before, seen) -> None:
    one, other = World(), World()
    play(one, before)
    play(other, before)
    one.look(*seen)
    other.look(*reversed(seen))
    assert one.standing == other.standing


def test_a_finding_that_returns_after_its_ticket_ended_gets_another() -> None:
    world = World()
    [first] = world.look(occurrence(FINDINGS[0]))
    world.become("done")
    world.look(occurrence(FINDINGS[0], "resolved"))
    [second] = world.look(occurrence(FINDINGS[0], "regressed"))
    assert (first.episode, second.episode) == (0, 1)
    assert first.id != second.id


def test_a_rejected_ticket_stays_rejected_until_its_findings_clear() -> None:
    world = World()
    world.look(occurrence(FINDINGS[0]))
    world.become("rejected")
    assert [type(one) for one in world.look(occurrence(FINDINGS[1], severity="critical"))] == [Rewrite]
    world.look(*(occurrence(finding, "resolved") for finding in FINDINGS))
    assert [type(one) for one in world.look(occurrence(FINDINGS[0], "regressed"))] == [Create]


def test_what_no_longer_matches_but_stands_keeps_its_ticket() -> None:
    world = World()
    world.look(occurrence(FINDINGS[0]))
    world.become("done")
    [note] = world.look(occurrence(FINDINGS[0], "acknowledged", "low"))
    assert isinstance(note, Note)
    assert world.look(occurrence(FINDINGS[1], severity="low")) == []


@pytest.mark.parametrize("state", STATES)
def test_a_clearing_is_told_only_of_what_was_told(state) -> None:
    seen = occurrence(FINDINGS[0], state)
    matches = state in {"open", "regressed"}
    assert to_tell(WORKFLOW, seen, told_before=False) is matches
    assert to_tell(WORKFLOW, seen, told_before=True) is (matches or state in CLEARED)


def test_findings_of_no_client_share_no_ticket_with_those_of_one() -> None:
    mine = occurrence(FINDINGS[0])
    assert group_of(TICKET, mine) != group_of(TICKET, replace(mine, client_id=None))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"zone": "Mars/Olympus"}, "is no time zone"),
        ({"client": "A", "group": "B"}, "a client or a group"),
        ({"do": []}, "do: "),
        ({"do": [*DECLARED["do"], *DECLARED["do"]]}, "two actions are called ticket"),
        ({"qiuet": {}}, "qiuet"),
        ({"do": [{**DECLARED["do"][0], "priority": {"high": 1}}]}, "give a priority for critical, medium, low, info"),
        ({"quiet": {"from": "25:00", "until": "06:00"}}, "quiet.from"),
    ],
)
def test_a_workflow_that_does_not_fit_is_refused_with_the_place(change, said) -> None:
    with pytest.raises(UsageError, match=said):
        workflow({**DECLARED, **change})


def test_a_stored_workflow_reads_as_it_was_declared() -> None:
    given_quiet = workflow({**DECLARED, "quiet": {"from": "20:00", "until": "07:00"}, "zone": "Europe/Berlin"})
    assert workflow(declared(given_quiet)) == given_quiet
