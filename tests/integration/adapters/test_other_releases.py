"""While a rollout lasts, an adapter may be told to read a list that only the other release has."""

from __future__ import annotations

from tests.integration.adapters.conftest import Bench


async def test_a_list_of_another_release_is_left_to_it_and_read_there(bench: Bench) -> None:
    root = bench.roots["autotask"]
    run = bench.queue("autotask", root, "Companies")
    bench.database.execute("UPDATE run SET resource = 'Tomorrow' WHERE id = %s", run)
    for _ in range(10):
        left = await bench.carry_out(run)
        assert (left["state"], left["error_class"], left["attempts"]) == ("queued", "other_release", 0)
        bench.due(run)
    bench.database.execute("UPDATE run SET resource = 'Companies' WHERE id = %s", run)
    assert (await bench.carry_out(run))["state"] == "succeeded"
    assert bench.stored(root, "Companies")
