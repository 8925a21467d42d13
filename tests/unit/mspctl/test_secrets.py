"""What `mspctl secrets` writes, and for whom."""

from __future__ import annotations

import stat

import pytest

from mspbyte_common.db.roles import ROLES
from mspbyte_common.key_ring import read_key_ring
from mspctl.cli import invoke
from mspctl.embedded.nats_conf import USERS
from mspctl.embedded.roster import SERVICES


@pytest.fixture
def drawn(tmp_path):
    assert invoke(["secrets", str(tmp_path / "secrets")]) == 0
    return tmp_path / "secrets"


def contents(folder):
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_a_service_finds_the_passwords_the_servers_were_given(drawn):
    for member in SERVICES:
        own = drawn / member.name.replace("_", "-")
        assert (own / "database-password").read_text() == (drawn / "roles" / member.name).read_text()
        assert (own / "nats-password").read_text() == (drawn / "nats" / member.name).read_text()


def test_everybody_has_a_password_of_its_own_and_the_key_is_one(drawn):
    passwords = [file.read_text() for folder in ("roles", "nats", "postgres") for file in (drawn / folder).iterdir()]
    assert len(set(passwords)) == len(ROLES) + len(USERS) + 1
    assert min(map(len, passwords)) >= 32
    assert len(read_key_ring(drawn / "kek" / "kek").keys) == 1


def test_what_is_there_stays_and_what_was_lost_is_brought_back(drawn):
    before = contents(drawn)
    (drawn / "svc-linkers" / "nats-password").unlink()
    (drawn / "svc-workers" / "database-password").write_text("old")
    assert invoke(["secrets", str(drawn)]) == 0
    assert contents(drawn) == before


def test_files_are_their_owners_alone_unless_asked_otherwise(drawn, tmp_path):
    assert {stat.S_IMODE(file.stat().st_mode) for file in drawn.rglob("*") if file.is_file()} == {0o600}
    assert invoke(["secrets", str(tmp_path / "volumes"), "--readable"]) == 0
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "volumes").rglob("*") if file.is_file()}
    assert modes == {0o644}
