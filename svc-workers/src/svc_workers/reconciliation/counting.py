"""Counts what a rule counts among a client's things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from mspbyte_common.models import Device, Identity, Licence
from mspbyte_common.reconciliation.book import same_text
from mspbyte_common.reconciliation.rules import COUNTABLE, PAID, SKUS, CountRule, Value
from svc_workers.links import Links
from svc_workers.reconciliation.result import Counted, NoData
from svc_workers.subject import Subject

_SAME: Final = ("people", "devices")
"""Counts that take all records of one thing as one."""


@dataclass(frozen=True)
class Tally:
    """What was counted, by the thing it is. `until`: when time alone changes it."""

    things: Mapping[UUID, Counted]
    until: datetime | None


def tally(rules: Iterable[CountRule], links: Links) -> Tally | NoData:
    """What some rules count together: what two of them count is counted once, by the first in order of id."""
    things: dict[UUID, Counted] = {}
    moments: list[datetime] = []
    for rule in sorted(rules, key=lambda one: one.id):
        lacking = _unread(rule, links)
        if lacking is not None:
            return lacking
        for listing in rule.of:
            vendor, _, resource = listing.partition("/")
            found = links.of_client(COUNTABLE[listing], vendor=vendor, resource=resource)
            for subject in sorted(found, key=lambda one: (called(one), one.id)):
                fits = _fits(rule, subject, links, moments)
                quantity = _quantity(rule, subject.model) if fits else 0
                if fits is None or quantity is None:
                    name = called(subject)
                    return NoData("untold", f"{listing} does not tell whether, or how often, {name!r} counts", listing)
                if fits:
                    _add(things, rule, subject, quantity, links)
    return Tally(things, min(moments, default=None))


def _unread(rule: CountRule, links: Links) -> NoData | None:
    for listing in rule.needs:
        vendor = listing.partition("/")[0]
        if not links.has_account(vendor):
            return NoData("no_account", f"the client has no {vendor} account that can be read", listing)
    return next((lacking for listing in rule.needs if (lacking := unread(listing, links))), None)


def unread(listing: str, links: Links) -> NoData | None:
    """Why a list 'vendor/resource' of the client tells nothing; None where it was read in full."""
    vendor, _, resource = listing.partition("/")
    if links.freshness(vendor, resource) is not None:
        return None
    why = links.unavailable(listing)
    return NoData(
        "unread", f"{listing} was not read in full lately" if why is None else f"no {listing}: {why}", listing
    )


def _add(things: dict[UUID, Counted], rule: CountRule, subject: Subject[Any], quantity: int, links: Links) -> None:
    thing = links.clusters.get(subject.id, subject.id) if rule.count in _SAME else subject.id
    known = things.get(thing)
    if known is None:
        things[thing] = Counted(subject.id, called(subject), rule.id, quantity, (subject.id,))
    elif subject.id not in known.records:
        things[thing] = replace(known, records=(*known.records, subject.id))


def _fits(rule: CountRule, subject: Subject[Any], links: Links, moments: list[datetime]) -> bool | None:
    """Whether a record counts; None: it does not tell. One condition it certainly fails settles it.

    `moments` gets the time from which a machine that counts will count no more.
    """
    answers = [*_conditions(rule, subject.model)]
    if rule.holds:
        answers.append(_holds(rule, subject, links))
    seen = None
    if rule.seen_within_days is not None and isinstance(subject.model, Device):
        seen = subject.model.last_seen_at and subject.model.last_seen_at + timedelta(days=rule.seen_within_days)
        answers.append(seen is not None and seen > links.now)
    if isinstance(subject.model, Licence) and not {"free"} & {*rule.where, *rule.where_not}:
        answers.append(not subject.model.free)
    if False in answers:
        return False
    if seen is not None:
        moments.append(seen)
    return None if None in answers else True


def _conditions(rule: CountRule, model: Any) -> Iterator[bool | None]:
    for field, values in rule.where.items():
        yield _among(getattr(model, field), values)
    for field, values in rule.where_not.items():
        among = _among(getattr(model, field), values)
        yield None if among is None else not among


def _among(told: Any, values: tuple[Value, ...]) -> bool | None:
    """Whether a field, or an item of a list, has one of the values; None: it is not known, and no value says so."""
    if told is None:
        return True if None in values else None
    items = told if isinstance(told, tuple) else (told,)
    return any(_equal(item, value) for item in items for value in values)


def _equal(item: Any, value: Value) -> bool:
    if isinstance(item, str) and isinstance(value, str):
        return same_text(value, item)
    return type(item) is type(value) and item == value


def _holds(rule: CountRule, subject: Subject[Identity], links: Links) -> bool | None:
    if subject.model.licence_ids is None:
        return None
    vendor, _, resource = SKUS.partition("/")
    wanted = {
        licence.model.sku_id
        for licence in links.of_client(Licence, vendor=vendor, resource=resource)
        if licence.account == subject.account
        and (licence.model.sku in rule.holds or (PAID in rule.holds and not licence.model.free))
    }
    return not wanted.isdisjoint(subject.model.licence_ids)


def _quantity(rule: CountRule, model: Any) -> int | None:
    if rule.count != "seats":
        return 1
    seats: int | None = model.bought if rule.seats == "bought" else model.assigned
    return seats


def called(subject: Subject[Any]) -> str:
    """What a person calls a thing."""
    model = subject.model
    names = (getattr(model, field, None) for field in ("display_name", "name", "sku", "host_name"))
    return next((name for name in names if name), None) or subject.external_id
