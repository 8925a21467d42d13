"""How a tenant is protected: roles and who has them, Conditional Access, alerts, and what is derived from the users.

Drawn by dice of their own, so that the estate's other records are what they are without them.
"""

from datetime import datetime, timedelta

from vendor_sim.dice import Dice
from vendor_sim.directory import GROUP, USER
from vendor_sim.estate import M365Tenant, Record
from vendor_sim.moments import midnight, stamp

GLOBAL_ADMIN = "62e90394-69f5-4237-9190-012177145e10"
_ROLES = (
    (GLOBAL_ADMIN, "Global Administrator"),
    ("fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator"),
    ("29232cdf-9323-42fd-ade2-1d097af3e4de", "Exchange Administrator"),
    ("88d8e3e3-8f55-4a1e-953a-9b9898b8876b", "Directory Readers"),
)
"""(template id, name) of the roles that may be activated; the ids are Microsoft's public ones."""
PRIVILEGED = frozenset(template for template, name in _ROLES if name != "Directory Readers")
_ALERTS = (
    ("Suspicious inbox forwarding rule", "medium", "microsoftDefenderForOffice365", "Exfiltration"),
    ("Unfamiliar sign-in properties", "low", "azureAdIdentityProtection", "InitialAccess"),
    ("'EICAR_Test' malware was prevented", "informational", "microsoftDefenderForEndpoint", "Malware"),
    ("Impossible travel activity", "high", "microsoftDefenderForCloudApps", "InitialAccess"),
)
_CONTROLS = (("MFARegistrationV2", 9.0), ("AdminMFAV2", 10.0), ("BlockLegacyAuthentication", 8.0), ("OneAdmin", 1.0))
SCORE_DAYS = 90


