"""PostgreSQL and NATS over TLS: certificate and host name are checked, and nothing is said in plain.

The bundled PostgreSQL is built without TLS: a proxy before it ends TLS, as managed ones do. nats-server does it itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
import trustme

from mspbyte_common.db.engine import open_pool, transaction
from mspbyte_common.jetstream.connect import open_nats
from mspctl.embedded import nats_conf
from mspctl.embedded.nats import _binary

SSL_REQUEST = bytes((0, 0, 0, 8, 4, 210, 22, 47))
"""What a PostgreSQL client begins with when it wants TLS."""
PASSWORD = "clear-text-nobody-hears"


@dataclass
class Authority:
    """A CA of the test's own, with the files it writes."""

    ca: trustme.CA
    folder: Path

    @property
    def file(self) -> Path:
        """The CA's certificate."""
        file = self.folder / "ca.crt"
        self.ca.cert_pem.write_to_path(str(file))
        return file

    def certificate(self, *names: str) -> tuple[Path, Path]:
        """Certificate chain and key for these names."""
        issued = self.ca.issue_cert(*names)
        chain, key = self.folder / f"{names[0]}.crt", self.folder / f"{names[0]}.key"
        for number, pem in enumerate(issued.cert_chain_pems):
            pem.write_to_path(str(chain), append=number > 0)
        issued.private_key_pem.write_to_path(str(key))
        return chain, key


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Who signs the servers."""
    (tmp_path / "ours").mkdir()
    return Authority(trustme.CA(), tmp_path / "ours")


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    """Who does not."""
    (tmp_path / "other").mkdir()
    return Authority(trustme.CA(), tmp_path / "other")


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def _tls_before(url: str, certificate: tuple[Path, Path]) -> AsyncIterator[int]:
    """A port where PostgreSQL speaks TLS."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    serving: set[asyncio.Task[object]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        assert await reader.readexactly(8) == SSL_REQUEST, "a client that must not speak in plain did"
        writer.write(b"S")
        await writer.drain()
        try:
            await writer.start_tls(context)
        except (ssl.SSLError, ConnectionError):
            writer.close()
            return
        there = await asyncio.open_connection(str(parts["host"]), int(str(parts["port"])))
        await asyncio.gather(_relay(reader, there[1]), _relay(there[0], writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        if serving:
            await asyncio.wait(serving)  # they end with their clients; the loop would end before them


def _verified(database: Any, port: int, ca: Path, host: str = "localhost") -> str:
    where = {"host": host, "port": port, "sslmode": "verify-full", "sslrootcert": str(ca), "connect_timeout": 5}
    return psycopg.conninfo.make_conninfo(database.url("svc_workers"), **where)


async def test_a_service_speaks_tls_with_a_database_its_authority_signed(database, authority):
    async with (
        _tls_before(database.admin_url, authority.certificate("localhost")) as port,
        open_pool(_verified(database, port, authority.file), "test") as pool,
        transaction(pool, None) as connection,
    ):
        assert connection.pgconn.ssl_in_use
        cursor = await connection.execute("SELECT current_user")
        assert await cursor.fetchone() == ("svc_workers",)


async def test_a_database_of_another_authority_or_another_name_is_refused(database, authority, stranger):
    async with _tls_before(database.admin_url, authority.certificate("db.example")) as port:
        with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
            await psycopg.AsyncConnection.connect(_verified(database, port, stranger.file))
        with pytest.raises(psycopg.OperationalError, match="does not match host name"):
            await psycopg.AsyncConnection.connect(_verified(database, port, authority.file))


async def test_a_database_without_tls_is_refused(database, authority):
    parts = psycopg.conninfo.conninfo_to_dict(database.admin_url)
    with pytest.raises(psycopg.OperationalError, match="does not support SSL, but SSL was required"):
        await psycopg.AsyncConnection.connect(
            _verified(database, int(str(parts["port"])), authority.file, str(parts["host"]))
        )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def _broker(folder: Path, tls: nats_conf.Tls | None) -> AsyncIterator[int]:
    """nats-server as `mspctl nats-conf` configures it."""
    port = _free_port()
    conf = folder / "nats.conf"
    conf.write_text(
        nats_conf.render(
            port=port, monitor_port=_free_port(), store=folder / "store", password=lambda _user: PASSWORD, tls=tls
        )
    )
    process = await asyncio.create_subprocess_exec(
        str(_binary()), "-c", str(conf), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        while b"Server is ready" not in (line := await process.stderr.readline()):
            assert line, "nats-server ended"
        yield port
    finally:
        process.kill()
        await process.communicate()


async def _refusal(url: str, ca: Path | None) -> str:
    """Why a client does not connect: the first thing it says, while it goes on trying."""

    async def stay() -> None:
        async with open_nats(url, "bootstrap", credentials=("bootstrap", PASSWORD), ca_file=ca):
            pytest.fail("it connected")

    with structlog.testing.capture_logs() as lines:
        trying = asyncio.create_task(stay())
        while not lines and not trying.done():
            await asyncio.sleep(0.02)
        trying.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await trying
    return str(lines[0]["error"])


async def test_a_service_speaks_tls_with_a_broker_its_authority_signed(authority, tmp_path):
    chain, key = authority.certificate("localhost")
    async with (
        _broker(tmp_path, nats_conf.Tls(chain, key, authority.file)) as port,
        open_nats(
            f"nats://localhost:{port}", "bootstrap", credentials=("bootstrap", PASSWORD), ca_file=authority.file
        ) as client,
    ):
        assert client._transport._io_writer.get_extra_info("cipher") is not None
        await client.jetstream().account_info()


async def test_a_broker_of_another_authority_or_another_name_is_refused(authority, stranger, tmp_path):
    chain, key = authority.certificate("nats.example")
    async with _broker(tmp_path, nats_conf.Tls(chain, key, authority.file)) as port:
        assert "certificate verify failed" in await _refusal(f"nats://localhost:{port}", stranger.file)
        assert "ostname mismatch" in await _refusal(f"nats://localhost:{port}", authority.file)


@pytest.fixture
def heard() -> Iterator[bytearray]:
    """What a plain listener was told."""
    return bytearray()


async def test_a_broker_that_says_it_needs_no_tls_hears_no_password(authority, heard):
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"x","version":"2.10.0","max_payload":1024,"tls_required":false}\r\n')
        heard.extend(await reader.read(4_096))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        await _refusal(f"nats://localhost:{server.sockets[0].getsockname()[1]}", authority.file)
    assert heard
    assert b"CONNECT" not in heard
    assert PASSWORD.encode() not in heard


async def test_a_client_that_was_given_no_authority_does_not_reach_a_broker_with_tls(authority, tmp_path):
    chain, key = authority.certificate("localhost")
    async with _broker(tmp_path, nats_conf.Tls(chain, key, authority.file)) as port:
        assert await _refusal(f"nats://localhost:{port}", None)
