"""A fleet's directory."""

from __future__ import annotations

import socket

import pytest

from mspbyte_common.errors import UsageError
from mspbyte_common.key_ring import read_key_ring
from mspctl.embedded.home import PORTS, Home
from mspctl.embedded.leftovers import belongs, empty


def test_a_port_stays_the_same_after_a_restart(tmp_path):
    with Home(tmp_path / "up") as home:
        first = home.port("postgres")
    with Home(tmp_path / "up") as home:
        assert home.port("postgres") == first
    assert first in PORTS


def test_a_port_somebody_else_took_is_given_up(tmp_path):
    with Home(tmp_path / "up") as home:
        first = home.port("nats")
        with socket.create_server(("127.0.0.1", first)):
            assert home.port("nats") != first


def test_two_programs_never_share_a_port(tmp_path):
    with Home(tmp_path / "up") as home:
        ports = [home.port(f"program {number}") for number in range(50)]
    assert len(set(ports)) == len(ports)


def test_a_password_is_drawn_once_and_only_its_owner_reads_it(tmp_path):
    with Home(tmp_path / "up") as home:
        password = home.password("svc_scheduler")
        assert home.password_file("svc_scheduler").stat().st_mode & 0o777 == 0o600
    with Home(tmp_path / "up") as home:
        assert home.password("svc_scheduler") == password


def test_the_key_encryption_key_can_be_read(tmp_path):
    with Home(tmp_path / "up") as home:
        assert len(read_key_ring(home.kek_file).keys) == 1


def test_two_fleets_do_not_share_a_directory(tmp_path):
    with Home(tmp_path / "up"), pytest.raises(UsageError, match="already runs"), Home(tmp_path / "up"):
        pass


def test_a_directory_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="not mspctl's"), Home(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


async def test_emptying_leaves_other_peoples_files_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="not mspctl's"):
        await empty(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


async def test_emptying_removes_what_a_fleet_left(tmp_path):
    with Home(tmp_path / "demo") as home:
        (home.path / "jetstream").mkdir()
        (home.path / "jetstream" / "block").write_text("x")
    await empty(tmp_path / "demo")
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == [".lock", ".mspctl"]


async def test_a_running_fleets_directory_is_not_emptied(tmp_path):
    with Home(tmp_path / "demo"), pytest.raises(UsageError, match="already runs"):
        await empty(tmp_path / "demo")


def test_a_process_that_does_not_know_the_directory_is_not_of_its_fleet(tmp_path):
    assert not belongs(1, tmp_path)
