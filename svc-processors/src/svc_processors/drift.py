"""The shape of a page against the known one: learned in the first day, watched from then on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args
from uuid import UUID

import structlog
from prometheus_client import Counter

from mspbyte_common.db.engine import Connection
from svc_processors import store
from svc_processors.misfit import walk
from svc_processors.shape import DriftKind, drifts, learn, look, word

log = structlog.get_logger()

DRIFT = Counter(
    "mspbyte_drift_total", "Values where a vendor's records left their known shape", ["vendor", "resource", "kind"]
)
_PLACE = re.compile(r"\[\d+\]")


def show_none(lists: Iterable[tuple[str, str]]) -> None:
    """Shows no drift of each (vendor, resource) as 0: a rate needs a beginning."""
    for vendor, resource in lists:
        for kind in get_args(DriftKind):
            DRIFT.labels(vendor, resource, kind)


async def watch(
    connection: Connection,
    msp_id: UUID,
    vendor: str,
    resource: str,
    records: Sequence[Mapping[str, Any]],
    words: Sequence[tuple[Mapping[str, Any], list[str]]],
) -> None:
    """Learns the shape of a page, or notes where it left the known one.

    `words`: records with those of their words that their normalizer did not know.
    """
    seen = look(records)
    known = await store.shape(connection, vendor, resource)
    if known is None or known.learning:
        if known is None or learn(known.paths, seen) != known.paths:
            held = await store.lock_shape(connection, msp_id, vendor, resource)
            await store.write_shape(connection, vendor, resource, learn(held, seen))
        return
    for record, unknown in words:
        for path, value in walk(record):
            shown = word(value) if isinstance(value, str) and value in unknown else None
            if shown is not None:
                seen.words[_PLACE.sub("[]", path), shown] += 1
    found = drifts(known.paths, seen)
    if not found:
        return
    for one in found:
        DRIFT.labels(vendor, resource, one.kind).inc(one.records)
    for path, kind in await store.note_drift(connection, msp_id, vendor, resource, found):
        log.warning("schema_drift", vendor=vendor, resource=resource, path=path, kind=kind)
