"""An entity as it was at a time: what it is now, with the changes since then undone."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from mspbyte_common import history
from mspbyte_common.errors import UsageError
from mspbyte_common.history import KEPT, Change
from mspbyte_common.models import KINDS
from mspctl.knowledge import store
from mspctl.store import Connection, Row


def as_of(connection: Connection, row: Row, at: datetime) -> Row:
    """The entity's row with normalized_data, client and `deleted` of that time.

    Volatile fields are left out: of them nothing is kept but the last.
    """
    if at < row["first_seen_at"]:
        message = (
            f"nothing is known of that time: the record was first seen at {row['first_seen_at']:%Y-%m-%d %H:%M:%S} UTC."
        )
        raise UsageError(message)
    if at < datetime.now(UTC) - KEPT:
        message = f"changes are kept for {KEPT.days} days: ask about a later time."
        raise UsageError(message)
    later = [
        Change(change["path"], change["before"], change["after"])
        for change in store.changes(connection, row["id"], after=at)
    ]
    present = str(row["client_id"]) if row["client_id"] else None
    past = history.as_of(row["normalized_data"], present, deleted=row["deleted_at"] is not None, later=later)
    client = UUID(past.client_id) if past.client_id else None
    volatile = KINDS[row["kind"]].VOLATILE
    return {
        **{name: row[name] for name in ("id", "vendor", "resource", "kind", "external_id", "account", "first_seen_at")},
        "at": at,
        "client_id": client,
        "client": store.client_name(connection, client) if client else None,
        "deleted": past.deleted,
        "normalized_data": {name: value for name, value in (past.document or {}).items() if name not in volatile}
        or None,
    }
