"""More replicas of an adapter read faster where the vendor is slow to answer, and never more than it allows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from tests.containers.compose import Project

from svc_adapter_m365.settings import LIMITS

pytestmark = pytest.mark.containers

ADAPTER = "svc-adapter-m365"
REPLICAS = 4
LEAST_GAIN = 1.5
"""Four replicas have four times the hands; of that a part goes to sign-ins, the scheduler's ticks and the longest list, and
the rest must still show where two cores have six times as much to do: 2.2 was measured there."""
SCARCE = sorted({name for limit in LIMITS if limit.amount <= limit.seconds for name in limit.resources})
"""Lists of which Microsoft allows a request a second or less: how long they take is for the limit to say."""
JOBS = 150
"""Fewer than twelve tenants and their partner have: with so many the tenants are listed."""
NOT_READ = """
    SELECT 1 FROM job WHERE enabled AND manual_at IS NOT NULL
    UNION ALL SELECT 1 FROM job j WHERE NOT EXISTS (SELECT 1 FROM run WHERE job_id = j.id AND finished_at IS NOT NULL)
    UNION ALL SELECT 1 FROM run WHERE state IN ('queued', 'running')
    LIMIT 1
"""
ASK = "import sys, urllib.request as web; print(web.urlopen(web.Request(sys.argv[1], method=sys.argv[2])).read().decode())"


@dataclass(frozen=True)
class Round:
    """One reading of everything: how long it took, what was asked by route (but for sign-ins), what was refused."""

    seconds: float
    asked: dict[str, int]
    refused: dict[str, int]

    @property
    def rate(self) -> float:
        """Requests a second; a batch is one."""
        return sum(number for route, number in self.asked.items() if not route.startswith("batch ")) / self.seconds


@pytest.fixture
def distant(images: None) -> Iterator[Project]:
    """A fleet whose vendors take two seconds to answer and enforce their limits; its adapter keeps to the real ones."""
    project = Project(f"mspbyte-test-{uuid4().hex[:8]}", files=(Path(__file__).with_name("distant.yml"),))
    try:
        yield project
    finally:
        project.down()


def simulator(project: Project, what: str, method: str = "GET") -> Any:
    """What the simulators themselves have counted."""
    address = f"http://127.0.0.1:9101/_sim/{what}"
    told = project("exec", "-T", "vendor-sim", "python", "-c", ASK, address, method)
    return orjson.loads(told) if told.strip() else None


def read(project: Project, but: list[str]) -> Round:
    """Has every Microsoft list of every tenant read in full, but those."""
    simulator(project, "counters", "DELETE")
    [began] = project.owner("SELECT extract(epoch FROM clock_timestamp())")
    names = ",".join(but)
    project.owner(f"UPDATE job SET manual_at = clock_timestamp() WHERE enabled AND resource <> ALL ('{{{names}}}')")
    project.until(lambda: project.owner(NOT_READ) == [])
    [seconds] = project.owner(f"SELECT extract(epoch FROM max(finished_at)) - {began} FROM run")
    counted = simulator(project, "counters")
    asked = {route: number for route, number in counted["requests"].items() if "oauth2" not in route}
    return Round(float(seconds), asked, counted["refused"])


def test_four_replicas_read_faster_than_one_and_stay_within_what_the_vendor_allows(
    distant: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    distant("up", "--detach", "svc-scheduler", ADAPTER, "operator")
    distant.until(lambda: int((distant.owner("SELECT count(*) FROM job") or ["0"])[0]) > JOBS)
    distant.until(lambda: distant.owner(NOT_READ) == [])

    alone = read(distant, SCARCE)
    distant("up", "--detach", "--wait", "--no-deps", "--no-recreate", "--scale", f"{ADAPTER}={REPLICAS}", ADAPTER)
    together = read(distant, SCARCE)
    whole = read(distant, [])
    limits = simulator(distant, "limits")
    with capsys.disabled():
        sys.stdout.write(
            f"\n1 replica {alone.seconds:.1f} s ({alone.rate:.1f} requests/s), {REPLICAS} replicas {together.seconds:.1f} s "
            f"({together.rate:.1f} requests/s); with the scarce lists {whole.seconds:.1f} s; "
            f"most taken of the limits: {tightest(limits)}\n"
        )

    assert together.asked == alone.asked, "both read the same"
    assert alone.seconds / together.seconds >= LEAST_GAIN
    assert alone.refused == together.refused == whole.refused == {}
    reports = [window for name, window in limits.items() if name.startswith("reports ")]
    assert max(window["most"] for window in reports) == reports[0]["allowed"], "no limit was reached: it proves nothing"
    logs = distant("logs", ADAPTER).splitlines()
    assert len({line.partition("|")[0] for line in logs if '"run_succeeded"' in line}) == REPLICAS


def tightest(limits: dict[str, Any]) -> dict[str, str]:
    """Of each kind of limit the tenant that came nearest to it."""
    found: dict[str, tuple[float, str]] = {}
    for name, window in limits.items():
        share = window["most"] / window["allowed"]
        told = f"{window['most']} of {window['allowed']} in {window['seconds']:g} s"
        found[name.split()[0]] = max(found.get(name.split()[0], (0.0, "")), (share, told))
    return {kind: told for kind, (_, told) in sorted(found.items())}
