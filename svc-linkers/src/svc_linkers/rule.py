"""What a link rule is: a declaration that keys which meet are an edge.

Linkers look at keys alone. An entity `is` known by some keys and `refers` to others; the resolvers derive them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scope = Literal["msp", "client", "account"]
"""Within what two keys may meet. Host names and names only ever meet within one client."""


@dataclass(frozen=True)
class ReferenceRule:
    """A record names another: `source` refers to `refers`, one of `targets` is known by `known_by`.

    The edge runs from the one that refers to the one it names; `reverse` turns it round (a group names its members, and
    the edge says member_of).
    """

    id: str
    version: int
    relation: str
    source: str
    refers: str
    targets: tuple[str, ...]
    known_by: str
    scope: Scope = "account"
    reverse: bool = False


@dataclass(frozen=True)
class SamenessRule:
    """Two records are of one thing: `left` is known by `left_key`, `right` by `right_key`, with one value.

    An ambiguous value makes candidates, never edges: one that more records of a resource share than `most_per_resource`;
    records that have a value of the key type `counted_by` in common count as one (a machine that was set up anew).
    With `agree`, at least one of these key types must have a value in common; with `disagree`, none of these may be known
    on both sides without a value in common; a pair that fails is a candidate. `candidate_only` never links.
    """

    id: str
    version: int
    relation: str
    left: str
    left_key: str
    right: str
    right_key: str
    confidence: float
    scope: Scope = "client"
    most_per_resource: int = 1
    counted_by: str | None = None
    agree: tuple[str, ...] = ()
    disagree: tuple[str, ...] = ()
    candidate_only: bool = False
