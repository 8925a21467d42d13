"""What Autotask says about its entities: rights, fields and picklists."""

from typing import Any

from vendor_sim.autotask.fields import FIELDS, PICKLISTS

_REQUIRED = {"companyName", "companyType", "companyID", "firstName", "lastName", "productID", "contractName"}
_REFERENCES = {
    "companyID": "Company",
    "contractID": "Contract",
    "contractServiceID": "ContractService",
    "serviceID": "Service",
    "contactID": "Contact",
}


def information(entity: str) -> dict[str, Any]:
    """`/entityInformation`; the API user of the MSP may read and nothing else."""
    return {
        "info": {
            "name": entity,
            "canCreate": entity != "ContractServiceUnits",
            "canDelete": False,
            "canQuery": True,
            "canUpdate": entity != "ContractServiceUnits",
            "userAccessForCreate": "None",
            "userAccessForDelete": "None",
            "userAccessForQuery": "All",
            "userAccessForUpdate": "None",
            "hasUserDefinedFields": entity in {"Companies", "Contacts", "ConfigurationItems"},
            "supportsWebhookCallouts": entity in {"Companies", "Contacts", "ConfigurationItems"},
        }
    }


def fields(entity: str) -> dict[str, Any]:
    """`/entityInformation/fields`, picklist values as strings."""
    return {"fields": [_field(entity, name, kind) for name, kind in FIELDS[entity].items()]}


def _field(entity: str, name: str, kind: str) -> dict[str, Any]:
    values = PICKLISTS.get((entity, name))
    return {
        "name": name,
        "dataType": kind,
        "length": 255 if kind == "string" else 0,
        "isRequired": name in _REQUIRED,
        "isReadOnly": name == "id" or name.startswith(("rmm", "datto")),
        "isQueryable": True,
        "isReference": name in _REFERENCES,
        "referenceEntityType": _REFERENCES.get(name, ""),
        "isPickList": values is not None,
        "picklistValues": None if values is None else [_value(*value, order) for order, value in enumerate(values)],
        "picklistParentValueField": "",
        "isSupportedWebhookField": False,
    }


def _value(value: int, label: str, active: bool, order: int) -> dict[str, Any]:  # noqa: FBT001 - a row of a table
    return {
        "value": str(value),
        "label": label,
        "isDefaultValue": False,
        "sortOrder": order,
        "parentValue": "",
        "isActive": active,
        "isSystem": False,
    }
