"""Adapters read on while the operator rotates the keys their credentials are encrypted with."""

from __future__ import annotations

import asyncio
import base64
from functools import partial

import pytest

from mspbyte_common.key_ring import read_key_ring
from mspctl.cli import invoke


@pytest.fixture
def kek(tiny_bench, database, tmp_path, monkeypatch):
    """The bench's keys in a file, that adapters and operator share."""
    file = tmp_path / "kek"
    file.write_text("".join(f"{base64.b64encode(key).decode()}\n" for key in tiny_bench.key_ring().keys.values()))
    tiny_bench.key_ring = partial(read_key_ring, file)
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", database.url("mspctl"))
    monkeypatch.setenv("MSPBYTE_KEK_FILE", str(file))
    return file


async def test_every_run_reads_its_credential_while_keys_are_rotated_and_old_ones_dropped(tiny_bench, kek):
    first = read_key_ring(kek).current

    def rotate() -> None:
        for _ in range(3):
            before = read_key_ring(kek).current
            assert invoke(["keys", "new", "--json"]) == 0
            assert invoke(["keys", "rotate", "--data-keys", "--json"]) == 0
            assert invoke(["keys", "drop", before, "--json"]) == 0

    rotating = asyncio.create_task(asyncio.to_thread(rotate))
    states = []
    while not rotating.done() or not states:
        states += [(await tiny_bench.read("sophos", tiny_bench.roots["sophos"], "tenants"))["state"]]
    await rotating
    states += [(await tiny_bench.read("autotask", tiny_bench.roots["autotask"], "Services"))["state"]]
    assert set(states) == {"succeeded"}
    assert first not in read_key_ring(kek).keys


async def test_an_adapter_without_the_new_key_file_tries_again_and_says_which_key_it_lacks(tiny_bench, kek):
    old = tiny_bench.key_ring()
    assert invoke(["keys", "new"]) == 0
    assert invoke(["keys", "rotate"]) == 0
    current, tiny_bench.key_ring = tiny_bench.key_ring, lambda: old
    run = tiny_bench.queue("sophos", tiny_bench.roots["sophos"], "tenants")
    row = await tiny_bench.carry_out(run)
    assert (row["state"], row["error_class"]) == ("queued", "key_missing")
    assert current().current in row["error"]
    assert "MSPBYTE_KEK_FILE" in row["advice"]
    tiny_bench.key_ring = current
    tiny_bench.due(run)
    assert (await tiny_bench.carry_out(run))["state"] == "succeeded"
