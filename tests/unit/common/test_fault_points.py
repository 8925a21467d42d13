"""Fault points: each one place in the code, each on the page, none awake unless armed."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from mspbyte_common import fault_points
from mspbyte_common.errors import UsageError
from mspbyte_common.fault_points import POINTS, arm, reach

SCRIPT = Path(__file__).parents[3] / "docs" / "fault_points.py"
WALK = """
import sys
from pathlib import Path
from mspbyte_common.fault_points import arm, reach
arm(sys.argv[1], Path(sys.argv[2]))
for number in range(1, 5):
    reach("adapter.page.stored")
    reach("adapter.page.announced")
    print(number, flush=True)
"""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script that writes the page."""
    spec = importlib.util.spec_from_file_location("fault_points_page", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_point_is_one_place_in_the_code_and_every_place_a_point(script: ModuleType) -> None:
    assert {label: len(files) for label, files in script.places().items()} == dict.fromkeys(POINTS, 1)
    assert len(POINTS) >= 60


def test_points_reach_over_every_part_of_the_walk(script: ModuleType) -> None:
    parts = Counter(label.partition(".")[0] for label in POINTS)
    assert parts.keys() >= {"scheduler", "adapter", "ledger", "loop", "processors", "resolvers", "linkers", "workers"}


def test_the_page_is_what_make_docs_writes(script: ModuleType) -> None:
    assert script.PAGE.read_text() == script.page(), "run `make docs`"


def test_a_process_dies_at_its_pass_and_the_one_after_it_lives(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WALK, "adapter.page.stored:3", str(tmp_path)]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=False) for _ in range(2))
    assert (first.returncode, first.stdout.split()) == (-signal.SIGKILL, ["1", "2"])
    assert (second.returncode, second.stdout.split()) == (0, ["1", "2", "3", "4"])
    assert [file.name for file in tmp_path.iterdir()] == ["adapter.page.stored"]


def test_nothing_is_awake_without_being_armed() -> None:
    arm("", None)
    for label in POINTS:
        reach(label)
    assert fault_points._armed is None


@pytest.mark.parametrize("points", ["adapter.page.stored:soon", "adapter.page.burnt", "adapter.page.stored,"])
def test_what_is_no_point_is_refused(points: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no fault point"):
        arm(points, tmp_path)


def test_a_point_without_a_witness_is_refused() -> None:
    with pytest.raises(UsageError, match="MSPBYTE_FAULT_WITNESS"):
        arm("adapter.page.stored", None)
