"""What a check looks at: an entity as normalized, or an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from mspbyte_common.models import KINDS, Kind

K_co = TypeVar("K_co", bound=Kind, covariant=True)


class Trouble(BaseModel):
    """A resource of an account that is not read on its schedule, because the vendor fails."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    resource: str
    since: datetime
    error_class: str
    error: str
    advice: str


class ListFacts(BaseModel):
    """What is known of one list the account is read for.

    `current_at`: until when it is known; None: it was never read whole. `unavailable_class`: the class of the vendor's
    refusal, None while the account has the list.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    resource: str
    interval_seconds: int
    current_at: datetime | None
    unavailable_class: str | None = None


class AccountFacts(Kind):
    """An account as its row tells it, with what its connection's credential, its listings and its breakers say.

    `credential_expires_at` is told of the root alone, which stands for its connection.
    """

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
    credential_expires_at: datetime | None
    created_at: datetime | None
    lists: tuple[ListFacts, ...]
    """Those of its enabled jobs."""
    troubles: tuple[Trouble, ...]


MODELS: dict[str, type[Kind]] = KINDS | {AccountFacts.NAME: AccountFacts}
"""Every kind a check can be about."""


@dataclass(frozen=True)
class Subject(Generic[K_co]):
    """One thing with its provenance. `account` is the account it came from; an account is its own.

    The leading one of several records of one thing has the values of all. `merged_into`: this is one of the others, and
    that one is judged in its stead.
    """

    id: UUID
    kind: str
    vendor: str
    resource: str
    external_id: str
    account: UUID
    client_id: UUID | None
    model: K_co
    merged_into: UUID | None = None
