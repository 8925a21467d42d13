"""What several checks want to know of an account in a directory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mspbyte_common.models import Identity, Licence, SignIn
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Ok, Unknown, ok, unknown

SIGN_INS = "m365/signInActivity"
LICENCES = "m365/subscribedSkus"


def signs_in(subject: Subject[Identity]) -> bool:
    """Whether it is an account of a directory that people sign in to; other vendors' lists of people are not."""
    return (subject.vendor, subject.resource) == ("m365", "users")


def barred(subject: Subject[Identity]) -> Ok | Unknown | None:
    """The answer about whoever cannot sign in: Ok, or Unknown where that was not told. None: it can."""
    enabled = subject.model.enabled
    if not signs_in(subject) or enabled is False:
        return ok()
    return unknown("whether the account is enabled is not known") if enabled is None else None


def is_shared_mailbox(identity: Identity) -> bool:
    """Whether it is a mailbox of several people.

    The directory does not say so: a shared mailbox is made as a user with sign-in blocked, an address and no person's name.
    """
    if identity.identity_type != "member":
        return identity.identity_type == "shared"
    named = identity.first_name or identity.last_name
    return identity.enabled is False and identity.email is not None and not named


def paid_licences(identity: Identity, links: Links) -> tuple[Licence, ...] | Unknown:
    """The licences it holds that cost money, by SKU; the check must name the relation licensed_with."""
    if identity.licence_ids is None:
        return unknown("which licences it holds is not known")
    held = {licence.model.sku_id: licence.model for licence in links.related("licensed_with", Licence)}
    paid = [held[sku] for sku in identity.licence_ids if sku in held and not held[sku].free]
    if not paid and any(sku not in held for sku in identity.licence_ids):
        return unknown("its licences are not known", LICENCES)
    return tuple(sorted(paid, key=lambda licence: licence.sku))


def licence_names(licences: tuple[Licence, ...]) -> list[dict[str, Any]]:
    """Licences as evidence."""
    return [{"sku": licence.sku, "name": licence.name} for licence in licences]


@dataclass(frozen=True)
class Signed:
    """The last sign-in; None: there never was one."""

    last_at: datetime | None


def last_sign_in(identity: Identity, links: Links) -> Signed | Unknown:
    """When it last signed in, by a person or by an application for them; the check must name sign_in_of."""
    records = [record.model for record in links.related("sign_in_of", SignIn)]
    if any(record.ever is None for record in records):
        return unknown("the directory does not tell when it last signed in", SIGN_INS)
    if records:
        times = [
            at
            for record in records
            for at in (record.last_interactive_at, record.last_non_interactive_at, record.last_successful_at)
        ]
    elif identity.sign_in_known:
        times = [identity.last_sign_in_at, identity.last_non_interactive_sign_in_at]
    else:
        return unknown("when it last signed in is not known", SIGN_INS)
    return Signed(max((at for at in times if at is not None), default=None))


def called(identity: Identity) -> str:
    """What a person calls it."""
    return identity.display_name or identity.upn or "An account without a name"
