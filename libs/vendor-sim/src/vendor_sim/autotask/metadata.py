"""What Autotask says about its entities: rights, fields and picklists."""

from typing import Any

from vendor_sim.autotask.fields import FIELDS, NOT_QUERYABLE, PARENTS, PICKLISTS

_READ_ONLY = {"ContractServiceUnits", "ContractServiceBundleUnits", "Resources"}
_WRITTEN = {"Tickets", "TicketNotes"}
_REQUIRED = {
    "title",
    "dueDateTime",
    "companyName",
    "companyType",
    "companyID",
    "firstName",
    "lastName",
    "productID",
    "contractName",
}
_REFERENCES = {
    "companyID": "Company",
    "contractID": "Contract",
    "contractServiceID": "ContractService",
    "serviceID": "Service",
    "contactID": "Contact",
    "configurationItemID": "ConfigurationItem",
    "assignedResourceID": "Resource",
    "contractServiceBundleID": "ContractServiceBundle",
}


def information(entity: str) -> dict[str, Any]:
    """`/entityInformation`; the API user of the MSP may write tickets and notes, and read the rest."""
    writes = "All" if entity in _WRITTEN else "None"
    return {
        "info": {
            "name": entity,
            "canCreate": entity not in _READ_ONLY,
            "canDelete": False,
            "canQuery": True,
            "canUpdate": entity not in _READ_ONLY,
            "userAccessForCreate": writes,
            "userAccessForDelete": "None",
            "userAccessForQuery": "All",
            "userAccessForUpdate": writes,
            "hasUserDefinedFields": entity in {"Companies", "Contacts", "ConfigurationItems", "Tickets"},
            "supportsWebhookCallouts": entity in {"Companies", "Contacts", "ConfigurationItems", "Tickets"},
        }
    }


def fields(entity: str) -> dict[str, Any]:
    """`/entityInformation/fields`, picklist values as strings."""
    return {"fields": [_field(entity, name, kind) for name, kind in FIELDS[entity].items()]}


def _field(entity: str, name: str, kind: str) -> dict[str, Any]:
    values, (above, parents) = PICKLISTS.get((entity, name)), PARENTS.get((entity, name), ("", {}))
    return {
        "name": name,
        "dataType": kind,
        "length": 255 if kind == "string" else 0,
        "isRequired": name in _REQUIRED,
        "isReadOnly": name == "id" or name.startswith(("rmm", "datto")),
        "isQueryable": (entity, name) not in NOT_QUERYABLE,
        "isReference": name in _REFERENCES,
        "referenceEntityType": _REFERENCES.get(name, ""),
        "isPickList": values is not None,
        "picklistValues": None
        if values is None
        else [_value(*value, order, str(parents.get(value[0], ""))) for order, value in enumerate(values)],
        "picklistParentValueField": above,
        "isSupportedWebhookField": False,
    }


def _value(value: int, label: str, active: bool, order: int, parent: str) -> dict[str, Any]:  # noqa: FBT001 - a table's row
    return {
        "value": str(value),
        "label": label,
        "isDefaultValue": False,
        "sortOrder": order,
        "parentValue": parent,
        "isActive": active,
        "isSystem": False,
    }