def add_security(tenant: M365Tenant, dice: Dice, now: datetime) -> None:
    """Roles, policies and alerts; with Conditional Access the security defaults are off."""
    members = [key for key, row in tenant.users.items() if row["accountEnabled"] and row["userType"] != "Guest"]
    for template, name in _ROLES[: 2 + dice.between(0, 2)]:
        role = dice.guid()
        tenant.directory_roles[role] = {
            "id": role,
            "deletedDateTime": None,
            "description": f"{name}.",
            "displayName": name,
            "roleTemplateId": template,
        }
        chosen = dice.sample(members, dice.between(1, 3))
        tenant.role_members[role] = [{"@odata.type": USER, "id": key} for key in chosen]
        if dice.chance(0.1) and tenant.groups:
            tenant.role_members[role].append({"@odata.type": GROUP, "id": min(tenant.groups)})
    for policy in _policies(tenant, dice, now) if dice.chance(0.6) else []:
        tenant.conditional_access[policy["id"]] = policy
    tenant.security_defaults = not tenant.conditional_access and dice.chance(0.7)
    for _ in range(dice.between(0, 2 + len(members) // 20)):
        alert = _alert(tenant, dice, now)
        tenant.security_alerts[alert["id"]] = alert


def registration(seed: int, tenant: M365Tenant, user: Record, day: datetime) -> Record:
    """One row of userRegistrationDetails; equal for equal users, so that it is stable while nothing changes."""
    dice = Dice(seed, "registration", user["id"])
    methods = dice.weighted(
        (
            (["microsoftAuthenticatorPush", "softwareOneTimePasscode"], 0.6),
            (["mobilePhone"], 0.15),
            (["microsoftAuthenticatorPush", "fido2SecurityKey"], 0.05),
            ([], 0.2),
        )
    )
    preferred = {0: "none", 1: "sms"}.get(len(methods), "push")
    return {
        "id": user["id"],
        "isAdmin": any(entry["id"] == user["id"] for entries in tenant.role_members.values() for entry in entries),
        "isMfaCapable": bool(methods),
        "isMfaRegistered": bool(methods),
        "isPasswordlessCapable": "fido2SecurityKey" in methods,
        "isSsprCapable": bool(methods),
        "isSsprEnabled": True,
        "isSsprRegistered": bool(methods),
        "isSystemPreferredAuthenticationMethodEnabled": True,
        "lastUpdatedDateTime": stamp(day, 7),
        "methodsRegistered": methods,
        "systemPreferredAuthenticationMethods": [],
        "userDisplayName": user["displayName"],
        "userPreferredMethodForSecondaryAuthentication": "" if dice.chance(0.1) else preferred,
        "userPrincipalName": user["userPrincipalName"],
        "userType": "guest" if user["userType"] == "Guest" else "member",
    }


def secure_scores(seed: int, tenant: M365Tenant, now: datetime) -> list[Record]:
    """One score for each of the last days, the newest first; unset comparisons are -1."""
    licensed = sum(bool(row["assignedLicenses"]) for row in tenant.users.values())
    rows = []
    for back in range(SCORE_DAYS):
        day = midnight((now - timedelta(days=back)).date())
        dice = Dice(seed, "score", tenant.id, day.toordinal() // 7)
        controls = [(name, most * dice.between(2, 10) / 10) for name, most in _CONTROLS]
        rows.append(
            {
                "id": f"{tenant.id}_{day:%Y-%m-%d}",
                "azureTenantId": tenant.id,
                "activeUserCount": sum(row["accountEnabled"] for row in tenant.users.values()),
                "createdDateTime": stamp(day),
                "currentScore": round(sum(score for _, score in controls), 2),
                "enabledServices": ["HasExchange", "HasSharePoint"],
                "licensedUserCount": licensed,
                "maxScore": sum(most for _, most in _CONTROLS),
                "vendorInformation": {"provider": "SecureScore", "providerVersion": None, "vendor": "Microsoft"},
                "averageComparativeScores": [{"basis": "AllTenants", "averageScore": -1.0 if licensed < 5 else 70.0}],
                "controlScores": [
                    {
                        "controlCategory": "Identity",
                        "controlName": name,
                        "description": f"<p>{name}</p>",
                        "score": score,
                        "on": "true" if score else "false",
                        "lastSynced": stamp(day),
                    }
                    for name, score in controls
                ],
            }
        )
    return rows


def _policies(tenant: M365Tenant, dice: Dice, now: datetime) -> list[Record]:
    admins = sorted(tenant.role_members)
    roles = [tenant.directory_roles[role]["roleTemplateId"] for role in admins]
    exempt = [entry["id"] for entry in tenant.role_members[admins[0]][:1]]
    every: Record = {"includeUsers": ["All"], "excludeUsers": exempt}
    return [
        policy("MFA für alle", every, ["mfa"], "enabled", dice, now),
        policy("Alte Anmeldung sperren", every, ["block"], dice.pick(("enabled", "disabled")), dice, now),
        policy("MFA für Administratoren", {"includeRoles": roles}, ["mfa"], "enabled", dice, now),
        policy(
            "Nur bekannte Geräte",
            {"includeUsers": ["All"], "excludeUsers": ["GuestsOrExternalUsers"]},
            ["compliantDevice"],
            "enabledForReportingButNotEnforced",
            dice,
            now,
        ),
        policy("Sitzungsdauer", {"includeUsers": ["All"]}, [], "enabled", dice, now),
    ][: dice.between(2, 5)]


def policy(name: str, users: Record, grants: list[str], state: str, dice: Dice, now: datetime) -> Record:
    """A Conditional Access policy for all applications; `users` has the lists that are not empty."""
    nobody = ("excludeGroups", "excludeRoles", "excludeUsers", "includeGroups", "includeRoles", "includeUsers")
    created = dice.before(now, 60, 900)
    hours = {"value": 12, "type": "hours", "isEnabled": True}
    return {
        "id": dice.guid(),
        "templateId": None,
        "displayName": name,
        "createdDateTime": stamp(created, 7),
        "modifiedDateTime": stamp(created + timedelta(days=20), 7) if dice.chance(0.5) else None,
        "state": state,
        "conditions": {
            "clientAppTypes": ["exchangeActiveSync", "other"] if grants == ["block"] else ["all"],
            "servicePrincipalRiskLevels": [],
            "signInRiskLevels": [],
            "userRiskLevels": [],
            "applications": {"excludeApplications": [], "includeApplications": ["All"], "includeUserActions": []},
            "devices": None,
            "locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}
            if dice.chance(0.3)
            else None,
            "platforms": None,
            "users": {name: [] for name in nobody} | users,
        },
        "grantControls": {
            "builtInControls": grants,
            "customAuthenticationFactors": [],
            "operator": "OR",
            "termsOfUse": [],
        }
        if grants
        else None,
        "sessionControls": None if grants else {"signInFrequency": hours},
    }


def _evidence(tenant: M365Tenant, number: int, created: str) -> list[Record]:
    """A person, and for every other alert a device; both chosen by the incident's number."""
    people, machines = sorted(tenant.users), sorted(tenant.devices)
    usual = {"createdDateTime": created, "remediationStatus": "none", "roles": [], "tags": [], "verdict": "suspicious"}
    user = tenant.users[people[number % len(people)]]
    account = {
        "accountName": user["userPrincipalName"].partition("@")[0],
        "azureAdUserId": user["id"],
        "userPrincipalName": user["userPrincipalName"],
    }
    found: list[Record] = [{"@odata.type": "#microsoft.graph.security.userEvidence", **usual, "userAccount": account}]
    if machines and number % 2:
        device = tenant.devices[machines[number % len(machines)]]
        found.append(
            {
                "@odata.type": "#microsoft.graph.security.deviceEvidence",
                **usual,
                "azureAdDeviceId": device["deviceId"],
                "deviceDnsName": device["displayName"],
            }
        )
    return found


def _alert(tenant: M365Tenant, dice: Dice, now: datetime) -> Record:
    title, severity, source, category = dice.pick(_ALERTS)
    created = dice.before(now, 0.1, 60)
    moved = created + timedelta(hours=dice.between(0, 48)) / 2
    status = dice.pick(("new", "inProgress", "resolved"))
    incident = dice.digits(4)
    return {
        "id": f"da{dice.digits(18)}_-{dice.digits(9)}",
        "tenantId": tenant.id,
        "actorDisplayName": None,
        "alertWebUrl": f"https://security.microsoft.com/alerts/{incident}",
        "assignedTo": None,
        "category": category,
        "classification": "truePositive" if status == "resolved" else None,
        "createdDateTime": stamp(created, 7),
        "description": title,
        "determination": "maliciousUserActivity" if status == "resolved" else None,
        "evidence": _evidence(tenant, int(incident), stamp(created, 7)),
        "firstActivityDateTime": stamp(created - timedelta(minutes=20), 7),
        "incidentId": incident,
        "lastActivityDateTime": stamp(created, 7),
        "lastUpdateDateTime": stamp(min(moved, now), 7),
        "recommendedActions": "Check\tthe user\ufffds rules.",
        "resolvedDateTime": stamp(min(moved, now), 7) if status == "resolved" else None,
        "serviceSource": source,
        "severity": severity,
        "status": status,
        "title": title,
    }
