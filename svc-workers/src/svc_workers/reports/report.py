"""What a report is: a declaration of measures and sections, for one client and for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from svc_workers.reports.estate import Estate, Facts
from svc_workers.reports.model import Table, Unit, Value


@dataclass(frozen=True)
class Measure:
    """One number of a client, that adds up over clients. None: no data.

    `needs` are the listings, 'vendor/resource', that must have been read in full, `any_of` those of which one must; without
    either it counts what we noted ourselves. `remembered`: it can be told of the past, which nothing can that rests on
    fields whose changes are not kept. `short` heads its column, where that is shorter than the label.
    """

    name: str
    label: str
    count: Callable[[Facts], Value] = field(repr=False)
    needs: tuple[str, ...] = ()
    any_of: tuple[str, ...] = field(default=(), kw_only=True)
    unit: Unit = "number"
    remembered: bool = True
    short: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a client's report: one pure function of what is known of the client."""

    name: str
    title: str
    lead: str
    tables: Callable[[Facts], tuple[Table, ...]] = field(repr=False)


@dataclass(frozen=True)
class FleetSection:
    """A part of a report on all clients."""

    name: str
    title: str
    lead: str
    tables: Callable[[Estate], tuple[Table, ...]] = field(repr=False)


@dataclass(frozen=True)
class Report:
    """A report. Its measures are the tiles of a client and the columns of the fleet's ranking, the first decides the order.

    `checks`: whose findings it is about.
    """

    name: str
    title: str
    lead: str
    measures: tuple[Measure, ...]
    sections: tuple[Section, ...]
    fleet: tuple[FleetSection, ...]
    checks: frozenset[str]
