"""What a client's contract lines bill of each service on a date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, TypeVar

from mspbyte_common.models import Contract, ContractLine, ContractUnit, Kind, Service
from svc_workers.links import Links
from svc_workers.reconciliation.result import BilledLine, NoData
from svc_workers.subject import Subject

CONTRACTS, SERVICES = "autotask/Contracts", "autotask/Services"
LINES, UNITS = "autotask/ContractServices", "autotask/ContractServiceUnits"
BUNDLES, BUNDLE_UNITS = "autotask/ContractServiceBundles", "autotask/ContractServiceBundleUnits"
LISTS: Final = (CONTRACTS, LINES, UNITS, SERVICES)
K = TypeVar("K", bound=Kind)
_PRICE: Final = Decimal("0.0001")


@dataclass(frozen=True)
class Charge:
    """A contract line's units of one service, or why they are not known. Of a bundle nobody described, no service."""

    service: Service | None
    line: BilledLine
    no_data: NoData | None = None


@dataclass(frozen=True)
class Future:
    """A contract line that bills nothing yet."""

    line: Subject[ContractLine]
    starts: datetime


def charges(links: Links) -> Iterator[Charge | Future]:
    """What each line of a contract that runs on the date bills; lines of ended contracts are left out.

    A line's units are those of the period that covers the date. Where several do, the one that starts last counts: the
    PSA opens a period of its own at each change within a billing period, and may let the former end on that very day.
    """
    day = links.now.date()
    services = {one.model.service_id: one.model for one in links.of_account(Service, resource="Services")}
    contracts = {one.model.contract_id: one.model for one in _of(links, Contract, CONTRACTS)}
    for lines, units in ((LINES, UNITS), (BUNDLES, BUNDLE_UNITS)):
        periods: dict[str, list[ContractUnit]] = defaultdict(list)
        for unit in _of(links, ContractUnit, units):
            periods[unit.model.line_id].append(unit.model)
        for line in _of(links, ContractLine, lines):
            contract = contracts.get(line.model.contract_id)
            if contract is not None and _over(contract, day):
                continue
            if contract is not None and contract.active and contract.starts_at and contract.starts_at.date() > day:
                yield Future(line, midnight(contract.starts_at.date()))
                continue
            known = periods[line.model.line_id]
            in_force = max(
                (one for one in known if covers(one, day)), key=lambda one: (one.starts_at, _number(one)), default=None
            )
            yield from _charged(links, services, line, contract, in_force, known)


def _charged(
    links: Links,
    services: dict[str, Service],
    line: Subject[ContractLine],
    contract: Contract | None,
    period: ContractUnit | None,
    periods: list[ContractUnit],
) -> Iterator[Charge]:
    """The line as one charge, or one for each service of its bundle."""
    day = links.now.date()
    no_data = _unclear(contract, period, periods, day)
    bundle_id = line.model.bundle_id
    if bundle_id is None:
        service = services.get(line.model.service_id or "")
        if service is None:
            no_data = NoData("service", "the line's service is not known", SERVICES)
        yield Charge(
            service, _line(line, contract, period, line.model.service_id or "", 1, _price(line.model, period)), no_data
        )
        return
    rule = links.rules.bundle(bundle_id)
    if rule is None:
        yield Charge(None, _line(line, contract, period, "", 1, _price(line.model, period)), no_data)
        return
    by_name = {service.name.strip().casefold(): service for _, service in sorted(services.items(), reverse=True)}
    for part in rule.contains:
        service = by_name.get(part.service.strip().casefold())
        lacking = NoData("service", f"bundle {bundle_id} contains {part.service!r}, which is no service", SERVICES)
        ident, price = (service.service_id, service.unit_price) if service else ("", None)
        yield Charge(service, _line(line, contract, period, ident, part.units, price), no_data if service else lacking)


def _unclear(
    contract: Contract | None, period: ContractUnit | None, periods: list[ContractUnit], day: date
) -> NoData | None:
    if contract is None:
        return NoData("contract", "the line's contract is not known", CONTRACTS)
    if contract.active is None:
        return NoData("contract", "whether the contract is active is not known")
    if period is None:
        later = min((one.starts_at.date() for one in periods if one.starts_at.date() > day), default=None)
        return NoData("no_period", "no billing period covers the date", UNITS, midnight(later) if later else None)
    return None


def _line(
    line: Subject[ContractLine],
    contract: Contract | None,
    period: ContractUnit | None,
    service_id: str,
    each: int,
    price: Decimal | None,
) -> BilledLine:
    return BilledLine(
        entity_id=line.id,
        line_id=line.model.line_id,
        contract_id=line.model.contract_id,
        contract=contract.name if contract else None,
        service_id=service_id,
        bundle_id=line.model.bundle_id,
        units=period.units * each if period else 0,
        unit_price=price,
        starts_on=period.starts_at.date() if period else None,
        ends_on=period.ends_at.date() if period else None,
    )


def _price(line: ContractLine, period: ContractUnit | None) -> Decimal | None:
    """The line's price per unit; where it has none, what its period's price comes to."""
    if line.unit_price is not None or period is None or period.price is None or not period.units:
        return line.unit_price
    return (period.price / period.units).quantize(_PRICE, ROUND_HALF_UP)


def _over(contract: Contract, day: date) -> bool:
    ended = contract.ends_at is not None and contract.ends_at.date() < day
    return contract.active is False or ended


def covers(unit: ContractUnit, day: date) -> bool:
    """Whether a period holds a day. Its dates are midnights that stand for days, the last one included."""
    return unit.starts_at.date() <= day <= unit.ends_at.date()


def midnight(day: date) -> datetime:
    """The moment a day begins, UTC: the PSA's dates have no zone of their own."""
    return datetime.combine(day, time(), UTC)


def _number(unit: ContractUnit) -> tuple[int, str]:
    return len(unit.unit_id), unit.unit_id


def _of(links: Links, kind: type[K], listing: str) -> tuple[Subject[K], ...]:
    vendor, _, resource = listing.partition("/")
    return links.of_client(kind, vendor=vendor, resource=resource)
