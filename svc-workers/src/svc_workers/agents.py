"""What to make of an endpoint agent that has fallen silent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from mspbyte_common.models import Device
from svc_workers.devices import AGENTS, ENTRA, INTUNE, called, in_use_until, is_agent, source
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Ok, Unknown, ok, unknown

Silence = Literal["broken", "leftover", "gone"]
"""The device is in use without its agent; another agent has taken its place; nobody has seen the device either."""
SIGHTINGS = (INTUNE, ENTRA)
"""Who else sees the device."""
NEEDS = (*SIGHTINGS, AGENTS)


def silence(subject: Subject[Device], links: Links, days: int) -> Silence | Ok | Unknown:
    """Why an agent was not seen for so many days; Ok for one that was, with the moment it will not have been.

    The check must name same_device, and NEEDS.
    """
    if not is_agent(subject):
        return ok()
    until = in_use_until(subject.model, days)
    if until is None:
        return unknown("when the agent was last seen is not known")
    if until > links.now:
        return ok(recheck_at=until)
    if subject.client_id is None:
        return unknown("it belongs to no client: its account is not mapped")
    return _silence(links, days)


def _silence(links: Links, days: int) -> Silence | Unknown:
    others = (*links.related("same_device", Device), *((links.whole,) if links.whole is not None else ()))
    alive = {source(other) for other in others if _seen(other, links, days)}
    if AGENTS in alive:
        return "leftover"
    possible = [other for other in links.possibly_related("same_device", Device) if _seen(other, links, days)]
    if alive.intersection(SIGHTINGS):
        return _doubt(possible, AGENTS) or _gap(links, AGENTS) or "broken"
    return _doubt(possible, *NEEDS) or _gap(links, *NEEDS) or "gone"


def _doubt(possible: Iterable[Subject[Device]], *listings: str) -> Unknown | None:
    names = sorted(called(other) for other in possible if source(other) in listings)
    return unknown(f"it may be the same device as {', '.join(names)}") if names else None


def _gap(links: Links, *listings: str) -> Unknown | None:
    """What must be known first: in such a listing may be another agent, or somebody who sees the device."""
    for listing in listings:
        vendor, _, resource = listing.partition("/")
        if links.has_account(vendor) and links.freshness(vendor, resource) is None:
            return unknown(f"{listing} was not read in full lately", listing)
    return None


def _seen(other: Subject[Device], links: Links, days: int) -> bool:
    until = in_use_until(other.model, days)
    return until is not None and until > links.now
