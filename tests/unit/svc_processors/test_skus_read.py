"""A refreshed list of product names counts over the shipped one, and says that it is another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from svc_processors.main import read_names, versions
from svc_processors.skus import NAMES, product_name

LICENCES = "m365/subscribedSkus"


@pytest.fixture(autouse=True)
def _shipped_again() -> Iterator[None]:
    yield
    NAMES.use(None)


def test_a_refreshed_file_is_followed_and_its_loss_too(tmp_path: Path) -> None:
    file = tmp_path / "names.json"
    shipped, before = product_name("AAD_PREMIUM"), versions()
    assert shipped
    assert not read_names(file), "it is not there yet"
    file.write_text('{"spx": "New product", "AAD_PREMIUM": "Renamed"}')
    assert read_names(file)
    assert (product_name("SPX"), product_name("aad_premium")) == ("New product", "Renamed")
    assert product_name("AAD_PREMIUM_P2"), "what the refreshed list lacks is still named"
    changed = {name for name, version in versions().items() if version != before[name]}
    assert changed == {LICENCES}
    assert not read_names(file)
    file.unlink()
    assert read_names(file)
    assert versions() == before


@pytest.mark.parametrize("content", ["", "{", "[]", '{"SPB": 7}', "null"])
def test_a_file_that_is_no_list_of_names_changes_nothing(tmp_path: Path, content: str) -> None:
    file = tmp_path / "names.json"
    file.write_text('{"SPX": "New product"}')
    read_names(file)
    file.write_text(content)
    assert not read_names(file)
    assert product_name("SPX") == "New product"
