"""Builders for reconciliations: a case is a list of what there is, and rows a person can check by hand.

The moment is 23 November 2026, 09:30 UTC. What a builder does not name is usual: a running contract of the year, a period
of November, 10.00 a unit, machines seen yesterday, people who are enabled members.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import yaml

from mspbyte_common.models import KINDS
from mspbyte_common.reconciliation.book import RuleBook, Scope, ScopedRule
from mspbyte_common.reconciliation.files import parse
from svc_workers.links import Links, Listing
from svc_workers.reconciliation.reads import BILLED_LISTS
from svc_workers.reconciliation.reconcile import reconcile
from svc_workers.reconciliation.result import Position
from svc_workers.subject import Subject

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SPACE = UUID(int=12)
CLIENT = uuid5(SPACE, "client")
GROUP = uuid5(SPACE, "group")
VENDORS = frozenset({"autotask", "m365", "sophos"})

WORKSTATION, SERVER = "Endpoint Protection - Workstation", "Endpoint Protection - Server"
PREMIUM = "Microsoft 365 Business Premium"


@dataclass(frozen=True)
class Rule:
    """A rule of a scope, as YAML."""

    text: str
    scope: Scope = "global"


@dataclass(frozen=True)
class Unread:
    """A list that was not read in full."""

    listing: str


@dataclass(frozen=True)
class Without:
    """A vendor the client has no account of."""

    vendor: str


@dataclass(frozen=True)
class At:
    """Another moment."""

    moment: datetime


@dataclass(frozen=True)
class Same:
    """These records are one thing."""

    names: tuple[str, ...]


Part = Subject[Any] | Rule | Unread | Without | At | Same | list[Any]


def record(kind: str, source: str, external_id: str, **fields: Any) -> Subject[Any]:
    """Any record of the client; what is not named is not known."""
    vendor, resource = source.split("/")
    model = KINDS[kind]
    optional = {name: one.default for name, one in model.model_fields.items() if not one.is_required()}
    return Subject(
        uuid5(SPACE, f"{source}/{external_id}"),
        kind,
        vendor,
        resource,
        external_id,
        uuid5(SPACE, vendor),
        CLIENT,
        model(**dict.fromkeys(model.model_fields) | optional | fields),
    )


def day(text: str) -> datetime:
    """A midnight, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def service(name: str, price: str | None = "10.00", ident: str | None = None, **fields: Any) -> Subject[Any]:
    """A service of the catalogue; its id is its name where none is given."""
    number = ident or name
    amount = None if price is None else Decimal(price)
    told = {"service_id": number, "name": name, "unit_price": amount, "active": True}
    return record("service", "autotask/Services", number, **told | fields)


def contract(number: str = "c1", starts: str = "2026-01-01", ends: str = "2026-12-31", **fields: Any) -> Subject[Any]:
    """A running contract."""
    told = {"contract_id": number, "company_id": "k1", "name": f"Contract {number}", "active": True}
    return record(
        "contract", "autotask/Contracts", number, **told | {"starts_at": day(starts), "ends_at": day(ends)} | fields
    )


def units(line: int, number: int, starts: str = "2026-11-01", ends: str = "2026-11-30", **fields: Any) -> Subject[Any]:
    """The units of a line in one period."""
    ident = f"{line}-{starts}"
    told = {"unit_id": ident, "contract_id": "c1", "line_id": str(line), "service_id": "?", "units": number}
    source = "autotask/ContractServiceUnits"
    return record("contract_unit", source, ident, **told | {"starts_at": day(starts), "ends_at": day(ends)} | fields)


def bills(
    name: str, *quantity: int, line: int = 1, price: str | None = "10.00", of: str = "c1", ident: str | None = None
) -> list[Subject[Any]]:
    """A line of a contract with its service, and, where a quantity is given, with its period of November."""
    told = {"line_id": str(line), "contract_id": of, "service_id": ident or name}
    amount = None if price is None else Decimal(price)
    return [
        service(name, ident=ident),
        contract(of),
        record("contract_line", "autotask/ContractServices", str(line), unit_price=amount, **told),
        *(units(line, one) for one in quantity),
    ]


def bundle(number: str, quantity: int, line: int = 90) -> list[Subject[Any]]:
    """A line of the contract with units of a bundle."""
    told = {"line_id": str(line), "contract_id": "c1", "bundle_id": number}
    period = {"starts_at": day("2026-11-01"), "ends_at": day("2026-11-30"), "unit_id": f"b{line}", "units": quantity}
    return [
        contract(),
        record("contract_line", "autotask/ContractServiceBundles", str(line), unit_price=Decimal("50.00"), **told),
        record("contract_unit", "autotask/ContractServiceBundleUnits", f"b{line}", **told | period),
    ]


