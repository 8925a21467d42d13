"""Agents that say they are not well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mspbyte_common.models import Device
from svc_workers.check import Check
from svc_workers.devices import facts, in_use_until, is_agent
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Severity, Verdict, finding, ok, unknown

WEIGHT: Final[dict[str, Severity]] = {"bad": "high", "suspicious": "medium"}


@dataclass(frozen=True)
class Params:
    """`in_use_days`: what an agent said of itself longer ago counts no more."""

    in_use_days: int = 30


def evaluate(subject: Subject[Device], links: Links, params: Params) -> Verdict:
    """An agent in use must be in good health. Of silent ones agent_silent and ghost_agent speak."""
    device = subject.model
    if not is_agent(subject) or device.agent_health == "good":
        return ok()
    until = in_use_until(device, params.in_use_days)
    if until is not None and until <= links.now:
        return ok()
    severity = WEIGHT.get(device.agent_health or "")
    if severity is None:
        return unknown("the agent does not tell how it is", recheck_at=until)
    name = device.name or "A device without a name"
    return finding(
        severity,
        {**facts(subject), "health": device.agent_health},
        f"The agent of {name} is in {device.agent_health} health",
        recheck_at=until,
    )


CHECK = Check(
    name="agent_unhealthy",
    kind=Device,
    title="Endpoint agent is not in good health",
    why="A threat was found and not removed, or a part of the protection does not run.",
    remedy="Look at the device's status and events in the vendor's console, and do what it asks for.",
    severity="high",
    params=Params(),
    evaluate=evaluate,
)
