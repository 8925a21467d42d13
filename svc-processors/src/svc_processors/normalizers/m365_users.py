"""Microsoft 365 users → identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mspbyte_common.models import Identity
from mspbyte_common.models.identity import IdentityType
from svc_processors.graph import on_premises
from svc_processors.normalizer import Normalizer
from svc_processors.reading import choice, distinct, entries, flag, guid, part, strings, text
from svc_processors.times import instant

_TYPES: Final[dict[str, IdentityType]] = {"member": "member", "guest": "guest"}
_MAIL_PREFIX = "smtp:"
_GUEST_MARK = "#ext#"


def normalize(raw: Mapping[str, Any]) -> Identity:
    """A user. Shared mailboxes and rooms are users like others here: the record does not tell them apart.

    A record that carries `signInActivity`, even as null, was asked for it. Graph leaves the key out for a person who
    never signed in, so an adapter that selected the property has to put it back.
    """
    email = text(raw.get("mail"))
    activity = part(raw.get("signInActivity"))
    return Identity(
        object_id=guid(raw["id"]),
        display_name=text(raw.get("displayName")),
        first_name=text(raw.get("givenName")),
        last_name=text(raw.get("surname")),
        upn=text(raw.get("userPrincipalName")),
        email=email,
        aliases=_aliases(raw.get("proxyAddresses"), email),
        phones=distinct((*strings(raw.get("businessPhones")), text(raw.get("mobilePhone")))),
        identity_type=_identity_type(raw),
        enabled=flag(raw.get("accountEnabled")),
        licence_ids=_licence_ids(raw.get("assignedLicenses")),
        created_at=instant(raw.get("createdDateTime")),
        sign_in_known="signInActivity" in raw,
        last_sign_in_at=instant(activity.get("lastSignInDateTime")),
        last_non_interactive_sign_in_at=instant(activity.get("lastNonInteractiveSignInDateTime")),
        on_premises=on_premises(raw),
    )


def _aliases(addresses: object, email: str | None) -> tuple[str, ...]:
    """The SMTP addresses beside the primary one. X500, SIP and SharePoint addresses deliver no mail."""
    mails = (
        text(address[len(_MAIL_PREFIX) :]) for address in strings(addresses) if address.lower().startswith(_MAIL_PREFIX)
    )
    primary = (email or "").casefold()
    return tuple(sorted(mail for mail in distinct(mails) if mail.casefold() != primary))


def _licence_ids(licences: object) -> tuple[str, ...] | None:
    if licences is None:
        return None
    return tuple(sorted({guid(licence["skuId"]) for licence in entries(licences)}))


def _identity_type(raw: Mapping[str, Any]) -> IdentityType:
    """The user's type; for accounts older than the property, what the UPN tells."""
    sent = text(raw.get("userType"))
    if sent is not None:
        return choice(sent, _TYPES, "unknown")
    upn = text(raw.get("userPrincipalName"))
    if upn is None:
        return "unknown"
    return "guest" if _GUEST_MARK in upn.lower() else "member"


NORMALIZER = Normalizer(vendor="m365", resource="users", kind=Identity, version=1, normalize=normalize)
