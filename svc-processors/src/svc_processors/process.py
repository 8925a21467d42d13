"""The process stage: raw_data becomes normalized_data, one vocabulary for every vendor."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from mspbyte_common.db.engine import Connection
from mspbyte_common.db.history import record_changes
from mspbyte_common.declarations import discover, index
from mspbyte_common.fault_points import reach
from mspbyte_common.hashing import canonical, split_digest
from mspbyte_common.history import DELETED, Change, changes
from mspbyte_common.ledger.item import Item, Next, NotInThisReleaseError, batches
from svc_processors import normalizers, store
from svc_processors.drift import watch
from svc_processors.misfit import describe
from svc_processors.normalizer import Normalizer
from svc_processors.reading import new_words
from svc_processors.store import Mapped, Quarantined, Raw

NORMALIZERS = index(discover(normalizers, Normalizer), key=lambda one: (one.vendor, one.resource))
MISFITS = (KeyError, ValueError, TypeError, AttributeError, IndexError, ValidationError)
"""What a record that does not fit makes a normalizer raise; anything else is a defect and fails the batch."""


@dataclass
class _Sorted:
    """What became of the records of a batch."""

    mapped: list[Mapped] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    fits: list[UUID] = field(default_factory=list)
    changed: list[UUID] = field(default_factory=list)
    moved: list[UUID] = field(default_factory=list)
    gone: list[UUID] = field(default_factory=list)
    history: list[tuple[UUID, Change]] = field(default_factory=list)
    records: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    """What was looked at, by (vendor, resource)."""
    words: dict[tuple[str, str], list[tuple[dict[str, Any], list[str]]]] = field(default_factory=dict)
    """Records with those of their words that are new to us."""


async def process(connection: Connection, item: Item) -> Sequence[Next]:
    """Maps a batch.

    A change of meaning goes on to be resolved; one of volatile fields alone goes straight to the checks, but for the few
    records whose place among the fragments of one thing hangs on it; a tombstone goes on as a change does; a record that
    does not fit is quarantined and the others go on.
    """
    found = _Sorted()
    for raw in await store.lock_raw(connection, item.entity_ids):
        if raw.deleted:
            _bury(raw, found)
        else:
            _map(raw, found)
    reach("processors.records.locked")
    if found.mapped:
        await store.write_mapped(connection, found.mapped)
        reach("processors.records.mapped")
    if found.gone:
        await store.forget_mapping(connection, found.gone)
    if found.quarantined:
        await store.quarantine(connection, item.msp_id, found.quarantined)
    await store.release(connection, found.fits)
    reach("processors.records.released")
    if found.history:
        await record_changes(connection, item.msp_id, item.run_id, item.traceparent, found.history)
    for (vendor, resource), records in sorted(found.records.items()):
        words = found.words.get((vendor, resource), [])
        await watch(connection, item.msp_id, vendor, resource, records, words)
    reach("processors.shapes.watched")
    contested = await store.contested(connection, found.moved) if found.moved else set()
    return [
        *batches("resolve", item.kind, item.account_id, {*found.changed, *contested}),
        *batches("evaluate", item.kind, item.account_id, set(found.moved) - contested),
    ]


def _bury(raw: Raw, found: _Sorted) -> None:
    """A mapped record that is gone forgets its mapping's hash, so that its return is noticed, and is told once.

    One that is to be derived anew is mapped as it last was; if it does not fit, nobody needs it to.
    """
    found.fits.append(raw.id)
    found.changed.append(raw.id)
    if raw.mapped_hash is not None:
        found.gone.append(raw.id)
        found.history.append((raw.id, Change(DELETED, None, after=True)))
    elif raw.normalized is None:
        normalizer = _normalizer(raw)
        with suppress(*MISFITS):
            document = normalizer.normalize(raw.raw).model_dump(mode="json")
            _, volatile = split_digest(document, normalizer.kind.VOLATILE)
            found.mapped.append(Mapped(raw.id, canonical(document), None, volatile, normalizer.version))


def _normalizer(raw: Raw) -> Normalizer:
    normalizer = NORMALIZERS.get((raw.vendor, raw.resource))
    if normalizer is None:
        message = f"no normalizer for {raw.vendor}/{raw.resource}"
        raise NotInThisReleaseError(message)
    return normalizer


def _map(raw: Raw, found: _Sorted) -> None:
    normalizer = _normalizer(raw)
    names = raw.vendor, raw.resource
    found.records.setdefault(names, []).append(raw.raw)
    try:
        with new_words() as words:
            model = normalizer.normalize(raw.raw)
    except MISFITS as error:
        misfit = describe(raw.raw, normalizer.normalize, error)
        found.quarantined.append(
            Quarantined(
                raw.id, raw.vendor, raw.resource, normalizer.version, misfit.path, misfit.value_class, misfit.message
            )
        )
        return
    found.fits.append(raw.id)
    if words:
        found.words.setdefault(names, []).append((raw.raw, words))
    mapped = model.model_dump(mode="json")
    semantic, volatile = split_digest(mapped, model.VOLATILE)
    stored = raw.normalized or {}
    document = mapped | {name: stored[name] for name in model.canonical_fields() if name in stored}
    differences = changes(stored, document, without=model.VOLATILE)
    if differences or semantic != raw.mapped_hash:
        found.changed.append(raw.id)
    elif document != stored:
        found.moved.append(raw.id)
    else:
        return
    found.mapped.append(Mapped(raw.id, canonical(document), semantic, volatile, normalizer.version))
    if raw.normalized is not None:
        returned = [Change(DELETED, before=True, after=None)] if raw.mapped_hash is None else []
        found.history += [(raw.id, change) for change in (*returned, *differences)]
