"""The states of a finding, and what a person may do to it.

| a person | in                                    | makes it       |
|----------|---------------------------------------|----------------|
| ack      | open, regressed                       | acknowledged   |
| suppress | any but resolved                      | suppressed     |
| resolve  | any but resolved                      | resolved       |
| reopen   | acknowledged, suppressed, and what a person resolved | open |

What verdicts make of it stands in `svc_workers/findings/lifecycle.py`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from mspbyte_common.errors import UsageError

State = Literal["open", "acknowledged", "suppressed", "resolved", "regressed"]
Action = Literal["ack", "suppress", "resolve", "reopen"]

RETURNS: Final = 3
"""A finding that came back this often within WINDOW flaps: it stays as it is until the check was content for QUIET."""
WINDOW: Final = timedelta(hours=24)
QUIET: Final = timedelta(hours=6)

STANDING: Final[frozenset[State]] = frozenset({"open", "acknowledged", "suppressed", "regressed"})
_FROM: Final[dict[Action, frozenset[State]]] = {
    "ack": frozenset({"open", "regressed"}),
    "suppress": STANDING,
    "resolve": STANDING,
    "reopen": frozenset({"acknowledged", "suppressed"}),
}
_TO: Final[dict[Action, State]] = {
    "ack": "acknowledged",
    "suppress": "suppressed",
    "resolve": "resolved",
    "reopen": "open",
}


def decided(action: Action, state: State, *, by_person: bool) -> State:
    """The state after a person's action; UsageError where it means nothing. `by_person`: a person resolved it."""
    if state in _FROM[action] or (action == "reopen" and state == "resolved" and by_person):
        return _TO[action]
    if state == "resolved" and action == "reopen":
        message = "the check itself found it in order: it comes back by itself when the check finds it again."
    else:
        message = f"a finding that is {state} cannot be {'reopened' if action == 'reopen' else _TO[action]}."
    raise UsageError(message)
