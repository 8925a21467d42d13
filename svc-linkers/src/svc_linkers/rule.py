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
    records that have a value of the key type `counted_by` in common count as one (a machine that was set up anew), up to
    `FRAGMENTS` of them.
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


FRAGMENTS = 3
"""More records than this of one source with one serial are no machine set up anew: the serial is none."""


@dataclass(frozen=True)
class ClusterRule:
    """Which records may be one thing, for a relation of sameness as a whole. Clusters are what its active edges connect.

    With `one_per_source`, two records of one resource in one account are two things, because their source says so; those
    with a value of the key type `fragments_by` in common are fragments of one (up to `FRAGMENTS`). Records of any source
    that are known by `fragments_by` without a value in common are two things as well. Edges that would put two things
    into one cluster become candidates, the weakest first.
    """

    relation: str
    kinds: tuple[str, ...]
    fragments_by: str | None = None
    one_per_source: bool = True
