"""Phone numbers."""

from __future__ import annotations

from mspbyte_common.models import Contact, Identity
from svc_resolvers import canonical
from svc_resolvers.rule import Outcome, Rule, shown


def _phones(model: Identity | Contact) -> Outcome:
    """Short numbers are extensions and in order; one digit repeated is a number nobody has."""
    numbers = [(phone, found) for phone in model.phones if (found := canonical.phone(phone)) is not None]
    nobodys = [phone for phone, found in numbers if len(set(found)) == 1]
    good = dict.fromkeys(found for phone, found in numbers if phone not in nobodys)
    return Outcome({"phones_canonical": tuple(good)}, {"phones": shown(*nobodys)} if nobodys else {})


PHONES = Rule(id="phones_canonical", version=1, order=40, kinds=(Identity, Contact), apply=_phones)
