"""A connection to NATS that never gives up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from ssl import create_default_context

import nats
import structlog
from nats.aio.client import Client

log = structlog.get_logger()


@asynccontextmanager
async def open_nats(
    url: str, name: str, *, credentials: tuple[str, str] | None = None, ca_file: Path | None = None
) -> AsyncIterator[Client]:
    """A client that reconnects for ever, every quarter of a second; drained when the block ends.

    With `ca_file` it speaks TLS only, to a broker whose certificate that authority signed for the name in the address. It
    begins with the handshake (the server's `handshake_first`): nats-py would else trust a plain greeting that says no TLS
    is needed, and send the password in clear.
    """

    async def report(error: Exception) -> None:
        log.warning("nats_error", error=str(error) or type(error).__name__)

    async def lost() -> None:
        log.warning("nats_disconnected")

    async def back() -> None:
        log.info("nats_reconnected")

    user, password = credentials or (None, None)
    client = await nats.connect(
        url,
        name=name,
        user=user,
        password=password,
        tls=create_default_context(cafile=str(ca_file)) if ca_file else None,
        tls_handshake_first=ca_file is not None,
        inbox_prefix=f"_INBOX_{name.replace('-', '_')}".encode(),
        allow_reconnect=True,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.25,
        connect_timeout=2,
        ping_interval=5,
        max_outstanding_pings=2,
        error_cb=report,
        disconnected_cb=lost,
        reconnected_cb=back,
    )
    try:
        yield client
    finally:
        if client.is_connected:
            await client.drain()
        else:
            await client.close()
