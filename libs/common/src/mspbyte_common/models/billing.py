"""What is bought and what is billed: licences, services, contracts, their lines and units."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Literal

from mspbyte_common.models.kind import Kind


class Licence(Kind):
    """A SKU a tenant owns, with its seats."""

    NAME: ClassVar[str] = "licence"

    sku_id: str
    sku: str
    """The vendor's part number, such as SPB."""
    name: str | None
    bought: int | None
    assigned: int | None
    warning: int | None
    suspended: int | None
    free: bool
    state: Literal["enabled", "warning", "suspended", "deleted", "locked_out", "unknown"]
    term: str | None = None
    """How it is sold, in the vendor's words (trial, term, usage)."""
    unlimited: bool | None = None
    """True: there is no number of seats, so none was bought."""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    """None: it does not end, or the record does not tell."""
    perpetual: bool | None = None


class Service(Kind):
    """Something the MSP sells by the unit."""

    NAME: ClassVar[str] = "service"

    service_id: str
    name: str
    description: str | None
    unit_price: Decimal | None
    unit_cost: Decimal | None
    active: bool | None


class Contract(Kind):
    """An agreement with a company."""

    NAME: ClassVar[str] = "contract"

    contract_id: str
    company_id: str
    name: str | None
    number: str | None
    contract_type: str | None
    active: bool | None
    starts_at: datetime | None
    ends_at: datetime | None


class ContractLine(Kind):
    """A service, or a bundle of services, within a contract, with its price per unit."""

    NAME: ClassVar[str] = "contract_line"

    line_id: str
    contract_id: str
    service_id: str | None
    """None for a bundle."""
    bundle_id: str | None = None
    """None for a single service. Ids of lines with a bundle and of those with a service are counted separately."""
    unit_price: Decimal | None
    unit_cost: Decimal | None
    description: str | None


class ContractUnit(Kind):
    """How many units of a contract line one billing period has."""

    NAME: ClassVar[str] = "contract_unit"

    unit_id: str
    contract_id: str
    line_id: str
    service_id: str | None
    bundle_id: str | None = None
    units: int
    price: Decimal | None
    cost: Decimal | None
    starts_at: datetime
    ends_at: datetime
    posted_at: datetime | None
    """None: not billed yet."""
