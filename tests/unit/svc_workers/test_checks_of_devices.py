"""The checks on devices and their agents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from svc_workers.checks import (
    agent_silent,
    agent_unhealthy,
    class_mismatch,
    ghost_agent,
    not_compliant,
    not_in_psa,
    os_unsupported,
)
from svc_workers.verdict import Finding, Ok, Unknown

Build = Callable[..., Any]
AGENT, ENTRA, ITEM = "sophos/endpoints", "m365/devices", "autotask/ConfigurationItems"


@pytest.mark.parametrize(
    ("health", "severity"), [("good", None), ("suspicious", "medium"), ("bad", "high"), (None, None)]
)
def test_an_agents_health_weighs_by_what_it_says(
    device: Build, links: Build, health: str | None, severity: str | None
) -> None:
    verdict = agent_unhealthy.CHECK.verdict(device(source=AGENT, agent_health=health), links())

    assert (verdict.severity if isinstance(verdict, Finding) else None) == severity
    assert isinstance(verdict, Unknown) is (health is None)


def test_what_a_silent_agent_said_of_itself_counts_no_more(device: Build, links: Build, now: datetime) -> None:
    old = device(source=AGENT, agent_health="bad", last_seen_at=now - timedelta(days=31))
    lately = device(source=AGENT, agent_health="bad")

    assert agent_unhealthy.CHECK.verdict(old, links()) == Ok()
    assert agent_unhealthy.CHECK.verdict(lately, links()).recheck_at == now + timedelta(days=29)


def test_a_silent_agent_is_broken_left_over_or_gone_by_what_else_knows_the_device(
    device: Build, links: Build, now: datetime
) -> None:
    agent = device(source=AGENT, last_seen_at=now - timedelta(days=40))
    cases = {
        "broken": links({"same_device": (device("PC-1"),)}),
        "leftover": links({"same_device": (device("PC-1"), device("NEW", source=AGENT))}),
        "gone": links({"same_device": (device("PC-1", last_seen_at=now - timedelta(days=50)),)}),
        "alone": links(),
    }
    said = {
        case: (
            isinstance(agent_silent.CHECK.verdict(agent, near), Finding),
            isinstance(ghost_agent.CHECK.verdict(agent, near), Finding),
        )
        for case, near in cases.items()
    }

    assert said == {
        "broken": (True, False),
        "leftover": (False, True),
        "gone": (False, True),
        "alone": (False, True),
    }


@pytest.mark.parametrize("check", [agent_silent, ghost_agent])
def test_an_agent_in_use_is_looked_at_again_and_without_the_directory_nobody_knows(
    device: Build, links: Build, now: datetime, check: Any
) -> None:
    silent_one = device(source=AGENT, last_seen_at=now - timedelta(days=40))

    assert check.CHECK.verdict(device(source=AGENT), links()) == Ok(recheck_at=now + timedelta(days=29))
    unread = check.CHECK.verdict(silent_one, links(incomplete=("m365/devices",)))
    assert isinstance(unread, Unknown)
    assert unread.waits_for == "m365/devices"
    assert isinstance(check.CHECK.verdict(silent_one, links(candidates={"same_device": (device(),)})), Unknown)
    assert isinstance(check.CHECK.verdict(device(source=AGENT, last_seen_at=None), links()), Unknown)
    assert check.CHECK.verdict(device(), links()) == Ok()


def test_a_device_in_use_has_no_agent_only_where_every_agent_is_known(
    device: Build, links: Build, now: datetime
) -> None:
    agent = device(source=AGENT, last_seen_at=now - timedelta(days=40))
    near = {"same_device": (device("PC-1"),)}

    def verdict(**more: Any) -> Any:
        return agent_silent.CHECK.verdict(agent, links(near, **more))

    unread = verdict(incomplete=(AGENT,))
    assert isinstance(unread, Unknown)
    assert unread.waits_for == AGENT
    assert isinstance(verdict(candidates={"same_device": (device("NEW", source=AGENT),)}), Unknown)
    assert isinstance(verdict(candidates={"same_device": (device("PC-2", source=ENTRA),)}), Finding)
    assert isinstance(verdict(incomplete=(ENTRA,)), Finding)


@pytest.mark.parametrize(
    ("compliance", "answer"),
    [("noncompliant", Finding), ("error", Finding), ("grace", Ok), ("compliant", Ok), ("unknown", Unknown)],
)
def test_a_managed_device_must_be_compliant(device: Build, links: Build, compliance: str, answer: type) -> None:
    assert isinstance(not_compliant.CHECK.verdict(device(managed=True, compliance=compliance), links()), answer)


def test_the_record_of_intune_speaks_for_that_of_entra(device: Build, links: Build, now: datetime) -> None:
    entra = device(source=ENTRA, managed=True, compliance="noncompliant")

    assert isinstance(not_compliant.CHECK.verdict(entra, links()), Finding)
    assert not_compliant.CHECK.verdict(entra, links({"same_device": (device(),)})) == Ok()
    unread = not_compliant.CHECK.verdict(entra, links(incomplete=("m365/managedDevices",)))
    assert unread == Unknown("m365/managedDevices was not read in full lately", "m365/managedDevices")
    gone = device(managed=True, compliance="noncompliant", last_seen_at=now - timedelta(days=31))
    assert not_compliant.CHECK.verdict(gone, links()) == Ok()


@pytest.mark.parametrize(
    ("version", "device_class", "answer"),
    [
        ("10.0.19045.5011", "workstation", Finding),
        ("10.0.26200.7171", "workstation", Ok),
        ("10.0.20348", "server", Ok),
        ("6.3.9600", "server", Finding),
        ("10.0.99999", "workstation", Unknown),
        ("10.0", "workstation", Unknown),
        (None, "workstation", Unknown),
        ("10.0.19045", "other", Ok),
    ],
)
def test_windows_must_still_be_mended(
    device: Build, links: Build, version: str | None, device_class: str, answer: type
) -> None:
    subject = device(os_version=version, device_class=device_class)

    assert isinstance(os_unsupported.CHECK.verdict(subject, links()), answer)


def test_an_end_of_support_is_awaited_and_may_be_told_ahead(device: Build, links: Build, now: datetime) -> None:
    subject = device(os_version="10.0.26100.1")
    ahead = os_unsupported.evaluate(subject, links(), os_unsupported.Params(days_ahead=365))
    verdict = os_unsupported.CHECK.verdict(subject, links())

    assert isinstance(ahead, Finding)
    assert ahead.severity == "medium"
    assert verdict.recheck_at.date().isoformat() == "2027-10-12"
    assert os_unsupported.CHECK.verdict(device(os_family="macos", os_version="14.7"), links()) == Ok()


def test_a_computer_in_use_must_be_in_the_psa(device: Build, links: Build, now: datetime) -> None:
    item = device("PC-1", source=ITEM)

    assert isinstance(not_in_psa.CHECK.verdict(device(), links()), Finding)
    assert not_in_psa.CHECK.verdict(device(), links({"same_device": (item,)})) == Ok()
    assert not_in_psa.CHECK.verdict(device(device_class="mobile"), links()) == Ok()
    assert not_in_psa.CHECK.verdict(device(source=AGENT), links({"same_device": (device(),)})) == Ok()
    new = device(created_at=now - timedelta(days=2))
    assert not_in_psa.CHECK.verdict(new, links()) == Ok(recheck_at=now + timedelta(days=5))
    assert not_in_psa.CHECK.verdict(device(), links(incomplete=(ITEM,))).waits_for == ITEM
    assert isinstance(not_in_psa.CHECK.verdict(device(), links(candidates={"same_device": (item,)})), Unknown)
    assert isinstance(not_in_psa.CHECK.verdict(device(client=None), links()), Unknown)


def test_an_agent_must_be_of_the_class_of_its_device(device: Build, links: Build) -> None:
    as_server = device(source=AGENT, device_class="server")

    def verdict(agent: Any, *others: Any) -> Any:
        return class_mismatch.CHECK.verdict(agent, links({"same_device": others}))

    assert isinstance(verdict(as_server, device()), Finding)
    assert verdict(device(source=AGENT), device()) == Ok()
    assert verdict(as_server, device(source=ITEM)) == Ok()
    assert isinstance(verdict(device(source=AGENT), device(source=ITEM, device_class="server")), Finding)
    assert isinstance(verdict(device(source=AGENT, device_class="unknown"), device()), Unknown)
    assert verdict(device(), device(source=AGENT, device_class="server")) == Ok()
