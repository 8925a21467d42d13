"""What a connection must be told."""

from __future__ import annotations

import pytest

from mspbyte_common.errors import UsageError
from mspbyte_common.jetstream.topology import VENDORS as KNOWN
from mspctl.tenants.vendors import VENDORS, complete_secret, complete_settings, vendor_named


def test_every_vendor_of_the_pipeline_can_be_connected():
    assert set(VENDORS) == set(KNOWN)


def test_addresses_have_the_vendors_own_as_default():
    settings = complete_settings(VENDORS["m365"], {"partner_tenant_id": "t", "client_id": "c"})
    assert settings["graph_url"] == "https://graph.microsoft.com"


def test_a_missing_setting_is_named():
    with pytest.raises(UsageError, match="--setting client_id=…"):
        complete_settings(VENDORS["m365"], {"partner_tenant_id": "t"})


def test_an_unknown_setting_is_named():
    with pytest.raises(UsageError, match="no setting 'colour'"):
        complete_settings(VENDORS["sophos"], {"client_id": "c", "colour": "red"})


def test_a_secret_with_a_part_too_few_is_refused_without_showing_it():
    with pytest.raises(UsageError) as refused:
        complete_secret(VENDORS["autotask"], {"secret": "hunter2"})
    assert "integration_code" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_an_unknown_vendor_names_the_known():
    with pytest.raises(UsageError, match="m365, autotask, sophos"):
        vendor_named("hal")
