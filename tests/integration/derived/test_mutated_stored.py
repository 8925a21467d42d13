"""Records no vendor should send, through all stages: none stops a batch."""

from __future__ import annotations

import json
import random
from itertools import cycle
from pathlib import Path

from tests.integration.pipeline import Pipeline
from tests.unit.svc_processors.mutation import KINDS, arrived, mutate, swollen

from svc_processors.process import NORMALIZERS

DATA = Path(__file__).parents[2] / "data"
EACH = 40


async def test_mutated_records_pass_all_stages_or_wait_in_quarantine(pipeline: Pipeline) -> None:
    dice = random.Random(3)  # noqa: S311
    sent = 0
    for (vendor, resource), normalizer in sorted(NORMALIZERS.items()):
        account = pipeline.account(vendor, "tenant")
        example = json.loads((DATA / vendor / f"{resource}.json").read_text())
        records = [arrived(mutate(example, dice, kind)) for _, kind in zip(range(EACH - 1), cycle(KINDS), strict=False)]
        records.append(swollen(example))
        names = [str(number) for number in range(EACH)]
        pipeline.put(account, vendor, resource, normalizer.kind.NAME, *records, known_as=names)
        sent += EACH
    await pipeline.drain()
    [(mapped, quarantined)] = pipeline.database.execute(
        "SELECT (SELECT count(*) FROM entity WHERE normalized_data IS NOT NULL), (SELECT count(*) FROM quarantine)"
    )
    assert mapped + quarantined == sent
    assert pipeline.database.execute("SELECT count(*) FROM dead_letter") == [(0,)]
