"""Real answers of the vendors, run through the normalizers. They stand outside this repository: skipped without."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from svc_processors.misfit import describe
from svc_processors.normalizer import Normalizer

SAMPLES = Path(
    os.environ.get("MSPBYTE_SAMPLES") or Path(__file__).parents[4] / "shared" / "vendors" / "samples",
)

RESOURCES = {
    "autotask/apigrate.companies.query.includefields.0.json": "Companies",
    "autotask/companies.query.json": "Companies",
    "autotask/contacts.query.json": "Contacts",
    "autotask/tickets.query.json": "Tickets",
    "m365/authenticationmethodsroot-list-userregistrationdetails.json": "userRegistrationDetails",
    "m365/concept.delta-query-users.1.json": "users",
    "m365/concept.delta-query-users.2.json": "users",
    "m365/concept.delta-query-users.3.json": "users",
    "m365/conditionalaccessroot-list-policies.json": "conditionalAccessPolicies",
    "m365/device-list.json": "devices",
    "m365/directoryrole-list.json": "directoryRoles",
    "m365/domain-list.json": "domains",
    "m365/group-list.json": "groups",
    "m365/identitysecuritydefaultsenforcementpolicy-get.json": "securityDefaults",
    "m365/intune-devices-manageddevice-get.json": "managedDevices",
    "m365/organization-list.json": "organization",
    "m365/securescore-get.json": "secureScores",
    "m365/subscribedsku-list.json": "subscribedSkus",
    "m365/tenantrelationship-list-delegatedadminrelationships.json": "delegatedAdminRelationships",
    "m365/user-list.2.json": "users",
    "m365/user-list.json": "users",
    "sophos/r7.endpoint-groups.endpoints.json": "endpoints",
    "sophos/xsoar.common.alerts.json": "alerts",
    "sophos/xsoar.endpoints.json": "endpoints",
    "sophos/xsoar.partner.tenant.json": "tenants",
}

MISFITS = {
    "m365/device-list.json": "$.id",
    "m365/user-list.2.json": "$.id",
    "m365/user-list.json": "$.id",
}
"""Microsoft's examples that leave out the id."""

NO_NORMALIZER = {
    "autotask/companies.entityinformation.fields.json",
    "m365/directoryrole-list-members.json",
    "m365/group-list-members.json",
    "sophos/xsoar.whoami.partner.json",
}

needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="MSPBYTE_SAMPLES names no folder")


def _records(sample: str) -> list[dict[str, Any]]:
    answer = json.loads((SAMPLES / sample).read_text())
    found = answer.get("value", answer.get("items", answer))
    return found if isinstance(found, list) else [found]


@needs_samples
def test_every_sample_has_a_normalizer_or_is_known_to_have_none() -> None:
    found = {str(path.relative_to(SAMPLES)) for path in SAMPLES.rglob("*.json")}
    assert found == set(RESOURCES) | NO_NORMALIZER


@needs_samples
@pytest.mark.parametrize("sample", RESOURCES)
def test_a_real_record_fits_or_is_a_known_misfit(
    normalizers: dict[tuple[str, str], Normalizer],
    sample: str,
) -> None:
    normalizer = normalizers[sample.partition("/")[0], RESOURCES[sample]]
    records = _records(sample)
    assert records
    for raw in records:
        path = None
        try:
            assert isinstance(normalizer.normalize(raw), normalizer.kind)
        except (KeyError, ValueError, TypeError) as error:
            path = describe(raw, normalizer.normalize, error).path
        assert path == MISFITS.get(sample)
