"""Accounts of people in a directory, and the groups they are in."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from mspbyte_common.models.kind import Kind, Part

IdentityType = Literal["member", "guest", "shared", "service", "room", "unknown"]
MemberType = Literal["identity", "group", "device", "service", "unknown"]


class Identity(Kind):
    """An account that signs in, or a mailbox that looks like one."""

    NAME: ClassVar[str] = "identity"
    VOLATILE: ClassVar[frozenset[str]] = frozenset({"last_sign_in_at", "last_non_interactive_sign_in_at"})

    object_id: str
    display_name: str | None
    first_name: str | None
    last_name: str | None
    upn: str | None
    upn_canonical: str | None = None
    email: str | None
    email_canonical: str | None = None
    aliases: tuple[str, ...]
    """Every other address that delivers here, as the vendor sent them, without the protocol prefix."""
    aliases_canonical: tuple[str, ...] = ()
    phones: tuple[str, ...]
    phones_canonical: tuple[str, ...] = ()
    identity_type: IdentityType
    enabled: bool | None
    licence_ids: tuple[str, ...] | None
    """The vendor's SKU ids, sorted; None where the record does not tell."""
    created_at: datetime | None
    sign_in_known: bool
    """False where the sign-in times could not be looked at: None then means unknown, not never."""
    last_sign_in_at: datetime | None
    last_non_interactive_sign_in_at: datetime | None
    on_premises: bool | None


class Member(Part):
    """One member of a group."""

    object_id: str
    member_type: MemberType


class Group(Kind):
    """A group with its direct members."""

    NAME: ClassVar[str] = "group"

    object_id: str
    name: str | None
    group_type: Literal["microsoft365", "security", "distribution", "mail_security", "unknown"]
    mail: str | None
    membership_rule: str | None
    members: tuple[Member, ...] | None
    """Sorted by object id; None where the membership could not be read."""
    on_premises: bool | None
    created_at: datetime | None
