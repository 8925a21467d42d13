"""What a check looks at: an entity as normalized, or an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, Literal, TypeVar
from uuid import UUID

from mspbyte_common.models import KINDS, Kind

K_co = TypeVar("K_co", bound=Kind, covariant=True)


class AccountFacts(Kind):
    """An account as its row tells it."""

    NAME: ClassVar[str] = "account"

    vendor: str
    external_id: str
    name: str | None
    state: Literal["unmapped", "mapped", "excluded"]
    is_root: bool
    is_tenant: bool
    unreachable_reason: str | None
    parked_class: str | None
    parked_reason: str | None
    parked_at: datetime | None


MODELS: dict[str, type[Kind]] = KINDS | {AccountFacts.NAME: AccountFacts}
"""Every kind a check can be about."""


@dataclass(frozen=True)
class Subject(Generic[K_co]):
    """One thing with its provenance. `account` is the account it came from; an account is its own."""

    id: UUID
    kind: str
    vendor: str
    resource: str
    external_id: str
    account: UUID
    client_id: UUID | None
    model: K_co
