"""Billed against actual of one client at one moment: a pure function of its surroundings and the rules that hold for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from mspbyte_common.ids import derive
from mspbyte_common.models import Service
from mspbyte_common.reconciliation.rules import CountRule, ExcludeRule
from svc_workers.links import Links
from svc_workers.reconciliation.billing import (
    BUNDLE_UNITS,
    BUNDLES,
    LISTS,
    Charge,
    Future,
    charges,
    midnight,
)
from svc_workers.reconciliation.counting import Tally, tally, unread
from svc_workers.reconciliation.result import (
    STATES,
    BilledLine,
    Counted,
    NoData,
    Position,
    Reconciliation,
    State,
    cents,
)


@dataclass
class _Group:
    """Services that are proved by the same rules, with the charges for them."""

    rules: dict[str, CountRule]
    services: dict[str, Service] = field(default_factory=dict)
    charges: list[Charge] = field(default_factory=list)


def reconcile(links: Links) -> Reconciliation:
    """One position per service that is billed, or that the catalogue has and a rule finds in use.

    Nothing is known of a client whose contracts, lines, units or services were not read in full. A service the PSA does not
    have is not looked for: what is used of it the MSP does not sell.
    """
    lacking = next((missing for listing in LISTS if (missing := unread(listing, links))), None)
    if lacking is not None:
        return Reconciliation(links.now, no_data=lacking)
    billed = tuple(charges(links))
    later = {one.line.id: one.starts for one in billed if isinstance(one, Future)}
    now = sorted((one for one in billed if isinstance(one, Charge)), key=lambda one: _age(one.line))
    groups = _groups(links, now)
    ruled = {id(charge) for group in groups for charge in group.charges}
    positions = [_plain(links, charge) for charge in now if id(charge) not in ruled]
    positions += [_compared(links, group) for group in groups if group.charges]
    taken = {record for one in positions for thing in one.counted for record in thing.records}
    unbilled = [_unbilled(links, group, positions, taken) for group in groups if not group.charges]
    found = [*_together(positions), *(one for one in unbilled if one is not None)]
    found.sort(key=lambda one: (STATES.index(one.state), one.service, one.id))
    return Reconciliation(links.now, tuple(found), later=later)


def _groups(links: Links, billed: Iterable[Charge]) -> list[_Group]:
    """The services of the catalogue and of the charges by the rules that count them; what shares a rule is one group."""
    groups: list[_Group] = []
    catalogue = [one.model for one in links.of_account(Service, resource="Services") if one.model.active is not False]
    for service, charge in (*((one, None) for one in catalogue), *((one.service, one) for one in billed)):
        rules = () if service is None else links.rules.of_service(service.service_id, service.name)
        if service is None or isinstance(rules, ExcludeRule) or not rules:
            continue
        mine = {rule.id: rule for rule in rules}
        touching = [group for group in groups if not mine.keys().isdisjoint(group.rules)]
        merged = _Group(mine, {service.service_id: service}, [charge] if charge else [])
        for group in touching:
            merged.rules |= group.rules
            merged.services |= group.services
            merged.charges = [*group.charges, *merged.charges]
        groups = [group for group in groups if group not in touching] + [merged]
    return groups


def _plain(links: Links, charge: Charge) -> Position:
    """A line that is compared with nothing: its bundle or service is not known, no rule counts it, or one excludes it."""
    service, line = charge.service, charge.line
    excluded = links.rules.of_service(service.service_id, service.name) if service else ()
    name = service.name.strip() if service else f"Bundle {line.bundle_id}" if line.bundle_id else "Unknown service"
    key = service.service_id if service else str(line.entity_id)
    state: State = "missing_rule"
    why: str | None = f"no rule says what is in bundle {line.bundle_id}" if line.bundle_id else "no rule counts it"
    rules: tuple[str, ...] = ()
    if isinstance(excluded, ExcludeRule):
        state, why, rules = "excluded", excluded.exclude, (excluded.id,)
    elif charge.no_data is not None:
        state, why = "no_data", charge.no_data.why
    return Position(
        id=_position_id(links, state, key),
        client_id=links.client_id,
        state=state,
        service=name,
        service_ids=(service.service_id,) if service else (),
        rules=rules,
        counts=None,
        currency=links.rules.currency,
        lines=(line,),
        list_price=service.unit_price if service else None,
        why=why,
        no_data=charge.no_data if state == "no_data" else None,
        until=charge.no_data.until if charge.no_data else None,
    )


def _together(positions: Sequence[Position]) -> list[Position]:
    """Lines of one service that nothing is compared with become one position."""
    found: dict[UUID, Position] = {}
    for position in positions:
        known = found.get(position.id)
        found[position.id] = replace(known, lines=(*known.lines, *position.lines)) if known else position
    return list(found.values())


def _compared(links: Links, group: _Group) -> Position:
    """A group that some line bills."""
    lines = tuple(charge.line for charge in group.charges)
    empty = _position(links, group, "no_data", lines)
    unclear = next((charge.no_data for charge in group.charges if charge.no_data is not None), None)
    counted = tally(group.rules.values(), links)
    lacking = unclear or (counted if isinstance(counted, NoData) else None)
    if lacking is not None or isinstance(counted, NoData):
        return _without_data(empty, lacking)
    things = _in_order(counted)
    difference = sum(thing.quantity for thing in things) - sum(line.units for line in lines)
    state: State = "matched" if not difference else "under" if difference > 0 else "over"
    return replace(
        empty, state=state, lines=_shared(lines, difference), counted=things, until=_until(links.now, counted)
    )


def _unbilled(links: Links, group: _Group, billed: Sequence[Position], taken: set[UUID]) -> Position | None:
    """A group no line bills: what is in use of it and proves no other position. None where there is nothing to say."""
    empty = _position(links, group, "missing_line", ())
    counted = tally(group.rules.values(), links)
    if isinstance(counted, NoData):
        return None if counted.reason == "no_account" else _without_data(empty, counted)
    things = tuple(thing for thing in _in_order(counted) if taken.isdisjoint(thing.records) and thing.quantity)
    if not things:
        return None
    obscure = _obscure(links, billed)
    if obscure is not None:
        return _without_data(empty, obscure)
    return replace(
        empty, counted=things, why="no line of a running contract bills it", until=_until(links.now, counted)
    )


def _obscure(links: Links, billed: Iterable[Position]) -> NoData | None:
    """What may bill anything, nobody knows: a bundle without a rule, a line without a known service, bundles not read."""
    for position in billed:
        if not position.service_ids:
            known = position.no_data.why if position.no_data else f"nobody says what is in it: {position.service}"
            return NoData("obscured", f"another line may bill it: {known}", BUNDLES)
    return next((missing for listing in (BUNDLES, BUNDLE_UNITS) if (missing := unread(listing, links))), None)


def _position(links: Links, group: _Group, state: State, lines: tuple[BilledLine, ...]) -> Position:
    billed = {line.service_id for line in lines} or group.services.keys()
    services = [group.services[one] for one in sorted(billed, key=lambda one: (len(one), one))]
    ids = tuple(sorted(group.rules))
    return Position(
        id=_position_id(links, "rules", *ids),
        client_id=links.client_id,
        state=state,
        service=", ".join(dict.fromkeys(one.name.strip() for one in services)),
        service_ids=tuple(one.service_id for one in services),
        rules=ids,
        counts=", ".join(group.rules[one].counts for one in ids),
        currency=links.rules.currency,
        lines=lines,
        list_price=services[0].unit_price,
    )


def _without_data(position: Position, lacking: NoData | None) -> Position:
    until = lacking.until if lacking else None
    return replace(position, state="no_data", why=lacking.why if lacking else None, no_data=lacking, until=until)


def _shared(lines: Sequence[BilledLine], difference: int) -> tuple[BilledLine, ...]:
    """The lines with their shares of a difference: what is missing goes to the newest, what is too much off the newest.

    A bundle's units are not changed for one of its services while another line bills it; lines are as old as their numbers.
    """
    order = sorted(lines, key=lambda one: (one.bundle_id is None, _age(one)), reverse=True)
    shares: dict[int, int] = {}
    left = difference
    for line in order:
        share = max(left, -max(line.units, 0)) if left < 0 else left
        shares[id(line)] = share
        left -= share
    if left:
        shares[id(order[0])] += left
    return tuple(
        replace(line, difference=shares[id(line)], money=_money(line.unit_price, shares[id(line)])) for line in lines
    )


def _age(line: BilledLine) -> tuple[int, str, str, str]:
    """Older lines first: the PSA numbers them as they come."""
    return len(line.line_id), line.line_id, line.bundle_id or "", line.service_id


def _money(price: Decimal | None, units: int) -> Decimal | None:
    return None if price is None else cents(price * units)


def _in_order(counted: Tally) -> tuple[Counted, ...]:
    return tuple(sorted(counted.things.values(), key=lambda one: (one.name, one.entity_id)))


def _until(now: datetime, counted: Tally) -> datetime:
    """The next midnight, when another period may begin, or the moment a machine has been silent for too long."""
    tomorrow = midnight(now.date() + timedelta(days=1))
    return tomorrow if counted.until is None else min(tomorrow, counted.until)


def _position_id(links: Links, *key: str) -> UUID:
    return derive("position", str(links.client_id), *key)
