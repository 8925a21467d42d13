"""Structured logs: one JSON object a line, a constant event name, facts as keywords."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import Any, TextIO

import orjson
import structlog

from mspbyte_common.redaction import REDACTED, is_secret, masked


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replaces values whose name says they are secret, and secrets that other values have in them."""
    for name, value in event.items():
        if is_secret(name):
            event[name] = REDACTED
        elif isinstance(value, str):
            event[name] = masked(value)
    return event


def configure(service: str, level: str, stream: TextIO) -> None:
    """Sets up logging for the process, that of libraries included; call once, from main."""
    common: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    render = structlog.processors.JSONRenderer(serializer=_json)
    structlog.configure(
        processors=[*common, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    structlog.contextvars.bind_contextvars(service=service)


def _json(event: object, **_options: object) -> str:
    return orjson.dumps(event, default=str).decode()
