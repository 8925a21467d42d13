"""What makes a report readable by everybody: contrast, texts for charts, rows that fit a page."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

import svc_workers.reports
from svc_workers.reports import charts
from svc_workers.reports.charts import chart
from svc_workers.reports.model import Chart, Column, Share, Table
from svc_workers.reports.shown import as_json

STYLE = (Path(svc_workers.reports.__file__).parent / "report.css").read_text()
COLOURS = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", STYLE))
GROUNDS = ("paper", "soft", "desk")
INKS = ("ink", "muted", "critical", "high", "medium", "low", "info", "good")


def _luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_every_text_has_the_contrast_wcag_asks_of_it():
    assert set(COLOURS) == {*GROUNDS, *INKS, "line", "rule"}
    for ink, ground in product(INKS, GROUNDS):
        assert _contrast(COLOURS[ink], COLOURS[ground]) >= 4.5, (ink, ground)


def test_no_text_has_a_colour_that_was_not_declared():
    used = set(re.findall(r"(?<![-\w])color: (#[0-9a-f]+|var\(--(\w+)\))", STYLE))
    assert {name for text, name in used if name} <= set(INKS)
    assert {text for text, name in used if not name} <= set(COLOURS.values())


def test_what_a_chart_draws_stands_out_from_the_paper():
    for colour in (charts.BAR, charts.INK, *charts.SEVERITY.values()):
        assert _contrast(colour, COLOURS["paper"]) >= 4.5


def _table(drawn: Chart, *rows: tuple[object, ...]) -> Table:
    columns = (Column("name", "Name"), Column("one", "One", "number"), Column("two", "Two", "number"))
    return Table("t", "Caption", columns, rows, chart=drawn)  # type: ignore[arg-type]


def test_a_chart_says_what_it_shows_and_escapes_it():
    drawn = chart(_table(Chart("within", "name", ("one", "two"), "Seats"), ("A <b> & c", 3, 4), ("B", None, 2)), "x")

    assert drawn is not None
    assert "<b>" not in drawn
    assert 'role="img" aria-labelledby="x-title"' in drawn
    assert '<title id="x-title">Seats: A &lt;b&gt; &amp; c 3 one 4 two, B no data one 2 two</title>' in drawn


def test_a_chart_of_many_rows_draws_the_first_and_says_how_many_are_left():
    drawn = chart(
        _table(Chart("bars", "name", ("one",), "Things", most=2), *((f"n{n}", n, 0) for n in range(1, 6))), "x"
    )

    assert drawn is not None
    assert "Things: n1 1, n2 2, and 3 more in the table" in drawn
    assert "n3" not in drawn


@pytest.mark.parametrize("kind", ["bars", "within", "stacked", "shares"])
def test_a_chart_without_anything_to_draw_is_left_out(kind):
    drawn = Chart(kind, "name", ("one", "two"), "Nothing")

    assert chart(_table(drawn), "x") is None
    assert chart(_table(drawn, ("a", None, None)), "x") is None


def test_equal_tables_are_drawn_equally():
    table = Table("t", "Caption", (Column("name", "Name"), Column("one", "One", "share")), (("a", Share(1, 2)),),
                  chart=Chart("shares", "name", ("one",), "Shares"))  # fmt: skip

    assert chart(table, "x") == chart(table, "x")
    assert as_json(Share(1, 2)) == {"part": 1, "whole": 2}
