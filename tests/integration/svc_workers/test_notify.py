"""Webhooks and mails against receivers on loopback: signed, tried again, once to whoever reads ids."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import jsonschema
import orjson
import pytest
import trustme
import uvicorn
from psycopg.types.json import Jsonb
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.integration.svc_workers.conftest import Estate

from mspbyte_common.db.engine import transaction
from mspbyte_common.effects.carry_out import receive_effects
from mspbyte_common.effects.effect import Effect, key_of
from mspbyte_common.errors import HostRefused, RequestInvalid, Unreachable
from mspbyte_common.ids import workflow_id
from mspbyte_common.ledger.item import Item
from mspbyte_common.vendors.transport import open_transport
from mspbyte_common.workflows.declaration import declared, workflow
from svc_scheduler.recover import due_actions
from svc_workers.actions.act import act
from svc_workers.actions.message import schema
from svc_workers.notify import mail
from svc_workers.notify.channels import MailChannel, channel
from svc_workers.notify.notify import MANNER, Notifier, WorkersSettings

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
NOW = 1_795_000_000.5


@dataclass
class Receiver:
    """Takes webhooks and answers as it is told, 204 when told nothing."""

    answers: list[Response] = field(default_factory=list)
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    async def take(self, request: Request) -> Response:
        self.came.append((dict(request.headers), await request.body()))
        return self.answers.pop(0) if self.answers else Response(status_code=204)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    held = Receiver()
    app = Starlette(routes=[Route("/hook", held.take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    serving = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    held.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/hook"
    yield held
    server.should_exit = True
    await serving


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on loopback."""
    async with receiving() as held:
        yield held


@dataclass(repr=False)
class Desk:
    """The msp of an estate with everything switched on; findings, and what is told of them."""

    estate: Estate
    file: Path

    async def apply(self, *actions: dict[str, Any], **more: Any) -> None:
        found = workflow({"workflow": "tell", "do": list(actions), **more})
        await self.estate.run(
            "mspctl",
            "INSERT INTO workflow (id, msp_id, name, scope, declaration, author) VALUES (%s, %s, 'tell', 'global', %s, 'me')",
            *(workflow_id(self.estate.msp, "tell"), self.estate.msp, Jsonb(declared(found))),
        )
        for kind in ("all", "webhook", "mail"):
            await self.estate.run(
                "mspctl",
                "INSERT INTO action_mode (msp_id, kind, mode, author) VALUES (%s, %s, 'automatic', 'me')",
                *(self.estate.msp, kind),
            )

    def channels(self, **channels: dict[str, Any]) -> None:
        self.file.write_bytes(orjson.dumps({f"MSP {self.estate.msp}": channels}))

    async def find(self, title: str = "A <device> without protection") -> UUID:
        finding = uuid4()
        await self.estate.run(
            "svc_workers",
            "INSERT INTO finding (id, msp_id, check_name, subject_id, subject_kind, client_id, severity, state, title,"
            " evidence) VALUES (%s, %s, 'no_endpoint_protection', %s, 'device', %s, 'high', 'open', %s, '{}')",
            *(finding, self.estate.msp, uuid4(), self.estate.client, title),
        )
        await self.becomes(finding, "open")
        return finding

    async def becomes(self, finding: UUID, state: str) -> None:
        await self.estate.run("svc_workers", "UPDATE finding SET state = %s WHERE id = %s", state, finding)
        await self.estate.run(
            "svc_workers",
            "INSERT INTO finding_event (msp_id, finding_id, state, severity, evidence, author)"
            " SELECT msp_id, id, state, severity, evidence, 'test' FROM finding WHERE id = %s",
            finding,
        )

    async def act(self, *findings: UUID) -> None:
        item = Item(0, self.estate.msp, None, None, "act", "finding", list(findings), 0, "00-0-0-01")
        async with transaction(await self.estate.pool("svc_workers"), self.estate.msp) as connection:
            for piece in await act(connection, item):
                await self._leave(piece.stage, piece.kind, list(piece.entity_ids))

    async def _leave(self, stage: str, kind: str, ids: list[UUID]) -> None:
        await self.estate.run(
            "svc_workers",
            "INSERT INTO work (msp_id, stage, kind, entity_ids, traceparent) VALUES (%s, %s, %s, %s, '00-0-0-01')",
            *(self.estate.msp, stage, kind, ids),
        )

    async def notify(self) -> None:
        """Does the work of the stage `notify` that is there."""
        pool = await self.estate.pool("svc_workers")
        service: Any = SimpleNamespace(pool=pool, announcer=SimpleNamespace(work=_nothing), name="svc-workers")
        settings = WorkersSettings(
            database_url="postgresql://x", nats_url="nats://x", channels_file=self.file, allow_loopback_http=True
        )
        async with open_transport(allow_loopback_http=True) as transport:
            notifier = Notifier(service, transport, settings, clock=lambda: NOW)
            receive = receive_effects(service, "notify", notifier.perform, MANNER)
            for (number,) in await self.estate.run(
                "svc_workers", "SELECT id FROM work WHERE stage = 'notify' ORDER BY id"
            ):
                data = orjson.dumps({"work": number, "msp": str(self.estate.msp)})
                await receive(SimpleNamespace(data=data))  # type: ignore[arg-type]

    async def later(self) -> None:
        """What waits has waited long enough."""
        await self.estate.run("svc_workers", "UPDATE action SET due_at = clock_timestamp() WHERE due_at IS NOT NULL")
        await due_actions(await self.estate.pool("svc_scheduler"))

    async def actions(self, columns: str) -> list[Any]:
        return await self.estate.run("mspctl", f"SELECT {columns} FROM action ORDER BY created_at, id")


