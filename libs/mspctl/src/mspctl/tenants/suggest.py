"""Whose an account may be: suggestions with a score and the reason, for a person to confirm. Nothing is mapped by them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from rapidfuzz import fuzz

ALIKE = 85
"""Names less alike than this, of 100, are no reason."""


@dataclass(frozen=True)
class Named:
    """What an account or a client is known by: domains and folded names, as keys have them."""

    id: UUID
    name: str | None
    domains: frozenset[str]
    names: frozenset[str]
    parent: UUID | None = None
    """Of a client: the client its company is a part of."""


@dataclass(frozen=True)
class Suggestion:
    """A client an account may be of. The score is between 0 and 1; a domain that two clients share says little."""

    client_id: UUID
    score: float
    reason: str


def suggest(account: Named, clients: Collection[Named]) -> list[Suggestion]:
    """The clients the account may be of, the likeliest first, each with its best reason."""
    found: dict[UUID, Suggestion] = {}
    for client in clients:
        reasons = [*_by_domain(account, client, clients), *_by_name(account, client)]
        if reasons:
            score, reason = max(reasons)
            found[client.id] = Suggestion(client.id, score, reason)
    for child in clients:
        held = found.get(child.id)
        if held is not None and child.parent is not None and child.parent not in found:
            reason = f"the parent of {child.name}, where {held.reason}"
            found[child.parent] = Suggestion(child.parent, round(held.score * 0.6, 2), reason)
    return sorted(found.values(), key=lambda one: (-one.score, one.reason, one.client_id))


def _by_domain(account: Named, client: Named, clients: Iterable[Named]) -> Iterable[tuple[float, str]]:
    for domain in sorted(account.domains):
        for known in sorted(client.domains):
            shared = sum(known in other.domains for other in clients)
            if domain == known:
                yield (0.98 if shared == 1 else 0.6), f"the domain {domain} is the company's"
            elif domain.endswith(f".{known}"):  # at a label: evilcontoso.com is not within contoso.com
                yield (0.8 if shared == 1 else 0.5), f"the domain {domain} is within the company's {known}"


def _by_name(account: Named, client: Named) -> Iterable[tuple[float, str]]:
    for name in sorted(account.names):
        for known in sorted(client.names):
            if name == known:
                yield 0.9, f"the names are alike: {known}"
            elif (ratio := fuzz.token_sort_ratio(name, known)) >= ALIKE:
                yield round(ratio / 100 * 0.8, 2), f"the names are {ratio:.0f} % alike: {name}, {known}"
