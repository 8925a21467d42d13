"""Accounts that people sign in to, with the second factor that is enforced of them and the roles they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mspbyte_common.models import KINDS
from svc_workers.directory import NEEDS, directory
from svc_workers.links import Links
from svc_workers.mfa import Enforced, enforcement
from svc_workers.reports.record import Record
from svc_workers.subject import Subject

LEVELS: tuple[Enforced, ...] = ("full", "partial", "none", "unknown")
USERS, REGISTRATIONS = "m365/users", "m365/userRegistrationDetails"


@dataclass(frozen=True)
class Account:
    """An enabled account that is no guest. `roles` are the privileged ones it holds; `registered`: None, not told."""

    name: str
    upn: str | None
    enforced: Enforced
    decided_by: str | None
    roles: tuple[str, ...]
    registered: bool | None


def accounts(records: Mapping[str, Iterable[Record]], at: datetime) -> tuple[Account, ...]:
    """Whoever can sign in, by name; the directory is asked as the checks ask it."""
    surroundings = _surroundings(records, at)
    registered = {
        (one.account_id, one.data["object_id"]): one.data.get("registered") for one in records.get(REGISTRATIONS, ())
    }
    found = []
    for one in records.get(USERS, ()):
        if one.data.get("enabled") is not True or one.data["identity_type"] == "guest":
            continue
        object_id = one.data["object_id"]
        there = directory(surroundings[one.account_id])
        guest = None if one.data["identity_type"] == "unknown" else False
        judged = enforcement(there.person(object_id, guest=guest), there.policies)
        held = {role.name or role.role_id for role in there.held(object_id) if role.privileged}
        found.append(
            Account(
                name=one.data.get("display_name") or one.data.get("upn") or "An account without a name",
                upn=one.data.get("upn"),
                enforced=judged.level,
                decided_by=(judged.decided_by.name or judged.decided_by.policy_id) if judged.decided_by else None,
                roles=tuple(sorted(held)),
                registered=registered.get((one.account_id, object_id)),
            )
        )
    return tuple(sorted(found, key=lambda account: (account.name.casefold(), account.upn or "")))


def _surroundings(records: Mapping[str, Iterable[Record]], at: datetime) -> Mapping[UUID, Links]:
    beside: dict[UUID, list[Subject[Any]]] = defaultdict(list)
    for listing in NEEDS:
        for one in records.get(listing, ()):
            model = one.read(KINDS[one.kind])
            place = one.vendor, one.resource, "", one.account_id, one.client_id
            beside[one.account_id].append(Subject(one.id, one.kind, *place, model))
    found: dict[UUID, Links] = defaultdict(lambda: Links(now=at))
    found.update({account: Links(now=at, beside=tuple(subjects)) for account, subjects in beside.items()})
    return found
