"""no_endpoint_protection: finding, ok, unknown, and when to look again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from svc_workers.checks.no_endpoint_protection import CHECK
from svc_workers.verdict import Finding, Ok, Unknown

Build = Callable[..., Any]


def test_an_intune_device_without_an_agent_is_a_finding_until_it_falls_silent(
    device: Build, links: Build, now: datetime
) -> None:
    verdict = CHECK.verdict(device(), links())

    assert isinstance(verdict, Finding)
    assert verdict.severity == "high"
    assert verdict.title == "PC-1 has no endpoint protection"
    assert verdict.recheck_at == now + timedelta(days=29)


def test_a_device_with_an_agent_is_ok_however_old_the_sophos_listing(device: Build, links: Build) -> None:
    agent = device(source="sophos/endpoints")

    assert CHECK.verdict(device(), links({"same_device": (agent,)}, incomplete=("sophos/endpoints",))) == Ok()


def test_a_device_that_may_be_one_sophos_knows_is_unknown_until_a_person_says(device: Build, links: Build) -> None:
    agent = device("pc-1", source="sophos/endpoints")

    verdict = CHECK.verdict(device(), links(candidates={"same_device": (agent,)}))

    assert isinstance(verdict, Unknown)
    assert verdict.why == "a Sophos endpoint may be this device: pc-1"


@pytest.mark.parametrize(
    "fields", [{"device_class": "mobile"}, {"source": "sophos/endpoints"}, {"source": "autotask/ConfigurationItems"}]
)
def test_other_classes_and_other_sources_are_not_asked(device: Build, links: Build, fields: dict[str, Any]) -> None:
    assert CHECK.verdict(device(**fields), links()) == Ok()


def test_a_silent_device_is_ok(device: Build, links: Build, now: datetime) -> None:
    assert CHECK.verdict(device(last_seen_at=now - timedelta(days=40)), links()) == Ok()


def test_the_thirtieth_day_is_the_first_silent_one(device: Build, links: Build, now: datetime) -> None:
    assert isinstance(CHECK.verdict(device(last_seen_at=now - timedelta(days=30)), links()), Ok)
    assert isinstance(CHECK.verdict(device(last_seen_at=now - timedelta(days=30, seconds=-1)), links()), Finding)


def test_a_new_device_has_three_days_of_grace(device: Build, links: Build, now: datetime) -> None:
    created = now - timedelta(days=2)

    assert CHECK.verdict(device(created_at=created), links()) == Ok(recheck_at=created + timedelta(days=3))
    assert isinstance(CHECK.verdict(device(created_at=now - timedelta(days=3)), links()), Finding)


def test_an_entra_device_waits_for_intune(device: Build, links: Build) -> None:
    entra = device(source="m365/devices")
    verdict = CHECK.verdict(entra, links(incomplete=("m365/managedDevices",)))

    assert isinstance(verdict, Unknown)
    assert verdict.waits_for == "m365/managedDevices"
    assert isinstance(CHECK.verdict(entra, links()), Finding)


def test_without_a_sophos_listing_nothing_is_known(device: Build, links: Build) -> None:
    waiting = CHECK.verdict(device(), links(incomplete=("sophos/endpoints",)))
    without = CHECK.verdict(device(), links(vendors=("m365",)))

    assert isinstance(waiting, Unknown)
    assert waiting.waits_for == "sophos/endpoints"
    assert isinstance(without, Unknown)
    assert without.why == "no Sophos listing for this client"


def test_an_unmapped_account_and_an_unknown_last_seen_are_unknown(device: Build, links: Build) -> None:
    unmapped = CHECK.verdict(device(client=None), links())

    assert isinstance(unmapped, Unknown)
    assert unmapped.why == "the account is not mapped"
    assert isinstance(CHECK.verdict(device(last_seen_at=None), links()), Unknown)