async def _nothing(_announcements: object) -> None:
    """Announces nothing: the test looks into the ledger."""


@pytest.fixture
async def desk(estate: Estate, tmp_path: Path) -> Desk:
    """A desk over an estate."""
    return Desk(await estate.start(), tmp_path / "channels.json")


def verify(secret: str, headers: dict[str, str], body: bytes, now: float) -> dict[str, Any]:
    """As docs/actions.md tells receivers to."""
    if abs(now - int(headers["webhook-timestamp"])) > 300:
        raise ValueError("too old, or from the future")
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    if not any(hmac.compare_digest(wanted, given) for given in headers["webhook-signature"].split()):
        raise ValueError("not ours")
    return dict(orjson.loads(body))


async def test_a_webhook_is_signed_and_fits_its_published_schema(desk: Desk, receiver: Receiver) -> None:
    await desk.apply({"action": "webhook", "channel": "desk"})
    desk.channels(desk={"kind": "webhook", "url": receiver.url, "secret": SECRET})
    finding = await desk.find()
    await desk.act(finding)
    await desk.act(finding)
    await desk.notify()
    [(headers, body)] = receiver.came
    message = verify(SECRET, headers, body, NOW)
    jsonschema.validate(message, schema(), format_checker=jsonschema.FormatChecker())
    assert (message["type"], message["finding"]["id"], message["id"]) == (
        *("finding.open", str(finding)),
        headers["webhook-id"],
    )
    for wrong in ({**headers, "webhook-id": "other"}, {**headers, "webhook-timestamp": str(int(NOW) + 1)}):
        with pytest.raises(ValueError, match="not ours"):
            verify(SECRET, wrong, body, NOW)
    with pytest.raises(ValueError, match="too old"):
        verify(SECRET, headers, body, NOW + 301)


async def test_the_snippet_for_receivers_stands_in_the_manual() -> None:
    page = (Path(__file__).parents[3] / "docs" / "actions.md").read_text()
    for line in (
        "signed = f\"{headers['webhook-id']}.{headers['webhook-timestamp']}.\".encode() + body",
        "compare_digest",
    ):
        assert line in page


