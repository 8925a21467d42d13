"""The addresses file: ports kept from an earlier run, and everything a client needs to sign in."""

from pathlib import Path

import orjson

from vendor_sim.addresses import document, known_ports, on_ports, write_whole
from vendor_sim.estate import Estate

PORTS = {"m365": 1111, "autotask": 2222, "sophos": 3333, "eu01": 4444, "us03": 5555}


def test_the_ports_of_an_earlier_run_are_read_back(read_estate: Estate, tmp_path: Path) -> None:
    file = tmp_path / "deeper" / "addresses.json"
    assert known_ports(file) == {}
    write_whole(file, orjson.dumps(document(read_estate, PORTS)))
    assert known_ports(file) == PORTS
    assert list(file.parent.iterdir()) == [file]


def test_the_file_says_where_to_go_and_what_to_sign_in_with(read_estate: Estate) -> None:
    content = document(read_estate, PORTS)
    assert content["m365"]["graph"] == content["m365"]["login"] == "http://127.0.0.1:1111"
    assert content["m365"]["partner_tenant_id"] in read_estate.m365
    assert content["sophos"]["regions"] == {"eu01": 4444, "us03": 5555}
    assert content["as_of"] == "2026-11-23"
    assert on_ports(PORTS).region("us03") == "http://127.0.0.1:5555"
