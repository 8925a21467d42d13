"""Who may do what in a directory, and how they prove who they are: roles, policies, registrations, sign-ins."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from mspbyte_common.models.identity import Member
from mspbyte_common.models.kind import Kind, Part

Control = Literal[
    "block",
    "mfa",
    "compliant_device",
    "hybrid_joined_device",
    "approved_application",
    "compliant_application",
    "password_change",
    "risk_remediation",
    "unknown",
]


class Role(Kind):
    """An administrative role with those it is assigned to, groups among them."""

    NAME: ClassVar[str] = "role"

    role_id: str
    template_id: str | None
    """The id the role has in every tenant."""
    name: str | None
    description: str | None
    privileged: bool | None
    """Whether it can take over accounts, data or settings of others; None for a role without a template."""
    members: tuple[Member, ...] | None
    """Sorted by object id; None where they could not be read."""


class Principals(Part):
    """People as one side of a policy names them."""

    everyone: bool = False
    guests: bool = False
    user_ids: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()
    role_template_ids: tuple[str, ...] = ()


class Names(Part):
    """What a condition includes and excludes, in the vendor's words: application ids, platforms, locations."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class Strength(Part):
    """An authentication strength: which combinations of methods are enough."""

    strength_id: str
    name: str | None
    requires_mfa: bool | None
    combinations: tuple[str, ...]


class Grant(Part):
    """What a policy asks for before it lets someone in: all of it (and) or any of it (or)."""

    operator: Literal["and", "or"]
    controls: tuple[Control, ...] = ()
    strength: Strength | None = None
    custom_factors: tuple[str, ...] = ()
    terms_of_use: tuple[str, ...] = ()


class Conditions(Part):
    """When a policy applies. An empty tuple, or None, sets no condition."""

    applications: Names = Names()
    """`All`, `None`, `Office365`, or application ids."""
    user_actions: tuple[str, ...] = ()
    authentication_contexts: tuple[str, ...] = ()
    client_apps: tuple[str, ...] = ()
    platforms: Names | None = None
    locations: Names | None = None
    user_risks: tuple[str, ...] = ()
    sign_in_risks: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    """Further conditions that are set and that this model has no field for, by the vendor's name."""


class Policy(Kind):
    """A policy that decides who must prove what at sign-in."""

    NAME: ClassVar[str] = "policy"

    policy_id: str
    policy_type: Literal["conditional_access", "security_defaults"]
    """Security defaults ask everyone for MFA by rules of Microsoft's own: they have no conditions and no grant."""
    name: str | None
    state: Literal["enabled", "disabled", "report_only", "unknown"]
    include: Principals
    exclude: Principals
    conditions: Conditions
    grant: Grant | None
    """None: the policy asks for nothing, it only shapes the session."""
    session_controls: tuple[str, ...]
    created_at: datetime | None
    modified_at: datetime | None


class MfaRegistration(Kind):
    """With what an account can prove who it is."""

    NAME: ClassVar[str] = "mfa_registration"
    VOLATILE: ClassVar[frozenset[str]] = frozenset({"updated_at"})

    object_id: str
    upn: str | None
    registered: bool | None
    """Whether it has registered a strong method; whether it is ever asked for it, policies decide."""
    capable: bool | None
    """Registered, and allowed by the tenant's method policy."""
    passwordless: bool | None
    methods: tuple[str, ...]
    preferred_method: str | None
    admin: bool | None
    updated_at: datetime | None


class SignIn(Kind):
    """When an account last signed in. There is no such record where the times could not be read."""

    NAME: ClassVar[str] = "sign_in"
    VOLATILE: ClassVar[frozenset[str]] = frozenset(
        {"last_interactive_at", "last_non_interactive_at", "last_successful_at"}
    )

    object_id: str
    ever: bool | None
    """False: never signed in; None: the directory leaves it open."""
    last_interactive_at: datetime | None
    """The last attempt by a person, successful or not."""
    last_non_interactive_at: datetime | None
    last_successful_at: datetime | None
    """Kept by Microsoft since December 2023."""
