"""Autotask's change fields: which of them move when a row is written, and for which other rows."""

from vendor_sim.estate import AutotaskDatabase, Record

MOVING = {
    "Companies": ("lastTrackedModifiedDateTime",),
    "Contacts": ("lastModifiedDate",),
    "ConfigurationItems": ("lastModifiedTime",),
    "Tickets": ("lastActivityDate", "lastTrackedModificationDateTime"),
    "Services": ("lastModifiedDate",),
}
"""Entity to the fields an edit moves. Contracts, their lines and units, bundles and resources have none.

A company's and a contact's `lastActivityDate` is not among them: a ticket moves it, an edit does not.
"""


def stamped(entity: str, before: Record | None, after: Record, now: str) -> Record:
    """The row as it is stored: its change fields moved, except those the caller set to something new."""
    if before == after:
        return after
    moved = [name for name in MOVING.get(entity, ()) if before is None or before.get(name) == after.get(name)]
    return after | dict.fromkeys(moved, now)


def move_activity(database: AutotaskDatabase, ticket: Record, now: str) -> None:
    """A ticket was written: its company and its contact were active."""
    for rows, key in ((database.companies, ticket.get("companyID")), (database.contacts, ticket.get("contactID"))):
        if key in rows:
            rows[key] = rows[key] | {"lastActivityDate": now}
