"""Microsoft's list of product names is taken over whole, or not at all."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import httpx
import orjson
import pytest

from mspctl.cli import invoke
from mspctl.failure import Failure
from mspctl.skus import download as fetching
from mspctl.skus.download import MICROSOFT, download
from mspctl.skus.names import COLUMNS, compare, read_names

PRODUCTS = {f"SKU_{number:03}": f"Product {number}" for number in range(120)}


def _csv(products: dict[str, str], *, columns: tuple[str, ...] = COLUMNS, encoding: str = "utf-8") -> bytes:
    """A list as Microsoft has it: a row for each of a product's two service plans."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(columns)
    for part_number, name in products.items():
        for plan in ("EXCHANGE_S", "TEAMS1"):
            rows.writerow([name, part_number, "c7df2760-2c81-4ef7-b578-5b5392b571df", plan, "p", plan][: len(columns)])
    return text.getvalue().encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_each_product_is_read_once_whatever_the_encoding(encoding: str) -> None:
    odd = {"spb": " Business Premium, für 1, 2 ", "": "nothing", "EMPTY": " "}
    assert read_names(_csv(PRODUCTS | odd, encoding=encoding)) == PRODUCTS | {"SPB": "Business Premium, für 1, 2"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (_csv(PRODUCTS, columns=COLUMNS[:2]), "no column GUID, Service_Plan_Name"),
        (b"<html><body>Sign in</body></html>", "no column Product_Display_Name"),
        (b"", "no column"),
        (_csv(dict(list(PRODUCTS.items())[:50])), "has 50 products"),
        (_csv(PRODUCTS) + b'"' + b"x" * 200_000, "cannot be read"),
    ],
)
def test_what_is_not_the_whole_list_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(Failure, match=why):
        read_names(content)


def test_what_is_new_renamed_and_gone_is_told() -> None:
    after = PRODUCTS | {"NEW": "New", "SKU_001": "Another"}
    del after["SKU_002"]
    changes = compare(PRODUCTS, after)
    assert (changes.added, changes.renamed) == ({"NEW": "New"}, {"SKU_001": ("Product 1", "Another")})
    assert changes.removed == {"SKU_002": "Product 2"}
    with pytest.raises(Failure, match="only 0 of the 120"):
        compare(PRODUCTS, {f"OTHER_{number}": "x" for number in range(200)})


def _served(*, status: int = 200, content: bytes = b"", **headers: str) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(status, content=content, headers=headers))


def test_only_an_answer_of_the_address_itself_over_https_and_of_a_size_counts(monkeypatch) -> None:
    assert download(MICROSOFT, _served(content=b"list")) == b"list"
    with pytest.raises(Failure, match="not https"):
        download(MICROSOFT.replace("https", "http"), _served(content=b"list"))
    with pytest.raises(Failure, match="answered 302"):
        download(MICROSOFT, _served(status=302, location="https://elsewhere.example/"))
    monkeypatch.setattr(fetching, "MAX_BYTES", 3)
    with pytest.raises(Failure, match="more than 3 bytes"):
        download(MICROSOFT, _served(content=b"list"))

    def broken(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    with pytest.raises(Failure, match="did not answer"):
        download(MICROSOFT, httpx.MockTransport(broken))


def test_a_refreshed_list_is_stored_in_the_fleets_directory_and_a_refused_one_changes_nothing(
    tmp_path: Path, capsys
) -> None:
    source, fleet = tmp_path / "list.csv", tmp_path / "fleet"

    def refresh(content: bytes) -> int:
        source.write_bytes(content)
        return invoke(["sku", "refresh", str(source), "--dir", str(fleet), "--json"])

    assert refresh(_csv(PRODUCTS)) == 0
    assert len(orjson.loads(capsys.readouterr().out)["added"]) == 120
    kept = fleet / "microsoft_skus.json"
    assert orjson.loads(kept.read_bytes()) == PRODUCTS
    assert refresh(_csv(PRODUCTS)[:3000]) == 1
    assert "not whole" in capsys.readouterr().err
    assert refresh(_csv(PRODUCTS | {"SKU_007": "Seven"})) == 0
    assert orjson.loads(capsys.readouterr().out)["renamed"] == {"SKU_007": ["Product 7", "Seven"]}
    assert orjson.loads(kept.read_bytes())["SKU_007"] == "Seven"
    assert [file.name for file in fleet.iterdir()] == ["microsoft_skus.json"]
    assert invoke(["sku", "refresh", str(tmp_path / "none.csv")]) == 2
