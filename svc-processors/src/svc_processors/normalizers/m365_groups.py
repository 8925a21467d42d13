"""Microsoft 365 groups → group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from mspbyte_common.models import Group
from svc_processors.graph import members, on_premises
from svc_processors.normalizer import Normalizer
from svc_processors.reading import flag, guid, strings, text
from svc_processors.times import instant

GroupType = Literal["microsoft365", "security", "distribution", "mail_security", "unknown"]

_TYPES: Final[dict[tuple[bool | None, bool | None], GroupType]] = {
    (True, True): "mail_security",
    (True, False): "distribution",
    (False, True): "security",
}
"""By (mailEnabled, securityEnabled)."""


def normalize(raw: Mapping[str, Any]) -> Group:
    """A group with the direct members the adapter read; without the key they were not read."""
    return Group(
        object_id=guid(raw["id"]),
        name=text(raw.get("displayName")),
        group_type=_group_type(raw),
        mail=text(raw.get("mail")),
        membership_rule=text(raw.get("membershipRule")),
        members=members(raw.get("members")),
        on_premises=on_premises(raw),
        created_at=instant(raw.get("createdDateTime")),
    )


def _group_type(raw: Mapping[str, Any]) -> GroupType:
    if any(kind.lower() == "unified" for kind in strings(raw.get("groupTypes"))):
        return "microsoft365"
    return _TYPES.get((flag(raw.get("mailEnabled")), flag(raw.get("securityEnabled"))), "unknown")


NORMALIZER = Normalizer(vendor="m365", resource="groups", kind=Group, version=1, normalize=normalize)
