"""The directory a fleet lives in: what is kept there between two starts, and who may use it now."""

from __future__ import annotations

import base64
import fcntl
import os
import random
import secrets
import socket
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from mspbyte_common.errors import UsageError
from mspbyte_common.key_ring import new_key

PORTS = range(20_000, 32_000)
"""Below the ports outgoing connections take: a client that reconnects never sits on its server's port."""
MARKER = ".mspctl"


class Home:
    """A fleet's directory. As a context it is locked: the kernel lets the lock go when the process ends, however."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock = -1

    @property
    def logs(self) -> Path:
        """One file per child process."""
        return self.path / "logs"

    @property
    def fleet_file(self) -> Path:
        """What runs here and where it listens; there only while it runs."""
        return self.path / "fleet.json"

    @property
    def kek_file(self) -> Path:
        """The key-encryption key of this directory's credentials."""
        return self.path / "secrets" / "kek"

    @property
    def skus_file(self) -> Path:
        """Microsoft's product names, once they were refreshed."""
        return self.path / "microsoft_skus.json"

    def __enter__(self) -> Self:
        claim(self.path)
        descriptor = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pid = os.read(descriptor, 32).decode().strip()
            os.close(descriptor)
            message = f"a fleet already runs in {self.path} (process {pid}): stop it, or take another --dir."
            raise UsageError(message) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._lock = descriptor
        for folder, mode in ((self.logs, 0o755), (self.path / "secrets", 0o700)):
            folder.mkdir(exist_ok=True)
            folder.chmod(mode)
        if not self.kek_file.exists():
            self._write_secret(self.kek_file, base64.b64encode(new_key()).decode())
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.fleet_file.unlink(missing_ok=True)
        os.close(self._lock)

    def password_file(self, name: str) -> Path:
        """The file with the password of a database role or broker user, drawn when first asked for."""
        file = self.path / "secrets" / name
        if not file.exists():
            self._write_secret(file, secrets.token_urlsafe(24))
        return file

    def password(self, name: str) -> str:
        """The password itself."""
        return self.password_file(name).read_text().strip()

    def port(self, name: str) -> int:
        """The port that `name` listens on: the same after a restart unless somebody else has taken it."""
        state = self._state()
        ports: dict[str, int] = state.setdefault("ports", {})
        if name not in ports or not _free(ports[name]):
            taken = set(ports.values())
            ports[name] = next(port for port in _candidates() if port not in taken and _free(port))
            write_json(self.path / "state.json", state)
        return ports[name]

    def port_of(self, name: str) -> int:
        """The port that `name` was given, whether or not it listens now."""
        return int(self._state()["ports"][name])

    def _state(self) -> dict[str, Any]:
        file = self.path / "state.json"
        state: dict[str, Any] = orjson.loads(file.read_bytes()) if file.exists() else {}
        return state

    def _write_secret(self, file: Path, text: str) -> None:
        new = file.with_name(f"{file.name}.new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text)
        new.rename(file)


def claim(path: Path) -> None:
    """Makes the directory a fleet's; UsageError when it holds something else, which is then safe from `mspctl demo`."""
    path.mkdir(parents=True, exist_ok=True)
    marker = path / MARKER
    if marker.is_file():
        return
    if any(path.iterdir()):
        message = f"{path} holds files that are not mspctl's: take another --dir, or empty it yourself."
        raise UsageError(message)
    marker.write_text("This directory belongs to mspctl: `mspctl demo` may empty it.\n")


def write_json(file: Path, value: object) -> None:
    """Replaces a JSON file at once: a reader sees the old text or the new one."""
    new = file.with_name(f"{file.name}.new")
    new.write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str))
    new.rename(file)


def _candidates() -> list[int]:
    return random.sample(PORTS, len(PORTS))


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
