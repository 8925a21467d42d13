"""Sign-in names and mail addresses."""

from __future__ import annotations

from collections.abc import Iterable

from mspbyte_common.models import Contact, Identity
from svc_resolvers import canonical
from svc_resolvers.rule import Outcome, Rule, shown


def _upn(model: Identity) -> Outcome:
    return Outcome({"upn_canonical": canonical.upn(model.upn or "")})


def _email(model: Identity) -> Outcome:
    if model.email is None:
        return Outcome({"email_canonical": None})
    found = canonical.email(model.email)
    return Outcome({"email_canonical": found}, {} if found else {"email": shown(model.email)})


def _aliases(model: Identity) -> Outcome:
    good, bad = _sorted_out(model.aliases)
    others = sorted(set(good) - {model.email_canonical})
    return Outcome({"aliases_canonical": tuple(others)}, {"aliases": shown(*bad)} if bad else {})


def _contact_emails(model: Contact) -> Outcome:
    good, bad = _sorted_out(model.emails)
    return Outcome({"emails_canonical": tuple(good)}, {"emails": shown(*bad)} if bad else {})


def _sorted_out(addresses: Iterable[str]) -> tuple[list[str], list[str]]:
    """(canonical addresses in order, each once; what is no address)."""
    found = [(address, canonical.email(address)) for address in addresses]
    good = list(dict.fromkeys(mail for _, mail in found if mail is not None))
    return good, [address for address, mail in found if mail is None]


UPN = Rule(id="upn_canonical", version=1, order=10, kinds=(Identity,), apply=_upn)
EMAIL = Rule(id="email_canonical", version=1, order=20, kinds=(Identity,), apply=_email)
ALIASES = Rule(id="aliases_canonical", version=1, order=30, kinds=(Identity,), apply=_aliases)
"""After EMAIL: the primary address is not its own alias."""
CONTACT_EMAILS = Rule(id="contact_emails_canonical", version=1, order=20, kinds=(Contact,), apply=_contact_emails)
