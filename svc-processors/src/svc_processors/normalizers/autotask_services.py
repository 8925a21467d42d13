"""Autotask Services → service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import Service
from svc_processors.caseless import Caseless
from svc_processors.normalizer import Normalizer
from svc_processors.reading import decimal_of, flag, ident, required_text, text


def normalize(raw: Mapping[str, Any]) -> Service:
    """A service of the MSP's catalogue."""
    record = Caseless(raw)
    return Service(
        service_id=ident(record["id"]),
        name=required_text(record["name"]),
        description=text(record.get("description")),
        unit_price=decimal_of(record.get("unitPrice")),
        unit_cost=decimal_of(record.get("unitCost")),
        active=flag(record.get("isActive")),
    )


NORMALIZER = Normalizer(vendor="autotask", resource="Services", kind=Service, version=1, normalize=normalize)
