"""Microsoft 365 identitySecurityDefaultsEnforcementPolicy → policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import Conditions, Policy, Principals
from svc_processors.normalizer import Normalizer
from svc_processors.reading import flag, guid, text


def normalize(raw: Mapping[str, Any]) -> Policy:
    """The security defaults, on or off. They concern everyone and except nobody."""
    enabled = flag(raw["isEnabled"])
    return Policy(
        policy_id=guid(raw["id"]),
        policy_type="security_defaults",
        name=text(raw.get("displayName")),
        state="unknown" if enabled is None else "enabled" if enabled else "disabled",
        include=Principals(everyone=True),
        exclude=Principals(),
        conditions=Conditions(),
        grant=None,
        session_controls=(),
        created_at=None,
        modified_at=None,
    )


NORMALIZER = Normalizer(vendor="m365", resource="securityDefaults", kind=Policy, version=1, normalize=normalize)
