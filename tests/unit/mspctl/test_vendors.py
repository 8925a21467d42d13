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


def test_microsofts_secret_is_a_client_secret_or_a_certificate_with_its_key_and_not_half_of_either():
    certificate = {"certificate_pem": "c", "private_key_pem": "k"}
    assert complete_secret(VENDORS["m365"], {"client_secret": "s"}) == {"client_secret": "s"}
    assert complete_secret(VENDORS["m365"], certificate) == certificate
    for wrong in ({"certificate_pem": "c"}, {"client_secret": "s", **certificate}, {}, {"client_secret": ""}):
        with pytest.raises(UsageError, match="client_secret, or certificate_pem and private_key_pem"):
            complete_secret(VENDORS["m365"], wrong)


def test_an_unknown_vendor_names_the_known():
    with pytest.raises(UsageError, match="m365, autotask, sophos"):
        vendor_named("hal")
