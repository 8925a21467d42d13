"""SQL over drift and shape."""

from __future__ import annotations

from mspctl.store import Connection, Row


def drifts(connection: Connection, vendor: str | None, resource: str | None) -> list[Row]:
    """Departures from known shapes, the latest first; each filter counts where it is given."""
    return connection.execute(
        """
        SELECT vendor, resource, path, kind, example, records, first_seen_at, last_seen_at FROM drift
        WHERE (%(vendor)s::text IS NULL OR vendor = %(vendor)s) AND (%(resource)s::text IS NULL OR resource = %(resource)s)
        ORDER BY last_seen_at DESC, vendor, resource, path, kind
        """,
        {"vendor": vendor, "resource": resource},
    ).fetchall()


def accept(connection: Connection, vendor: str | None, resource: str | None) -> int:
    """Forgets departures and lets their lists' shapes be learned again; returns how many there were."""
    filters = {"vendor": vendor, "resource": resource}
    connection.execute(
        """
        UPDATE shape SET since = now()
        WHERE EXISTS (SELECT 1 FROM drift d WHERE d.vendor = shape.vendor AND d.resource = shape.resource)
          AND (%(vendor)s::text IS NULL OR vendor = %(vendor)s) AND (%(resource)s::text IS NULL OR resource = %(resource)s)
        """,
        filters,
    )
    return connection.execute(
        """
        DELETE FROM drift
        WHERE (%(vendor)s::text IS NULL OR vendor = %(vendor)s) AND (%(resource)s::text IS NULL OR resource = %(resource)s)
        """,
        filters,
    ).rowcount
