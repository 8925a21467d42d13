"""What every adapter must do, whatever goes wrong at its vendor. A new one joins by its declaration in conforming.py."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any

import pytest
from tests.integration.adapters.listing import LISTS, SIZE, Listing, open_listing

from svc_processors.process import NORMALIZERS
from vendor_sim.estate import Estate, generate

RECORDS = 3 * SIZE + 2

FAULTS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "throttled, not told how long": ({"action": "status:429"}, {"queued"}),
    "throttled, told in seconds": ({"action": "status:429", "retry_after": 30}, {"queued"}),
    "throttled, told by date": ({"action": "status:429", "retry_after": 30, "dated": True}, {"queued"}),
    "a storm of throttling": ({"action": "status:429", "times": 5}, {"queued"}),
    "an error of the server": ({"action": "status:500"}, {"queued"}),
    "overload": ({"action": "status:503", "times": 2}, {"queued"}),
    "a gateway's page": ({"action": "html"}, {"queued"}),
    "a page of HTML as if it were the answer": ({"action": "html:200"}, {"failed"}),
    "truncated JSON": ({"action": "malformed"}, {"failed"}),
    "an answer without a body": ({"action": "blank"}, {"failed", "queued"}),
    "a dropped connection": ({"action": "drop"}, {"queued"}),
    "a slow answer": ({"action": "slow", "seconds": 0.01}, {"succeeded"}),
    "the page before, once more": ({"action": "repeat"}, {"failed"}),
    "a page without end": ({"action": "repeat", "times": 3}, {"failed"}),
    "permission lost": ({"action": "status:403"}, {"parked", "unavailable"}),
    "a token revoked": ({"action": "status:401"}, {"succeeded", "parked"}),
    "a page token expired": ({"action": "status:410"}, {"failed", "queued"}),
    "a status nobody has heard of": ({"action": "status:418"}, {"queued"}),
}
"""What goes wrong with the second page, and the states its run may be in then."""


@pytest.fixture(scope="module")
def estate() -> Estate:
    """An estate whose lists each test fills anew."""
    return generate(1, 2, date(2026, 11, 23))


@pytest.fixture(params=LISTS)
async def listing(request, database, estate: Estate) -> AsyncIterator[Listing]:
    """One list of four pages."""
    async with open_listing(database, estate, request.param, RECORDS) as held:
        yield held


async def test_a_fault_within_a_list_loses_nothing_doubles_nothing_and_deletes_nothing(listing: Listing) -> None:
    for name, (fault, states) in FAULTS.items():
        await listing.anew()
        await listing.fault(after=1, **fault)
        rows: list[dict[str, Any]] = []

        def seen(row: dict[str, Any], rows: list[dict[str, Any]] = rows) -> None:
            rows.append(row)
            listing.proved(repeated=int(row["error_class"] == "paging_broken"))
            assert not any(deleted for _, deleted in listing.stored().values())

        await listing.until_complete(seen)
        first = rows[0]
        assert first["state"] in states, (name, first["error"])
        if first["state"] != "succeeded":
            place = {"paging_broken": 2, "delta_expired": 0}.get(first["error_class"], 1)
            assert first["pages"] == place, f"{name}: the place is after the page that came"
            assert first["error_class"] not in (None, "vendor_error"), name
            assert first["advice"], name
        assert listing.alive() == listing.there(), name


@pytest.mark.parametrize("told", [{"retry_after": 90}, {"retry_after": 90, "dated": True, "clock_ahead": 5_000}])
async def test_a_throttled_run_waits_exactly_as_told_and_burns_no_attempt(listing: Listing, told: dict) -> None:
    await listing.fault(action="status:429", **told)
    run = listing.queue()
    [(before,)] = listing.bench.database.execute("SELECT clock_timestamp()")
    row = await listing.bench.carry_out(run)
    [(after,)] = listing.bench.database.execute("SELECT clock_timestamp()")
    waits = datetime.fromisoformat(row["not_before"])
    assert (waits - after).total_seconds() <= 90 <= (waits - before).total_seconds()
    assert row["attempts"] == 0


async def test_a_refused_token_is_minted_anew_once_and_no_more(listing: Listing) -> None:
    route = listing.conformer.signs_in
    if route is None:
        pytest.skip("every request carries the secret itself")
    await listing.fault(action="status:401", times=-1)
    row = await listing.bench.carry_out(listing.queue())
    assert (row["state"], row["error_class"]) == ("queued", "token_expired")
    counters = (await listing.bench.world.http.get(f"{_home(listing)}/_sim/counters")).json()
    assert counters["requests"][route] == 2


async def test_a_refusal_stops_the_account_alone_or_where_the_rest_means_something_without_it_the_list(
    listing: Listing,
) -> None:
    bench, vendor = listing.bench, listing.conformer.vendor
    other = bench.account(vendor.name, "another account")
    [essential] = [one.essential for one in vendor.endpoints if one.resource == listing.listed.resource]
    await listing.fault(action="status:403", times=-1)
    assert (await bench.carry_out(listing.queue()))["state"] == ("parked" if essential else "unavailable")
    parked = bench.database.execute("SELECT id FROM account WHERE parked_at IS NOT NULL")
    assert parked == ([(listing.account,)] if essential else [])
    assert other != listing.account


async def test_fields_and_values_nobody_has_seen_are_kept_and_do_not_stop_the_pipeline(listing: Listing) -> None:
    key = listing.listed.key(1)
    listing.rows[key] |= listing.listed.novel
    await listing.until_complete()
    [(raw,)] = listing.bench.database.execute("SELECT raw_data FROM entity WHERE external_id = %s", str(key))
    assert raw.items() >= listing.listed.novel.items()
    normalizer = NORMALIZERS[listing.conformer.vendor.name, listing.listed.resource]
    assert isinstance(normalizer.normalize(raw), normalizer.kind)


async def test_a_record_that_goes_while_the_list_is_read_hides_no_other(listing: Listing) -> None:
    await listing.until_complete()

    def gone(page: int) -> None:
        if page == 1:
            listing.drop(0)

    listing.between.pages, listing.between.then = 0, gone
    await listing.until_complete()
    assert set(listing.alive()) >= set(listing.there())


async def test_one_record_that_goes_and_one_that_comes_at_once_hide_no_third(listing: Listing) -> None:
    await listing.until_complete()

    def swapped(page: int) -> None:
        if page == 1:
            listing.drop(0)
            listing.put(90, "new")

    listing.between.pages, listing.between.then = 0, swapped
    await listing.until_complete()
    assert set(listing.alive()) >= set(listing.there()) - {str(listing.listed.key(90))}
    listing.between.then = None
    for _ in range(2):
        await listing.until_complete()
    assert listing.alive() == listing.there()


async def test_memory_is_bounded_by_a_page(listing: Listing) -> None:
    peaks = []
    gc.freeze()
    listing.between.then = lambda _: gc.collect() and None  # what is garbage is not held
    for pages in (5, 50):
        for number in range(pages * SIZE):
            listing.put(number, "x" * 20_000)
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        run = await listing.bench.carry_out(listing.queue())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert run["state"] == "succeeded"
        assert run["pages"] >= pages
        peaks.append(peak - before)
    gc.unfreeze()
    assert peaks[1] <= 1.5 * peaks[0], peaks


async def test_a_tenant_that_moved_to_another_region_goes_on_once_the_vendor_has_said_so(
    listing: Listing,
) -> None:
    if (listing.conformer.vendor.name, listing.listed.resource) != ("sophos", "endpoints"):
        pytest.skip("only Sophos has tenants in regions of their own")
    bench, sophos = listing.bench, listing.bench.world.estate.sophos
    [(tenant,)] = bench.database.execute("SELECT external_id FROM account WHERE id = %s", listing.account)
    await listing.until_complete()
    row, was = sophos.tenants[tenant], sophos.tenants[tenant]["dataRegion"]
    try:
        row["dataRegion"] = next(region for region, _ in bench.world.at.regions if region != was)
        assert (await bench.carry_out(listing.queue()))["state"] == "parked", "the old region refuses the partner"
        assert (await bench.read("sophos", bench.roots["sophos"], "tenants"))["state"] == "succeeded"
        assert bench.database.execute("SELECT count(*) FROM account WHERE parked_at IS NOT NULL") == [(0,)]
        assert (await bench.carry_out(listing.queue()))["state"] == "succeeded"
    finally:
        row["dataRegion"] = was


def _home(listing: Listing) -> str:
    """The simulator that signs the vendor in."""
    return getattr(listing.bench.world.at, listing.conformer.vendor.name)
