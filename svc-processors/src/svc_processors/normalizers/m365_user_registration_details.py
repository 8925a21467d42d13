"""Microsoft 365 userRegistrationDetails → mfa_registration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import MfaRegistration
from svc_processors.normalizer import Normalizer
from svc_processors.reading import flag, guid, strings, text
from svc_processors.times import instant


def normalize(raw: Mapping[str, Any]) -> MfaRegistration:
    """What an account has registered. The preferred method may be empty, which is none of the documented ones."""
    return MfaRegistration(
        object_id=guid(raw["id"]),
        upn=text(raw.get("userPrincipalName")),
        registered=flag(raw.get("isMfaRegistered")),
        capable=flag(raw.get("isMfaCapable")),
        passwordless=flag(raw.get("isPasswordlessCapable")),
        methods=tuple(sorted(strings(raw.get("methodsRegistered")))),
        preferred_method=_method(text(raw.get("userPreferredMethodForSecondaryAuthentication"))),
        admin=flag(raw.get("isAdmin")),
        updated_at=instant(raw.get("lastUpdatedDateTime")),
    )


def _method(sent: str | None) -> str | None:
    return None if sent is None or sent.lower() == "none" else sent


NORMALIZER = Normalizer(
    vendor="m365",
    resource="userRegistrationDetails",
    kind=MfaRegistration,
    version=1,
    normalize=normalize,
)
