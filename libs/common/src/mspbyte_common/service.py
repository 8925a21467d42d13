"""The frame of every service: settings, logs, health, metrics, signals, drain. A service's main.py fills it in one page."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar, get_args

import structlog
import uvicorn
from nats.aio.client import Client
from nats.aio.msg import Msg
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mspbyte_common import fault_points, logs, trace
from mspbyte_common.connection_metrics import ConnectionCollector
from mspbyte_common.db.derivation import declare_versions
from mspbyte_common.db.engine import DATABASE_ERRORS, Connection, Pool, open_pool, transaction
from mspbyte_common.db.revision import behind
from mspbyte_common.errors import UsageError
from mspbyte_common.fault_points import reach
from mspbyte_common.jetstream.announce import Announcer
from mspbyte_common.jetstream.connect import open_nats
from mspbyte_common.jetstream.consume import Answer, ConsumeLoop, Receive, hint
from mspbyte_common.ledger.alone import Alone
from mspbyte_common.ledger.item import Handler
from mspbyte_common.ledger.perform import Outcome, perform
from mspbyte_common.metrics import READY, WORK, WORK_ENTITIES, WORK_SECONDS
from mspbyte_common.settings import ServiceSettings

log = structlog.get_logger()

SCHEMA_SECONDS = 1.0
"""How often a service that waits for its schema looks again."""
WATCH_SECONDS = 5.0
"""How often readiness is looked at for the metric."""

CANCEL_SECONDS = 5.0
"""How long work that was cancelled may take to end, before what it works with is closed."""

T = TypeVar("T")


@dataclass
class Service:
    """A running service: what its pieces need from outside, and the loops that end when it drains."""

    name: str
    settings: ServiceSettings
    pool: Pool
    nats: Client
    announcer: Announcer
    draining: asyncio.Event = field(default_factory=asyncio.Event)
    loops: list[ConsumeLoop] = field(default_factory=list)
    alone: Alone = field(default_factory=Alone)

    def consume(
        self, stream: str, consumer: str, receive: Receive, *, hands: int | None = None
    ) -> Coroutine[Any, Any, None]:
        """A loop over one durable consumer, to be awaited by the service's body."""
        loop = ConsumeLoop(self.nats, stream, consumer, receive, hands=hands or self.settings.hands)
        self.loops.append(loop)
        return loop.run()

    def drain(self) -> None:
        """Stops taking work; what is in hand is finished."""
        self.draining.set()
        for loop in self.loops:
            loop.drain()

    async def sleep(self, seconds: float) -> None:
        """Sleeps, or wakes early because the service drains."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.draining.wait(), seconds)


Body = Callable[[Service], Awaitable[None]]


def run(name: str, body: Body, *, settings: type[ServiceSettings] = ServiceSettings) -> None:
    """Runs a service until it is told to stop. Exit code 2 says that its settings are wrong, in one line."""
    try:
        configured = settings()  # type: ignore[call-arg,unused-ignore]
        logs.configure(name, configured.log_level, sys.stdout)
        fault_points.arm(configured.fault_points, configured.fault_witness)
    except (ValidationError, UsageError) as error:
        sys.stderr.write(f"{name}: {_one_line(error)}\n")
        raise SystemExit(2) from None
    try:
        import uvloop  # noqa: PLC0415 - not there on Windows

        uvloop.run(_run(name, configured, body))
    except ImportError:
        asyncio.run(_run(name, configured, body))
    except UsageError as error:
        sys.stderr.write(f"{name}: {error}\n")
        raise SystemExit(2) from None


def stages(
    handlers: Mapping[str, Handler],
    *,
    versions: Mapping[str, Mapping[str, str]] | None = None,
    declare: Callable[[Connection], Awaitable[object]] | None = None,
) -> Body:
    """The body of a service that does one or more stages of the ledger.

    `versions`, by stage and name: what the service derives by which version, declared before it takes work. `declare`
    writes whatever else the service says of itself.
    """

    async def body(service: Service) -> None:
        for stage, named in (versions or {}).items():
            await _write_down(service, partial(declare_versions, stage=stage, versions=named))
        if declare is not None:
            await _write_down(service, declare)
        await asyncio.gather(
            *(
                service.consume("STAGES", stage, receive_work(service, stage, handler))
                for stage, handler in handlers.items()
            )
        )

    return body


async def declare(service: Service, stage: str, versions: Mapping[str, str]) -> None:
    """Declares versions as soon as the database answers."""
    await _write_down(service, partial(declare_versions, stage=stage, versions=versions))


async def _write_down(service: Service, write: Callable[[Connection], Awaitable[object]]) -> None:
    while not service.draining.is_set():
        try:
            async with transaction(service.pool, None) as connection:
                changed = await write(connection)
        except DATABASE_ERRORS as error:
            log.warning("not_declared", error=str(error))
            await service.sleep(1.0)
        else:
            log.info("declared", changed=changed)
            reach("service.words.declared")
            return


def receive_work(service: Service, stage: str, handler: Handler) -> Receive:
    """What a stage does with a message: the work it names, measured, and the announcements that follow."""
    for outcome in get_args(Outcome):
        WORK.labels(stage, outcome)  # shown as 0 until it happens: a rate needs a beginning

    async def receive(message: Msg) -> Answer:
        msp_id, number = hint(message, "work", int)
        structlog.contextvars.bind_contextvars(stage=stage, work=number, msp=str(msp_id))
        started = time.perf_counter()
        deliveries = message.metadata.num_delivered or 1
        performed = await perform(service.pool, msp_id, number, handler, deliveries=deliveries, alone=service.alone)
        reach("ledger.work.committed")
        WORK.labels(stage, performed.outcome).inc()
        WORK_SECONDS.labels(stage).observe(time.perf_counter() - started)
        WORK_ENTITIES.labels(stage).inc(performed.entities)
        await service.announcer.work(performed.announce)
        reach("ledger.work.announced")
        return Answer(performed.retry_in)

    return receive


async def _run(name: str, settings: ServiceSettings, body: Body) -> None:
    """Health is served first: a service that still waits for its broker says so, and can be told to stop."""
    draining = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, draining.set)
    if settings.lifeline:
        loop.add_reader(sys.stdin.fileno(), _parent_gone, draining, loop)
    async with AsyncExitStack() as stack:
        stack.enter_context(trace.exporting(name, settings.otlp_endpoint))
        pool = await stack.enter_async_context(open_pool(settings.database(), name, size=settings.hands + 2))
        health = Health(draining, pool)
        connections = ConnectionCollector(pool)
        REGISTRY.register(connections)
        stack.callback(REGISTRY.unregister, connections)
        watching = asyncio.create_task(health.watch())
        stack.callback(watching.cancel)
        await stack.enter_async_context(_http(settings, health))
        connecting = open_nats(
            settings.nats_url, name, credentials=settings.nats_credentials(), ca_file=settings.nats_ca_file
        )
        client = await _unless(draining, stack.enter_async_context(connecting))
        if client is None:
            return
        health.nats = connections.nats = client
        if await _unless(draining, health.wait_for_schema()) is None:
            return
        service = Service(name, settings, pool, client, Announcer(client), draining)
        stopping = asyncio.create_task(_drain_when_told(service))
        log.info("service_started")
        await _body_until_drained(service, body)
        stopping.cancel()
        log.info("service_stopped")


async def _unless(draining: asyncio.Event, step: Coroutine[Any, Any, T]) -> T | None:
    """The step's result; None when the service was told to stop before."""
    working, told = asyncio.ensure_future(step), asyncio.ensure_future(draining.wait())
    await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if working.done():
        return working.result()
    working.cancel()
    return None


