"""Running processors take over a refreshed list of product names, and say that licences are derived by another one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mspbyte_common.service import Service
from svc_processors.main import Settings, body
from svc_processors.skus import NAMES


class Resting(Service):
    """A service without a broker; each of its rests is a step of the test, and it drains when there is none left."""

    steps: Iterator[Callable[[], object]]

    async def sleep(self, seconds: float) -> None:
        step = next(self.steps, self.draining.set)
        step()
        await asyncio.sleep(0)

    async def consume(self, *_: Any, **__: Any) -> None:  # type: ignore[override]
        await self.draining.wait()


@pytest.fixture(autouse=True)
def _shipped_again() -> Iterator[None]:
    yield
    NAMES.use(None)


async def test_a_refreshed_file_is_declared_once_and_a_broken_one_not_at_all(database, tmp_path: Path) -> None:
    file = tmp_path / "names.json"
    settings = Settings(database_url="postgresql://x", nats_url="nats://x", microsoft_skus_file=file)
    seen: list[tuple[bool, bool]] = []

    def look() -> None:
        [(version, pending)] = database.execute(
            "SELECT version, pending FROM derivation WHERE name = 'm365/subscribedSkus'"
        )
        seen.append((version.split()[1] == NAMES.digest, pending))

    def write(text: str) -> Callable[[], None]:
        def step() -> None:
            look()
            file.write_text(text)

        return step

    service = Resting("svc-processors", settings, await database.pool("svc_processors"), None, None)  # type: ignore[arg-type]
    service.steps = iter([write('{"SPX": "New"}'), write("{"), look])
    await body(service)
    assert seen == [(True, False), (True, True), (True, True)]
    changed = database.execute("SELECT name FROM derivation WHERE pending")
    assert changed == [("m365/subscribedSkus",)]
