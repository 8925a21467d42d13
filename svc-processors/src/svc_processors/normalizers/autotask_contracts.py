"""Autotask Contracts → contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mspbyte_common.models import Contract
from svc_processors.caseless import Caseless
from svc_processors.normalizer import Normalizer
from svc_processors.reading import ident, label, text
from svc_processors.times import instant

_ACTIVE: Final[dict[str | None, bool]] = {"0": False, "1": True}
"""By status; an MSP's further values tell nothing."""


def normalize(raw: Mapping[str, Any]) -> Contract:
    """A contract. Its dates are midnights that stand for days."""
    record = Caseless(raw)
    return Contract(
        contract_id=ident(record["id"]),
        company_id=ident(record["companyID"]),
        name=text(record.get("contractName")),
        number=label(record.get("contractNumber")),
        contract_type=label(record.get("contractType")),
        active=_ACTIVE.get(label(record.get("status"))),
        starts_at=instant(record.get("startDate")),
        ends_at=instant(record.get("endDate")),
    )


NORMALIZER = Normalizer(vendor="autotask", resource="Contracts", kind=Contract, version=1, normalize=normalize)
