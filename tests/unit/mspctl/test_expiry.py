"""When a credential ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mspbyte_common.errors import UsageError
from mspctl.tenants.expiry import expiry_of

ENDS = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def certificate() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "app")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, datetime(2026, 3, 1, tzinfo=UTC), ENDS)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def test_a_certificate_tells_its_own_end(certificate: str) -> None:
    assert expiry_of({"certificate_pem": certificate, "private_key_pem": "k"}, None) == ENDS


def test_of_two_ends_the_earlier_counts(certificate: str) -> None:
    parts = {"certificate_pem": certificate}
    assert expiry_of(parts, datetime(2027, 1, 1)) == datetime(2027, 1, 1, tzinfo=UTC)  # noqa: DTZ001 - as a person types it
    assert expiry_of(parts, datetime(2028, 1, 1, tzinfo=UTC)) == ENDS


def test_a_secret_of_which_nobody_said_an_end_has_none() -> None:
    assert expiry_of({"client_secret": "x"}, None) is None


def test_what_is_no_certificate_is_refused_without_a_word_of_it() -> None:
    with pytest.raises(UsageError, match="not a certificate") as caught:
        expiry_of({"certificate_pem": "hunter2"}, None)
    assert "hunter2" not in str(caught.value)
