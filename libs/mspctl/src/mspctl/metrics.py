"""What the services count, read from their /metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import httpx
from prometheus_client.parser import text_string_to_metric_families

SECONDS = 1.0


def scrape(services: Mapping[str, str]) -> dict[str, str]:
    """Service → the text of its /metrics; one that does not answer is left out."""
    texts = {}
    with httpx.Client(timeout=SECONDS, trust_env=False) as client:
        for name, address in services.items():
            try:
                texts[name] = client.get(f"{address}/metrics").raise_for_status().text
            except httpx.HTTPError:
                continue
    return texts


def done_by_stage(texts: Mapping[str, str]) -> dict[str, int]:
    """Stage → entities in finished pieces of work, over all replicas since each one's start."""
    done: Counter[str] = Counter()
    for text in texts.values():
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == "mspbyte_work_entities_total":
                    done[sample.labels["stage"]] += int(sample.value)
    return dict(done)
