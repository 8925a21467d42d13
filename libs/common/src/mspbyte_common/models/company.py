"""Companies and the people in them, as the PSA knows them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from mspbyte_common.models.kind import Kind


class Company(Kind):
    """A company of the PSA. Company "0" is the MSP itself."""

    NAME: ClassVar[str] = "company"
    VOLATILE: ClassVar[frozenset[str]] = frozenset({"last_activity_at"})

    company_id: str
    name: str
    company_type: str | None
    """The PSA's picklist value as text; labels differ per MSP."""
    active: bool | None
    website: str | None
    domain_canonical: str | None = None
    phone: str | None
    address: str | None
    parent_company_id: str | None
    created_at: datetime | None
    last_activity_at: datetime | None


class Contact(Kind):
    """A person of a company, as the PSA knows them."""

    NAME: ClassVar[str] = "contact"
    VOLATILE: ClassVar[frozenset[str]] = frozenset({"last_activity_at"})

    contact_id: str
    company_id: str
    first_name: str | None
    last_name: str | None
    emails: tuple[str, ...]
    """As entered, the primary one first."""
    emails_canonical: tuple[str, ...] = ()
    phones: tuple[str, ...]
    phones_canonical: tuple[str, ...] = ()
    """Digits only, the last nine: what two spellings of one number share."""
    title: str | None
    active: bool | None
    created_at: datetime | None
    last_activity_at: datetime | None
