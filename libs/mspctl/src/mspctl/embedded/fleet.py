"""The whole fleet of one directory: servers, simulators, services."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from mspbyte_common.errors import UsageError
from mspctl.embedded import nats, postgres
from mspctl.embedded.home import Home, write_json
from mspctl.embedded.program import Program
from mspctl.embedded.roster import SERVICES, Member
from mspctl.embedded.servers import Servers, running_servers
from mspctl.embedded.supervisor import Supervisor

SIMULATOR_SECONDS = 120.0
UNREFUSED = '[{"scope": "account", "requests": 1000, "seconds": 1}]'
"""The limits of adapters whose simulators refuse nothing: the real ones would stretch a demo over an hour."""


@dataclass(frozen=True)
class SimulatorOptions:
    """Which estate the vendor simulators serve; `as_of` None is today. `limits`: what they are told to refuse, if anything."""

    seed: int = 1
    clients: int = 12
    as_of: date | None = None
    limits: tuple[str, ...] = ()


@dataclass
class Fleet:
    """Everything, running while the context lasts. Start-up failures are UsageErrors that name the log to read.

    `replicas`: service → how many processes, 1 where it is not named. `budgets`: adapter → its MSPBYTE_LIMITS, where they
    are not the vendor's. `database`: more settings of PostgreSQL. Addresses stand in `<directory>/fleet.json`.
    """

    directory: Path
    simulators: SimulatorOptions | None = None
    services: Sequence[Member] = SERVICES
    replicas: Mapping[str, int] = field(default_factory=dict)
    budgets: Mapping[str, str] = field(default_factory=dict)
    database: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home = Home(self.directory)
        self.supervisor = Supervisor(on_change=self._record)
        self.servers = Servers(self.home, self.supervisor)
        self._stack = AsyncExitStack()
        self._http: dict[str, str] = {}
        self._started_at = datetime.now(UTC)

    async def __aenter__(self) -> Self:
        try:
            self._stack.enter_context(self.home)
            self._stack.push_async_callback(self._stop)
            await self._stack.enter_async_context(running_servers(self.home, self.supervisor, self.database))
            if self.simulators is not None:
                await self._start_simulators(self.simulators)
            for member in self.services:
                for number in range(self.replicas.get(member.name, 1)):
                    await self.supervisor.start(self._service(member, number))
            self._record()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def simulators_file(self) -> Path:
        """Where the simulators listen, and the credentials they accept."""
        return self.home.path / "simulators.json"

    @property
    def truth_file(self) -> Path:
        """What the simulators know to be true."""
        return self.home.path / "truth.json"

    def addresses(self) -> dict[str, Any]:
        """What listens where: the content of fleet.json."""
        keepers = self.supervisor.keepers
        return {
            "pid": os.getpid(),
            "directory": str(self.home.path),
            "started_at": self._started_at.isoformat(),
            "database": {
                "url": f"postgresql://127.0.0.1:{self.home.port_of('postgres')}/{postgres.DATABASE}",
                "secrets": str(self.home.path / "secrets"),
            },
            "nats": {"url": nats.url(self.home), "monitor": nats.monitor_url(self.home)},
            "kek_file": str(self.home.kek_file),
            "simulators": str(self.simulators_file) if self.simulators else None,
            "services": {name: {"http": address} for name, address in self._http.items()},
            "programs": {
                name: {"pid": keeper.pid, "restarts": keeper.restarts, "log": str(keeper.program.log)}
                for name, keeper in keepers.items()
            },
        }

    def _record(self) -> None:
        if "postgres" in self.supervisor.keepers and "nats" in self.supervisor.keepers:
            write_json(self.home.fleet_file, self.addresses())

    async def _stop(self) -> None:
        await asyncio.shield(self.supervisor.stop())

    async def _start_simulators(self, options: SimulatorOptions) -> None:
        written = self.simulators_file.stat().st_mtime_ns if self.simulators_file.exists() else 0
        keeper = await self.supervisor.start(
            Program(
                name="vendor_sim",
                argv=(
                    *(sys.executable, "-m", "vendor_sim", "serve"),
                    *("--seed", str(options.seed), "--clients", str(options.clients)),
                    *("--as-of", (options.as_of or datetime.now(UTC).date()).isoformat()),
                    *("--addresses", str(self.simulators_file), "--truth", str(self.truth_file)),
                    *options.limits,
                ),
                log=self.home.logs / "vendor_sim.log",
                tier=2,
                lifeline=True,
                stop_seconds=5.0,
            )
        )
        deadline = time.monotonic() + SIMULATOR_SECONDS
        while not (self._newer(written) and self.truth_file.exists()):
            if keeper.restarts or time.monotonic() > deadline:
                message = f"the vendor simulators do not start: see {keeper.program.log}"
                raise UsageError(message)
            await asyncio.sleep(0.1)

    def _newer(self, written: int) -> bool:
        try:
            return self.simulators_file.stat().st_mtime_ns > written and bool(
                orjson.loads(self.simulators_file.read_bytes())
            )
        except (FileNotFoundError, orjson.JSONDecodeError):
            return False

    def _service(self, member: Member, number: int) -> Program:
        name = member.name if number == 0 else f"{member.name}-{number + 1}"
        port = self.home.port(name)
        self._http[name] = f"http://127.0.0.1:{port}"
        env = {
            "MSPBYTE_DATABASE_URL": f"postgresql://{member.name}@127.0.0.1:{self.home.port_of('postgres')}/{postgres.DATABASE}",
            "MSPBYTE_DATABASE_PASSWORD_FILE": str(self.home.password_file(member.name)),
            "MSPBYTE_NATS_URL": nats.url(self.home),
            "MSPBYTE_NATS_USER": member.name,
            "MSPBYTE_NATS_PASSWORD_FILE": str(self.home.password_file(f"nats_{member.name}")),
            "MSPBYTE_HTTP_PORT": str(port),
            "MSPBYTE_SHUTDOWN_SECONDS": "10",
            "MSPBYTE_LIFELINE": "true",
        }
        if member.name == "svc_processors":
            env["MSPBYTE_MICROSOFT_SKUS_FILE"] = str(self.home.skus_file)
        if member.credentials:
            env["MSPBYTE_KEK_FILE"] = str(self.home.kek_file)
            if self.simulators is not None:
                env["MSPBYTE_ALLOW_LOOPBACK_HTTP"] = "true"
                env["MSPBYTE_LIMITS"] = self.budgets.get(member.name, UNREFUSED)
        return Program(
            name=name,
            argv=(sys.executable, "-m", member.name),
            log=self.home.logs / f"{name}.log",
            env=env,
            tier=3,
            lifeline=True,
        )
