"""Microsoft 365 organization → tenant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import Tenant, VerifiedDomain
from svc_processors.normalizer import Normalizer
from svc_processors.reading import entries, flag, guid, required_text, text
from svc_processors.times import instant


def normalize(raw: Mapping[str, Any]) -> Tenant:
    """An organization is the tenant itself; with few permissions everything but id, name and domains is null."""
    domains = (
        VerifiedDomain(
            name=required_text(item["name"]),
            is_default=flag(item.get("isDefault")) is True,
            is_initial=flag(item.get("isInitial")) is True,
        )
        for item in entries(raw.get("verifiedDomains"))
    )
    return Tenant(
        tenant_id=guid(raw["id"]),
        name=text(raw.get("displayName")),
        domains=tuple(sorted(domains, key=lambda domain: domain.name)),
        country=text(raw.get("countryLetterCode")) or text(raw.get("country")),
        created_at=instant(raw.get("createdDateTime")),
    )


NORMALIZER = Normalizer(vendor="m365", resource="organization", kind=Tenant, version=1, normalize=normalize)
