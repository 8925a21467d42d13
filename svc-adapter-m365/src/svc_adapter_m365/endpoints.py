"""Microsoft Graph's lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mspbyte_common.vendors.endpoint import Accounts, Endpoint, Fetch, Record, whole
from mspbyte_common.vendors.pages import next_link, unpaged
from svc_adapter_m365.delta import delta
from svc_adapter_m365.members import add_group_members, add_role_members

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


LATEST = "latest"


async def _newest(scores: list[Record], _fetch: Fetch) -> list[Record]:
    """The newest score alone, should Graph send more than were asked for."""
    return [max(scores, key=lambda score: str(score.get("createdDateTime")))]


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
    needs="the application permission DelegatedAdminRelationship.Read.All in the partner's tenant",
    essential=True,
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
    needs="the application permission Organization.Read.All",
    essential=True,
)
DOMAINS = Endpoint(
    resource="domains",
    kind="domain",
    path="/v1.0/domains",
    records="value",
    paging=LINKED,
    interval=DAY,
    priority=2,
    needs="the application permission Domain.Read.All",
)
SKUS = Endpoint(
    resource="subscribedSkus",
    kind="licence",
    path="/v1.0/subscribedSkus",
    records="value",
    paging=unpaged(),
    interval=DAY,
    priority=3,
    needs="the application permission Organization.Read.All",
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
    needs="the application permission User.Read.All",
    essential=True,
)
GROUPS = Endpoint(
    resource="groups",
    kind="group",
    path="/v1.0/groups",
    params={"$top": "100", "$select": ",".join(GROUP_FIELDS)},
    records="value",
    paging=LINKED,
    interval=DAY,
    complete_page=add_group_members,
    incremental=delta("/v1.0/groups/delta", GROUP_FIELDS, "members"),
    needs="the application permission GroupMember.Read.All",
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
    needs="the application permission Device.Read.All",
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
    needs="the application permission DeviceManagementManagedDevices.Read.All, and Intune",
)
DIRECTORY_ROLES = Endpoint(
    resource="directoryRoles",
    kind="role",
    path="/v1.0/directoryRoles",
    records="value",
    paging=LINKED,
    interval=DAY,
    complete_page=add_role_members,
    needs="the application permission RoleManagement.Read.Directory",
)
"""The roles somebody has or had. Those a person may only activate (PIM) are not among them."""
CONDITIONAL_ACCESS = Endpoint(
    resource="conditionalAccessPolicies",
    kind="policy",
    path="/v1.0/identity/conditionalAccess/policies",
    records="value",
    paging=LINKED,
    interval=DAY,
    needs="the application permission Policy.Read.All",
)
SECURITY_DEFAULTS = Endpoint(
    resource="securityDefaults",
    kind="policy",
    path="/v1.0/policies/identitySecurityDefaultsEnforcementPolicy",
    records="",
    extract=whole,
    paging=unpaged(),
    interval=DAY,
    volatile=frozenset({"@odata.context"}),
    needs="the application permission Policy.Read.All",
)
REGISTRATIONS = Endpoint(
    resource="userRegistrationDetails",
    kind="mfa_registration",
    path="/v1.0/reports/authenticationMethods/userRegistrationDetails",
    records="value",
    paging=LINKED,
    interval=DAY,
    volatile=frozenset({"lastUpdatedDateTime"}),
    needs="the application permission AuditLog.Read.All, and Entra ID P1",
)
"""Accounts that are disabled are not listed."""
SIGN_INS = Endpoint(
    resource="signInActivity",
    kind="sign_in",
    path="/v1.0/users",
    params={"$top": "100", "$select": "id,signInActivity"},
    records="value",
    paging=LINKED,
    interval=DAY,
    volatile=frozenset({"signInActivity"}),
    needs="the application permissions User.Read.All and AuditLog.Read.All, and Entra ID P1",
)
"""A list of its own: asked for together with the users, a tenant without P1 refuses them all. Of pages with more than 120
users Graph may leave the times empty."""
SECURE_SCORES = Endpoint(
    resource="secureScores",
    kind="score",
    path="/v1.0/security/secureScores",
    params={"$top": "1"},
    records="value",
    paging=unpaged(),
    interval=DAY,
    record_id=lambda _record: LATEST,
    complete_page=_newest,
    needs="the application permission SecurityEvents.Read.All",
)
"""One record per tenant, the newest of ninety days' scores: which day it is of stands in it."""
ALERTS = Endpoint(
    resource="alerts_v2",
    kind="alert",
    path="/v1.0/security/alerts_v2",
    params={"$top": "100"},
    records="value",
    paging=LINKED,
    interval=DAY,
    needs="the application permission SecurityAlert.Read.All",
)

ENDPOINTS = (
    RELATIONSHIPS,
    ORGANIZATION,
    DOMAINS,
    SKUS,
    USERS,
    GROUPS,
    DEVICES,
    MANAGED_DEVICES,
    DIRECTORY_ROLES,
    CONDITIONAL_ACCESS,
    SECURITY_DEFAULTS,
    REGISTRATIONS,
    SIGN_INS,
    SECURE_SCORES,
    ALERTS,
)
