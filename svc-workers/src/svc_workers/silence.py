"""Whether an account has fallen silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mspbyte_common.models import Identity
from svc_workers.identities import SIGN_INS, barred, last_sign_in
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.unread import unread
from svc_workers.verdict import Ok, Unknown, ok, unknown


@dataclass(frozen=True)
class Silent:
    """It has not signed in since; None: it never did, since it was made at `created_at`."""

    last_at: datetime | None
    created_at: datetime | None

    def evidence(self, identity: Identity) -> dict[str, Any]:
        """The facts, as a finding keeps them."""
        return {
            "person": identity.display_name,
            "upn": identity.upn,
            "type": identity.identity_type,
            "last_sign_in_at": self.last_at,
            "created_at": self.created_at,
        }


def silent(subject: Subject[Identity], links: Links, days: int, *, once: bool) -> Silent | Ok | Unknown:
    """Silent for so many days: `once`, an account that did sign in; else one that never did.

    Ok has the moment at which it will be. Only a sign-in that is not there needs the list to be complete.
    """
    identity = subject.model
    answer = barred(subject)
    if answer is not None:
        return answer
    signed = last_sign_in(identity, links)
    if isinstance(signed, Unknown):
        return signed
    if (signed.last_at is not None) is not once:
        return ok()
    since = signed.last_at or identity.created_at
    if since is None:
        return unknown("when the account was created is not known")
    until = since + timedelta(days=days)
    if until > links.now:
        return ok(recheck_at=until)
    return unread(subject, links, SIGN_INS) or Silent(signed.last_at, identity.created_at)
