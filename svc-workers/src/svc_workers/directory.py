"""Who is in which group and holds which role, through other groups too, in one account's directory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mspbyte_common.models import Group, Identity, Policy, Role
from svc_workers.links import Links
from svc_workers.mfa import Person

GROUPS, ROLES, POLICIES, DEFAULTS = "groups", "directoryRoles", "conditionalAccessPolicies", "securityDefaults"
NEEDS = tuple(f"m365/{resource}" for resource in (GROUPS, ROLES, POLICIES, DEFAULTS))
"""The listings a directory is made of."""
KINDS = ("group", "policy", "role")


@dataclass(frozen=True)
class Directory:
    """`parents`: the groups each member is directly in; `unread`: groups whose members could not be read."""

    parents: Mapping[str, tuple[str, ...]]
    unread: frozenset[str]
    roles: tuple[Role, ...]
    policies: tuple[Policy, ...]

    def person(self, object_id: str, *, guest: bool | None) -> Person:
        """The account with that id, as policies see it."""
        groups = self.above((object_id,))
        perhaps = (self.above(self.unread) | self.unread) - groups
        return Person(
            object_id=object_id,
            guest=guest,
            groups=groups,
            roles=frozenset(role.template_id for role in self.held(object_id) if role.template_id is not None),
            perhaps_groups=perhaps,
            perhaps_roles=frozenset(
                role.template_id
                for role in self.roles
                if role.template_id is not None and (role.members is None or _ids(role) & perhaps)
            ),
        )

    def held(self, object_id: str) -> tuple[Role, ...]:
        """The roles an account holds, directly or through groups."""
        principals = self.above((object_id,)) | {object_id}
        return tuple(role for role in self.roles if _ids(role) & principals)

    def above(self, members: Iterable[str]) -> frozenset[str]:
        """The groups that any of these is in, however deep; groups that contain each other are no trouble."""
        found: set[str] = set()
        waiting = list(members)
        while waiting:
            for group in self.parents.get(waiting.pop(), ()):
                if group not in found:
                    found.add(group)
                    waiting.append(group)
        return frozenset(found)


def _ids(role: Role) -> frozenset[str]:
    return frozenset(member.object_id for member in role.members or ())


def directory(links: Links) -> Directory:
    """The directory of the subject's account; a check that asks for it names NEEDS and KINDS."""
    return links.once(_directory)


def _directory(links: Links) -> Directory:
    groups = [group.model for group in links.of_account(Group, resource=GROUPS)]
    parents: dict[str, list[str]] = defaultdict(list)
    for group in groups:
        for member in group.members or ():
            parents[member.object_id].append(group.object_id)
    policies = (*links.of_account(Policy, resource=POLICIES), *links.of_account(Policy, resource=DEFAULTS))
    return Directory(
        parents={member: tuple(sorted(within)) for member, within in parents.items()},
        unread=frozenset(group.object_id for group in groups if group.members is None),
        roles=tuple(role.model for role in links.of_account(Role, resource=ROLES)),
        policies=tuple(policy.model for policy in policies),
    )


def person_of(identity: Identity, links: Links) -> Person:
    """A person of the directory as policies see them."""
    guest = {"guest": True, "unknown": None}.get(identity.identity_type, False)
    return directory(links).person(identity.object_id, guest=guest)
