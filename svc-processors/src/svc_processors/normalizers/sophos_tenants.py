"""Sophos partner tenants → tenant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import Tenant
from svc_processors.normalizer import Normalizer
from svc_processors.reading import guid, text


def normalize(raw: Mapping[str, Any]) -> Tenant:
    """A tenant of the partner.

    `status` and `dataGeography` speak of the tenant's account and its data centre: they tell neither whether the
    partner may act in it, nor where the customer sits.
    """
    return Tenant(
        tenant_id=guid(raw["id"]),
        name=text(raw.get("name")) or text(raw.get("showAs")),
        region=text(raw.get("dataRegion")),
        billing=text(raw.get("billingType")),
    )


NORMALIZER = Normalizer(vendor="sophos", resource="tenants", kind=Tenant, version=1, normalize=normalize)
