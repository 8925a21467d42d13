"""What a fleet has come to, and how that differs from what another came to: every table, row for row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.integration.pipeline import HOLDS, NOT_DERIVED, VOLATILE_COLUMNS

from mspbyte_common.db.schema import metadata

RAW = {"raw_data", "semantic_hash", "volatile_hash"}
"""Given where stages alone are tested; here they were fetched, and must be what the vendor has."""

ALSO = {
    "msp": {"created_at", "removed_at"},
    "connection": {"secret", "created_at"},
    "account": {"created_at", "parked_at"},
    "resource": set[str](),
    "derivation": {"since"},
    "check_declared": set[str](),
    "job": {"next_fire_at", "manual_at"},
    "listing": {"cursor", "complete_at", "complete_run_id", "current_at", "unavailable_since", "unavailable_at"},
    "former_key": {"id"},
}
"""Compared besides what is derived, and the columns that only say when, or by which run."""

COMPARED: Mapping[str, set[str]] = {
    **{table: columns - RAW for table, columns in VOLATILE_COLUMNS.items()},
    **ALSO,
    "recheck": VOLATILE_COLUMNS["recheck"] | {"due_at"},
}
"""Table → columns left out. A recheck's moment hangs on when its check was asked."""

NOT_COMPARED = {table: why for table, why in NOT_DERIVED.items() if table not in COMPARED}
"""Every other table, and why: how often something was tried, when it changed, by which way it came about."""

Rows = Mapping[str, Mapping[str, str]]
"""Key of a row → hash of its content, by table."""
Query = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Difference:
    """What one state lacks of another, has more often, and has otherwise; by table."""

    lost: Mapping[str, int]
    duplicated: Mapping[str, int]
    differing_rows: Mapping[str, int]

    @property
    def none(self) -> bool:
        """Whether both are the same."""
        return not (self.lost or self.duplicated or self.differing_rows)


def state(query: Query) -> dict[str, list[tuple[str, str]]]:
    """(key, hash) of each row of each compared table, in order.

    The key of a row is its primary key; of one that is told apart by a serial number only, all that it says.
    """
    found = {}
    for table, without in COMPARED.items():
        content = "to_jsonb(t)" + "".join(f" - '{column}'" for column in sorted(without))
        keys = [column.name for column in metadata.tables[table].primary_key]
        key = "'-'" if not keys or set(keys) & without else f"concat_ws(' ', {', '.join(keys)})"
        rows = query(f"SELECT {key}, md5(({content})::text) FROM {table} t WHERE {HOLDS.get(table, 'true')}")
        found[table] = sorted((digest if name == "-" else name, digest) for name, digest in rows)
    return found


def difference(right: Mapping[str, list[tuple[str, str]]], found: Mapping[str, list[tuple[str, str]]]) -> Difference:
    """How what was found differs from what is right."""
    lost, duplicated, differing = Counter[str](), Counter[str](), Counter[str]()
    for table, rows in right.items():
        wanted, had = Counter(key for key, _ in rows), Counter(key for key, _ in found[table])
        lost[table] = (wanted - had).total()
        duplicated[table] = (had - wanted).total()
        here = dict(found[table])
        differing[table] = sum(1 for key, digest in rows if key in here and here[key] != digest)
    return Difference(+lost, +duplicated, +differing)
