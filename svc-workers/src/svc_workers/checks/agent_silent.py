"""Devices in use whose agent has fallen silent."""

from __future__ import annotations

from dataclasses import dataclass

from mspbyte_common.models import Device
from svc_workers.agents import NEEDS, silence
from svc_workers.check import Check
from svc_workers.devices import facts
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Ok, Unknown, Verdict, finding, ok


@dataclass(frozen=True)
class Params:
    """`days` without a sign of life from the agent, while the device shows some elsewhere."""

    days: int = 30


def evaluate(subject: Subject[Device], links: Links, params: Params) -> Verdict:
    """An agent must be heard of while its device is in use."""
    found = silence(subject, links, params.days)
    if isinstance(found, Ok | Unknown):
        return found
    if found != "broken":
        return ok()
    return finding(
        CHECK.severity,
        {**facts(subject), "agent_seen_at": subject.model.last_seen_at},
        f"{subject.model.name or 'A device without a name'} is in use but its agent is silent",
    )


CHECK = Check(
    name="agent_silent",
    kind=Device,
    title="Agent is silent on a device in use",
    why="The device looks protected and is not: the agent was removed, broken or cut off.",
    remedy="Look at the agent on the device; install it anew if need be.",
    severity="high",
    params=Params(),
    evaluate=evaluate,
    relations=("same_device",),
    needs=NEEDS,
)