async def test_a_receiver_that_fails_is_told_again_with_the_same_id_until_it_takes_it(
    desk: Desk, receiver: Receiver
) -> None:
    await desk.apply({"action": "webhook", "channel": "desk"})
    desk.channels(desk={"kind": "webhook", "url": receiver.url, "secret": SECRET})
    receiver.answers = [Response(status_code=500), Response(status_code=429, headers={"Retry-After": "7"})]
    await desk.act(await desk.find())
    for _ in range(4):
        await desk.notify()
        await desk.later()
    assert [headers["webhook-id"] for headers, _ in receiver.came] == [receiver.came[0][0]["webhook-id"]] * 3
    assert await desk.actions("state, attempts, tried") == [("done", 3, 2)]


async def test_after_its_tries_a_message_is_failed_and_waits_for_a_person(desk: Desk, receiver: Receiver) -> None:
    await desk.apply({"action": "webhook", "channel": "desk"})
    desk.channels(desk={"kind": "webhook", "url": receiver.url, "secret": SECRET})
    receiver.answers = [Response(status_code=503)] * 20
    await desk.act(await desk.find())
    for _ in range(MANNER.tries + 3):
        await desk.notify()
        await desk.later()
    assert len(receiver.came) == MANNER.tries
    assert await desk.actions("state, error, advice") == [
        ("failed", "the receiver answered HTTP 503", "See the receiver's log; then mspctl action retry.")
    ]


@pytest.mark.parametrize("status", [302, 410])
async def test_a_receiver_that_is_gone_or_elsewhere_is_told_once(desk: Desk, receiver: Receiver, status: int) -> None:
    await desk.apply({"action": "webhook", "channel": "desk"})
    desk.channels(desk={"kind": "webhook", "url": receiver.url, "secret": SECRET})
    receiver.answers = [Response(status_code=status, headers={"location": receiver.url})]
    await desk.act(await desk.find())
    await desk.notify()
    await desk.later()
    await desk.notify()
    assert len(receiver.came) == 1
    assert await desk.actions("state") == [("failed",)]


@pytest.mark.parametrize(
    "url", ["https://169.254.169.254/latest", "https://10.0.0.1/", "https://192.168.1.1/", "http://example.com/"]
)
async def test_a_webhook_goes_to_no_address_of_the_inside_and_never_in_plain(desk: Desk, url: str) -> None:
    await desk.apply({"action": "webhook", "channel": "desk"})
    desk.channels(desk={"kind": "webhook", "url": url, "secret": SECRET})
    await desk.act(await desk.find())
    await desk.notify()
    [(state, error_class)] = await desk.actions("state, error_class")
    assert (state, error_class) == ("failed", "host_refused")


async def test_a_clearing_is_told_to_those_who_were_told(desk: Desk, receiver: Receiver) -> None:
    await desk.apply({"action": "webhook", "channel": "desk"})
    desk.channels(desk={"kind": "webhook", "url": receiver.url, "secret": SECRET})
    told, silent = await desk.find(), await desk.find()
    await desk.act(told)
    for finding in (told, silent):
        await desk.becomes(finding, "resolved")
    await desk.act(told, silent)
    await desk.notify()
    assert [(orjson.loads(body)["type"], orjson.loads(body)["finding"]["id"]) for _, body in receiver.came] == [
        ("finding.open", str(told)),
        ("finding.resolved", str(told)),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{}", "has no channel desk"),
        (b"{", "Invalid JSON"),
        (
            b'{"a": {"desk": {"kind": "webhook", "url": "https://x", "secret": "whsec_c2hvcnQ="}}}',
            "at least 24 random bytes",
        ),
    ],
)
async def test_a_channels_file_that_does_not_serve_says_why_and_shows_no_secret(
    tmp_path: Path, text: bytes, said: str
) -> None:
    file = tmp_path / "channels.json"
    file.write_bytes(text)
    with pytest.raises(RequestInvalid, match=said) as refused:
        channel(file, "a", "desk")
    assert "c2hvcnQ" not in str(refused.value)


