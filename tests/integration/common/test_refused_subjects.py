"""What NATS refuses each user, tried at a real server for every subject the topology, JetStream and the users know."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import orjson
import pytest

from mspbyte_common.jetstream.topology import CONSUMERS, STREAMS, VENDORS
from mspctl.embedded import nats
from mspctl.embedded.home import Home
from mspctl.embedded.nats_conf import BOOTSTRAP, USERS, permissions
from mspctl.embedded.supervisor import Supervisor

SERVICES = [user for user in USERS if user != BOOTSTRAP]
REFUSED = re.compile(rb"-ERR 'Permissions Violation for (?:Publish|Subscription) to \"([^\"]+)\"")


def instance(pattern: str) -> str:
    """A subject that fits the pattern."""
    return pattern.replace("*", "any").removesuffix(".>") + (".any" if pattern.endswith(".>") else "")


def facts() -> set[str]:
    """A subject of every stream and of every consumer; and of the pauses, which are in no stream."""
    return {
        *(instance(pattern) for stream in STREAMS for pattern in stream.subjects),
        *(instance(consumer.subject) for consumer in CONSUMERS),
        *(f"limits.paused.{vendor}" for vendor in VENDORS),
    }


def api() -> set[str]:
    """What JetStream can be told and asked, of every stream and consumer, and of some that do not exist."""
    subjects = {"$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", "$JS.API.ACCOUNT.PURGE.any"}
    for stream in ("NEW", *(stream.name for stream in STREAMS)):
        subjects |= {
            f"$JS.API.STREAM.{verb}.{stream}"
            for verb in ("CREATE", "UPDATE", "DELETE", "PURGE", "INFO", "SNAPSHOT", "RESTORE", "MSG.GET", "MSG.DELETE")
        }
        subjects |= {
            f"$JS.API.DIRECT.GET.{stream}",
            f"$JS.API.CONSUMER.NAMES.{stream}",
            f"$JS.API.CONSUMER.CREATE.{stream}",
        }
    for consumer in CONSUMERS:
        place = f"{consumer.stream}.{consumer.name}"
        subjects |= {
            f"$JS.API.CONSUMER.{verb}.{place}"
            for verb in ("CREATE", "DURABLE.CREATE", "DELETE", "INFO", "MSG.NEXT", "PAUSE")
        }
        subjects |= {f"$JS.ACK.{place}.1.1.1.1.0", f"$JS.FC.{place}.any"}
    return subjects


SUBJECTS = sorted(
    {
        *facts(),
        *api(),
        *(f"_INBOX_{user}.any" for user in USERS),
        *(
            "_INBOX.any",
            "$SYS.REQ.SERVER.PING",
            "$SYS.ACCOUNT.any.CONNECT",
            "any",
            "jobs",
            "stage",
            "limits.paused.any",
        ),
    }
)
WIDE = [
    ">",
    "*",
    "*.>",
    "$JS.>",
    "$SYS.>",
    "jobs.>",
    "stage.>",
    "entity.>",
    "finding.>",
    "dead.>",
    "limits.>",
    "_INBOX.>",
]


def covers(pattern: str, subject: str) -> bool:
    """Whether NATS's pattern fits a subject, or a narrower pattern."""
    mine, theirs = pattern.split("."), subject.split(".")
    for place, token in enumerate(mine):
        if token == ">":
            return len(theirs) > place
        if place >= len(theirs) or theirs[place] == ">" or token not in ("*", theirs[place]):
            return False
    return len(mine) == len(theirs)


@asynccontextmanager
async def broker(home: Home) -> AsyncIterator[None]:
    supervisor = Supervisor()
    try:
        await nats.ready(home, await supervisor.start(nats.program(home)))
        yield
    finally:
        await supervisor.stop()


async def refused(home: Home, user: str, verb: str, subjects: Iterable[str]) -> set[str]:
    """The subjects of which the server says to this user's PUB or SUB that it may not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port_of("nats"))
    try:
        hello = {"verbose": False, "pedantic": False, "user": user, "pass": home.password(f"nats_{user}")}
        lines = [b"CONNECT " + orjson.dumps(hello)]
        for number, subject in enumerate(subjects, 1):
            lines += [f"PUB {subject} 0".encode(), b""] if verb == "PUB" else [f"SUB {subject} {number}".encode()]
        writer.write(b"\r\n".join([*lines, b"PING", b""]))
        await writer.drain()
        told = b""
        while b"PONG\r\n" not in told:
            chunk = await reader.read(65_536)
            assert chunk, told
            told += chunk
        return {name.decode() for name in REFUSED.findall(told)}
    finally:
        writer.close()


async def test_each_user_publishes_and_subscribes_what_it_is_granted_and_nothing_else(ground) -> None:
    with Home(ground / "home") as home:
        async with broker(home):
            for user in SERVICES:
                allowed = permissions(user)
                for verb, patterns, tried in (
                    ("PUB", allowed.publish, SUBJECTS),
                    ("SUB", allowed.subscribe, [*SUBJECTS, *WIDE, *(f"_INBOX_{other}.>" for other in USERS)]),
                ):
                    expected = {one for one in tried if not any(covers(pattern, one) for pattern in patterns)}
                    assert await refused(home, user, verb, tried) == expected, f"{user} {verb}"


async def test_nobody_enters_without_a_name_and_its_password(ground) -> None:
    with Home(ground / "home") as home:
        async with broker(home):
            for hello in ({}, {"user": "svc_linkers", "pass": "wrong"}, {"user": "svc_stranger", "pass": ""}):
                reader, writer = await asyncio.open_connection("127.0.0.1", home.port_of("nats"))
                writer.write(b"CONNECT " + orjson.dumps({"verbose": False, **hello}) + b"\r\nPING\r\n")
                told = await reader.read()
                writer.close()
                assert b"Authorization Violation" in told
                assert b"PONG" not in told


@pytest.mark.parametrize("user", SERVICES)
def test_a_user_reads_no_stream_but_through_its_own_consumers_and_no_inbox_but_its_own(user: str) -> None:
    allowed = permissions(user)
    inboxes = [pattern for pattern in allowed.subscribe if not pattern.startswith("limits.paused.")]
    assert inboxes == [f"_INBOX_{user}.>"]
    reads = [subject for subject in api() if any(covers(pattern, subject) for pattern in allowed.publish)]
    assert all(re.match(r"\$JS\.(API\.CONSUMER\.(MSG\.NEXT|INFO)|ACK)\.", subject) for subject in reads)


def test_every_subject_of_the_topology_is_published_by_a_service_and_every_message_taken_by_exactly_one() -> None:
    for subject in facts():
        assert [user for user in SERVICES if any(covers(one, subject) for one in permissions(user).publish)], subject
    for consumer in CONSUMERS:
        pulls = f"$JS.API.CONSUMER.MSG.NEXT.{consumer.stream}.{consumer.name}"
        assert len([user for user in SERVICES if pulls in permissions(user).publish]) == 1
