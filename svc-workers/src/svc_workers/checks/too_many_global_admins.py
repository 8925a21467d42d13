"""Tenants with more global administrators than they need."""

from __future__ import annotations

from dataclasses import dataclass

from mspbyte_common.models import Group, Role
from svc_workers.check import Check
from svc_workers.directory import GROUPS
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.unread import unread
from svc_workers.verdict import Verdict, finding, ok, unknown

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
"""The role's template id, the same in every tenant (learn.microsoft.com, Microsoft Entra built-in roles)."""


@dataclass(frozen=True)
class Params:
    """`most` accounts may hold the role; Microsoft recommends fewer than five."""

    most: int = 4


def evaluate(subject: Subject[Role], links: Links, params: Params) -> Verdict:
    """Few accounts may be global administrators, those who are through groups included."""
    role = subject.model
    if role.template_id != GLOBAL_ADMINISTRATOR:
        return ok()
    holders, untold = _holders(
        role, {group.model.object_id: group.model for group in links.of_account(Group, resource=GROUPS)}
    )
    if len(holders) > params.most:
        return finding(
            CHECK.severity,
            {"role": role.name, "accounts": len(holders), "most": params.most, "object_ids": sorted(holders)},
            f"{len(holders)} accounts are global administrators",
        )
    if untold:
        return unknown("the members of the role, or of a group that holds it, were not read", f"m365/{GROUPS}")
    return unread(subject, links, f"m365/{GROUPS}") or ok()


def _holders(role: Role, groups: dict[str, Group]) -> tuple[set[str], bool]:
    """Those who hold the role other than groups, and whether some were not told."""
    holders: set[str] = set()
    entered: set[str] = set()
    waiting = list(role.members or ())
    untold = role.members is None
    while waiting:
        member = waiting.pop()
        if member.member_type != "group":
            holders.add(member.object_id)
        elif member.object_id not in entered:
            entered.add(member.object_id)
            group = groups.get(member.object_id)
            untold = untold or group is None or group.members is None
            waiting.extend((group.members or ()) if group else ())
    return holders, untold


CHECK = Check(
    name="too_many_global_admins",
    kind=Role,
    title="Too many global administrators",
    why="Each of them can do everything in the tenant: each is one more account to lose it by.",
    remedy="Give the accounts the lesser roles they need, and keep two that are used for emergencies only.",
    severity="medium",
    params=Params(),
    evaluate=evaluate,
    account_kinds=("group",),
    needs=(f"m365/{GROUPS}",),
)
