"""Autotask Companies → company."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import Company
from svc_processors.caseless import Caseless
from svc_processors.normalizer import Normalizer
from svc_processors.reading import distinct, flag, ident, ident_or_none, label, required_text, text
from svc_processors.times import instant


def normalize(raw: Mapping[str, Any]) -> Company:
    """A company; id 0 is the MSP itself."""
    record = Caseless(raw)
    return Company(
        company_id=ident(record["id"]),
        name=required_text(record["companyName"]),
        company_type=label(record.get("companyType")),
        active=flag(record.get("isActive")),
        website=text(record.get("webAddress")),
        phone=text(record.get("phone")),
        address=_address(record),
        parent_company_id=ident_or_none(record.get("parentCompanyID")),
        created_at=instant(record.get("createDate")),
        last_activity_at=instant(record.get("lastActivityDate")),
    )


def _address(record: Mapping[str, Any]) -> str | None:
    """Street, place and state on one line; the country is a number whose meaning differs per MSP."""
    place = " ".join(distinct((label(record.get("postalCode")), text(record.get("city")))))
    lines = (text(record.get("address1")), text(record.get("address2")), place or None, text(record.get("state")))
    return ", ".join(line for line in lines if line) or None


NORMALIZER = Normalizer(vendor="autotask", resource="Companies", kind=Company, version=1, normalize=normalize)
