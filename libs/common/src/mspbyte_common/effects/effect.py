"""One effect outside, as who carries it out gets it, and what it answers."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from mspbyte_common.ledger.item import Next

Kind = Literal["ticket_create", "ticket_note", "ticket_close", "webhook", "mail"]

STAGES: Final[Mapping[Kind, tuple[str, str]]] = {
    "ticket_create": ("ticket", "autotask"),
    "ticket_note": ("ticket", "autotask"),
    "ticket_close": ("ticket", "autotask"),
    "webhook": ("notify", "webhook"),
    "mail": ("notify", "mail"),
}
"""(stage, kind of work) that carries out a kind of effect: the PSA's adapter, or svc-workers."""
SWITCHES: Final[Mapping[Kind, str]] = {kind: kind.partition("_")[0] for kind in STAGES}
"""Which switch of `action_mode` a kind of effect is under."""


@dataclass(frozen=True)
class Effect:
    """An action in this process's hands. `attempts` is its fence: a later attempt has a higher one.

    `tried`: how many attempts, with this one, may have had an effect. `uncertain`: an earlier one may have, so its effect is
    looked for first. `about`: the external id of the ticket it belongs to. `until`: by `time.monotonic`, from when on
    this attempt sends nothing any more, however long its process was stopped in between.
    """

    id: UUID
    msp_id: UUID
    kind: Kind
    account_id: UUID | None
    request: Mapping[str, Any]
    attempts: int
    tried: int
    uncertain: bool
    about: str | None
    traceparent: str
    until: float = math.inf

    @property
    def key(self) -> str:
        """Its idempotency key, as others outside read it."""
        return key_of(self.id)


@dataclass(frozen=True)
class Result:
    """What was achieved. `detail` for whoever reads the audit: made, found, or why nothing was to be done."""

    detail: str
    external_id: str | None = None


Perform = Callable[[Effect], Awaitable[Result]]
"""Carries one effect out, or raises a VendorError."""


@dataclass(frozen=True)
class Manner:
    """How attempts are made.

    `seconds`: after so many an attempt is given up. `settled`: so many after its beginning a lost attempt has had its effect
    or never will; until then it is not made again. `pause`: seconds from an attempt of unknown outcome, the first being 1, to
    the next; at most `tries`.
    """

    seconds: float
    settled: float
    tries: int
    pause: Callable[[int], float]


def key_of(action_id: UUID) -> str:
    """The idempotency key of an action: 40 characters."""
    return f"mspbyte-{action_id.hex}"


def work_for(kind: Kind, account_id: UUID | None, action_id: UUID) -> Next:
    """The piece of work that carries an action out. One each: a claim lasts as long as one attempt."""
    stage, name = STAGES[kind]
    return Next(stage, name, account_id, [action_id])
