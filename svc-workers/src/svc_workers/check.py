"""What a check is: a declaration with one pure function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from mspbyte_common.models import Kind
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Severity, Verdict

K = TypeVar("K", bound=Kind)
P = TypeVar("P")


@dataclass(frozen=True)
class NoParams:
    """A check without parameters."""


@dataclass(frozen=True)
class Check(Generic[K, P]):
    """A question asked of every subject of one kind.

    It is asked again when its subject changes, when a neighbour over one of `relations` does, when something of
    `client_kinds` in the same client or of `account_kinds` in the same account does, and when a verdict says so. `needs`
    are the listings, 'vendor/resource', whose freshness or entities it reads. `evaluate` is pure: all it knows of the
    time is `Links.now`. Of several records of one thing the leading one is judged for all, but with `each_record` each is:
    the others then have the neighbours of the thing, and the thing itself as `Links.whole`. One that goes `by_rules`
    compares by the billing rules: to its kinds and listings come those the rules count.
    """

    name: str
    kind: type[K]
    title: str
    why: str
    remedy: str
    severity: Severity
    params: P
    evaluate: Callable[[Subject[K], Links, P], Verdict] = field(repr=False)
    relations: tuple[str, ...] = ()
    client_kinds: tuple[str, ...] = ()
    account_kinds: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    each_record: bool = False
    by_rules: bool = False

    def verdict(self, subject: Subject[Any], links: Links, params: P | None = None) -> Verdict:
        """The check's answer about a subject of its kind; with its parameters as shipped unless others are given."""
        return self.evaluate(subject, links, self.params if params is None else params)
