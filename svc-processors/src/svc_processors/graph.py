"""What Microsoft Graph's objects say in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mspbyte_common.models import Member
from mspbyte_common.models.device import Severity
from mspbyte_common.models.identity import MemberType
from svc_processors.reading import choice, entries, flag, guid

_MEMBER_TYPES: Final[dict[str, MemberType]] = {
    "#microsoft.graph.user": "identity",
    "#microsoft.graph.group": "group",
    "#microsoft.graph.device": "device",
    "#microsoft.graph.serviceprincipal": "service",
}
SEVERITIES: Final[dict[str, Severity]] = {
    "low": "low",
    "medium": "medium",
    "high": "high",
    "informational": "informational",
}


def on_premises(raw: Mapping[str, Any]) -> bool | None:
    """Whether a directory on premises owns the object now: null says it never did, false that it no longer does."""
    if "onPremisesSyncEnabled" not in raw:
        return None
    return flag(raw["onPremisesSyncEnabled"]) is True


def members(value: object) -> tuple[Member, ...] | None:
    """The members the adapter read, sorted by id; None where it did not read them."""
    if value is None:
        return None
    types = {
        guid(member["id"]): choice(member.get("@odata.type"), _MEMBER_TYPES, "unknown") for member in entries(value)
    }
    return tuple(Member(object_id=key, member_type=types[key]) for key in sorted(types))
