"""Keys rotate while the system runs, killed or not, and no credential is lost."""

from __future__ import annotations

import psycopg
import pytest

from mspbyte_common import secrets
from mspbyte_common.key_ring import read_key_ring


@pytest.fixture
def add(ctl, tmp_path):
    """Adds an msp with connections, each with a secret of its own."""

    def run(msp: str, *names: str) -> None:
        ctl("msp", "add", msp)
        for name in names:
            (tmp_path / "secret.json").write_text(f'{{"client_secret": "{msp}/{name}"}}')
            given = ("--setting", f"client_id={name}", "--secret-file", str(tmp_path / "secret.json"))
            ctl("connection", "add", "sophos", name, "--msp", msp, *given)

    return run


@pytest.fixture
def opened(rows, kek):
    """Every credential, opened as an adapter does."""

    def run() -> set[str]:
        ring = read_key_ring(kek)
        found = rows(
            "SELECT c.msp_id, c.vendor, c.id, c.key_version, c.secret, k.wrapped, k.kek_id FROM connection c "
            "JOIN data_key k ON k.msp_id = c.msp_id AND k.version = c.key_version"
        )
        return {
            secrets.decrypt(
                secrets.unwrap(ring, kek_id, wrapped, msp, version), sealed, msp, vendor, connection, version
            )["client_secret"]
            for msp, vendor, connection, version, sealed, wrapped, kek_id in found
        }

    return run


def test_a_new_key_wraps_every_data_key_and_the_old_one_may_go(ctl, add, opened, kek):
    add("A", "one")
    add("B", "two", "three")
    old = read_key_ring(kek).current
    new = ctl("keys", "new")["id"]
    assert "is still needed" in ctl("keys", "drop", old, code=2)
    said = ctl("keys", "rotate")
    assert said == {"current": new, "rewrapped": 2, "credentials": 0, "unused": [old]}
    assert ctl("keys", "list") == [
        {"id": new, "state": "wraps", "data_keys": 2},
        {"id": old, "state": "unwraps", "data_keys": 0},
    ]
    ctl("keys", "drop", old)
    assert list(read_key_ring(kek).keys) == [new]
    assert opened() == {"A/one", "B/two", "B/three"}
    assert ctl("keys", "rotate")["rewrapped"] == 0


def test_new_data_keys_encrypt_every_credential_and_the_old_ones_are_destroyed(ctl, add, opened, rows):
    add("A", "one", "two")
    before = set(rows("SELECT secret FROM connection"))
    assert ctl("keys", "rotate", "--data-keys")["credentials"] == 2
    assert rows("SELECT version FROM data_key") == [(2,)]
    assert not before & set(rows("SELECT secret FROM connection"))
    assert opened() == {"A/one", "A/two"}
    add("C", "three")
    assert opened() == {"A/one", "A/two", "C/three"}


def test_a_connection_added_after_a_rotation_takes_the_newest_data_key(ctl, add, opened, rows, tmp_path):
    add("A", "one")
    ctl("keys", "rotate", "--data-keys")
    given = ("--setting", "client_id=x", "--secret-file", str(tmp_path / "secret.json"))
    ctl("connection", "add", "sophos", "two", *given)
    ctl("connection", "set-secret", "one", "--secret-file", str(tmp_path / "secret.json"))
    assert rows("SELECT DISTINCT key_version FROM connection") == [(2,)]
    assert opened() == {"A/one"}


async def test_a_rotation_killed_between_two_msps_leaves_every_credential_readable_and_is_finished_by_the_next(
    ctl, add, opened, rows, database, killed
):
    add("A", "one")
    add("B", "two")
    new = ctl("keys", "new")["id"]
    with psycopg.connect(database.admin_url) as held:
        held.execute("SELECT pg_advisory_xact_lock(hashtextextended('keys:' || id, 0)) FROM msp WHERE name = 'B'")
        await killed("keys", "rotate")
    wrapped = dict(rows("SELECT name, kek_id FROM data_key JOIN msp ON msp.id = msp_id"))
    assert wrapped["A"] == new != wrapped["B"]
    assert opened() == {"A/one", "B/two"}
    assert ctl("keys", "rotate")["rewrapped"] == 1
    assert opened() == {"A/one", "B/two"}


async def test_a_renewal_of_data_keys_interrupted_between_two_connections_is_finished_not_begun_again(
    ctl, add, opened, rows, database, cut_off
):
    add("A", "one", "two", "three")
    with psycopg.connect(database.admin_url) as held:
        held.execute(
            "SELECT 1 FROM connection WHERE id = (SELECT id FROM connection ORDER BY id OFFSET 1 LIMIT 1) FOR UPDATE"
        )
        await cut_off("keys", "rotate", "--data-keys")
    assert rows("SELECT key_version, count(*) FROM connection GROUP BY 1 ORDER BY 1") == [(1, 2), (2, 1)]
    assert opened() == {"A/one", "A/two", "A/three"}
    assert ctl("keys", "rotate", "--data-keys")["credentials"] == 2
    assert rows("SELECT version FROM data_key") == [(2,)]
    assert opened() == {"A/one", "A/two", "A/three"}


def test_a_credential_whose_key_is_not_in_the_file_stays_and_the_error_says_what_to_do(ctl, add, opened, rows, kek):
    add("A", "one")
    text = kek.read_text()
    old = read_key_ring(kek).current
    new = ctl("keys", "new")["id"]
    with_both = kek.read_text()
    kek.write_text(with_both.removesuffix(text))
    before = rows("SELECT wrapped, secret FROM data_key JOIN connection USING (msp_id)")
    assert old in (said := ctl("keys", "rotate", "--data-keys", code=2))
    assert "put that key back" in said
    assert [row["state"] for row in ctl("keys", "list")] == ["wraps", "not in the file"]
    assert rows("SELECT wrapped, secret FROM data_key JOIN connection USING (msp_id)") == before
    kek.write_text(with_both)
    assert ctl("keys", "rotate")["current"] == new
    assert opened() == {"A/one"}


def test_a_key_file_that_cannot_be_written_here_is_said_with_where_to_change_it(ctl, kek):
    kek.with_name("kek.new").mkdir()
    before = kek.read_text()
    assert "where your secrets are kept" in ctl("keys", "new", code=1)
    assert kek.read_text() == before


def test_the_file_of_a_key_that_wraps_is_not_robbed_of_it(ctl, kek):
    assert "is the key that wraps" in ctl("keys", "drop", read_key_ring(kek).current, code=2)
    assert "there is no key" in ctl("keys", "drop", "0", code=2)
