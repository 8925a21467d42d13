"""Microsoft 365 delegatedAdminRelationships → tenant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mspbyte_common.models import Tenant
from mspbyte_common.models.tenant import PartnerState
from svc_processors.normalizer import Normalizer
from svc_processors.reading import choice, guid, part, text
from svc_processors.times import instant

_STATES: Final[dict[str, PartnerState]] = {
    "active": "active",
    "expiring": "active",
    "created": "pending",
    "approvalpending": "pending",
    "approved": "pending",
    "activating": "pending",
    "terminationrequested": "ended",
    "terminating": "ended",
    "terminated": "ended",
    "expired": "ended",
}


def normalize(raw: Mapping[str, Any]) -> Tenant:
    """The customer's tenant as the relationship sees it; several relationships may lead to one tenant."""
    customer = part(raw["customer"])
    tenant_id = guid(customer["tenantId"])
    status = text(raw.get("status"))
    return Tenant(
        tenant_id=tenant_id,
        name=text(customer.get("displayName")),
        partner_state=None if status is None else choice(status, _STATES, "unknown"),
        created_at=instant(raw.get("createdDateTime")),
        expires_at=instant(raw.get("endDateTime")),
    )


NORMALIZER = Normalizer(
    vendor="m365",
    resource="delegatedAdminRelationships",
    kind=Tenant,
    version=1,
    normalize=normalize,
)
