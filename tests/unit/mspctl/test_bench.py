"""Which figures there are, and how the report keeps them."""

from __future__ import annotations

import orjson
import pytest

from mspbyte_common.declarations import discover, index
from mspctl import bench
from mspctl.bench import report
from mspctl.bench.figure import Figure, Measured
from mspctl.bench.simulator import Counted


def test_the_figures_are_these():
    assert sorted(index(discover(bench, Figure), key=lambda figure: figure.name)) == ["budget_use"]


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
    assert Figure("speed", "", ("a.1", "a.2", "ab.1"), lambda *_: None).named(asked) == variants


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
