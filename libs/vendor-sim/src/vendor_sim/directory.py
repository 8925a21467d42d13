"""A tenant's own records: organization, domains, groups with members, and the partner's relationships to it."""

from datetime import datetime, timedelta

from vendor_sim.clients import Client
from vendor_sim.dice import Dice
from vendor_sim.estate import M365Tenant, Record
from vendor_sim.moments import stamp
from vendor_sim.names import DEPARTMENTS

USER, GROUP, DEVICE = "#microsoft.graph.user", "#microsoft.graph.group", "#microsoft.graph.device"
_ROLES = ("88d8e3e3-8f55-4a1e-953a-9b9898b8876b", "f2ef992c-3afb-46b9-b7cf-a126ee74c451")


def organization(client: Client, dice: Dice, now: datetime) -> Record:
    """The single organization row, whose id is the tenant's."""
    return {
        "id": client.tenant_id,
        "deletedDateTime": None,
        "businessPhones": [client.phone],
        "city": "Leipzig",
        "country": None,
        "countryLetterCode": "DE",
        "createdDateTime": stamp(dice.before(now, 400, 3500)),
        "defaultUsageLocation": None,
        "directorySizeQuota": {"used": len(client.people) * 6, "total": 50_000},
        "displayName": client.short if dice.chance(0.7) else client.name,
        "isMultipleDataLocationsForServicesEnabled": None,
        "marketingNotificationEmails": [],
        "onPremisesLastSyncDateTime": stamp(dice.before(now, 0.01, 0.1)) if client.index % 3 == 0 else None,
        "onPremisesSyncEnabled": True if client.index % 3 == 0 else None,
        "postalCode": "04109",
        "preferredLanguage": "de",
        "securityComplianceNotificationMails": [],
        "securityComplianceNotificationPhones": [],
        "state": None,
        "street": None,
        "technicalNotificationMails": [f"admin@{client.initial_domain}"],
        "tenantType": "AAD",
        "assignedPlans": [],
        "provisionedPlans": [{"capabilityStatus": "Enabled", "provisioningStatus": "Success", "service": "exchange"}],
        "verifiedDomains": [
            {
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": name == client.domain,
                "isInitial": name == client.initial_domain,
                "name": name,
                "type": "Managed",
            }
            for name in (client.initial_domain, client.domain)
        ],
    }


def domains(client: Client) -> dict[str, Record]:
    """The verified domains and one that was never verified, by name."""
    return {
        name: {
            "authenticationType": "Managed",
            "availabilityStatus": None,
            "id": name,
            "isAdminManaged": True,
            "isDefault": name == client.domain,
            "isInitial": name == client.initial_domain,
            "isRoot": True,
            "isVerified": not name.startswith("neu."),
            "passwordNotificationWindowInDays": None,
            "passwordValidityPeriodInDays": 2_147_483_647,
            "supportedServices": ["Email", "OfficeCommunicationsOnline"],
            "state": None,
        }
        for name in (client.domain, client.initial_domain, f"neu.{client.domain}")[: 3 if client.index % 4 == 0 else 2]
    }


def add_groups(client: Client, tenant: M365Tenant, dice: Dice, now: datetime) -> None:
    """Staff, departments, teams and a licence group; the department groups sit inside one nesting group."""
    staff = [person for person in client.people if person.kind == "member"]
    everyone = _group(client, tenant, "Alle Mitarbeiter", dice, now, mail=True)
    tenant.members[everyone] = [_member(USER, person.user_id) for person in staff]
    nested = []
    for department in DEPARTMENTS:
        inside = [person for person in staff if person.department == department]
        if inside:
            made = _group(client, tenant, f"Abteilung {department}", dice, now)
            tenant.members[made] = [_member(USER, person.user_id) for person in inside]
            nested.append(made)
    umbrella = _group(client, tenant, "VPN-Zugriff", dice, now)
    tenant.members[umbrella] = [_member(GROUP, made) for made in nested[:2]]
    tenant.members[umbrella] += [_member(USER, person.user_id) for person in dice.sample(staff, 3)]
    anyone = [person for person in client.people if person.user_id]
    for number in range(2 + len(staff) // 15):
        made = _group(client, tenant, f"Projekt {number + 1:02d}", dice, now, mail=True)
        tenant.members[made] = [_member(USER, person.user_id) for person in dice.sample(anyone, dice.between(0, 12))]
    machines = _group(client, tenant, "Geräte Pilot", dice, now)
    tenant.members[machines] = [_member(DEVICE, device) for device in dice.sample(sorted(tenant.devices), 5)]


def relationship(partner: str, client: Client, dice: Dice, now: datetime, status: str = "active") -> Record:
    """One delegated admin relationship from the partner to the client's tenant; ended ones stay in the list."""
    ended = status in {"expired", "terminated"}
    created = dice.before(now, 800, 1200) if ended else dice.before(now, 30, 600)
    reseller = dice.chance(0.1)
    kind = "resellerDelegatedAdminRelationship" if reseller else "delegatedAdminRelationship"
    row: Record = {
        "@odata.type": f"#microsoft.graph.{kind}",
        "@odata.etag": f'W/"{dice.hexes(24)}"',
        "id": f"{dice.guid()}-{partner}",
        "displayName": f"{client.slug}_{dice.digits(4)}",
        "duration": "P730D",
        "customer": {"tenantId": client.tenant_id, "displayName": client.short},
        "accessDetails": {"unifiedRoles": [{"roleDefinitionId": role} for role in _ROLES]},
        "status": status,
        "autoExtendDuration": "PT0S" if ended else "P180D",
        "createdDateTime": stamp(created, 7),
        "lastModifiedDateTime": stamp(created + timedelta(hours=3), 7),
        "activatedDateTime": stamp(created + timedelta(hours=2), 7),
        "endDateTime": stamp(created + timedelta(days=730), 7),
    }
    if reseller:
        row |= {"isPartnerConsentPending": False, "indirectProviderTenantId": None}
    return row


def _group(client: Client, tenant: M365Tenant, name: str, dice: Dice, now: datetime, *, mail: bool = False) -> str:
    made, created = dice.guid(), stamp(dice.before(now, 50, 2500))
    nickname = name.lower().replace(" ", "-").replace("ä", "ae")
    address = f"{nickname}@{client.domain}" if mail else None
    tenant.groups[made] = {
        "id": made,
        "deletedDateTime": None,
        "classification": None,
        "createdDateTime": created,
        "creationOptions": [],
        "description": name if mail else None,
        "displayName": name,
        "expirationDateTime": None,
        "groupTypes": ["Unified"] if mail else [],
        "isAssignableToRole": None,
        "mail": address,
        "mailEnabled": mail,
        "mailNickname": nickname,
        "membershipRule": None,
        "membershipRuleProcessingState": None,
        "onPremisesLastSyncDateTime": None,
        "onPremisesProvisioningErrors": [],
        "onPremisesSecurityIdentifier": None,
        "onPremisesSyncEnabled": None,
        "preferredDataLocation": None,
        "preferredLanguage": None,
        "proxyAddresses": [f"SMTP:{address}"] if address else [],
        "renewedDateTime": created,
        "resourceBehaviorOptions": [],
        "resourceProvisioningOptions": ["Team"] if mail and dice.chance(0.6) else [],
        "securityEnabled": not mail,
        "securityIdentifier": f"S-1-12-1-{dice.digits(10)}-{dice.digits(10)}-{dice.digits(10)}-{dice.digits(10)}",
        "theme": None,
        "visibility": "Private" if mail else None,
    }
    return made


def _member(kind: str, identifier: str) -> Record:
    return {"@odata.type": kind, "id": identifier}
