"""Every table, a module per part of the system. Who writes which stands in `db/roles.py`.

Ids are UUIDs computed from natural keys (`ids.py`), so that a crash, a replay or a rebuild writes the same row again.
Every table with msp_id is under forced row-level security (`db/migrations`). Foreign keys stand where rows are few: on
entity, entity_key and entity_relationship each check would lock a hot parent row once per record (ADR 0002); their ids
are computed, and what removes a parent removes them too.
"""

from __future__ import annotations

from mspbyte_common.db.schema import actions, findings, graph, ledger, limits, records, schedule, tenants
from mspbyte_common.db.schema.columns import metadata

__all__ = ["actions", "findings", "graph", "ledger", "limits", "metadata", "records", "schedule", "tenants"]
