"""Autotask ContractServices → contract_line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import ContractLine
from svc_processors.caseless import Caseless
from svc_processors.normalizer import Normalizer
from svc_processors.reading import decimal_of, ident, text


def normalize(raw: Mapping[str, Any]) -> ContractLine:
    """A service within a contract; how many units it has, the ContractServiceUnits tell."""
    record = Caseless(raw)
    return ContractLine(
        line_id=ident(record["id"]),
        contract_id=ident(record["contractID"]),
        service_id=ident(record["serviceID"]),
        unit_price=decimal_of(record.get("unitPrice")),
        unit_cost=decimal_of(record.get("unitCost")),
        description=text(record.get("invoiceDescription")) or text(record.get("internalDescription")),
    )


NORMALIZER = Normalizer(
    vendor="autotask",
    resource="ContractServices",
    kind=ContractLine,
    version=2,
    normalize=normalize,
)
