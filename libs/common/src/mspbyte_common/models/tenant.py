"""Tenants, and the domains they have proved to own."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from mspbyte_common.models.kind import Kind, Part

PartnerState = Literal["active", "ended", "pending", "unknown"]


class VerifiedDomain(Part):
    """A domain a tenant has proved to own."""

    name: str
    is_default: bool
    is_initial: bool


class Tenant(Kind):
    """A vendor-side tenant: a Microsoft 365 organization, a partner relationship, a Sophos tenant."""

    NAME: ClassVar[str] = "tenant"

    tenant_id: str
    name: str | None
    domains: tuple[VerifiedDomain, ...] = ()
    country: str | None = None
    region: str | None = None
    billing: str | None = None
    partner_state: PartnerState | None = None
    """Whether the partner may act in it; None where the record does not tell."""
    created_at: datetime | None = None
    expires_at: datetime | None = None


class Domain(Kind):
    """A domain registered in a tenant."""

    NAME: ClassVar[str] = "domain"

    name: str
    name_canonical: str | None = None
    verified: bool | None = None
    is_default: bool | None = None
    is_initial: bool | None = None
    authentication: str | None = None
    services: tuple[str, ...] = ()
