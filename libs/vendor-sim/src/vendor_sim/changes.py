"""What changed since the estate was made, in order: what an incremental listing reads from."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["created", "changed", "removed", "members"]
Expiry = Literal["gone", "not_found"]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one record. `names` are the properties that changed, or the members that came or went."""

    kind: Kind
    key: str
    names: frozenset[str] = frozenset()
    reason: str = ""
    """Why a record is gone: `changed` if it can be restored, else `deleted`."""


@dataclass(slots=True, repr=False)
class ChangeLog:
    """The changes per (vendor, account, collection); a change's sequence number is its place in the list, from 1.

    Only what goes through `mutate` is written down: a test that assigns to a dict of the estate changes the full
    listings and nothing else.
    """

    entries: dict[tuple[str, str, str], list[Change]] = field(default_factory=dict)
    generations: dict[str, int] = field(default_factory=dict)
    expiries: dict[str, Expiry] = field(default_factory=dict)

    def add(self, vendor: str, account: str, collection: str, change: Change) -> None:
        """Write one change down."""
        self.entries.setdefault((vendor, account, collection), []).append(change)

    def of(self, vendor: str, account: str, collection: str) -> list[Change]:
        """All changes of the collection, oldest first."""
        return self.entries.get((vendor, account, collection), [])

    def expire(self, account: str, how: Expiry) -> None:
        """Every delta token of the account given out so far is refused from now on, in that way."""
        self.generations[account] = self.generations.get(account, 0) + 1
        self.expiries[account] = how
