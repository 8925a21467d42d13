"""The demo's person at a fleet that somebody else started: what it waits for, and what it did until then."""

from __future__ import annotations

import datetime
from pathlib import Path

import orjson
import psycopg
import pytest

from vendor_sim.addresses import ports_from, write_both
from vendor_sim.estate import generate


@pytest.fixture
def written(tmp_path):
    """The two files simulators write, which nobody serves."""
    files = tmp_path / "simulators.json", tmp_path / "truth.json"
    write_both(generate(1, 1, datetime.date(2026, 11, 23)), ports_from(9101), *files)
    return ("--addresses", str(files[0]), "--truth", str(files[1]))


def test_it_connects_each_vendor_once_and_says_what_it_waits_for_in_vain(ctl, written, rows):
    for _ in range(2):
        said = ctl("operate", *written, "--seconds", "1", code=1)
        assert "it waits for" in said
        assert "accounts to be discovered and mapped" in said
    assert rows("SELECT vendor FROM connection ORDER BY vendor") == [("autotask",), ("m365",), ("sophos",)]
    assert rows("SELECT name FROM msp") == [("Demo MSP",)]


def test_it_waits_for_the_schema_and_names_the_bootstrap_when_none_comes(ctl, written, database, monkeypatch):
    elsewhere = psycopg.conninfo.make_conninfo(database.url("mspctl"), dbname="postgres")
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", elsewhere)
    assert "mspctl bootstrap" in ctl("operate", *written, "--seconds", "1", code=1)


def test_an_account_is_mapped_once_and_not_worked_out_anew_when_a_person_is_played_again(ctl, written, rows):
    ctl("operate", *written, "--seconds", "1", code=1)
    known = orjson.loads(Path(written[3]).read_bytes())["accounts"]
    place = next(one for one in known if one["vendor"] == "sophos" and one["company_id"] is not None)
    rows(
        "INSERT INTO account (id, msp_id, connection_id, vendor, external_id) "
        "SELECT gen_random_uuid(), msp_id, id, vendor, %s FROM connection WHERE vendor = 'sophos' RETURNING 1",
        place["external_id"],
    )
    rows(
        "INSERT INTO client (id, msp_id, account_id, company_id) "
        "SELECT gen_random_uuid(), msp_id, id, %s FROM account WHERE vendor = 'autotask' RETURNING 1",
        str(place["company_id"]),
    )
    judged = "SELECT count(*) FROM work w JOIN account a ON a.id = w.account_id WHERE a.external_id = %s"
    for _ in range(2):
        ctl("operate", *written, "--seconds", "1", code=1)
        mapped = rows("SELECT state, client_id IS NOT NULL FROM account WHERE external_id = %s", place["external_id"])
        assert mapped == [("mapped", True)]
        assert rows(judged, place["external_id"]) == [(1,)]
