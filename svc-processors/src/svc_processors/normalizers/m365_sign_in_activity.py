"""Microsoft 365 signInActivity → sign_in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import SignIn
from svc_processors.normalizer import Normalizer
from svc_processors.reading import guid, part
from svc_processors.times import instant


def normalize(raw: Mapping[str, Any]) -> SignIn:
    """When a user last signed in.

    The list selects `signInActivity`, and Graph leaves the key out for a user who never did. One that is there without
    any time is Graph's way of not telling.
    """
    activity = part(raw.get("signInActivity"))
    times = [
        instant(activity.get(name))
        for name in ("lastSignInDateTime", "lastNonInteractiveSignInDateTime", "lastSuccessfulSignInDateTime")
    ]
    return SignIn(
        object_id=guid(raw["id"]),
        ever=False if "signInActivity" not in raw else True if any(times) else None,
        last_interactive_at=times[0],
        last_non_interactive_at=times[1],
        last_successful_at=times[2],
    )


NORMALIZER = Normalizer(vendor="m365", resource="signInActivity", kind=SignIn, version=1, normalize=normalize)
