"""Who works at a client: one Person each, before any vendor has written them down."""

from dataclasses import dataclass, field
from typing import Literal

from vendor_sim.clients import Client
from vendor_sim.dice import Dice
from vendor_sim.names import DEPARTMENTS, FIRST, JOB_TITLES, LAST, ROOMS, SHARED_MAILBOXES, Name

Kind = Literal["member", "leaver", "shared", "room", "guest", "offline", "former", "consultant"]
IN_M365 = {"member", "leaver", "shared", "room", "guest"}
"""Kinds with a directory object; `offline`, `former` and `consultant` are only contacts."""


@dataclass(slots=True)
class Person:
    """One human or mailbox. `mail` is today's address, `old_mail` the one before the surname changed."""

    kind: Kind
    first: Name
    last: Name
    mail: str
    upn: str
    department: str
    title: str
    mobile: str
    old_mail: str | None = None
    old_last: Name | None = None
    aliases: list[str] = field(default_factory=list)
    has_contact: bool = False
    phone_only: bool = False
    """The contact has no e-mail; its mobile number is the only thing in common with the identity."""
    no_email: bool = False
    skus: list[str] = field(default_factory=list)
    user_id: str = ""

    @property
    def display_name(self) -> str:
        """As the directory shows it."""
        return f"{self.first[0]} {self.last[0]}".strip()


def populate(client: Client, dice: Dice) -> None:
    """Everybody of the client except guests and consultants, who need the other clients first."""
    wanted = client.people_wanted
    taken: set[str] = set()
    names: set[tuple[str, str]] = set()
    people = client.people
    people += [_named(client, dice, "member", taken, names) for _ in range(wanted)]
    for _ in range(wanted // 50):
        _namesake(client, dice, taken)
    for person in dice.sample(people, max(1, wanted // 30)):
        _rename(client, person, dice, taken)
    others: tuple[tuple[Kind, int], ...] = (
        ("leaver", max(1, wanted // 16)),
        ("offline", wanted // 20),
        ("former", wanted // 16),
    )
    for kind, count in others:
        people += [_named(client, dice, kind, taken, names) for _ in range(count)]
    for local in SHARED_MAILBOXES[: 2 + wanted // 25]:
        people.append(_mailbox(client, dice, "shared", local, local.capitalize()))
    for number, room in enumerate(ROOMS[: wanted // 40]):
        people.append(_mailbox(client, dice, "room", f"raum{number + 1}", room))
    _contacts(people, dice)
    for person in people:
        if person.kind in IN_M365 and client.tenant_id:
            person.user_id = dice.guid()


def invite(client: Client, abroad: list[tuple[int, Person]], dice: Dice) -> None:
    """Guests of the client's directory and outside consultants among its contacts.

    About half of the guests are members of another client's directory, with the same address; such a consultant
    may be both a guest and a contact here, which is one person here and never the person over there.
    `abroad` holds every client's members as (client index, person).
    """
    taken: set[str] = set()
    for _ in range(1 + client.people_wanted // 15):
        guest = _outsider("guest", client, abroad, dice, taken, 0.5)
        if guest:
            guest.has_contact = dice.chance(0.15)
            guest.upn = f"{guest.mail.replace('@', '_')}#EXT#@{client.initial_domain}"
            guest.user_id = dice.guid() if client.tenant_id else ""
            client.people.append(guest)
    for _ in range(1 + client.people_wanted // 80):
        consultant = _outsider("consultant", client, abroad, dice, taken, 0.8)
        if consultant:
            consultant.has_contact = True
            client.people.append(consultant)


def _outsider(
    kind: Kind, client: Client, abroad: list[tuple[int, Person]], dice: Dice, taken: set[str], from_client: float
) -> Person | None:
    index, double = dice.pick(abroad)
    if index != client.index and dice.chance(from_client):
        first, last, mail = double.first, double.last, double.mail
    else:
        first, last = dice.pick(FIRST), dice.pick(LAST)
        mail = f"{first[1]}.{last[1]}@{dice.pick(('freelance.example', 'partnerbuero.example', 'mailbox.example'))}"
    if mail in taken:
        return None
    taken.add(mail)
    return Person(kind, first, last, mail, mail, "", dice.pick(JOB_TITLES), _mobile(dice))


def _named(client: Client, dice: Dice, kind: Kind, taken: set[str], names: set[tuple[str, str]]) -> Person:
    first, last = dice.pick(FIRST), dice.pick(LAST)
    while (first[1], last[1]) in names:
        first, last = dice.pick(FIRST), dice.pick(LAST)
    names.add((first[1], last[1]))
    mail = _address(client, dice, first, last, taken)
    person = Person(kind, first, last, mail, mail, dice.pick(DEPARTMENTS), dice.pick(JOB_TITLES), _mobile(dice))
    if dice.chance(0.12):
        person.aliases.append(_free(f"{first[1][0]}{last[1]}", client.domain, taken))
    if dice.chance(0.03):
        person.upn = f"{mail.partition('@')[0]}@{client.initial_domain}"
    return person


def _namesake(client: Client, dice: Dice, taken: set[str]) -> None:
    """Two people with one name; their addresses differ by a number. They keep e-mail and surname, so stay apart."""
    twin = dice.pick(client.people)
    mail = _address(client, dice, twin.first, twin.last, taken)
    client.people.append(
        Person(
            "member", twin.first, twin.last, mail, mail, dice.pick(DEPARTMENTS), dice.pick(JOB_TITLES), _mobile(dice)
        )
    )


def _rename(client: Client, person: Person, dice: Dice, taken: set[str]) -> None:
    namesakes = sum(other.first == person.first and other.last == person.last for other in client.people)
    fresh = dice.pick(LAST)
    if namesakes > 1 or any(other.first == person.first and other.last == fresh for other in client.people):
        return
    person.old_mail, person.old_last = person.mail, person.last
    person.last = fresh
    person.mail = person.upn = _address(client, dice, person.first, fresh, taken)


def _mailbox(client: Client, dice: Dice, kind: Kind, local: str, shown: str) -> Person:
    mail = f"{local}@{client.domain}"
    return Person(kind, (shown, local), ("", ""), mail, mail, "", "", _mobile(dice))


def _contacts(people: list[Person], dice: Dice) -> None:
    """Which of them the MSP knows as contacts, and which of those without an e-mail address (about 1.5 %)."""
    counts: dict[str, int] = {}
    for person in people:
        counts[person.display_name] = counts.get(person.display_name, 0) + 1
    for person in people:
        odds = {"member": 0.88, "leaver": 0.7, "offline": 1.0, "former": 1.0}.get(person.kind, 0.0)
        person.has_contact = dice.chance(odds)
        alone = counts[person.display_name] == 1 and person.old_mail is None
        if person.has_contact and person.kind == "member" and alone and dice.chance(0.018):
            person.no_email = True
            person.phone_only = dice.chance(0.5)


def _address(client: Client, dice: Dice, first: Name, last: Name, taken: set[str]) -> str:
    style = dice.weighted(((f"{first[1]}.{last[1]}", 0.85), (f"{first[1][0]}.{last[1]}", 0.15)))
    return _free(style, client.domain, taken)


def _free(local: str, domain: str, taken: set[str]) -> str:
    number, found = 1, local
    while found in taken:
        number += 1
        found = f"{local}{number}"
    taken.add(found)
    return f"{found}@{domain}"


def _mobile(dice: Dice) -> str:
    return f"+49 1555 {dice.digits(7)}"
