"""Cursors that are moments: what changed since the vendor's clock stood there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mspbyte_common.vendors.endpoint import Cursor, Record, Reply

OVERLAP = timedelta(minutes=5)
"""Asked for again each time: what the vendor stored late, or under a clock that was behind."""


def began(reply: Reply) -> Cursor | None:
    """The vendor's clock at an answer. A run keeps its first: what changes while it reads is told again in the next."""
    return None if reply.at is None else {"at": reply.at.isoformat()}


def moment(cursor: Cursor) -> str:
    """From when on to ask, overlap included: ISO 8601 in UTC, whole seconds."""
    at = datetime.fromisoformat(cursor["at"]) - OVERLAP
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def replaces(_stored: Record | None, told: Record) -> Record:
    """For vendors that tell a changed record whole."""
    return told
