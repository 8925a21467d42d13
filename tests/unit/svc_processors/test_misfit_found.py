"""The path at fault is found, and finding it never fails."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import svc_processors.normalizers
from mspbyte_common.declarations import discover
from mspbyte_common.models import Domain, Kind
from svc_processors.misfit import Misfit, describe
from svc_processors.normalizer import Normalizer

Record = dict[str, Any]

DATA = Path(__file__).parents[2] / "data"
NORMALIZERS = discover(svc_processors.normalizers, Normalizer)

FAULTS: list[tuple[str, str, Callable[[Record], object], str, str]] = [
    ("m365", "users", lambda raw: raw.pop("id"), "$.id", "missing"),
    ("m365", "users", lambda raw: raw.update(id=None), "$.id", "null"),
    ("m365", "users", lambda raw: raw.update(accountEnabled="yes"), "$.accountEnabled", "string"),
    ("m365", "users", lambda raw: raw["assignedLicenses"][1].pop("skuId"), "$.assignedLicenses[1].skuId", "missing"),
    ("m365", "users", lambda raw: raw["assignedLicenses"].append(7), "$.assignedLicenses[2]", "number"),
    ("m365", "users", lambda raw: raw["proxyAddresses"].insert(1, {}), "$.proxyAddresses[1]", "object"),
    (
        "m365",
        "users",
        lambda raw: raw["signInActivity"].update(lastSignInDateTime="soon"),
        "$.signInActivity.lastSignInDateTime",
        "string",
    ),
    ("m365", "groups", lambda raw: raw["members"][2].update(id=""), "$.members[2].id", "string"),
    ("m365", "delegatedAdminRelationships", lambda raw: raw.update(customer=None), "$.customer", "null"),
    ("m365", "delegatedAdminRelationships", lambda raw: raw["customer"].clear(), "$.customer.tenantId", "missing"),
    ("autotask", "Contacts", lambda raw: raw.pop("companyID"), "$.companyID", "missing"),
    ("autotask", "Companies", lambda raw: raw.update(companyName=""), "$.companyName", "string"),
    ("autotask", "Companies", lambda raw: raw.update(isActive=1), "$.isActive", "number"),
    ("autotask", "ContractServiceUnits", lambda raw: raw.update(startDate=None), "$.startDate", "null"),
    ("autotask", "ContractServiceUnits", lambda raw: raw.update(units="many"), "$.units", "string"),
    ("sophos", "endpoints", lambda raw: raw.update(health=[]), "$.health", "array"),
    ("sophos", "endpoints", lambda raw: raw["health"].update(overall=True), "$.health.overall", "boolean"),
    (
        "sophos",
        "endpoints",
        lambda raw: raw["assignedProducts"][0].pop("code"),
        "$.assignedProducts[0].code",
        "missing",
    ),
    ("sophos", "alerts", lambda raw: raw.update(raisedAt=1700000000), "$.raisedAt", "number"),
]


def _record(normalizer: Normalizer) -> Record:
    found: Record = json.loads((DATA / normalizer.vendor / f"{normalizer.resource}.json").read_text())
    return found


def _misfit(raw: Mapping[str, Any], normalize: Callable[[Mapping[str, Any]], Kind]) -> Misfit | None:
    try:
        normalize(raw)
    except Exception as error:  # noqa: BLE001  (whatever a normalizer raises is to be described)
        return describe(raw, normalize, error)
    return None


@pytest.mark.parametrize(("vendor", "resource", "spoil", "path", "value_class"), FAULTS, ids=[f[3] for f in FAULTS])
def test_the_path_at_fault_is_named(
    normalizers: dict[tuple[str, str], Normalizer],
    vendor: str,
    resource: str,
    spoil: Callable[[Record], object],
    path: str,
    value_class: str,
) -> None:
    normalizer = normalizers[vendor, resource]
    raw = _record(normalizer)
    spoil(raw)
    found = _misfit(raw, normalizer.normalize)
    assert found is not None
    assert (found.path, found.value_class) == (path, value_class)
    assert found.message


def test_a_key_sent_in_another_case_is_named_as_sent(normalizers: dict[tuple[str, str], Normalizer]) -> None:
    normalizer = normalizers["autotask", "Companies"]
    found = _misfit({"Id": 1, "CompanyName": []}, normalizer.normalize)
    assert found is not None
    assert found.path == "$.CompanyName"


def test_a_value_the_model_refuses_is_found_in_the_record() -> None:
    found = _misfit({"wrong": {"deep-down": [17]}}, lambda raw: Domain(name=raw["wrong"]["deep-down"][0]))
    assert found == Misfit("$.wrong['deep-down'][0]", "number", "name: Input should be a valid string")


def test_a_value_the_model_refuses_that_stands_twice_is_named_by_our_field() -> None:
    found = _misfit({"a": 17, "b": 17}, lambda raw: Domain(name=raw["a"]))
    assert found == Misfit("→ name", "number", "name: Input should be a valid string")


def test_a_value_made_by_the_normalizer_is_named_by_our_field() -> None:
    found = _misfit({"a": "x"}, lambda raw: Domain(name=len(raw["a"])))  # type: ignore[arg-type]  # the fault under test
    assert found == Misfit("→ name", "number", "name: Input should be a valid string")


def test_the_message_holds_no_long_value() -> None:
    secret = "s" * 5000

    def normalize(raw: Mapping[str, Any]) -> Kind:
        raise ValueError(raw["token"])

    found = _misfit({"token": secret}, normalize)
    assert found is not None
    assert found.message == secret[:80]


def test_an_error_that_does_not_come_back_is_described_all_the_same() -> None:
    found = describe({"id": "a"}, lambda raw: Domain(name=raw["id"]), RuntimeError())
    assert found == Misfit("$", "object", "RuntimeError")


def _places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in steps:
        yield (*path, step)
        yield from _places(item, (*path, step))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(NORMALIZERS), st.data())
def test_a_spoilt_record_fits_or_has_a_path(normalizer: Normalizer, data: st.DataObject) -> None:
    raw = copy.deepcopy(_record(normalizer))
    for _ in range(data.draw(st.integers(min_value=1, max_value=3))):
        places = list(_places(raw))
        if not places:
            break
        *way, last = data.draw(st.sampled_from(places))
        holder: Any = raw
        for step in way:
            holder = holder[step]
        if data.draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = data.draw(values)
    before = copy.deepcopy(raw)
    found = _misfit(raw, normalizer.normalize)
    assert repr(raw) == repr(before)
    if found is not None:
        assert found.path.startswith(("$", "→ "))
        assert found.path != "$"
        assert len(found.message) in range(1, 81)