class Relay:
    """An SMTP server that speaks STARTTLS, asks for a sign-in, keeps mails, and answers as it is told."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.tls, self.mails, self.answers, self.port = tls, [], {}, 0
        self.signed_in = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(text.encode() + b"\r\n")

        say("220 relay")
        encrypted, body = False, b""
        while line := await reader.readline():
            word = line.decode().strip()
            verb = word.split(" ")[0].upper()
            if verb in self.answers:
                say(self.answers[verb])
            elif verb == "EHLO":
                say("250-relay\r\n250 AUTH PLAIN" if encrypted else "250-relay\r\n250 STARTTLS")
            elif verb == "STARTTLS":
                say("220 go")
                await writer.drain()
                await writer.start_tls(self.tls)
                encrypted = True
            elif verb == "AUTH":
                self.signed_in = base64.b64decode(word.split(" ")[2]).decode()
                say("235 welcome")
            elif verb == "DATA":
                say("354 go")
                await writer.drain()
                body = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append(message_from_bytes(body[:-5], policy=policy.default))
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                break
            else:
                say("250 ok")
            await writer.drain()
        writer.close()


@pytest.fixture
async def relay() -> AsyncIterator[tuple[Relay, ssl.SSLContext]]:
    """A relay on loopback, and what trusts its certificate."""
    authority = trustme.CA()
    server_side, client_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server_side)
    authority.configure_trust(client_side)
    held = Relay(server_side)
    server = await asyncio.start_server(held.serve, "127.0.0.1", 0)
    held.port = server.sockets[0].getsockname()[1]
    yield held, client_side
    server.close()
    await server.wait_closed()


def _finding(number: int, severity: str, client: str) -> dict[str, Any]:
    return {
        "id": f"mspbyte-{number}",
        "at": "2026-11-23T10:00:00Z",
        "finding": {
            "id": str(uuid4()),
            "severity": severity,
            "state": "open",
            "title": f"Title <{number}>",
            "why": "Because.",
            "remedy": "Do it.",
            "subject": {"kind": "device", "name": f"PC & {number}"},
            "client": {"name": client},
        },
    }


def _effect(*messages: dict[str, Any]) -> Effect:
    request = {"channel": "relay", "to": ["desk@example.com", "boss@example.com"], "messages": list(messages)}
    return Effect(
        UUID(int=7), uuid4(), "mail", None, request, 1, 1, uncertain=False, about=None, traceparent="00-0-0-01"
    )


async def test_a_mail_goes_encrypted_signed_in_and_as_text_and_html(relay: tuple[Relay, ssl.SSLContext]) -> None:
    server, trusted = relay
    to = MailChannel(
        kind="mail", host="localhost", port=server.port, sender="alerts@msp.example", user="u", password="p-w-d"
    )
    effect = _effect(_finding(1, "low", "Beta"), _finding(2, "critical", "Alpha"))
    result = await mail.send(to, effect, allow_loopback=True, tls=trusted)
    [sent] = server.mails
    assert server.signed_in == "\0u\0p-w-d"
    assert (sent["Message-ID"], result.external_id) == (f"<{key_of(UUID(int=7))}@msp.example>",) * 2
    assert sent["Subject"] == "2 findings, the gravest critical"
    text = sent.get_body(("plain",)).get_content()
    page = sent.get_body(("html",)).get_content()
    assert text.index("Title <2>") < text.index("Title <1>")
    assert "Title &lt;2&gt;" in page
    assert "PC &amp; 1" in page
    assert "<2>" not in page


async def test_a_relay_without_starttls_or_with_a_strangers_certificate_is_given_nothing(
    relay: tuple[Relay, ssl.SSLContext],
) -> None:
    server, trusted = relay
    to = MailChannel(
        kind="mail", host="localhost", port=server.port, sender="a@msp.example", user="u", password="p-w-d"
    )
    with pytest.raises(Unreachable):
        await mail.send(to, _effect(_finding(1, "low", "A")), allow_loopback=True, tls=ssl.create_default_context())
    server.answers["STARTTLS"] = "502 not here"
    with pytest.raises(RequestInvalid):
        await mail.send(to, _effect(_finding(1, "low", "A")), allow_loopback=True, tls=trusted)
    assert (server.mails, server.signed_in) == ([], "")


@pytest.mark.parametrize(("answer", "known_for_good"), [("550 no such user", True), ("451 later", False)])
async def test_what_a_relay_refuses_for_good_is_not_tried_again(
    relay: tuple[Relay, ssl.SSLContext], answer: str, known_for_good: bool
) -> None:
    server, trusted = relay
    server.answers["RCPT"] = answer
    to = MailChannel(kind="mail", host="localhost", port=server.port, sender="a@msp.example")
    with pytest.raises(Exception) as refused:  # noqa: PT011 - the class is what is asked
        await mail.send(to, _effect(_finding(1, "low", "A")), allow_loopback=True, tls=trusted)
    assert isinstance(refused.value, RequestInvalid) is known_for_good


async def test_a_relay_of_the_inside_must_be_called_so(relay: tuple[Relay, ssl.SSLContext]) -> None:
    server, trusted = relay
    to = MailChannel(kind="mail", host="localhost", port=server.port, sender="a@msp.example")
    with pytest.raises(HostRefused):
        await mail.send(to, _effect(_finding(1, "low", "A")), allow_loopback=False, tls=trusted)
    inside = to.model_copy(update={"private": True})
    await mail.send(inside, _effect(_finding(1, "low", "A")), allow_loopback=False, tls=trusted)
    assert len(server.mails) == 1


async def test_a_digest_collects_what_happens_until_its_time_each_event_once(desk: Desk) -> None:
    later = f"{datetime.now(UTC) + timedelta(hours=6):%H:%M}"
    await desk.apply(
        {"action": "mail", "channel": "relay", "to": ["desk@example.com"], "digest": {"at": [later]}}, zone="UTC"
    )
    findings = [await desk.find(f"Finding {number}") for number in range(3)]
    await desk.act(*findings[:2])
    await desk.act(*findings)
    await desk.becomes(findings[0], "resolved")
    await desk.act(findings[0])
    [(state, request, due, summary)] = await desk.actions("state, request, due_at, summary")
    titles = [(one["finding"]["title"], one["finding"]["state"]) for one in request["messages"]]
    assert sorted(titles) == [
        *(("Finding 0", state) for state in ("open", "resolved")),
        ("Finding 1", "open"),
        ("Finding 2", "open"),
    ]
    assert (state, f"{due:%H:%M}", summary) == ("queued", later, "Digest of 4 events")
    assert await desk.estate.run("svc_workers", "SELECT FROM work WHERE stage = 'notify'") == []


async def test_quiet_hours_put_off_what_is_not_critical(desk: Desk) -> None:
    now = datetime.now(UTC)
    quiet = {"from": f"{now - timedelta(hours=1):%H:%M}", "until": f"{now + timedelta(hours=2):%H:%M}"}
    await desk.apply({"action": "webhook", "channel": "desk"}, quiet=quiet)
    calm, grave = await desk.find(), await desk.find()
    await desk.estate.run("svc_workers", "UPDATE finding SET severity = 'critical' WHERE id = %s", grave)
    await desk.act(calm, grave)
    due = {row[0][0]: row[1] for row in await desk.actions("findings, due_at")}
    assert due[grave] is None
    assert f"{due[calm]:%H:%M}" == quiet["until"]
