"""SQL of data keys and of what they encrypt."""

from __future__ import annotations

from uuid import UUID

from mspctl.store import Connection, Row


def lock_keys(connection: Connection, msp_id: UUID) -> None:
    """Until the transaction ends, nobody else changes the msp's data keys or encrypts with one of them."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('keys:' || %s::text, 0))", (str(msp_id),))


def data_keys(connection: Connection) -> list[Row]:
    """The msp's data keys, the newest first, with how many connections each encrypts."""
    return connection.execute(
        """
        SELECT k.version, k.kek_id, k.wrapped, k.created_at,
               (SELECT count(*) FROM connection c WHERE c.msp_id = k.msp_id AND c.key_version = k.version) AS connections
        FROM data_key k ORDER BY k.version DESC
        """
    ).fetchall()


def add_data_key(connection: Connection, msp_id: UUID, version: int, wrapped: bytes, kek_id: str) -> None:
    """Keeps a new data key."""
    connection.execute(
        "INSERT INTO data_key (msp_id, version, wrapped, kek_id) VALUES (%s, %s, %s, %s)",
        (msp_id, version, wrapped, kek_id),
    )


def rewrap(connection: Connection, version: int, wrapped: bytes, kek_id: str) -> None:
    """Replaces what a data key is wrapped with."""
    connection.execute("UPDATE data_key SET wrapped = %s, kek_id = %s WHERE version = %s", (wrapped, kek_id, version))


def oldest_sealed(connection: Connection, version: int) -> Row | None:
    """A connection whose secret is encrypted with an older data key than this one, locked."""
    return connection.execute(
        """
        SELECT id, vendor, secret, key_version FROM connection WHERE key_version < %s
        ORDER BY key_version, id LIMIT 1 FOR UPDATE
        """,
        (version,),
    ).fetchone()


def reseal(connection: Connection, connection_id: UUID, secret: bytes, version: int) -> None:
    """Replaces a connection's secret by the same one, encrypted with another data key."""
    connection.execute(
        "UPDATE connection SET secret = %s, key_version = %s WHERE id = %s", (secret, version, connection_id)
    )


def drop_unused(connection: Connection, newest: int) -> int:
    """Destroys the data keys older than the newest; returns how many. The caller has moved every connection off them."""
    return connection.execute("DELETE FROM data_key WHERE version < %s", (newest,)).rowcount
