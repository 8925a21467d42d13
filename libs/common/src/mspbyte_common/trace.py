"""W3C trace context, carried from job to finding through the ledger and the messages."""

from __future__ import annotations

import secrets


def new_traceparent() -> str:
    """A new sampled trace."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def trace_id(traceparent: str) -> str:
    """The trace's id: 32 hex digits."""
    return traceparent.split("-")[1]
