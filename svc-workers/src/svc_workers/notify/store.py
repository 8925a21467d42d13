"""SQL of whom messages are from."""

from __future__ import annotations

from mspbyte_common.db.engine import Connection


async def msp_name(connection: Connection) -> str:
    """The name of the transaction's msp."""
    cursor = await connection.execute(
        "SELECT name FROM msp WHERE id = NULLIF(current_setting('app.msp_id', true), '')::uuid"
    )
    row = await cursor.fetchone()
    return str(row[0]) if row else ""
