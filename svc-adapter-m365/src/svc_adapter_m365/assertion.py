"""Signs in with a certificate: a short-lived JSON web token that only the key's holder can have made.

PS256 with `x5t#S256`, as Microsoft asks for (learn.microsoft.com/entra/identity-platform/certificate-credentials).
"""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mspbyte_common.errors import CredentialInvalid

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECONDS: Final = 300
EARLY_SECONDS: Final = 60
"""The clock here may be ahead of Microsoft's."""


def credential(secret: Mapping[str, Any], client_id: str, audience: str) -> dict[str, str]:
    """The fields of a sign-in that prove the application: a certificate's where there is one, else the secret."""
    if secret.get("certificate_pem") and secret.get("private_key_pem"):
        signed = assertion(str(secret["certificate_pem"]), str(secret["private_key_pem"]), client_id, audience)
        return {"client_assertion_type": TYPE, "client_assertion": signed}
    if not secret.get("client_secret"):
        message = "the connection has neither client_secret nor certificate_pem with private_key_pem"
        raise CredentialInvalid(message)
    return {"client_secret": str(secret["client_secret"])}


def assertion(certificate_pem: str, private_key_pem: str, client_id: str, audience: str) -> str:
    """The signed token. CredentialInvalid, without a word of the key, when the two are not a pair of RSA."""
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
        key = serialization.load_pem_private_key(private_key_pem.encode(), password=None)
        pair = isinstance(key, rsa.RSAPrivateKey) and certificate.public_key() == key.public_key()
    except (ValueError, TypeError):
        key, certificate, pair = None, None, False
    if not pair or certificate is None or not isinstance(key, rsa.RSAPrivateKey):
        message = "certificate_pem and private_key_pem are not a certificate and its unencrypted RSA key"
        raise CredentialInvalid(message)
    now = int(time.time())
    header = {"alg": "PS256", "typ": "JWT", "x5t#S256": _text(certificate.fingerprint(hashes.SHA256()))}
    claims = {
        "aud": audience,
        "iss": client_id,
        "sub": client_id,
        "jti": str(uuid4()),
        "nbf": now - EARLY_SECONDS,
        "exp": now + SECONDS,
    }
    told = f"{_text(orjson.dumps(header))}.{_text(orjson.dumps(claims))}"
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.DIGEST_LENGTH)
    return f"{told}.{_text(key.sign(told.encode(), pss, hashes.SHA256()))}"


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
