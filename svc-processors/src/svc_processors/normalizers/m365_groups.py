"""Microsoft 365 groups → group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from mspbyte_common.models import Group, Member
from mspbyte_common.models.identity import MemberType
from svc_processors.graph import on_premises
from svc_processors.normalizer import Normalizer
from svc_processors.reading import choice, entries, flag, guid, strings, text
from svc_processors.times import instant

GroupType = Literal["microsoft365", "security", "distribution", "mail_security", "unknown"]

_MEMBER_TYPES: Final[dict[str, MemberType]] = {
    "#microsoft.graph.user": "identity",
    "#microsoft.graph.group": "group",
    "#microsoft.graph.device": "device",
    "#microsoft.graph.serviceprincipal": "service",
}

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
        members=_members(raw.get("members")),
        on_premises=on_premises(raw),
        created_at=instant(raw.get("createdDateTime")),
    )


def _group_type(raw: Mapping[str, Any]) -> GroupType:
    if any(kind.lower() == "unified" for kind in strings(raw.get("groupTypes"))):
        return "microsoft365"
    return _TYPES.get((flag(raw.get("mailEnabled")), flag(raw.get("securityEnabled"))), "unknown")


def _members(members: object) -> tuple[Member, ...] | None:
    if members is None:
        return None
    types = {
        guid(member["id"]): choice(member.get("@odata.type"), _MEMBER_TYPES, "unknown") for member in entries(members)
    }
    return tuple(Member(object_id=key, member_type=types[key]) for key in sorted(types))


NORMALIZER = Normalizer(vendor="m365", resource="groups", kind=Group, version=1, normalize=normalize)
