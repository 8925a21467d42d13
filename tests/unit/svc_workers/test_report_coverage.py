"""Devices are counted once, and only by sources that were read."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from svc_workers.reports.charts import charts
from svc_workers.reports.coverage import coverage
from svc_workers.reports.freshness import Freshness
from svc_workers.reports.store import DeviceRow, Source

INTUNE, SOPHOS = ("m365", "managedDevices"), ("sophos", "endpoints")


def _row(number: int, source: tuple[str, str], device_class: str, seen: datetime | None) -> DeviceRow:
    return DeviceRow(UUID(int=number), *source, device_class, seen)


def test_a_chain_of_pairs_is_one_device_of_the_class_the_best_source_tells(now: datetime) -> None:
    rows = [
        _row(1, ("m365", "devices"), "workstation", now),
        _row(2, INTUNE, "workstation", None),
        _row(3, SOPHOS, "server", now - timedelta(days=60)),
    ]
    pairs = [(UUID(int=1), UUID(int=2)), (UUID(int=2), UUID(int=3)), (UUID(int=3), UUID(int=99))]
    table = coverage(rows, pairs, lambda *_: now, now)

    assert table["rows"] == [
        {"class": "server", "devices": 1, "in_use": 1, "entra": 1, "intune": 1, "sophos": 1, "psa": 0}
    ]


def test_a_source_that_was_not_read_has_no_data_and_adds_no_device(now: datetime) -> None:
    rows = [_row(1, INTUNE, "workstation", now), _row(2, SOPHOS, "workstation", now)]
    table = coverage(rows, [], lambda vendor, _: now if vendor == "m365" else None, now)

    assert table["total"] == {"devices": 1, "in_use": 1, "entra": 0, "intune": 1, "sophos": None, "psa": None}
    assert coverage(rows, [], lambda *_: None, now)["total"] is None


def test_a_list_is_as_fresh_as_its_least_recently_read_account(now: datetime) -> None:
    day = timedelta(days=1)

    def account(age: timedelta | None, *, stale: bool = False, reachable: bool = True) -> Source:
        return Source(*SOPHOS, "a", None if age is None else now - age, stale, reachable, None)

    assert Freshness([account(day), account(2 * day)]).of(*SOPHOS) == now - 2 * day
    assert Freshness([account(day), account(None)]).of(*SOPHOS) is None
    assert Freshness([account(day), account(9 * day, stale=True)]).of(*SOPHOS) is None
    assert Freshness([account(day), account(None, reachable=False)]).of(*SOPHOS) == now - day
    assert Freshness([account(day, reachable=False)]).of(*SOPHOS) is None
    assert Freshness([]).of(*SOPHOS) is None


def test_a_chart_without_data_is_left_out() -> None:
    nothing = {"findings": {"open": 0, "by_severity": []}, "licences": {"rows": None}, "devices": {"total": None}}

    assert charts(nothing) == {}


def test_a_chart_names_itself_and_escapes_what_it_shows() -> None:
    licences = {"rows": [{"sku": "X", "name": "A <b> & c", "bought": 3, "assigned": None, "free": False}]}
    drawn = charts({"findings": {"open": 0, "by_severity": []}, "licences": licences, "devices": {"total": None}})

    assert list(drawn) == ["licences"]
    assert "<b>" not in drawn["licences"]
    assert 'role="img" aria-labelledby="licences-title"' in drawn["licences"]
    assert "3 bought, no data assigned</title>" in drawn["licences"]
