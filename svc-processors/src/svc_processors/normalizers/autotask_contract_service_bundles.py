"""Autotask ContractServiceBundles → contract_line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import ContractLine
from svc_processors.caseless import Caseless
from svc_processors.normalizer import Normalizer
from svc_processors.reading import decimal_of, ident, text


def normalize(raw: Mapping[str, Any]) -> ContractLine:
    """A bundle of services within a contract; its price may differ from the bundle's own."""
    record = Caseless(raw)
    adjusted = decimal_of(record.get("adjustedPrice"))
    return ContractLine(
        line_id=ident(record["id"]),
        contract_id=ident(record["contractID"]),
        service_id=None,
        bundle_id=ident(record["serviceBundleID"]),
        unit_price=decimal_of(record.get("unitPrice")) if adjusted is None else adjusted,
        unit_cost=None,
        description=text(record.get("invoiceDescription")) or text(record.get("internalDescription")),
    )


NORMALIZER = Normalizer(
    vendor="autotask",
    resource="ContractServiceBundles",
    kind=ContractLine,
    version=1,
    normalize=normalize,
)
