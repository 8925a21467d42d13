"""README's first session, command by command, at the demo's fleet: each works, and answers as README shows."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from tests.e2e.conftest import MSPCTL, Demo

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("fleet")]

README = (Path(__file__).parents[2] / "README.md").read_text()
CUT = re.compile(r"…|[─│╭╮╰╯]+")
"""Where README leaves something out, and the frames around what stands side by side."""
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
VARYING = (
    (re.compile(r"\b\d+ (s|min|h|d)\b"), "AGE"),
    (re.compile(r"[\d.,]*\d"), "N"),
    (re.compile(r"\s+"), ""),
)
"""What may differ between two machines and two days: times, how many. Widths of columns do not count."""

Run = Callable[..., str]


def session() -> Iterator[tuple[str, list[str]]]:
    """(command, the lines README shows below it) of every command."""
    section = README.partition("\n## A first session\n")[2].partition("\n## ")[0]
    for block in re.findall(r"```console\n(.*?)```", section, re.DOTALL):
        for told in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = told.partition("\n")
            yield command, shown.splitlines()


def plain(text: str) -> str:
    """The text without what varies."""
    for pattern, instead in VARYING:
        text = pattern.sub(instead, text)
    return text


def missing(shown: list[str], told: str) -> list[str]:
    """What README shows and the command did not say, whatever the whole ids in it.

    A cell that was folded counts when each of its words is there.
    """
    nameless = ID.sub("ID", told)
    whole, words = plain(told) + plain(nameless), {plain(word) for word in nameless.split()}
    parts = [ID.sub("ID", part) for line in shown for part in CUT.split(line)]
    return [part for part in parts if plain(part) not in whole and not {plain(word) for word in part.split()} <= words]


@pytest.fixture
def run(demo: Demo, tmp_path: Path) -> Run:
    """Carries out a command as in README's second terminal; what it said, with the demo in README's place."""
    scripts = sysconfig.get_path("scripts")
    env = os.environ | {"MSPBYTE_DIR": str(demo.directory), "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}

    def carry_out(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{shlex.join(command)}: {done.stderr}{done.stdout}"
        return done.stdout

    return carry_out


def test_the_demo_ends_as_readme_shows(demo: Demo) -> None:
    command, shown = next(session())
    assert command == "make demo"
    assert missing(shown, demo.told.replace(str(demo.directory), "var/demo")) == []


def test_a_person_played_again_connects_nothing_twice_and_sums_up_the_same(demo: Demo, run: Run) -> None:
    secrets = demo.directory / "secrets"
    url = orjson.loads((demo.directory / "fleet.json").read_bytes())["database"]["url"]
    before = run("mspctl", "connection", "list", "--json")
    told = subprocess.run(
        [
            *(MSPCTL, "operate", "--json"),
            *("--addresses", demo.directory / "simulators.json", "--truth", demo.directory / "truth.json"),
        ],
        env=os.environ
        | {
            "MSPBYTE_DATABASE_URL": url.replace("://", "://mspctl@", 1),
            "MSPBYTE_DATABASE_PASSWORD_FILE": str(secrets / "mspctl"),
            "MSPBYTE_KEK_FILE": str(secrets / "kek"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    again, first = orjson.loads(told.stdout), orjson.loads((demo.directory / "summary.json").read_bytes())
    for name in ("records", "entities", "link_quality", "dead_letters", "failed_runs", "quarantined"):
        assert again[name] == first[name], name
    assert run("mspctl", "connection", "list", "--json") == before


def test_every_command_of_the_first_session_works_and_answers_as_readme_shows(run: Run) -> None:
    parked = orjson.loads(run("mspctl", "run", "list", "--state", "parked", "--json"))
    [endpoints] = [one["id"] for one in parked if one["resource"] == "endpoints"]
    carried_out = 0
    for line, shown in session():
        command = shlex.split(line, comments=True)
        if command[0] != "mspctl":  # how the demo is started and found
            continue
        if command[1:3] == ["run", "show"]:  # ids of runs are drawn anew each time
            command[3] = endpoints
        told = run(*command)
        assert missing(shown, told) == [], f"{line}\n{told}"
        carried_out += 1
    assert carried_out > 20