def agents(count: int, prefix: str = "PC", seen: int | None = 1, **fields: Any) -> list[Subject[Any]]:
    """Machines with a Sophos agent, last seen so many days ago; workstations unless said otherwise."""
    at = None if seen is None else NOW - timedelta(days=seen)
    told = {"device_class": "workstation", "os_family": "windows", "last_seen_at": at}
    return [
        record("device", "sophos/endpoints", f"{prefix}-{place}", name=f"{prefix}-{place}", **told | fields)
        for place in range(1, count + 1)
    ]


def managed(name: str) -> Subject[Any]:
    """A workstation Intune manages."""
    told = {"device_class": "workstation", "os_family": "windows", "last_seen_at": NOW - timedelta(days=1)}
    return record("device", "m365/managedDevices", name, name=name, **told)


def seats(sku: str, bought: int | None, assigned: int = 0, **fields: Any) -> Subject[Any]:
    """A product of the tenant."""
    told = {
        "sku_id": f"id-{sku}",
        "sku": sku,
        "bought": bought,
        "assigned": assigned,
        "free": False,
        "state": "enabled",
    }
    return record("licence", "m365/subscribedSkus", sku, **told | fields)


def person(name: str, *skus: str, **fields: Any) -> Subject[Any]:
    """Somebody with an account and these products."""
    told: dict[str, Any] = {"object_id": name, "display_name": name, "aliases": (), "phones": (), "sign_in_known": True}
    kind = {"identity_type": "member", "enabled": True, "licence_ids": tuple(f"id-{sku}" for sku in skus)}
    return record("identity", "m365/users", name, **told | kind | fields)


def of_client(text: str) -> Rule:
    """A rule for this client alone."""
    return Rule(text, "client")


def counts(services: str, how: str, ident: str = "mine") -> Rule:
    """A rule of everybody: `how` are its further keys."""
    return Rule(f"{{id: {ident}, services: [{services!r}], counts: what is counted, {how}}}")


@dataclass
class World:
    """What there is."""

    things: dict[UUID, Subject[Any]] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    vendors: frozenset[str] = VENDORS
    at: datetime = NOW
    clusters: dict[UUID, UUID] = field(default_factory=dict)

    def put(self, parts: Iterable[Part]) -> World:
        """Adds parts; a record with the id of another takes its place."""
        for part in parts:
            match part:
                case list():
                    self.put(part)
                case Rule():
                    self.rules.append(part)
                case Unread(listing):
                    self.unread.add(listing)
                case Without(vendor):
                    self.vendors -= {vendor}
                case At(moment):
                    self.at = moment
                case Same(names):
                    ids = [one.id for one in self.things.values() if one.external_id in names]
                    self.clusters |= dict.fromkeys(ids, min(ids))
                case Subject():
                    self.things[part.id] = part
        return self

    def links(self) -> Links:
        """The surroundings a reconciliation looks at."""
        targets = {"global": None, "client_group": GROUP, "client": CLIENT}
        entries = tuple(
            ScopedRule(one.scope, targets[one.scope], rule)
            for one in self.rules
            for rule in parse(yaml.safe_dump({"version": 1, "rules": [yaml.safe_load(one.text)]})).rules
        )
        book = RuleBook(entries, {CLIENT: GROUP})
        lists = {*BILLED_LISTS, *(need for rule in book.counting for need in rule.needs)}
        services = tuple(one for one in self.things.values() if one.kind == "service")
        return Links(
            now=self.at,
            counted=tuple(one for one in self.things.values() if one.kind != "service"),
            beside=tuple(replace(one, client_id=None) for one in services),
            listings=tuple(
                Listing(*listing.split("/"), None if listing in self.unread else self.at - timedelta(hours=1))
                for listing in sorted(lists)
                if listing.split("/")[0] in self.vendors
            ),
            vendors=self.vendors,
            client_id=CLIENT,
            rules=book.of_client(CLIENT),
            clusters=self.clusters,
        )


def positions(*parts: Part) -> tuple[Position, ...]:
    """What a reconciliation of these parts says."""
    return reconcile(World().put(parts).links()).positions


def row(position: Position) -> str:
    """A position in a line: service | state | billed | actual | difference | money."""
    told = (position.billed, position.actual, position.difference, position.money)
    shown = ("-" if value is None else str(value) for value in told)
    return " | ".join((position.service, position.state, *shown))
