"""Microsoft 365 subscribedSkus → licence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from mspbyte_common.models import Licence
from svc_processors.normalizer import Normalizer
from svc_processors.reading import choice, guid, part, required_text, whole
from svc_processors.skus import NAMES, is_free, product_name

State = Literal["enabled", "warning", "suspended", "deleted", "locked_out", "unknown"]

_STATES: Final[dict[str, State]] = {
    "enabled": "enabled",
    "warning": "warning",
    "suspended": "suspended",
    "deleted": "deleted",
    "lockedout": "locked_out",
}


def normalize(raw: Mapping[str, Any]) -> Licence:
    """A SKU of the tenant. More seats may be assigned than are bought."""
    seats = part(raw.get("prepaidUnits"))
    sku = required_text(raw["skuPartNumber"])
    return Licence(
        sku_id=guid(raw["skuId"]),
        sku=sku,
        name=product_name(sku),
        bought=whole(seats.get("enabled")),
        assigned=whole(raw.get("consumedUnits")),
        warning=whole(seats.get("warning")),
        suspended=whole(seats.get("suspended")),
        free=is_free(sku),
        state=choice(raw.get("capabilityStatus"), _STATES, "unknown"),
    )


NORMALIZER = Normalizer(
    vendor="m365",
    resource="subscribedSkus",
    kind=Licence,
    version=2,
    normalize=normalize,
    data=lambda: NAMES.digest,
)
