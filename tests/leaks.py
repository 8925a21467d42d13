"""Looks for secrets in what a system leaves behind: plain, percent-encoded, in hexadecimal, in base64 at any offset."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import quote, quote_plus


def disguises(secret: str) -> set[bytes]:
    """How the secret may be spelled."""
    data = secret.encode()
    found = {data, quote(secret, safe="").encode(), quote_plus(secret).encode(), data.hex().encode()}
    for before in range(3):
        encoded = base64.b64encode(b"\x00" * before + data)
        inner = encoded[4 if before else 0 : len(encoded) // 4 * 4 - 4]  # only the groups that hold nothing else
        found |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    return {one for one in found if len(one) >= 8}


def leaks(secrets: Mapping[str, str], places: Mapping[str, bytes]) -> set[tuple[str, str]]:
    """(secret's name, place) for each place that shows a secret."""
    return {
        (name, place)
        for name, secret in secrets.items()
        for spelling in disguises(secret)
        for place, content in places.items()
        if spelling in content
    }
