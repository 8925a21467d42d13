"""People as Microsoft Graph holds them: user objects of one tenant."""

from datetime import datetime, timedelta

from vendor_sim.clients import Client
from vendor_sim.dice import Dice
from vendor_sim.estate import Record
from vendor_sim.moments import stamp
from vendor_sim.names import CITIES
from vendor_sim.people import Person

DEFAULT_PROPERTIES = (
    "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
    "preferredLanguage", "surname", "userPrincipalName", "id",
)  # fmt: skip
"""What the users listing answers when nothing is selected."""


def user(client: Client, person: Person, dice: Dice, now: datetime) -> Record:
    """One user with every property the simulator knows, null where the vendor answers null.

    `signInActivity` is absent, not null, for someone who never signed in.
    """
    guest, human = person.kind == "guest", person.kind in {"member", "leaver", "guest"}
    enabled = person.kind in {"member", "guest"}
    created = _clear(dice.before(now, 60, 3000), now)
    city, postal = dice.pick(CITIES)
    upn = person.upn
    if not guest and dice.chance(0.06):
        upn = upn.title() if dice.chance(0.5) else upn.upper()
    record: Record = {
        "id": person.user_id,
        "deletedDateTime": None,
        "accountEnabled": enabled,
        "ageGroup": None,
        "assignedLicenses": [{"disabledPlans": [], "skuId": sku} for sku in person.skus],
        "assignedPlans": _plans(person, dice, now),
        "businessPhones": [client.phone] if human and not guest and dice.chance(0.7) else [],
        "city": city if human and not guest else None,
        "companyName": None,
        "country": "Germany" if human and not guest and dice.chance(0.6) else None,
        "createdDateTime": stamp(created),
        "creationType": "Invitation" if guest else None,
        "department": person.department or None,
        "displayName": person.display_name,
        "employeeId": dice.digits(5) if person.kind == "member" and dice.chance(0.2) else None,
        "employeeType": None,
        "externalUserState": ("Accepted" if dice.chance(0.8) else "PendingAcceptance") if guest else None,
        "externalUserStateChangeDateTime": stamp(created) if guest else None,
        "givenName": person.first[0] if human else None,
        "imAddresses": [] if guest else [person.mail],
        "jobTitle": person.title or None,
        "lastPasswordChangeDateTime": stamp(dice.before(now, 10, 60)),
        "mail": _mail(person, dice),
        "mailNickname": person.upn.partition("@")[0],
        "mobilePhone": person.mobile if person.phone_only or (human and not guest and dice.chance(0.5)) else None,
        "officeLocation": None,
        "onPremisesImmutableId": None,
        "onPremisesLastSyncDateTime": None,
        "onPremisesSamAccountName": None,
        "onPremisesSyncEnabled": None,
        "otherMails": [person.mail] if guest else [],
        "passwordPolicies": None if guest else "None",
        "postalCode": postal if human and not guest else None,
        "preferredLanguage": dice.weighted(((None, 0.7), ("de-DE", 0.2), ("en-US", 0.1))),
        "proxyAddresses": _proxies(client, person),
        "state": None,
        "streetAddress": None,
        "surname": person.last[0] if human else None,
        "usageLocation": "DE" if person.skus or dice.chance(0.8) else None,
        "userPrincipalName": upn,
        "userType": "Guest" if guest else (None if dice.chance(0.01) else "Member"),
    }
    if client.index % 3 == 0 and person.kind in {"member", "leaver"}:
        _synchronise(record, client, person, dice, now)
    activity = _sign_in(person, dice, now)
    if activity:
        record["signInActivity"] = activity
    return record


def _mail(person: Person, dice: Dice) -> str | None:
    if person.kind == "guest":
        return f"'{person.mail}" if dice.chance(0.05) else person.mail
    if person.kind == "room" and dice.chance(0.5):
        return None
    return person.mail.title() if dice.chance(0.04) else person.mail


def _proxies(client: Client, person: Person) -> list[str]:
    if person.kind == "guest":
        return [f"SMTP:{person.mail}"]
    local = person.mail.partition("@")[0]
    former = [person.old_mail] if person.old_mail else []
    return [
        f"SMTP:{person.mail}",
        *(f"smtp:{alias}" for alias in [*former, *person.aliases]),
        f"smtp:{local}@{client.initial_domain}",
    ]


def _plans(person: Person, dice: Dice, now: datetime) -> list[Record]:
    if not person.skus:
        return []
    assigned = stamp(dice.before(now, 30, 900))
    return [
        {"assignedDateTime": assigned, "capabilityStatus": status, "service": service, "servicePlanId": plan}
        for status, service, plan in (
            ("Enabled", "exchange", "9aaf7827-d63c-4b61-89c3-182f06f82e5c"),
            ("Enabled", "MicrosoftOffice", "094e7854-93fc-4d55-b2c0-3ab5369ebdc1"),
            ("Deleted", "Adallom", "932ad362-64a8-4783-9106-97849a1a30b9"),
        )
    ]


def _synchronise(record: Record, client: Client, person: Person, dice: Dice, now: datetime) -> None:
    """A directory synchronised from on premises; false for the few that were and no longer are."""
    record["onPremisesSyncEnabled"] = not dice.chance(0.03)
    record["onPremisesLastSyncDateTime"] = stamp(dice.before(now, 0.02, 0.5))
    record["onPremisesImmutableId"] = dice.hexes(16) + "=="
    record["onPremisesSamAccountName"] = f"{person.first[1][0]}{person.last[1]}"[:20]
    record["onPremisesDomainName"] = f"{client.slug}.local"


def _clear(moment: datetime, now: datetime) -> datetime:
    """Nothing happened close to 90 days ago, so that what counts as stale does not change while a day goes on."""
    return moment - timedelta(days=10) if abs((now - moment) - timedelta(days=90)) < timedelta(days=5) else moment


def _sign_in(person: Person, dice: Dice, now: datetime) -> Record | None:
    odds = {"member": 0.95, "leaver": 0.9, "guest": 0.6, "shared": 0.1, "room": 0.3}[person.kind]
    if not dice.chance(odds):
        return None
    last = dice.before(now, 45, 400) if person.kind == "leaver" or dice.chance(0.06) else dice.before(now, 0.01, 20)
    last = _clear(last, now)
    quiet = stamp(dice.before(last, -0.005, 3)) if dice.chance(0.8) else None
    return {
        "lastSignInDateTime": stamp(last),
        "lastSignInRequestId": dice.guid(),
        "lastNonInteractiveSignInDateTime": quiet,
        "lastNonInteractiveSignInRequestId": dice.guid() if quiet else "",
        "lastSuccessfulSignInDateTime": stamp(last) if dice.chance(0.9) else None,
        "lastSuccessfulSignInRequestId": dice.guid() if dice.chance(0.9) else None,
    }
