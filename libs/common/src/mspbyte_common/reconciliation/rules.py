"""Billing rules as people write them: which service is proved by counting what.

A rule has one of four forms, told by the key it has: `count` (what proves the units of some services), `exclude` (services
nobody can or should count), `bundle` (what is in a bundle of the PSA) and `currency` (in what the contracts are priced).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, Self, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from mspbyte_common.models import Contact, Device, Firewall, Identity, Kind, Licence

COUNTABLE: Final[dict[str, type[Kind]]] = {
    "autotask/ConfigurationItems": Device,
    "autotask/Contacts": Contact,
    "m365/devices": Device,
    "m365/managedDevices": Device,
    "m365/subscribedSkus": Licence,
    "m365/users": Identity,
    "sophos/directoryUsers": Identity,
    "sophos/endpoints": Device,
    "sophos/firewalls": Firewall,
    "sophos/licenses": Licence,
}
"""The lists a rule can count, and the kind of their records."""
SKUS: Final = "m365/subscribedSkus"
PAID: Final = "paid"
"""Among the products of `holds`: any that is not free."""
PEOPLE: Final = (Identity, Contact)
MACHINES: Final = (Device, Firewall)

Value = str | bool | int | None


def _listed(given: object) -> object:
    """One value stands for a list of it."""
    return given if isinstance(given, list | tuple) else [given]


Texts = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_listed)]
Values = Annotated[tuple[Value, ...], BeforeValidator(_listed), Field(min_length=1)]
RuleId = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="Its name; a narrower scope replaces by it.")
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _OfServices(_Part):
    """Rules about services of the PSA, chosen by name or by id."""

    id: RuleId
    services: Annotated[Texts, Field(description="Names; * stands for any text, upper and lower case are one.")] = ()
    service_ids: Annotated[Texts, Field(description="Ids in the PSA; they go before names.")] = ()

    @model_validator(mode="after")
    def _chosen(self) -> Self:
        if not self.services and not self.service_ids:
            message = "name the services it is about: services (names, * for any text) or service_ids"
            raise ValueError(message)
        return self


class CountRule(_OfServices):
    """Units of the services are proved by counting records of a list."""

    count: Annotated[
        Literal["rows", "people", "devices", "seats"],
        Field(
            description="rows: records; people and devices: each once, however many records it has; seats: their sum."
        ),
    ]
    of: Annotated[Texts, Field(description="Lists, as vendor/resource.", min_length=1)]
    counts: Annotated[str, Field(description="What is counted, in the words a client reads.", min_length=1)]
    seats: Annotated[Literal["bought", "assigned"], Field(description="Which seats of a product.")] = "bought"
    where: Annotated[dict[str, Values], Field(description="Field: the values that count; null is 'not known'.")] = {}
    where_not: Annotated[dict[str, Values], Field(description="Field: the values that do not count.")] = {}
    holds: Annotated[Texts, Field(description=f"Only people with one of these products; {PAID!r}: any not free.")] = ()
    seen_within_days: Annotated[int | None, Field(description="Only machines seen within so many days.", gt=0)] = None

    @property
    def kinds(self) -> tuple[type[Kind], ...]:
        """The kinds of what it counts."""
        return tuple(COUNTABLE[listing] for listing in self.of)

    @property
    def needs(self) -> tuple[str, ...]:
        """The lists, 'vendor/resource', it reads."""
        return (*self.of, SKUS) if self.holds else self.of

    @model_validator(mode="after")
    def _fits(self) -> Self:
        faults = list(self._faults())
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _faults(self) -> Iterator[str]:
        unknown = [listing for listing in self.of if listing not in COUNTABLE]
        if unknown:
            yield f"nothing can be counted of {', '.join(unknown)}: give one of {', '.join(COUNTABLE)}"
            return
        for wanted, kinds, nouns in (("people", PEOPLE, "people"), ("devices", MACHINES, "machines")):
            if self.count == wanted and not set(self.kinds) <= set(kinds):
                yield f"count {wanted} is for lists of {nouns}"
        if (self.count == "seats") != (set(self.kinds) == {Licence}):
            yield "count seats is for lists of licences, and those have nothing else to count"
        if self.holds and set(self.kinds) != {Identity}:
            yield "holds is for lists of identities"
        if self.seen_within_days is not None and set(self.kinds) != {Device}:
            yield "seen_within_days is for lists of devices"
        for field, values in (*self.where.items(), *self.where_not.items()):
            for kind in self.kinds:
                yield from _unfit(kind, field, values)


def _unfit(kind: type[Kind], field: str, values: tuple[Value, ...]) -> Iterator[str]:
    """What is wrong with values of a field: no such field, or a value it never has."""
    if field not in kind.model_fields:
        yield f"a {kind.NAME} has no {field}"
        return
    possible = set(_possible(kind.model_fields[field].annotation))
    types = {one for one in possible if isinstance(one, type)}
    for value in values:
        if value is None or value in possible - types:
            continue
        if type(value) not in types:
            named = ", ".join(sorted(repr(one) for one in possible - types)) or "another type"
            yield f"{field} of a {kind.NAME} is never {value!r}: it is {named}"


def _possible(annotation: Any) -> Iterator[Any]:
    """The literals a field can have, and the types of its other plain values; a list has those of its items."""
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    elif get_args(annotation):
        for inner in get_args(annotation):
            yield from _possible(inner)
    elif annotation in {str, bool, int}:
        yield annotation


class ExcludeRule(_OfServices):
    """Services that are not reconciled, and why."""

    exclude: Annotated[str, Field(description="The reason, in the words a client reads.", min_length=1)]


class Contained(_Part):
    """Units of one service in a bundle."""

    service: Annotated[str, Field(description="The service's name in the PSA.", min_length=1)]
    units: Annotated[int, Field(description="Units of the service per unit of the bundle.", gt=0)] = 1


class BundleRule(_Part):
    """What one unit of a bundle of the PSA stands for."""

    id: RuleId
    bundle: Annotated[str, Field(description="The bundle's id in the PSA (serviceBundleID).", min_length=1)]
    contains: tuple[Contained, ...]


class CurrencyRule(_Part):
    """In what the contracts are priced."""

    id: Literal["currency"]
    currency: Annotated[str, Field(description="ISO 4217, as EUR.", pattern=r"^[A-Z]{3}$")]


FORMS: Final = ("count", "exclude", "bundle", "currency")


def _form(given: object) -> str | None:
    names = given if isinstance(given, Mapping) else vars(given)
    return next((form for form in FORMS if form in names), None)


Rule = Annotated[
    Annotated[CountRule, Tag("count")]
    | Annotated[ExcludeRule, Tag("exclude")]
    | Annotated[BundleRule, Tag("bundle")]
    | Annotated[CurrencyRule, Tag("currency")],
    Discriminator(
        _form,
        custom_error_type="form",
        custom_error_message=f"a rule has one of the keys {', '.join(FORMS)}",
    ),
]


class RuleSet(_Part):
    """A file of rules."""

    version: Literal[1]
    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        ids = [rule.id for rule in self.rules]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            message = f"each id once: {', '.join(twice)}"
            raise ValueError(message)
        return self
