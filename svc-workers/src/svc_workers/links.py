"""What a check may know beyond its subject: neighbours, its client's things, and how fresh the listings are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from mspbyte_common.models import Kind
from mspbyte_common.reconciliation.book import RuleBook, Rules
from svc_workers.subject import Subject

K = TypeVar("K", bound=Kind)
T = TypeVar("T")


@dataclass(frozen=True)
class Listing:
    """Until when one account's list of a resource is known; None: never, or too long ago to rely on, or it is refused.

    `unavailable`: why the account has no such list. Not settled: some of its records are not linked yet, so that what is
    missing among them is not missing at the vendor.
    """

    vendor: str
    resource: str
    current_at: datetime | None
    settled: bool = True
    unavailable: str | None = None


@dataclass(frozen=True)
class Links:
    """The surroundings of one subject.

    `neighbours` holds active edges to things that are not deleted, by relation, `candidates` what may be a neighbour but
    was neither proved nor refuted. `counted` holds the client's entities of the resources the checks need, `beside` those
    of the subject's account. `whole` is the thing the subject is part of, where another record leads it. `listings` has
    one row per resource and reachable, not excluded account of the client; `vendors` are those with such an account. `rules`
    are the billing rules of the client `client_id`, `clusters` what a record they count is one with.
    """

    now: datetime
    neighbours: Mapping[str, tuple[Subject[Any], ...]] = field(default_factory=dict)
    candidates: Mapping[str, tuple[Subject[Any], ...]] = field(default_factory=dict)
    counted: tuple[Subject[Any], ...] = ()
    beside: tuple[Subject[Any], ...] = ()
    whole: Subject[Any] | None = None
    listings: tuple[Listing, ...] = ()
    vendors: frozenset[str] = frozenset()
    client_id: UUID | None = None
    rules: Rules = field(default_factory=lambda: RuleBook().of_client(None), repr=False)
    clusters: Mapping[UUID, UUID] = field(default_factory=dict, repr=False)
    derived: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    """What was worked out already; the subjects of a batch that have client and account in common share it."""

    def related(self, relation: str, kind: type[K]) -> tuple[Subject[K], ...]:
        """Neighbours of a kind over a relation, in either direction."""
        return _of_kind(self.neighbours.get(relation, ()), kind)

    def possibly_related(self, relation: str, kind: type[K]) -> tuple[Subject[K], ...]:
        """Things that may be neighbours over a relation: a person has to confirm or reject the match."""
        return _of_kind(self.candidates.get(relation, ()), kind)

    def of_client(self, kind: type[K], *, vendor: str, resource: str) -> tuple[Subject[K], ...]:
        """The client's entities of one resource; the check must name it in `needs` and the kind in `client_kinds`."""
        return _of_kind(
            (subject for subject in self.counted if (subject.vendor, subject.resource) == (vendor, resource)), kind
        )

    def of_account(self, kind: type[K], *, resource: str) -> tuple[Subject[K], ...]:
        """Entities of one resource in the subject's account; the check must name it in `needs` and `account_kinds`."""
        return _of_kind((subject for subject in self.beside if subject.resource == resource), kind)

    def once(self, derive: Callable[[Links], T]) -> T:
        """What a function of all but the neighbours gives, worked out once for all subjects that share the rest."""
        if derive not in self.derived:
            self.derived[derive] = derive(self)
        return cast("T", self.derived[derive])

    def freshness(self, vendor: str, resource: str) -> datetime | None:
        """When the least recently read account of the client was last read whole; None while any is not, or unsettled."""
        rows = [row for row in self.listings if (row.vendor, row.resource) == (vendor, resource)]
        known = [row.current_at for row in rows if row.current_at is not None and row.settled]
        return min(known) if known and len(known) == len(rows) else None

    def unavailable(self, listing: str) -> str | None:
        """Why an account of the client has no list 'vendor/resource'; None where all have it, or were not asked yet."""
        whys = (row.unavailable for row in self.listings if f"{row.vendor}/{row.resource}" == listing)
        return next((why for why in whys if why is not None), None)

    def settles(self, listing: str) -> bool:
        """Whether records of 'vendor/resource' are on their way: the answer will be another in a moment."""
        return any(not row.settled for row in self.listings if f"{row.vendor}/{row.resource}" == listing)

    def has_account(self, vendor: str) -> bool:
        """Whether the client has an account of the vendor that can be reached and is not excluded."""
        return vendor in self.vendors

    def lacking(self, listings: Iterable[str]) -> list[str]:
        """The vendors of these listings 'vendor/resource' of which the client has no such account."""
        return sorted({listing.partition("/")[0] for listing in listings} - self.vendors)


def _of_kind(subjects: Iterable[Subject[Any]], kind: type[K]) -> tuple[Subject[K], ...]:
    return tuple(subject for subject in subjects if isinstance(subject.model, kind))
