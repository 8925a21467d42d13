"""The supervisor's own log, so that a terminal shows what the command has to say and nothing else."""

from __future__ import annotations

from pathlib import Path

import structlog


def log_to(file: Path) -> None:
    """From now on events of this process go to that file, one JSON line each."""
    file.parent.mkdir(parents=True, exist_ok=True)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=file.open("a", buffering=1)),
        cache_logger_on_first_use=False,
    )
