"""Sophos licenses → licence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import Licence
from svc_processors.normalizer import Normalizer
from svc_processors.reading import flag, ident, part, required_text, text, whole
from svc_processors.times import instant


def normalize(raw: Mapping[str, Any]) -> Licence:
    """A licence of a tenant. An unlimited one has no quantity, a perpetual one no end, and usage is not always told."""
    product = part(raw["product"])
    term = text(raw.get("type"))
    return Licence(
        sku_id=ident(raw.get("licenseIdentifier") or raw["id"]),
        sku=required_text(product["code"]),
        name=text(product.get("name")) or text(product.get("genericCode")),
        bought=whole(raw.get("quantity")),
        assigned=whole(part(part(raw.get("usage")).get("current")).get("count")),
        warning=None,
        suspended=None,
        free=(term or "").lower() == "trial",
        state="unknown",
        term=term,
        unlimited=flag(raw.get("unlimited")),
        starts_at=instant(raw.get("startDate")),
        ends_at=instant(raw.get("endDate")),
        perpetual=flag(raw.get("perpetual")),
    )


NORMALIZER = Normalizer(vendor="sophos", resource="licenses", kind=Licence, version=1, normalize=normalize)
