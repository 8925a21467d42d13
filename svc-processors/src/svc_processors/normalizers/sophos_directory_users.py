"""Sophos directory users → identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mspbyte_common.models import Identity
from svc_processors.normalizer import Normalizer
from svc_processors.reading import choice, guid, part, text
from svc_processors.times import instant

_ON_PREMISES: Final[dict[str, bool | None]] = {"activedirectory": True, "azureactivedirectory": False, "custom": False}


def normalize(raw: Mapping[str, Any]) -> Identity:
    """A person Sophos knows of. Whether the account is enabled, and what it may use, its directory tells, not Sophos."""
    email, login = text(raw.get("email")), text(raw.get("exchangeLogin"))
    other = login is not None and "@" in login and login.casefold() != (email or "").casefold()
    return Identity(
        object_id=guid(raw["id"]),
        display_name=text(raw.get("name")),
        first_name=text(raw.get("firstName")),
        last_name=text(raw.get("lastName")),
        upn=None,
        email=email,
        aliases=(login,) if other and login is not None else (),
        phones=(),
        identity_type="unknown",
        enabled=None,
        licence_ids=None,
        created_at=instant(raw.get("createdAt")),
        sign_in_known=False,
        last_sign_in_at=None,
        last_non_interactive_sign_in_at=None,
        on_premises=choice(part(raw.get("source")).get("type"), _ON_PREMISES, None),
    )


NORMALIZER = Normalizer(vendor="sophos", resource="directoryUsers", kind=Identity, version=1, normalize=normalize)
