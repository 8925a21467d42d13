"""Autotask's entities, each queried by id upwards (see `pages.id_after`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from mspbyte_common.vendors.endpoint import Endpoint
from mspbyte_common.vendors.pages import id_after
from svc_adapter_autotask.changes import changed_by

PAGE = 500
"""The most records Autotask answers with."""


def _entity(
    name: str,
    kind: str,
    *,
    hours: int = 24,
    volatile: frozenset[str] = frozenset(),
    priority: int = 5,
    changes: Sequence[str] = (),
) -> Endpoint:
    """`changes`: the fields that move when a record is edited, none where Autotask has none."""
    return Endpoint(
        resource=name,
        kind=kind,
        path=f"V1.0/{name}/query",
        method="POST",
        records="items",
        paging=id_after(size=PAGE),
        interval=timedelta(hours=hours),
        level="root",
        priority=priority,
        volatile=volatile,
        incremental=changed_by(*changes, size=PAGE) if changes else None,
    )


COMPANIES = _entity(
    "Companies",
    "company",
    volatile=frozenset({"lastActivityDate"}),
    priority=1,
    changes=("lastActivityDate", "lastTrackedModifiedDateTime"),
)
CONTACTS = _entity(
    "Contacts",
    "contact",
    volatile=frozenset({"lastActivityDate"}),
    changes=("lastActivityDate", "lastModifiedDate"),
)
CONFIGURATION_ITEMS = _entity("ConfigurationItems", "device", changes=("lastModifiedTime",))
SERVICES = _entity("Services", "service", priority=2, changes=("lastModifiedDate",))
CONTRACTS = _entity("Contracts", "contract", hours=12, priority=3)
CONTRACT_SERVICES = _entity("ContractServices", "contract_line", hours=12, priority=4)
CONTRACT_SERVICE_UNITS = _entity("ContractServiceUnits", "contract_unit", hours=12)

ENDPOINTS = (
    COMPANIES,
    CONTACTS,
    CONFIGURATION_ITEMS,
    SERVICES,
    CONTRACTS,
    CONTRACT_SERVICES,
    CONTRACT_SERVICE_UNITS,
)
