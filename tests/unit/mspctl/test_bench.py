"""Which figures there are, and how the report keeps them."""

from __future__ import annotations

from collections import defaultdict

import orjson
import pytest

from mspbyte_common.declarations import discover, index
from mspbyte_common.errors import UsageError
from mspctl.bench import figures, gate, report
from mspctl.bench.courses.users import FIELDS
from mspctl.bench.disk import fdatasync_per_second
from mspctl.bench.figure import Figure, Ground, Measured
from mspctl.bench.observe import Seen, cost
from mspctl.bench.simulator import Counted
from svc_adapter_m365.endpoints import USER_FIELDS


def test_the_figures_are_these():
    assert sorted(index(discover(figures, Figure), key=lambda figure: figure.name)) == [
        "budget_use",
        "change_to_finding",
        "claim",
        "first_sync",
        "memory",
        "mixed_estate",
        "one_percent_sync",
        "relink",
        "unchanged_sync",
    ]


async def test_a_course_is_gone_through_once_however_many_figures_are_read_from_it(tmp_path):
    gone = []

    async def course(ground):
        gone.append(ground.size)
        return len(gone)

    ground = Ground(tmp_path)
    assert [await ground.once(course), await ground.once(course)] == [1, 1]


def test_dlt_is_given_to_select_what_the_adapter_selects():
    assert tuple(FIELDS.split(",")) == USER_FIELDS


def test_what_a_stretch_cost_is_what_lies_between_two_looks():
    def seen(cpu, statements, walls, commits):
        service = defaultdict(float, {"cpu_s": cpu, "statements": statements})
        counts = [defaultdict(float, one) for one in (walls, {"commits": commits}, {})]
        return Seen({"svc_linkers": service}, *counts)

    spent = cost(seen(1.0, 10, {}, 5), seen(3.5, 30, {"link": 4.0}, 5), 4_000)
    assert spent["services"] == {"svc_linkers": {"cpu_s": 2.5, "statements_per_1000": 5.0, "messages_per_1000": 0.0}}
    assert (spent["stage_wall_s"], spent["database"]) == ({"link": 4.0}, {})


def test_the_disk_is_asked_how_fast_it_makes_things_durable(tmp_path):
    assert fdatasync_per_second(tmp_path / "new") > 0
    assert not list((tmp_path / "new").iterdir())


@pytest.mark.parametrize(
    ("asked", "variants"),
    [
        ("speed", ("a.1", "a.2", "ab.1")),
        ("speed.a", ("a.1", "a.2")),
        ("speed.a.2", ("a.2",)),
        ("speed.b", ()),
        ("speeding", ()),
    ],
)
def test_a_name_means_a_figure_some_of_its_variants_or_one(asked, variants):
    assert Figure("speed", "", lambda *_: None, ("a.1", "a.2", "ab.1")).named(asked) == variants


def test_the_report_keeps_the_newest_of_each_name(tmp_path):
    file = tmp_path / "bench" / "report.json"
    for ours in (3.0, 4.0):
        report.add(file, Measured("speed.a", ours, 5.0, "requests/s", 10, {"seed": 1}))
    report.add(file, Measured("memory", 9.0, 0.0, "bytes", 1))
    assert orjson.loads(file.read_bytes()) == [
        {"name": "memory", "ours": 9.0, "baseline": 0.0, "ratio": None, "unit": "bytes", "n": 1, "settings": {}},
        {
            "name": "speed.a",
            "ours": 4.0,
            "baseline": 5.0,
            "ratio": 0.8,
            "unit": "requests/s",
            "n": 10,
            "settings": {"seed": 1},
        },
    ]


def test_requests_are_counted_for_some_accounts_or_all():
    counted = Counted({"": 1, "a": 5, "b": 7}, {"units": 2, "threads": 1}, {"429": 3})
    assert (counted.arrived(), counted.arrived(("a",)), counted.refusals()) == (13, 5, 3)


@pytest.mark.parametrize(
    ("unit", "ratio", "falls"),
    [
        ("jobs/s", 2.1, False),
        ("jobs/s", 1.9, True),
        ("jobs/s", 9.0, False),
        ("s", 4.4, False),
        ("s", 4.6, True),
        ("MB", 0.1, False),
    ],
)
def test_a_ratio_may_be_a_third_worse_than_its_reference_whichever_way_is_better(unit, ratio, falls):
    measured = [Measured("figure", ratio, 1.0, unit, 3), Measured("without", 1.0, 0.0, unit, 3)]
    assert bool(gate.fallen(measured, {"figure": 3.0})) is falls


def test_a_figure_without_reference_is_not_held_to_any_and_says_so(tmp_path):
    measured = [Measured("new", 2.0, 1.0, "s", 3)]
    (line,) = gate.fallen(measured, {"other": 1.0})
    assert line.startswith("new: no reference")
    gate.write(tmp_path / "reference.json", measured)
    gate.write(tmp_path / "reference.json", [Measured("other", 3.0, 2.0, "s", 3)])
    assert gate.reference(tmp_path / "reference.json") == {"new": 2.0, "other": 1.5}
    assert gate.fallen(measured, gate.reference(tmp_path / "reference.json")) == []


@pytest.mark.parametrize("content", [None, b"[]", b'{"claim": "fast"}', b"{"])
def test_a_reference_that_is_none_is_refused(tmp_path, content):
    file = tmp_path / "reference.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match="no reference"):
        gate.reference(file)
