"""Several records become one thing whatever order they come in; a word beats silence, and each word has its reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.svc_resolvers.conftest import BARE

from mspbyte_common.db.views import MERGED_KINDS
from mspbyte_common.models import Device
from svc_resolvers.fragment import Fragment
from svc_resolvers.fragments.devices import ENTRA_AND_INTUNE, REIMAGED
from svc_resolvers.merging.merge import Merged, merge
from svc_resolvers.merging.regroup import DECLARED

NOW = datetime(2026, 11, 23, tzinfo=UTC)
INTUNE, ENTRA = "managedDevices", "devices"


def _fragment(number: int, resource: str, **fields: Any) -> Fragment:
    return Fragment(UUID(int=number), resource, f"x{number}", Device(**BARE[Device] | fields))


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


FIELDS = st.fixed_dictionaries(
    {
        "name": _maybe(st.sampled_from(["PC-1", "PC-2"])),
        "serial": _maybe(st.sampled_from(["S1", "S2"])),
        "device_class": st.sampled_from(["unknown", "workstation", "server"]),
        "macs": st.sampled_from([(), ("a",), ("b",)]),
        "products": st.sampled_from([None, ()]),
        "owner_upn": _maybe(st.sampled_from(["ann@example.com", "bob@example.com"])),
        "last_seen_at": _maybe(st.integers(0, 2).map(lambda days: NOW - timedelta(days=days))),
        "created_at": _maybe(st.integers(0, 2).map(lambda days: NOW - timedelta(days=days))),
    }
)
RECORDS = st.lists(st.tuples(st.sampled_from([INTUNE, ENTRA]), FIELDS), min_size=1, max_size=5).map(
    lambda found: [_fragment(number, resource, **fields) for number, (resource, fields) in enumerate(found)]
)


@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_show(records: list[Fragment], dice: Any) -> None:
    shuffled = list(records)
    dice.shuffle(shuffled)
    one, other = merge(records, ENTRA_AND_INTUNE), merge(shuffled, ENTRA_AND_INTUNE)
    assert one == other
    assert one.hash == other.hash


@given(RECORDS)
def test_merging_what_was_merged_changes_nothing(records: list[Fragment]) -> None:
    once = merge(records, ENTRA_AND_INTUNE)
    volatile = {"last_seen_at": records[0].model.last_seen_at}  # type: ignore[attr-defined]
    model = Device.model_validate({**once.document, **volatile}, strict=False)
    again = merge([Fragment(once.order[0], INTUNE, "x", model)], ENTRA_AND_INTUNE)
    assert again.document == once.document


@given(RECORDS)
def test_silence_never_beats_a_word_and_no_word_is_made_up(records: list[Fragment]) -> None:
    values = merge(records, ENTRA_AND_INTUNE).document
    for name, nothing in (
        ("name", None),
        ("serial", None),
        ("device_class", "unknown"),
        ("macs", []),
        ("created_at", None),
    ):
        told = [one.model.model_dump(mode="json")[name] for one in records]
        words = [word for word in told if word != nothing]
        assert values[name] in (words or [nothing])


@given(RECORDS)
def test_every_word_that_counts_is_named_once_with_the_record_that_has_it(records: list[Fragment]) -> None:
    merged = merge(records, ENTRA_AND_INTUNE)
    by_id = {str(one.id): one.model.model_dump(mode="json") for one in records}
    named = [(name, one["entity_id"]) for one in merged.provenance for name in one["fields"]]
    assert len({name for name, _ in named}) == len(named)
    assert all(by_id[record][name] == merged.document[name] for name, record in named)
    silent = set(merged.document) - {name for name, _ in named}
    assert all(merged.document[name] in (None, [], "unknown") for name in silent - {"owner_upn"})
    assert [one["entity_id"] for one in merged.provenance] == [str(one) for one in merged.order]


@given(RECORDS)
def test_volatile_fields_matter_only_among_records_of_one_resource(records: list[Fragment]) -> None:
    per_resource = [one.resource for one in records]
    merged = merge(records, ENTRA_AND_INTUNE)
    assert "last_seen_at" not in merged.document
    assert merged.contested == {one.id for one in records if per_resource.count(one.resource) > 1}
    if not merged.contested:
        moved = [
            Fragment(one.id, one.resource, one.external_id, one.model.model_copy(update={"last_seen_at": NOW}))
            for one in records
        ]
        assert merge(moved, ENTRA_AND_INTUNE) == merged


def _words(merged: Merged) -> dict[str, tuple[str, str]]:
    return {name: (one["resource"], why) for one in merged.provenance for name, why in one["fields"].items()}


def test_intune_leads_the_directory_completes_and_knows_since_when() -> None:
    year, day = NOW - timedelta(days=365), NOW - timedelta(days=1)
    intune = _fragment(2, INTUNE, name="PC-1", serial="S1", compliance="unknown", created_at=day)
    entra = _fragment(1, ENTRA, name="pc-1", active=True, compliance="compliant", created_at=year)
    merged = merge([entra, intune], ENTRA_AND_INTUNE)
    assert merged.order == (intune.id, entra.id)
    assert {name: merged.document[name] for name in ("name", "serial", "active", "compliance")} == {
        "name": "PC-1",
        "serial": "S1",
        "active": True,
        "compliance": "compliant",
    }
    assert merged.document["created_at"] == "2025-11-23T00:00:00Z"
    assert {name: word for name, word in _words(merged).items() if name != "macs"} == {
        "name": (INTUNE, "priority"),
        "serial": (INTUNE, "no other tells"),
        "active": (ENTRA, "no other tells"),
        "compliance": (ENTRA, "no other tells"),
        "created_at": (ENTRA, "priority"),
    }


@pytest.mark.parametrize("first", [1, 2])
def test_of_a_machine_set_up_anew_the_installation_seen_last_leads_and_alone_tells_its_state(first: int) -> None:
    old = _fragment(
        first, "endpoints", name="OLD", os_version="10", agent_health="bad", last_seen_at=NOW - timedelta(days=9)
    )
    new = _fragment(3 - first, "endpoints", name="NEW", last_seen_at=NOW)
    merged = merge([old, new], REIMAGED)
    assert merged.order == (new.id, old.id)
    assert merged.document["agent_health"] is None
    assert (merged.document["name"], merged.document["os_version"]) == ("NEW", "10")
    assert _words(merged) == {"name": ("endpoints", "seen last"), "os_version": ("endpoints", "no other tells")}


def test_never_seen_comes_last_and_a_tie_is_broken_by_the_vendors_id() -> None:
    unseen = _fragment(1, "endpoints", name="A")
    one, other = (_fragment(number, "endpoints", name=f"N{number}", last_seen_at=NOW) for number in (2, 3))
    merged = merge([unseen, other, one], REIMAGED)
    assert merged.order == (one.id, other.id, unseen.id)
    assert _words(merged)["name"] == ("endpoints", "smallest id")


def test_the_declarations_are_these_and_their_fields_exist() -> None:
    assert {key: (one.key_type, one.version, one.resources) for key, one in DECLARED.items()} == {
        ("device", "m365"): ("entra_device_id", 1, ("managedDevices", "devices")),
        ("device", "sophos"): ("serial", 1, ("endpoints",)),
    }
    assert {one.kind for one in DECLARED.values()} == set(MERGED_KINDS)
    for one in DECLARED.values():
        assert {*one.current, *one.fields} <= set(one.kind.model_fields) - one.kind.VOLATILE
        assert all(sorted(order) == sorted(one.resources) for order in one.fields.values())
        assert {"last_seen_at"} == one.kind.VOLATILE, "readers know how to merge this volatile field and no other"
