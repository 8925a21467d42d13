"""Bearer tokens that outlive a restart of the simulator: signed with the seed, opaque to the client."""

import base64
import hashlib
import hmac
import time

import orjson


def mint(seed: int, subject: str, seconds: int) -> str:
    """A token for the subject (a tenant, a client id) that is good for so many seconds."""
    payload = orjson.dumps({"sub": subject, "exp": int(time.time()) + seconds})
    return f"{_text(payload)}.{_text(_sign(seed, payload))}"


def subject(seed: int, authorization: str | None) -> str | None:
    """Whom the `Bearer ...` header is for; None if it is missing, forged or expired."""
    scheme, _, token = (authorization or "").partition(" ")
    payload, _, signature = token.partition(".")
    if scheme.lower() != "bearer" or not signature:
        return None
    try:
        content = base64.urlsafe_b64decode(payload + "==")
        given = base64.urlsafe_b64decode(signature + "==")
        if not hmac.compare_digest(given, _sign(seed, content)):
            return None
        claims = orjson.loads(content)
    except ValueError:
        return None
    return str(claims["sub"]) if claims["exp"] > time.time() else None


def _sign(seed: int, payload: bytes) -> bytes:
    return hmac.digest(f"vendor-sim:{seed}".encode(), payload, hashlib.sha256)


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
