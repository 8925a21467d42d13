from __future__ import annotations

from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mspbyte_common.errors import CredentialInvalid
from svc_adapter_m365.assertion import TYPE, credential

AUDIENCE = "https://login.microsoftonline.com/t/oauth2/v2.0/token"
KEY = rsa.generate_private_key(65537, 2048)
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "app")])
NOW = datetime.now(UTC)
CERTIFICATE = x509.CertificateBuilder(NAME, NAME, KEY.public_key(), 1, NOW, NOW + timedelta(days=1)).sign(
    KEY, hashes.SHA256()
)
PEM = CERTIFICATE.public_bytes(serialization.Encoding.PEM).decode()


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_an_assertion_proves_the_key_to_this_tenants_token_endpoint_for_minutes() -> None:
    made = credential({"certificate_pem": PEM, "private_key_pem": pem(KEY)}, "client", AUDIENCE)
    assert made["client_assertion_type"] == TYPE
    assert "client_secret" not in made
    header, claims, signature = made["client_assertion"].split(".")
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    KEY.public_key().verify(decoded(signature), f"{header}.{claims}".encode(), pss, hashes.SHA256())
    head, said = orjson.loads(decoded(header)), orjson.loads(decoded(claims))
    assert (head["alg"], decoded(head["x5t#S256"])) == ("PS256", CERTIFICATE.fingerprint(hashes.SHA256()))
    assert (said["aud"], said["iss"], said["sub"]) == (AUDIENCE, "client", "client")
    assert said["exp"] - said["nbf"] == 360


def test_a_secret_is_a_secret() -> None:
    assert credential({"client_secret": "s"}, "client", AUDIENCE) == {"client_secret": "s"}


@pytest.mark.parametrize(
    "secret",
    [
        {},
        {"certificate_pem": PEM},
        {"certificate_pem": PEM, "private_key_pem": "s3cret"},
        {"certificate_pem": "x", "private_key_pem": pem(KEY)},
        {"certificate_pem": PEM, "private_key_pem": pem(rsa.generate_private_key(65537, 2048))},
    ],
)
def test_what_is_no_pair_stops_the_connection_and_shows_nothing(secret: dict[str, str]) -> None:
    with pytest.raises(CredentialInvalid) as caught:
        credential(secret, "client", AUDIENCE)
    assert "s3cret" not in str(caught.value)
    assert "BEGIN" not in str(caught.value)
