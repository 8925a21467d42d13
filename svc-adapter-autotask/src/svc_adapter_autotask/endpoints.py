"""Autotask's entities, each queried by id upwards (see `pages.id_after`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from mspbyte_common.errors import SchemaDrift
from mspbyte_common.vendors.endpoint import Body, Endpoint, Record, Request
from mspbyte_common.vendors.pages import id_after, one_each
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
    fields: Sequence[str] = (),
    essential: bool = False,
) -> Endpoint:
    """An entity that is read from its lowest id to its highest.

    `changes`: the fields that move when a record is edited, none where Autotask has none. `fields`: those to ask for, where
    the whole record holds what is none of our business.
    """
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
        body={"IncludeFields": list(fields)} if fields else None,
        incremental=changed_by(*changes, size=PAGE) if changes else None,
        needs=f"read access to {name} in the API user's security level",
        essential=essential,
    )


TICKET_FIELDS = (
    "id",
    "ticketNumber",
    "title",
    "companyID",
    "contactID",
    "configurationItemID",
    "contractID",
    "assignedResourceID",
    "status",
    "priority",
    "queueID",
    "issueType",
    "subIssueType",
    "ticketType",
    "ticketCategory",
    "source",
    "createDate",
    "dueDateTime",
    "completedDate",
    "lastActivityDate",
    "externalID",
)
"""Without description and resolution: people write passwords into them."""
TECHNICIAN_FIELDS = ("id", "firstName", "lastName", "email", "isActive", "licenseType")
"""Without private phones, wages and dates."""
LABELLED = ("Companies", "ConfigurationItems", "Contracts", "Tickets")
"""The entities whose picklists say what the numbers in their records are called."""


def picklist_values(request: Request, body: Body) -> list[Record]:
    """The values of all picklists of one entity, as sent, each with the entity and field it belongs to."""
    entity = request.url.split("/")[1]
    try:
        return [
            {**value, "entity": entity, "field": field["name"]}
            for field in body["fields"]
            for value in field.get("picklistValues") or ()
        ]
    except (KeyError, TypeError, AttributeError):
        message = f"the fields of {entity} are not as Autotask documents them"
        raise SchemaDrift(message) from None


def picklist_value_id(record: Record) -> str:
    """Such as Tickets.status.5."""
    return f"{record['entity']}.{record['field']}.{record.get('value')}"


COMPANIES = _entity(
    "Companies",
    "company",
    volatile=frozenset({"lastActivityDate"}),
    priority=1,
    changes=("lastActivityDate", "lastTrackedModifiedDateTime"),
    essential=True,
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
CONTRACT_BUNDLES = _entity("ContractServiceBundles", "contract_line", hours=12, priority=4)
CONTRACT_BUNDLE_UNITS = _entity("ContractServiceBundleUnits", "contract_unit", hours=12)
TICKETS = _entity(
    "Tickets",
    "ticket",
    volatile=frozenset({"lastActivityDate"}),
    changes=("lastActivityDate", "lastTrackedModificationDateTime"),
    fields=TICKET_FIELDS,
)
RESOURCES = _entity("Resources", "technician", fields=TECHNICIAN_FIELDS)
PICKLISTS = Endpoint(
    resource="picklists",
    kind="picklist_value",
    path=f"V1.0/{LABELLED[0]}/entityInformation/fields",
    records="",
    extract=picklist_values,
    paging=one_each([f"V1.0/{entity}/entityInformation/fields" for entity in LABELLED]),
    interval=timedelta(hours=24),
    level="root",
    priority=2,
    record_id=picklist_value_id,
    volatile=frozenset({"sortOrder"}),
    needs="read access to these entities in the API user's security level",
)
"""Each MSP has its own: asked for once a day, and found again by key (ADR 0011)."""

ENDPOINTS = (
    COMPANIES,
    CONTACTS,
    CONFIGURATION_ITEMS,
    SERVICES,
    CONTRACTS,
    CONTRACT_SERVICES,
    CONTRACT_SERVICE_UNITS,
    CONTRACT_BUNDLES,
    CONTRACT_BUNDLE_UNITS,
    TICKETS,
    RESOURCES,
    PICKLISTS,
)
