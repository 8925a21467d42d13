"""Autotask ContractServiceBundleUnits → contract_unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import ContractUnit
from svc_processors.caseless import Caseless
from svc_processors.normalizer import Normalizer
from svc_processors.reading import decimal_of, ident, unfit, whole
from svc_processors.times import instant, required_instant


def normalize(raw: Mapping[str, Any]) -> ContractUnit:
    """The units of one bundle in one billing period; `approveAndPostDate` is null until it is billed."""
    record = Caseless(raw)
    units = whole(record["units"])
    if units is None:
        raise unfit(units, "a number of units")
    return ContractUnit(
        unit_id=ident(record["id"]),
        contract_id=ident(record["contractID"]),
        line_id=ident(record["contractServiceBundleID"]),
        service_id=None,
        bundle_id=ident(record["serviceBundleID"]),
        units=units,
        price=decimal_of(record.get("price")),
        cost=decimal_of(record.get("cost")),
        starts_at=required_instant(record["startDate"]),
        ends_at=required_instant(record["endDate"]),
        posted_at=instant(record.get("approveAndPostDate")),
    )


NORMALIZER = Normalizer(
    vendor="autotask",
    resource="ContractServiceBundleUnits",
    kind=ContractUnit,
    version=1,
    normalize=normalize,
)