async def _drain_when_told(service: Service) -> None:
    await service.draining.wait()
    service.drain()


async def _body_until_drained(service: Service, body: Body) -> None:
    work = asyncio.ensure_future(body(service))
    drained = asyncio.ensure_future(service.draining.wait())
    await asyncio.wait({work, drained}, return_when=asyncio.FIRST_COMPLETED)
    if not work.done():
        await asyncio.wait({work}, timeout=service.settings.shutdown_seconds)
    drained.cancel()
    if not work.done():
        log.warning("drain_timed_out", seconds=service.settings.shutdown_seconds)
        work.cancel()
        await asyncio.wait({work}, timeout=CANCEL_SECONDS)
        return
    work.result()


def _parent_gone(draining: asyncio.Event, loop: asyncio.AbstractEventLoop) -> None:
    if os.read(sys.stdin.fileno(), 1):
        return
    loop.remove_reader(sys.stdin.fileno())
    draining.set()


@dataclass
class Health:
    """What readiness looks at. The broker's client is there once the first connection stood."""

    draining: asyncio.Event
    pool: Pool
    nats: Client | None = None
    schema_stands: bool = False

    async def wait_for_schema(self) -> bool:
        """True, as soon as the database has the schema this version was written for: the bootstrap has run."""
        told = None
        while not self.schema_stands:
            problem = await self._database_problem()
            self.schema_stands = problem is None
            if problem is not None:
                if problem != told:
                    log.info("waiting_for_schema", reason=problem)
                told = problem
                await asyncio.sleep(SCHEMA_SECONDS)
        return True

    async def watch(self) -> None:
        """Shows readiness as a metric, whether or not anybody asks `/readyz`."""
        while True:
            await self.first_problem()
            await asyncio.sleep(WATCH_SECONDS)

    async def first_problem(self) -> str | None:
        """Why the service cannot work, or None."""
        problem = await self._problem()
        READY.set(problem is None)
        return problem

    async def _problem(self) -> str | None:
        if self.draining.is_set():
            return "draining"
        if self.nats is None or not self.nats.is_connected:
            return "no connection to NATS"
        return await self._database_problem()

    async def _database_problem(self) -> str | None:
        """Looks at the schema until it stands; after that, whether the database answers."""
        try:
            async with asyncio.timeout(2), transaction(self.pool, None) as connection:
                if not self.schema_stands:
                    return await behind(connection)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the reason for not being ready
            return f"the database does not answer: {type(error).__name__}"
        return None


@asynccontextmanager
async def _http(settings: ServiceSettings, health: Health) -> AsyncIterator[None]:
    """Serves /healthz (touches nothing), /readyz (database and broker) and /metrics."""

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_request: Request) -> Response:
        problem = await health.first_problem()
        return PlainTextResponse(f"{problem or 'ready'}\n", status_code=503 if problem else 200)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    app = Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)])
    listener = socket.create_server((settings.http_host, settings.http_port))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False, loop="none"))
    log.info("http_listening", port=listener.getsockname()[1])
    serving = asyncio.create_task(server._serve(sockets=[listener]))  # noqa: SLF001 - `serve` takes over our signals
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def _one_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        return f"MSPBYTE_{name}: {first['msg']}"
    return str(error)
