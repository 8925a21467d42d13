"""What ends a command with exit code 1. A person's mistake is a UsageError: exit code 2."""

from __future__ import annotations

from mspbyte_common.errors import PipelineError


class Failure(PipelineError):
    """It was asked for rightly and did not work; the text says what to do."""
