"""The checks this service ships, by name."""

from __future__ import annotations

from functools import cache
from typing import Any

from mspbyte_common.declarations import discover, index
from svc_workers import checks
from svc_workers.check import Check

CHECKS: dict[str, Check[Any, Any]] = index(discover(checks, Check), lambda check: check.name)


@cache
def checks_of(kind: str) -> tuple[Check[Any, Any], ...]:
    """The checks that ask about a kind."""
    return tuple(check for check in CHECKS.values() if kind == check.kind.NAME)
