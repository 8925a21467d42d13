"""Ten thousand records no vendor should send: none crashes a mapper, none is lost, each is mapped or says where it fails."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from uuid import UUID

import orjson
from tests.unit.svc_processors.mutation import mutate

from mspbyte_common.vendors.keep import storable
from svc_processors.process import NORMALIZERS, _map, _Sorted
from svc_processors.shape import drifts, learn, look
from svc_processors.store import Raw

RECORDS = 10_000
DATA = Path(__file__).parents[2] / "data"


def test_every_mutated_record_is_mapped_or_quarantined_with_its_path() -> None:
    dice, found, sent = random.Random(20_261_123), _Sorted(), 0  # noqa: S311
    names = sorted(NORMALIZERS)
    examples = {name: json.loads((DATA / name[0] / f"{name[1]}.json").read_text()) for name in names}
    for number in range(RECORDS):
        vendor, resource = names[number % len(names)]
        text = storable(json.dumps(mutate(examples[vendor, resource], dice)).encode())
        raw = orjson.loads(text)
        _map(Raw(UUID(int=number), vendor, resource, False, raw, None, None), found)
        sent += 1
    mapped, quarantined = {one.id for one in found.mapped}, {one.id for one in found.quarantined}
    assert sent == RECORDS == len(mapped | quarantined)
    assert not mapped & quarantined
    assert mapped == set(found.fits)
    assert all(one.path.startswith(("$", "→ ")) and len(one.error) <= 80 for one in found.quarantined)
    assert all(len(one.normalized) < 1_000_000 for one in found.mapped)
    classes = Counter(one.value_class for one in found.quarantined)
    assert len(mapped) > RECORDS / 5
    assert len(classes) == 7, classes


def test_the_shape_of_mutated_records_is_learned_and_compared_like_any() -> None:
    dice = random.Random(7)  # noqa: S311
    example = json.loads((DATA / "sophos" / "endpoints.json").read_text())
    known = learn({}, look([example]))
    for _ in range(200):
        page = [mutate(example, dice) for _ in range(3)]
        assert all(drift.records > 0 for drift in drifts(known, look(page)))
        learned = learn(known, look(page))
        assert drifts(learned, look(page)) == []
