"""What the MSP's people do: resources, and the tickets they work on."""

from datetime import datetime, timedelta

from vendor_sim.clients import Client
from vendor_sim.dice import Dice
from vendor_sim.estate import Credentials, Estate, Record
from vendor_sim.moments import stamp

FIRST_RESOURCE = 29_682_885
FIRST_TICKET = 61_000
NEW, COMPLETE, IN_PROGRESS, WAITING, RETIRED = 1, 5, 8, 7, 29_682_850
"""Values of the status picklist; only the first two mean the same at every MSP."""
QUEUES = (29_682_833, 29_682_969, 8)
API_USER = 7
_TEAM = 7
_TITLES = (
    ("Drucker druckt nicht", 10, 101),
    ("Neuer Mitarbeiter, bitte anlegen", 11, 110),
    ("VPN bricht ab", 12, 120),
    ("Postfach voll", 10, 102),
    ("Backup fehlgeschlagen", 12, 121),
    ("Rechner sehr langsam", 10, 101),
    ("Angebot für Notebooks", 11, 111),
)
"""(title, issueType, subIssueType)."""


def resources(msp: Client, secrets: Credentials, dice: Dice, now: datetime) -> dict[int, Record]:
    """The MSP's technicians, one who has left, and the user the API signs in as."""
    staff = [person for person in msp.people if person.kind == "member"][: _TEAM + 1]
    rows = {}
    for number, person in enumerate(staff):
        key = FIRST_RESOURCE + 3 * number
        rows[key] = _resource(key, person.first[0], person.last[0], person.mail, dice, now)
        rows[key] |= {"isActive": number != _TEAM, "title": person.title}
    key = FIRST_RESOURCE + 3 * (_TEAM + 1)
    rows[key] = _resource(key, "API", "Sync", secrets.autotask_username, dice, now)
    rows[key] |= {"licenseType": API_USER, "userName": secrets.autotask_username}
    return rows


def add_tickets(estate: Estate, client: Client, dice: Dice, now: datetime) -> None:
    """A few tickets for each client, most of them done; some name a contact or a machine that is long gone."""
    contacts = [key for key, row in estate.autotask.contacts.items() if row["companyID"] == client.company_id]
    machines = [
        key for key, row in estate.autotask.configuration_items.items() if row["companyID"] == client.company_id
    ]
    for _ in range(2 + client.people_wanted // 8):
        number = FIRST_TICKET + 2 * len(estate.autotask.tickets)
        contact = dice.pick(contacts) if contacts and dice.chance(0.85) else None
        machine = dice.pick(machines) if machines and dice.chance(0.3) else None
        row = ticket(number, client.company_id, contact, machine, dice, now)
        estate.autotask.tickets[number] = row


def ticket(number: int, company: int, contact: int | None, machine: int | None, dice: Dice, now: datetime) -> Record:
    """One ticket of the last months; the assigned resource and its role come as a pair or not at all."""
    title, issue, sub_issue = dice.pick(_TITLES)
    created = dice.before(now, 0.5, 120)
    status = dice.weighted(((COMPLETE, 0.7), (NEW, 0.1), (IN_PROGRESS, 0.12), (WAITING, 0.06), (RETIRED, 0.02)))
    moved = created + (now - created) * dice.between(5, 95) / 100
    done, assigned = status == COMPLETE, dice.chance(0.9)
    resource = FIRST_RESOURCE + 3 * dice.between(0, _TEAM) if assigned else None
    return {
        "id": number,
        "apiVendorID": None,
        "assignedResourceID": resource,
        "assignedResourceRoleID": 29_682_834 if assigned else None,
        "billingCodeID": 29_682_801,
        "companyID": company,
        "companyLocationID": None,
        "completedByResourceID": resource if done else None,
        "completedDate": stamp(moved, 2) if done else None,
        "configurationItemID": 40_000 if machine and dice.chance(0.03) else machine,
        "contactID": 29_600_000 if contact and dice.chance(0.03) else contact,
        "contractID": None,
        "contractServiceBundleID": None,
        "contractServiceID": None,
        "createDate": stamp(created, dice.pick((0, 2, 3))),
        "creatorResourceID": FIRST_RESOURCE,
        "creatorType": 1,
        "description": f"{title}.\r\n\r\nMit freundlichen Grüßen" if dice.chance(0.8) else "<p>Siehe Anhang</p>",
        "dueDateTime": stamp(created + timedelta(days=dice.between(1, 14))),
        "estimatedHours": None,
        "externalID": "",
        "issueType": issue,
        "lastActivityDate": stamp(moved, 3),
        "lastActivityPersonType": 1,
        "lastActivityResourceID": resource,
        "lastTrackedModificationDateTime": stamp(moved, 3),
        "priority": dice.weighted(((2, 0.6), (1, 0.15), (3, 0.2), (4, 0.05))),
        "problemTicketId": None,
        "projectID": None,
        "purchaseOrderNumber": "",
        "queueID": dice.pick(QUEUES),
        "resolution": "Neu gestartet" if done else "",
        "rmmAlertID": None,
        "serviceLevelAgreementHasBeenMet": dice.pick((True, False, None)),
        "serviceLevelAgreementID": None,
        "source": dice.pick((2, 4, 8)),
        "status": status,
        "subIssueType": sub_issue,
        "ticketCategory": 3,
        "ticketNumber": f"T{created:%Y%m%d}.{number % 10_000:04d}",
        "ticketType": dice.weighted(((1, 0.5), (2, 0.4), (5, 0.1))),
        "title": title,
        "userDefinedFields": [],
    }


def _resource(key: int, first: str, last: str, mail: str, dice: Dice, now: datetime) -> Record:
    """Without internalCost, which only a user with that permission sees."""
    return {
        "id": key,
        "dateFormat": "dd.MM.yyyy",
        "defaultServiceDeskRoleID": 29_682_834,
        "email": mail,
        "email2": "",
        "email3": None,
        "emailTypeCode": "PRIMARY",
        "firstName": first,
        "gender": "",
        "greeting": None,
        "hireDate": stamp(dice.before(now, 300, 4000))[:10] + "T00:00:00Z",
        "homePhone": "",
        "initials": f"{first[:1]}{last[:1]}",
        "isActive": True,
        "lastName": last,
        "licenseType": 1,
        "locationID": 29_682_778,
        "middleName": None,
        "mobilePhone": "",
        "numberFormat": "X.XXX,XX",
        "officeExtension": dice.digits(2),
        "officePhone": "",
        "payrollType": 1,
        "resourceType": "Employee",
        "timeFormat": "HH:mm",
        "title": "",
        "travelAvailabilityPct": "0%",
        "userName": mail.partition("@")[0],
        "userType": 29_682_802,
        "userDefinedFields": [],
    }
