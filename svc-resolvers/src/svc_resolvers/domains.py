"""Whose a record is by its addresses: the client that proved to own their domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from mspbyte_common.models import Contact, Device, Domain, Identity, Kind, Tenant
from svc_resolvers import canonical

RULE: Final = "client_verified_domain"
VERSION: Final = 1
KEY: Final = "verified_domain"
"""Known by it: a verified domain of an account that is mapped. Refers to it: a record whose client hangs on one."""


@dataclass(frozen=True)
class Owner:
    """Who verified the domains of a record. `clients` are several where they name more than one client, or none."""

    clients: tuple[UUID, ...] = ()
    domains: tuple[str, ...] = ()

    @property
    def client_id(self) -> UUID | None:
        """The one client; None where it cannot be told."""
        return self.clients[0] if len(self.clients) == 1 else None


def domains_of(model: Kind) -> tuple[str, ...]:
    """The domains a record's own addresses are in, each once; those that many share are left out.

    A guest's address is of where the person comes from, not of whose directory the record is in. A domain nobody has
    verified may be anybody's.
    """
    found = (canonical.domain(name) for name in _names(model))
    return tuple(dict.fromkeys(name for name in found if name is not None and not canonical.is_public(name)))


def _names(model: Kind) -> Iterable[str]:
    match model:
        case Identity() if model.identity_type != "guest":
            return _hosts(model.upn_canonical, model.email_canonical)
        case Contact():
            return _hosts(*model.emails_canonical)
        case Device():
            return _hosts(model.owner_upn)
        case Tenant():
            return (domain.name for domain in model.domains)
        case Domain() if model.verified:
            return (model.name,)
        case _:
            return ()


def _hosts(*addresses: str | None) -> Iterable[str]:
    return (address.rpartition("@")[2] for address in addresses if address and "@" in address)


def within(domain: str) -> tuple[str, ...]:
    """The domain and those it is part of, the longest first, without the top-level one: label by label."""
    labels = domain.split(".")
    return tuple(".".join(labels[start:]) for start in range(len(labels) - 1))


def owner(domains: Iterable[str], verified: Mapping[str, Iterable[UUID]]) -> Owner:
    """Who verified the longest verified part of each of these domains."""
    nearest = {next((part for part in within(domain) if part in verified), None) for domain in domains}
    proved = sorted(part for part in nearest if part is not None)
    return Owner(tuple(sorted({client for part in proved for client in verified[part]})), tuple(proved))
