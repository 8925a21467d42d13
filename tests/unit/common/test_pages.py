"""Ways of paging that say little about their end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspbyte_common.errors import PagingBroken, SchemaDrift
from mspbyte_common.vendors.endpoint import Endpoint, Paging, Reply
from mspbyte_common.vendors.pages import MOST_UNCOUNTED, one_each, page_number
from mspbyte_common.vendors.pull import Page, pull


def _endpoint(paging: Paging) -> Endpoint:
    return Endpoint("people", "kind", "/people", "items", paging, timedelta(hours=1))


async def _read(endpoint: Endpoint, answer: Any) -> list[Any]:
    found: list[Any] = []

    async def keep(page: Page) -> None:
        found.extend(page.records)

    async def ask(request: Any) -> Reply:
        return Reply(answer(request), None)

    await pull(endpoint, ask, keep, place=None, number=0)
    return found


@given(rows=st.integers(min_value=0, max_value=12), size=st.integers(min_value=1, max_value=4), counted=st.booleans())
async def test_a_list_that_may_not_count_its_pages_is_read_to_its_last_record(
    rows: int, size: int, counted: bool
) -> None:
    def answer(request: Any) -> dict[str, Any]:
        current = int(request.params["page"])
        items = [{"id": number} for number in range(rows)][(current - 1) * size : current * size]
        return {"items": items} | ({"pages": {"current": current, "total": -(-rows // size)}} if counted else {})

    assert [one["id"] for one in await _read(_endpoint(page_number(counted=False)), answer)] == list(range(rows))


async def test_a_list_that_must_count_its_pages_and_does_not_is_drift() -> None:
    with pytest.raises(SchemaDrift):
        await _read(_endpoint(page_number()), lambda _request: {"items": []})


async def test_a_vendor_that_ignores_the_page_does_not_hold_us_for_ever() -> None:
    with pytest.raises(PagingBroken, match=str(MOST_UNCOUNTED)):
        await _read(_endpoint(page_number(counted=False)), lambda _request: {"items": [{"id": 1}]})


async def test_each_path_is_a_page() -> None:
    endpoint = _endpoint(one_each(["/a", "/b", "/c"]))
    assert await _read(endpoint, lambda request: {"items": [{"at": request.url}]}) == [
        {"at": "/a"},
        {"at": "/b"},
        {"at": "/c"},
    ]
