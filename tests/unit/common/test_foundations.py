"""Ids, hashes, declarations, secrets, transport, tokens, pages: what everything else stands on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import ModuleType
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspbyte_common import declarations, ids, logs, secrets
from mspbyte_common.errors import PagingBroken, RequestInvalid, SchemaDrift, UsageError
from mspbyte_common.hashing import digest, split_digest
from mspbyte_common.key_ring import KeyRing, new_key
from mspbyte_common.settings import with_password
from mspbyte_common.vendors.endpoint import Endpoint, Reply, Request
from mspbyte_common.vendors.keep import FUSE_RECORDS, fuse
from mspbyte_common.vendors.pages import id_after, key_after, next_link, page_number
from mspbyte_common.vendors.pull import Page, pull
from mspbyte_common.vendors.tokens import Token, TokenCache
from mspbyte_common.vendors.transport import Answer, Transport, origin
from mspbyte_common.vendors.waits import retry_after

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.text(), st.text(), st.text())
def test_an_id_depends_on_its_natural_key_and_on_nothing_else(noun: str, one: str, two: str) -> None:
    made = ids.derive("noun", one, two)
    assert made == ids.derive("noun", one, two)
    assert (made.version, made.variant) == (8, "specified in RFC 4122")
    if one != two:
        assert made != ids.derive("noun", two, one)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=6))
def test_equal_content_has_an_equal_hash_in_any_order_of_keys(record: dict[str, object]) -> None:
    assert digest(record) == digest(dict(reversed(list(record.items()))))


@given(st.dictionaries(st.text(max_size=3), st.integers(-9, 9), max_size=6), st.sets(st.text(max_size=3), max_size=3))
def test_a_volatile_field_moves_only_the_volatile_hash(record: dict[str, int], volatile: set[str]) -> None:
    semantic, _ = split_digest(record, volatile)
    moved = {name: value + 1 if name in volatile else value for name, value in record.items()}
    assert split_digest(moved, volatile)[0] == semantic
    if volatile & record.keys():
        assert split_digest(moved, volatile)[1] != split_digest(record, volatile)[1]


@dataclass(frozen=True)
class Piece:
    name: str


def test_a_piece_is_found_once_wherever_it_is_imported_and_two_of_a_name_are_refused() -> None:
    package = ModuleType("pieces")
    package.__path__ = []
    one = Piece("one")
    package.ONE, package.AGAIN, package.MANY = one, one, (Piece("two"),)
    import sys

    sys.modules["pieces"] = package
    found = declarations.discover(package, Piece)
    assert sorted(piece.name for piece in found) == ["one", "two"]
    with pytest.raises(ValueError, match="'one' is declared twice"):
        declarations.index([one, Piece("one")], key=lambda piece: piece.name)


def test_a_secret_opens_only_in_the_row_it_was_sealed_for() -> None:
    ring, key, msp, connection = KeyRing.of([new_key()]), new_key(), uuid4(), uuid4()
    sealed = secrets.encrypt(key, {"client_secret": "s3cret"}, msp, "m365", connection, 1)
    assert b"s3cret" not in sealed
    assert secrets.decrypt(key, sealed, msp, "m365", connection, 1) == {"client_secret": "s3cret"}
    for other in ((uuid4(), "m365", connection, 1), (msp, "sophos", connection, 1), (msp, "m365", connection, 2)):
        with pytest.raises(UsageError):
            secrets.decrypt(key, sealed, *other)
    wrapped = secrets.wrap(ring, key, msp, 1)
    assert secrets.unwrap(ring, ring.current, wrapped, msp, 1) == key
    for other in ((uuid4(), 1), (msp, 2)):
        with pytest.raises(UsageError, match="does not open"):
            secrets.unwrap(ring, ring.current, wrapped, *other)


def test_a_log_line_shows_no_value_whose_name_says_it_is_secret() -> None:
    event = {"event": "x", "client_secret": "s", "Authorization": "Bearer t", "records": 3}
    assert logs.redact(None, "info", event) == {
        "event": "x",
        "client_secret": "[redacted]",
        "Authorization": "[redacted]",
        "records": 3,
    }


def test_a_password_is_taken_from_its_file(tmp_path) -> None:
    (tmp_path / "p").write_text("a/b@c\n")
    assert with_password("postgresql://me@host:1/db", tmp_path / "p") == "postgresql://me:a%2Fb%40c@host:1/db"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1.0/users",
        "http://graph.microsoft.com/v1.0/users",
        "https://graph.microsoft.com.evil.example/",
        "https://graph.microsoft.com@evil.example/",
        "https://user:pw@graph.microsoft.com/",
        "https://graph.microsoft.com:8443/",
        "https://graph.microsoft.com:99999/",
        "ftp://graph.microsoft.com/",
        "//graph.microsoft.com/",
        "https:///v1.0/users",
    ],
)
async def test_nothing_is_sent_to_an_address_the_connection_does_not_name(url: str) -> None:
    asked: list[str] = []

    async def listen(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json={})

    async with httpx.AsyncClient(transport=httpx.MockTransport(listen)) as client:
        transport = Transport(client, allow_loopback_http=True)
        with pytest.raises(RequestInvalid):
            await transport.send(
                "GET", url, origins={"https://graph.microsoft.com"}, headers={"authorization": "Bearer t"}
            )
    assert asked == []


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async def listen(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "graph.microsoft.com"
        return httpx.Response(302, headers={"location": "https://evil.example/"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(listen)) as client:
        transport = Transport(client, allow_loopback_http=False)
        answer = await transport.send("GET", "https://graph.microsoft.com/x", origins={"https://graph.microsoft.com"})
    assert answer.status == 302


def test_plain_http_is_for_loopback_and_only_when_allowed() -> None:
    Transport(None, allow_loopback_http=True).check("http://127.0.0.1:81/x", {"http://127.0.0.1:81"})  # type: ignore[arg-type]
    for url, allowed in (("http://127.0.0.1:81/x", False), ("http://10.0.0.1/x", True)):
        with pytest.raises(RequestInvalid, match="not https"):
            Transport(None, allow_loopback_http=allowed).check(url, {origin(url)})  # type: ignore[arg-type]


async def test_of_many_who_want_a_token_one_mints_it() -> None:
    cache, minted = TokenCache(), 0

    async def mint() -> Token:
        nonlocal minted
        minted += 1
        await asyncio.sleep(0)
        return Token(f"t{minted}", 3_600)

    assert set(await asyncio.gather(*(cache.get("k", mint) for _ in range(20)))) == {"t1"}
    cache.refused("k", "t1")
    assert await cache.get("k", mint) == "t2"
    cache.refused("k", "t1")
    assert await cache.get("k", mint) == "t2", "an old token's refusal says nothing of the new one"


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("7", 7, 7),
        ("0", 0, 0),
        ("-5", 0, 0),
        ("999999", 3_600, 3_600),
    ],
)
def test_a_vendors_wish_to_be_left_alone_is_a_number_or_a_date(value: str, least: float, most: float) -> None:
    seconds = retry_after(Answer(429, {"retry-after": value}, b""))
    assert seconds is not None
    assert least <= seconds <= most


def test_a_date_that_has_passed_asks_for_no_wait_and_one_far_ahead_for_an_hour() -> None:
    for year, seconds in ((2020, 0.0), (2200, 3_600.0)):
        when = format_datetime(datetime(year, 1, 1, tzinfo=UTC), usegmt=True)
        assert retry_after(Answer(429, {"retry-after": when}, b"")) == seconds


@pytest.mark.parametrize("skew", [-7_200, 0, 7_200])
def test_a_date_to_wait_for_is_read_by_the_vendors_own_clock(skew: int) -> None:
    theirs = datetime.now(UTC) + timedelta(seconds=skew)
    headers = {
        "date": format_datetime(theirs, usegmt=True),
        "retry-after": format_datetime(theirs + timedelta(seconds=40), usegmt=True),
    }
    assert retry_after(Answer(429, headers, b"")) == 40


@pytest.mark.parametrize("headers", [{}, {"retry-after": ""}, {"retry-after": "soon"}])
def test_no_wish_is_none(headers: dict[str, str]) -> None:
    assert retry_after(Answer(429, headers, b"")) is None


@given(st.integers(0, 200), st.integers(0, 400))
def test_the_fuse_lets_go_small_losses_and_holds_large_ones(lost: int, kept: int) -> None:
    gone = [UUID(int=number) for number in range(lost)]
    now, held = fuse(gone, lost + kept, [])
    assert sorted(now + held) == sorted(gone)
    assert bool(held) == (lost > FUSE_RECORDS and lost > 0.2 * (lost + kept))
    assert fuse(gone, lost + kept, gone) == (gone, []), "a second listing agrees"


def _endpoint(paging) -> Endpoint:
    return Endpoint("things", "kind", "/things", "items", paging, timedelta(hours=1))


async def test_a_list_that_names_a_page_twice_is_stopped() -> None:
    async def fetch(_request: Request):
        return Reply({"items": [], "next": "https://v/2"}, None)

    async def keep(_page) -> None:
        return None

    with pytest.raises(PagingBroken):
        await pull(_endpoint(next_link("next")), fetch, keep, place=None, number=0)


@pytest.mark.parametrize("body", [{}, {"items": None}, {"items": {}}, {"items": [1]}, {"items": "x"}])
async def test_a_page_that_is_no_list_of_objects_is_drift(body) -> None:
    async def fetch(_request: Request):
        return Reply(body, None)

    async def keep(_page) -> None:
        raise AssertionError("must not be kept")

    with pytest.raises(SchemaDrift):
        await pull(_endpoint(next_link("next")), fetch, keep, place=None, number=0)


def test_an_end_that_is_not_stated_is_no_end() -> None:
    for paging in (page_number(), key_after()):
        endpoint = _endpoint(paging)
        with pytest.raises(SchemaDrift):
            paging.following(endpoint, paging.first(endpoint), {"items": []})


def test_ids_that_do_not_ascend_are_refused() -> None:
    paging = id_after(size=2)
    endpoint = _endpoint(paging)
    first = paging.first(endpoint)
    assert first.body == {"MaxRecords": 2, "filter": [{"op": "gt", "field": "id", "value": -1}]}
    following = paging.following(endpoint, first, {"items": [{"id": 0}, {"id": 5}]})
    assert following is not None
    assert following.body == {"MaxRecords": 2, "filter": [{"op": "gt", "field": "id", "value": 5}]}
    with pytest.raises(SchemaDrift):
        paging.following(endpoint, following, {"items": [{"id": 9}, {"id": 7}]})
    with pytest.raises(SchemaDrift):
        paging.following(endpoint, following, {"items": [{"id": 1}, {"id": 7}]})


@given(st.dictionaries(st.text(max_size=4), st.text(max_size=4)), JSON)
def test_a_place_in_a_run_survives_the_database(params: dict[str, str], body: object) -> None:
    request = Request("POST", "/x", params, {"b": body})
    assert Request.from_json(orjson.loads(orjson.dumps(request.to_json()))) == request


@pytest.mark.parametrize("resumed", [False, True])
async def test_a_list_of_positions_whose_length_changes_is_not_read_on(resumed: bool) -> None:
    endpoint = Endpoint("things", "k", "/things", "items", page_number(), timedelta(hours=1))
    kept: list[Page] = []

    async def fetch(request: Request) -> Reply:
        page = int(request.params["page"])
        return Reply({"items": [{"id": page}], "pages": {"current": page, "total": 3, "items": 4 - page}}, None)

    async def keep(page: Page) -> None:
        kept.append(page)
        if resumed:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError if resumed else PagingBroken):
        await pull(endpoint, fetch, keep, place=None, number=0)
    if resumed:
        assert kept[0].following is not None
        place = orjson.loads(orjson.dumps(kept[0].following.to_json()))
        with pytest.raises(PagingBroken, match="from 3 to 2 records"):
            await pull(endpoint, fetch, keep, place=place, number=1)
    assert len(kept) == 1


def test_what_a_list_of_positions_lacks_is_ended_when_a_second_listing_lacks_it_too() -> None:
    gone = [uuid4()]
    assert fuse(gone, 100, [], shifts=True) == ([], gone)
    assert fuse(gone, 100, gone, shifts=True) == (gone, [])
    assert fuse(gone, 100, []) == (gone, [])
