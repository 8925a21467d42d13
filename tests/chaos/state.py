"""What a fleet has come to, and how that differs from what another came to: every table, row for row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
    "workflow": {"applied_at"},
    "action_mode": {"set_at"},
    "action": {
        *("created_at", "changed_at", "ended_at", "due_at", "traceparent"),
        *("attempts", "tried", "external_id", "request"),
    },
}
"""Compared besides what is derived, and the columns that only say when, by which run or at which try.

An action's request names the hour a ticket is due; what was asked for is compared where it arrived, at the PSA.
"""

COMPARED: Mapping[str, set[str]] = {
    **{table: columns - RAW for table, columns in VOLATILE_COLUMNS.items()},
    **ALSO,
    "recheck": VOLATILE_COLUMNS["recheck"] | {"due_at"},
}
"""Table → columns left out. A recheck's moment hangs on when its check was asked."""

MOMENTS = {"entity": "deleted_at"}
"""Of these it counts whether they are set."""

NOT_COMPARED = {table: why for table, why in NOT_DERIVED.items() if table not in COMPARED}
"""Every other table, and why: how often something was tried, when it changed, by which way it came about."""

EXAMPLES = 5
"""Rows of a table that are shown of those that differ, each way."""

Rows = Mapping[str, Sequence[tuple[str, str]]]
"""(key, content) of the rows of each table."""
Query = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Difference:
    """What one state lacks of another, has more often, and has otherwise; by table."""

    lost: Mapping[str, int]
    duplicated: Mapping[str, int]
    differing_rows: Mapping[str, int]
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.none:
            return "the same"
        counted = {name: dict(getattr(self, name)) for name in ("lost", "duplicated", "differing_rows")}
        return "\n  ".join((str(counted), *self.examples))

    @property
    def none(self) -> bool:
        """Whether both are the same."""
        return not (self.lost or self.duplicated or self.differing_rows)


def state(query: Query) -> Rows:
    """(key, content) of each row of each compared table, in order.

    The key of a row is its primary key; of one that is told apart by a serial number only, all that it says.
    """
    found = {}
    for table, without in COMPARED.items():
        content = "to_jsonb(t)" + "".join(f" - '{column}'" for column in sorted(without))
        if table in MOMENTS:
            content += f" || jsonb_build_object('{MOMENTS[table]}', {MOMENTS[table]} IS NOT NULL)"
        keys = [column.name for column in metadata.tables[table].primary_key]
        key = f"({content})::text" if not keys or set(keys) & without else f"concat_ws(' ', {', '.join(keys)})"
        rows = query(f"SELECT {key}, ({content})::text FROM {table} t WHERE {HOLDS.get(table, 'true')}")
        found[table] = sorted(rows)
    return found


def difference(right: Rows, found: Rows) -> Difference:
    """How what was found differs from what is right."""
    lost, duplicated, differing = Counter[str](), Counter[str](), Counter[str]()
    examples = []
    for table, rows in right.items():
        wanted, had = Counter(key for key, _ in rows), Counter(key for key, _ in found[table])
        lost[table] = (wanted - had).total()
        duplicated[table] = (had - wanted).total()
        differing[table] = (wanted & had).total() - (Counter(rows) & Counter(found[table])).total()
        for sign, some in (("-", Counter(rows) - Counter(found[table])), ("+", Counter(found[table]) - Counter(rows))):
            examples += [f"{sign} {table} {content}" for _, content in sorted(some)[:EXAMPLES]]
    return Difference(+lost, +duplicated, +differing, tuple(examples))
