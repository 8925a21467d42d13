"""Keeps the broker whole: streams and consumers exist, and its store has not been deleted under it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext

from mspbyte_common.jetstream import topology
from mspctl.embedded.supervisor import Keeper

log = structlog.get_logger()

LOOK_SECONDS = 1.0
FAILURES = 4
"""So many looks in a row that fail while the process runs, and it is restarted."""

Errors = (nats.errors.Error, nats.js.errors.Error, OSError, asyncio.TimeoutError)


class UnwellError(Exception):
    """What the broker says of itself when it cannot do its work."""


async def care(client: Client, keeper: Keeper, store: Path, monitor: str) -> None:
    """Looks every second, for ever. A broker without its store, or unwell, is restarted; what is missing is declared again.

    nats-server 2.15 does not notice that its files are gone: it serves what it has in memory and open files, answers
    every look with success and every change of a stream with an error, and would lose all at its next start. So the
    files are looked at too. After a write that failed, on a disk that was full, it takes no message of that stream until
    it is restarted, and says so at its `monitor`'s `/healthz` only. What a new process lacks the scheduler's sweep
    announces again.
    """
    async with httpx.AsyncClient(base_url=monitor, timeout=2.0, trust_env=False) as http:
        await _care(client.jetstream(timeout=2), client, keeper, store, http)


async def _care(js: JetStreamContext, client: Client, keeper: Keeper, store: Path, http: httpx.AsyncClient) -> None:
    failures = 0
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if keeper.pid is None:
            failures = 0
            continue
        if not _has_streams(store):
            log.warning("broker_store_gone", store=str(store))
            keeper.restart()
            await _declared(client, keeper)
            continue
        try:
            if not await complete(js):
                log.warning("broker_incomplete")
                await topology.apply(js)
            await _ask(http)
        except (*Errors, httpx.HTTPError, UnwellError) as error:
            failures += 1
            log.info("broker_unwell", failures=failures, error=str(error) or type(error).__name__)
            if failures >= FAILURES:
                keeper.restart()
                failures = 0
        else:
            failures = 0


async def _ask(http: httpx.AsyncClient) -> None:
    """Raises what the broker says, unless it is well."""
    answer = await http.get("/healthz")
    if answer.is_error:
        raise UnwellError(answer.text)


async def declare(client: Client, *, replicas: int = 1, seconds: float = 20.0) -> None:
    """Applies the topology as soon as JetStream answers."""
    js = client.jetstream(timeout=2)
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            await topology.apply(js, replicas=replicas)
        except Errors:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.1)
        else:
            return


async def complete(js: JetStreamContext) -> bool:
    """Whether every stream and consumer is there."""
    try:
        for stream in topology.STREAMS:
            await js.stream_info(stream.name or "")
        for consumer in topology.CONSUMERS:
            await js.consumer_info(consumer.stream, consumer.name)
    except nats.js.errors.NotFoundError:
        return False
    return True


async def _declared(client: Client, keeper: Keeper) -> None:
    while keeper.pid is None or not client.is_connected:  # noqa: ASYNC110 - a process and a connection, not ours
        await asyncio.sleep(0.1)
    try:
        await declare(client)
    except Errors as error:
        log.warning("broker_not_declared", error=str(error) or type(error).__name__)


def _has_streams(store: Path) -> bool:
    streams = store / "jetstream" / "$G" / "streams"
    return all((streams / (stream.name or "") / "meta.inf").exists() for stream in topology.STREAMS)
