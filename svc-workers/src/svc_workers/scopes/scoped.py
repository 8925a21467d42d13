"""Which parameters and exceptions hold for a subject: global, then its client's group, its client, itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

from svc_workers.check import Check
from svc_workers.subject import Subject

Scope = Literal["global", "client_group", "client", "entity"]
SCOPES: Final[tuple[Scope, ...]] = ("global", "client_group", "client", "entity")
"""From the widest to the narrowest, which has the last word."""


@dataclass(frozen=True)
class Setting:
    """One parameter of a check, as a person set it for a scope."""

    check_name: str
    param: str
    value: Any
    scope: Scope
    target_id: UUID | None


@dataclass(frozen=True)
class Exemption:
    """Where a check has nothing to say until a moment, and why."""

    check_name: str
    scope: Scope
    target_id: UUID | None
    reason: str
    author: str
    expires_at: datetime


@dataclass(frozen=True)
class Scoped:
    """All that is set. `groups`: the group of each client that is in one."""

    settings: tuple[Setting, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    groups: Mapping[UUID, UUID] | None = None

    def params(self, check: Check[Any, Any], subject: Subject[Any]) -> Any:
        """The check's parameters for a subject. A name this release does not know counts for nothing."""
        settings = self._settings.get(check.name)
        if settings is None:
            return check.params
        targets, known = self._targets(subject), {field.name for field in fields(check.params)}
        said = {
            setting.param: setting.value
            for scope in SCOPES
            for setting in settings
            if setting.param in known
            and (setting.scope, setting.target_id) == (scope, targets[scope])
            and (scope == "global" or targets[scope] is not None)
        }
        return with_params(check.params, said)

    def exemption(self, check: Check[Any, Any], subject: Subject[Any], now: datetime) -> Exemption | None:
        """The exception that holds longest for a subject; None where none does."""
        exemptions = self._exemptions.get(check.name)
        if exemptions is None:
            return None
        targets = self._targets(subject)
        holding = [
            one
            for one in exemptions
            if one.expires_at > now
            and one.target_id == targets[one.scope]
            and (one.scope == "global" or one.target_id is not None)
        ]
        return max(holding, key=lambda one: one.expires_at, default=None)

    @cached_property
    def _settings(self) -> dict[str, list[Setting]]:
        return _by_check(self.settings)

    @cached_property
    def _exemptions(self) -> dict[str, list[Exemption]]:
        return _by_check(self.exemptions)

    def _targets(self, subject: Subject[Any]) -> dict[Scope, UUID | None]:
        client = subject.client_id
        return {
            "global": None,
            "client_group": (self.groups or {}).get(client) if client else None,
            "client": client,
            "entity": subject.id,
        }


T = TypeVar("T", Setting, Exemption)


def _by_check(said: Iterable[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for one in said:
        found.setdefault(one.check_name, []).append(one)
    return found


def with_params(shipped: Any, said: Mapping[str, Any]) -> Any:
    """Parameters with other values; a list becomes the tuple it is declared as."""
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    return replace(shipped, **values) if values else shipped


def as_json(params: Any) -> dict[str, Any]:
    """Parameters as JSON holds them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(params).items()}
