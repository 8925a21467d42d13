"""What a check can answer: in order, a finding, or that it cannot know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Severity = Literal["critical", "high", "medium", "low", "info"]


@dataclass(frozen=True)
class Ok:
    """Nothing to say. A finding that stood is resolved; `why`, where another reason than the check itself."""

    recheck_at: datetime | None = None
    why: str | None = None


@dataclass(frozen=True)
class Finding:
    """Something to say, with the facts it rests on. `title` of None: the check's own."""

    severity: Severity
    evidence: Mapping[str, Any] = field(default_factory=dict)
    title: str | None = None
    recheck_at: datetime | None = None


@dataclass(frozen=True)
class Unknown:
    """No answer: findings stay as they are. `waits_for` names the listing, 'vendor/resource', that would bring one."""

    why: str
    waits_for: str | None = None
    recheck_at: datetime | None = None


Verdict = Ok | Finding | Unknown


def ok(*, recheck_at: datetime | None = None) -> Ok:
    """In order; `recheck_at`: when time alone may change that."""
    return Ok(recheck_at)


def finding(
    severity: Severity, evidence: Mapping[str, Any], title: str | None = None, *, recheck_at: datetime | None = None
) -> Finding:
    """Not in order. Evidence holds what JSON holds, and times, decimals and ids, which become text."""
    return Finding(severity, evidence, title, recheck_at)


def unknown(why: str, waits_for: str | None = None, *, recheck_at: datetime | None = None) -> Unknown:
    """Not known, and why; it opens and resolves nothing."""
    return Unknown(why, waits_for, recheck_at)
