"""Ten thousand records no vendor should send: none crashes a mapper, none is lost, each is mapped or says where it fails."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.unit.svc_processors.mutation import KINDS, arrived, mutate

from svc_processors.misfit import walk
from svc_processors.process import NORMALIZERS, _map, _Sorted
from svc_processors.reading import value_class
from svc_processors.shape import drifts, learn, look
from svc_processors.store import Raw

RECORDS = 10_000
DATA = Path(__file__).parents[2] / "data"


def test_every_mutated_record_is_mapped_or_quarantined_with_the_path_and_class_of_the_value_at_fault() -> None:
    dice, found, sent = random.Random(20_261_123), _Sorted(), {}  # noqa: S311
    names, kinds = sorted(NORMALIZERS), list(KINDS)
    examples = {name: json.loads((DATA / name[0] / f"{name[1]}.json").read_text()) for name in names}
    for number in range(RECORDS):
        vendor, resource = names[number % len(names)]
        record = arrived(mutate(examples[vendor, resource], dice, kinds[number % len(kinds)]))
        sent[UUID(int=number)] = record
        _map(Raw(UUID(int=number), vendor, resource, False, record, None, None), found)
    mapped, quarantined = {one.id for one in found.mapped}, {one.id for one in found.quarantined}
    assert mapped | quarantined == sent.keys()
    assert not mapped & quarantined
    assert mapped == set(found.fits)
    for one in found.quarantined:
        assert len(one.error) <= 80
        assert one.path.startswith("→ ") or _class_at(sent[one.id], one.path) == one.value_class, one
    assert all(len(one.normalized) < 1_000_000 for one in found.mapped)
    each = Counter(kinds[identifier.int % len(kinds)] for identifier in mapped)
    assert all(each[kind] > RECORDS / len(kinds) / 10 for kind in kinds), each
    each = Counter(kinds[identifier.int % len(kinds)] for identifier in quarantined)
    assert all(each[kind] > 10 for kind in kinds), each
    classes = Counter(one.value_class for one in found.quarantined)
    assert len(classes) == 7, classes


def _class_at(record: dict[str, Any], path: str) -> str:
    """What JSON calls what stands at a path of a record."""
    found = {"$": record, **dict(walk(record))}
    return value_class(found[path]) if path in found else "missing"


def test_the_shape_of_mutated_records_is_learned_and_compared_like_any() -> None:
    dice = random.Random(7)  # noqa: S311
    example = json.loads((DATA / "sophos" / "endpoints.json").read_text())
    known = learn({}, look([example]))
    for _ in range(200):
        page = [arrived(mutate(example, dice)) for _ in range(3)]
        assert all(drift.records > 0 for drift in drifts(known, look(page)))
        learned = learn(known, look(page))
        assert drifts(learned, look(page)) == []
