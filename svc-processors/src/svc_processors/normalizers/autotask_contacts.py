"""Autotask Contacts → contact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import Contact
from svc_processors.caseless import Caseless
from svc_processors.normalizer import Normalizer
from svc_processors.reading import distinct, flag, ident, text
from svc_processors.times import instant

_EMAILS = ("emailAddress", "emailAddress2", "emailAddress3")
_PHONES = ("phone", "mobilePhone", "alternatePhone")


def normalize(raw: Mapping[str, Any]) -> Contact:
    """A contact. Its isActive is 0 or 1, where a company's is a boolean."""
    record = Caseless(raw)
    return Contact(
        contact_id=ident(record["id"]),
        company_id=ident(record["companyID"]),
        first_name=text(record.get("firstName")),
        last_name=text(record.get("lastName")),
        emails=distinct(text(record.get(name)) for name in _EMAILS),
        phones=distinct(text(record.get(name)) for name in _PHONES),
        title=text(record.get("title")),
        active=flag(record.get("isActive"), digits=True),
        created_at=instant(record.get("createDate")),
        last_activity_at=instant(record.get("lastActivityDate")),
    )


NORMALIZER = Normalizer(vendor="autotask", resource="Contacts", kind=Contact, version=1, normalize=normalize)
