"""The configuration production's three servers are given: they find each other over TLS, and one of them may go."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mspbyte_common.jetstream.connect import open_nats
from mspbyte_common.jetstream.topology import STREAMS
from mspctl.embedded import broker, nats, nats_conf
from mspctl.embedded.home import Home
from mspctl.embedded.nats_conf import BOOTSTRAP, Cluster, Tls, render


def _certificates(folder: Path) -> Tls:
    """An authority, and one certificate of its for every server: it serves, and is a client of the others."""
    now = datetime.datetime.now(datetime.UTC)

    def signed(
        name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey, *, authority: bool
    ) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if not authority:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            ).add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
        return builder.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    made = Tls(folder / "tls.crt", folder / "tls.key", folder / "ca.crt")
    made.authority.write_bytes(signed("authority", authority, "authority", authority, authority=True))
    made.certificate.write_bytes(signed("server", server, "authority", authority, authority=False))
    made.key.write_bytes(
        server.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return made


@contextmanager
def _server(configuration: Path) -> Iterator[subprocess.Popen[bytes]]:
    with configuration.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen([nats._binary(), "-c", configuration], stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait(timeout=30)


@pytest.fixture
def cluster(ground: Path) -> Iterator[tuple[str, Tls, Home, list[subprocess.Popen[bytes]]]]:
    """Three servers; the addresses of all, as a client is given them."""
    with ExitStack() as stack:
        home = stack.enter_context(Home(ground / "home"))
        tls = _certificates(ground)
        routes = tuple(f"nats://127.0.0.1:{home.port(f'route-{number}')}" for number in range(3))
        running = []
        for number in range(3):
            configuration = ground / f"nats-{number}.conf"
            configuration.write_text(
                render(
                    port=home.port(f"client-{number}"),
                    monitor_port=home.port(f"monitor-{number}"),
                    store=ground / f"store-{number}",
                    password=lambda user: home.password(f"nats_{user}"),
                    name=f"nats-{number}",
                    cluster=Cluster("mspbyte", routes, port=home.port_of(f"route-{number}")),
                    tls=tls,
                )
            )
            running.append(stack.enter_context(_server(configuration)))
        yield f"tls://127.0.0.1:{home.port_of('client-0')}", tls, home, running


async def test_streams_have_three_copies_and_outlive_a_server(cluster) -> None:
    url, tls, home, running = cluster
    credentials = (BOOTSTRAP, home.password(f"nats_{BOOTSTRAP}"))
    async with (
        asyncio.timeout(120),
        open_nats(url, BOOTSTRAP, credentials=credentials, ca_file=tls.authority) as client,
    ):
        await broker.declare(client, replicas=3, seconds=60)
        js = client.jetstream(timeout=5)
        for stream in STREAMS:
            info = await js.stream_info(stream.name)
            assert info.config.num_replicas == 3
        await js.publish("stage.link.device", b"before")
        running[2].kill()
        while True:
            try:
                await js.publish(
                    "stage.link.device", b"after", headers={"Nats-Msg-Id": "after"}
                )  # asked again: stored once
            except broker.Errors:
                await asyncio.sleep(0.2)
            else:
                break
        state = (await js.stream_info("STAGES")).state
        assert state.messages == 2


async def test_nobody_is_served_in_clear_or_by_a_server_another_authority_signed(cluster, tmp_path: Path) -> None:
    _, _, home, _ = cluster
    port = home.port_of("client-0")
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            break
        except OSError:
            await asyncio.sleep(0.05)
    writer.write(b'CONNECT {"verbose":false,"user":"bootstrap","pass":"any"}\r\nPING\r\n')
    with contextlib.suppress(ConnectionResetError):
        heard = await reader.read()  # at most that this is no handshake
        assert b"INFO" not in heard
        assert b"PONG" not in heard
    writer.close()

    stranger = ssl.create_default_context(cafile=str(_certificates(tmp_path).authority))
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.open_connection("127.0.0.1", port, ssl=stranger)


def test_the_command_writes_what_the_server_takes(ground: Path) -> None:
    from mspctl.cli import invoke

    tls = _certificates(ground)
    passwords = ground / "users"
    passwords.mkdir()
    for user in nats_conf.USERS:
        (passwords / user).write_text("a-password-of-the-tests\n")
    written = ground / "nats.conf"
    arguments = ["nats-conf", "--name", "nats-1", "--passwords", str(passwords), "--out", str(written)]
    routes = [f"--route=nats://nats-{number}.nats:6222" for number in range(3)]
    assert invoke([*arguments, f"--tls={tls.key.parent}", *routes, f"--store={ground / 'store'}"]) == 0
    assert written.stat().st_mode & 0o777 == 0o600
    done = subprocess.run([nats._binary(), "-t", "-c", written], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    (passwords / "svc_linkers").unlink()
    assert invoke([*arguments]) != 0
