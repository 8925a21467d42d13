"""Spans of time as a person writes them."""

from __future__ import annotations

import re

from mspbyte_common.errors import UsageError

WRITTEN = re.compile(r"(\d+)([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def duration(text: str) -> int:
    """Seconds in '90s', '15m', '4h' or '1d'; UsageError for anything else, and for none at all."""
    match = WRITTEN.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        message = f"{text!r} is no span of time: write a number and s, m, h or d, such as 15m or 4h"
        raise UsageError(message)
    return int(match[1]) * SECONDS[match[2]]
