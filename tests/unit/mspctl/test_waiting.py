"""When a sync is over, and what it waits for."""

from __future__ import annotations

from dataclasses import replace

from mspctl.demo.progress import Snapshot, VendorProgress
from mspctl.demo.summary import clients_to_report
from mspctl.metrics import done_by_stage
from mspctl.reports.ordered import file_name

ALL = VendorProgress(jobs=3, done=3, scheduled=3)
OVER = Snapshot(
    vendors={"m365": ALL, "autotask": ALL, "sophos": ALL},
    done={},
    waiting={},
    rechecks=0,
    unmapped=0,
    dead_letters=0,
)


def test_a_sync_with_nothing_left_is_over():
    assert OVER.waits_for() == []


def test_a_vendor_nobody_has_heard_of_is_waited_for():
    assert replace(OVER, vendors={"m365": ALL, "sophos": ALL}).waits_for() == ["autotask has no jobs yet"]


def test_open_work_runs_mappings_and_rechecks_are_waited_for():
    busy = replace(
        OVER, vendors={**OVER.vendors, "m365": replace(ALL, done=1)}, waiting={"link": 7}, unmapped=2, rechecks=1
    )
    assert busy.waits_for() == [
        "m365 2 of 3 runs",
        "link 7 entities",
        "2 accounts to be discovered and mapped",
        "1 rechecks due",
    ]


def test_a_dead_letter_does_not_make_it_wait():
    assert replace(OVER, dead_letters=1).waits_for() == []


def test_the_largest_and_the_worst_clients_are_reported_once():
    clients = [
        {"id": "worst", "records": 5},
        {"id": "bad", "records": 50},
        {"id": "so-so", "records": 6},
        {"id": "empty", "records": 0},
    ]
    assert [client["id"] for client in clients_to_report({"clients": clients})] == ["bad", "worst", "so-so"]


def test_a_clients_name_becomes_a_file_name():
    assert file_name("Königsee Immobilien & Söhne / GmbH") == "konigsee-immobilien-sohne-gmbh"
    assert file_name("Elbtal Bau", "executive") == "elbtal-bau-executive"
    assert len({file_name("株式会社", "executive"), file_name("有限会社", "executive")}) == 2, (
        "none overwrites the other"
    )


def test_finished_entities_add_up_over_services():
    text = 'mspbyte_work_entities_total{stage="process"} 5.0\n'
    assert done_by_stage({"one": text, "two": text}) == {"process": 10}
