"""Microsoft Graph's lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mspbyte_common.vendors.endpoint import Accounts, Endpoint, Record
from mspbyte_common.vendors.pages import next_link, unpaged
from svc_adapter_m365.delta import delta
from svc_adapter_m365.members import add_members

DAY = timedelta(hours=24)
LINKED = next_link("@odata.nextLink")

USER_FIELDS = (
    "id",
    "displayName",
    "givenName",
    "surname",
    "userPrincipalName",
    "mail",
    "otherMails",
    "proxyAddresses",
    "accountEnabled",
    "userType",
    "createdDateTime",
    "assignedLicenses",
    "mobilePhone",
    "businessPhones",
    "onPremisesSyncEnabled",
    "jobTitle",
    "department",
    "companyName",
)
GROUP_FIELDS = (
    "id",
    "displayName",
    "description",
    "groupTypes",
    "mail",
    "mailEnabled",
    "mailNickname",
    "proxyAddresses",
    "securityEnabled",
    "isAssignableToRole",
    "membershipRule",
    "visibility",
    "onPremisesSyncEnabled",
    "resourceProvisioningOptions",
    "createdDateTime",
)


def _customer(record: Record) -> dict[str, Any]:
    customer = record.get("customer")
    return customer if isinstance(customer, dict) else {}


def _tenant_id(record: Record) -> str | None:
    value = _customer(record).get("tenantId")
    return str(value) if value else None


def _tenant_name(record: Record) -> str | None:
    value = _customer(record).get("displayName")
    return str(value) if value else None


def _relationship(record: Record) -> dict[str, Any]:
    return {f"relationship:{record.get('id')}": record.get("status")}


def _no_relationship(settings: Mapping[str, Any]) -> str | None:
    """A tenant is reachable while any of its relationships is; ended ones stay in the list for ever."""
    states = {str(value) for name, value in settings.items() if name.startswith("relationship:")}
    if not states or states & {"active", "expiring"}:
        return None
    return f"no active partner relationship ({', '.join(sorted(states))})"


RELATIONSHIPS = Endpoint(
    resource="delegatedAdminRelationships",
    kind="tenant",
    path="/v1.0/tenantRelationships/delegatedAdminRelationships",
    params={"$top": "300"},
    records="value",
    paging=LINKED,
    interval=DAY,
    level="root",
    priority=1,
    volatile=frozenset({"lastModifiedDateTime", "@odata.etag"}),
    accounts=Accounts(_tenant_id, _tenant_name, _relationship, _no_relationship),
)
ORGANIZATION = Endpoint(
    resource="organization",
    kind="tenant",
    path="/v1.0/organization",
    records="value",
    paging=LINKED,
    interval=DAY,
    priority=2,
    volatile=frozenset({"onPremisesLastSyncDateTime", "directorySizeQuota"}),
)
DOMAINS = Endpoint(
    resource="domains", kind="domain", path="/v1.0/domains", records="value", paging=LINKED, interval=DAY, priority=2
)
SKUS = Endpoint(
    resource="subscribedSkus",
    kind="licence",
    path="/v1.0/subscribedSkus",
    records="value",
    paging=unpaged(),
    interval=DAY,
    priority=3,
)
USERS = Endpoint(
    resource="users",
    kind="identity",
    path="/v1.0/users",
    params={"$top": "999", "$select": ",".join(USER_FIELDS)},
    records="value",
    paging=LINKED,
    interval=DAY,
    incremental=delta("/v1.0/users/delta", USER_FIELDS),
)
GROUPS = Endpoint(
    resource="groups",
    kind="group",
    path="/v1.0/groups",
    params={"$top": "100", "$select": ",".join(GROUP_FIELDS)},
    records="value",
    paging=LINKED,
    interval=DAY,
    complete_page=add_members,
    incremental=delta("/v1.0/groups/delta", GROUP_FIELDS, "members"),
)
DEVICES = Endpoint(
    resource="devices",
    kind="device",
    path="/v1.0/devices",
    params={"$top": "999"},
    records="value",
    paging=LINKED,
    interval=DAY,
    volatile=frozenset({"approximateLastSignInDateTime", "onPremisesLastSyncDateTime"}),
)
MANAGED_DEVICES = Endpoint(
    resource="managedDevices",
    kind="device",
    path="/v1.0/deviceManagement/managedDevices",
    params={"$top": "999"},
    records="value",
    paging=LINKED,
    interval=DAY,
    volatile=frozenset({"lastSyncDateTime", "freeStorageSpaceInBytes", "exchangeLastSuccessfulSyncDateTime"}),
)

ENDPOINTS = (RELATIONSHIPS, ORGANIZATION, DOMAINS, SKUS, USERS, GROUPS, DEVICES, MANAGED_DEVICES)
