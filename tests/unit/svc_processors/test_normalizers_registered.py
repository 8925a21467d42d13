"""The list of normalizers, so that one appearing or vanishing is a decision."""

from __future__ import annotations

import types

import pytest

import svc_processors.normalizers
from mspbyte_common.declarations import discover, index
from mspbyte_common.models import KINDS
from svc_processors.normalizer import Normalizer

GOLDEN = [
    ("autotask", "Companies", "company", 1),
    ("autotask", "ConfigurationItems", "device", 2),
    ("autotask", "Contacts", "contact", 1),
    ("autotask", "ContractServiceBundleUnits", "contract_unit", 1),
    ("autotask", "ContractServiceBundles", "contract_line", 1),
    ("autotask", "ContractServiceUnits", "contract_unit", 2),
    ("autotask", "ContractServices", "contract_line", 2),
    ("autotask", "Contracts", "contract", 1),
    ("autotask", "Resources", "technician", 1),
    ("autotask", "Services", "service", 1),
    ("autotask", "Tickets", "ticket", 1),
    ("autotask", "picklists", "picklist_value", 1),
    ("m365", "alerts_v2", "alert", 1),
    ("m365", "conditionalAccessPolicies", "policy", 1),
    ("m365", "delegatedAdminRelationships", "tenant", 1),
    ("m365", "devices", "device", 2),
    ("m365", "directoryRoles", "role", 1),
    ("m365", "domains", "domain", 1),
    ("m365", "groups", "group", 1),
    ("m365", "managedDevices", "device", 2),
    ("m365", "organization", "tenant", 1),
    ("m365", "secureScores", "score", 1),
    ("m365", "securityDefaults", "policy", 1),
    ("m365", "signInActivity", "sign_in", 1),
    ("m365", "subscribedSkus", "licence", 2),
    ("m365", "userRegistrationDetails", "mfa_registration", 1),
    ("m365", "users", "identity", 1),
    ("sophos", "accountHealthCheck", "score", 1),
    ("sophos", "alerts", "alert", 2),
    ("sophos", "directoryUsers", "identity", 1),
    ("sophos", "endpoints", "device", 2),
    ("sophos", "firewalls", "firewall", 1),
    ("sophos", "licenses", "licence", 1),
    ("sophos", "tenants", "tenant", 1),
]


def test_the_normalizers_are_these() -> None:
    found = discover(svc_processors.normalizers, Normalizer)
    assert sorted((item.vendor, item.resource, item.kind.NAME, item.version) for item in found) == GOLDEN


def test_every_kind_has_a_normalizer() -> None:
    assert {kind for _, _, kind, _ in GOLDEN} == set(KINDS)


def test_two_normalizers_of_one_list_fail_at_start_up() -> None:
    first = discover(svc_processors.normalizers, Normalizer)[0]
    with pytest.raises(ValueError, match="declared twice"):
        index([first, first], lambda item: (item.vendor, item.resource))


def test_each_module_is_named_after_its_list(normalizers: dict[tuple[str, str], Normalizer]) -> None:
    for (vendor, resource), item in normalizers.items():
        assert isinstance(item.normalize, types.FunctionType)
        module = item.normalize.__module__.rpartition(".")[2]
        assert module.replace("_", "") == f"{vendor}{resource}".lower().replace("_", "")
