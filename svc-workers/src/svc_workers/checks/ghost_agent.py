"""Agents whose device is gone."""

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
    """`days` without a sign of life from agent and device."""

    days: int = 30


def evaluate(subject: Subject[Device], links: Links, params: Params) -> Verdict:
    """An agent must have a device that is still in use. Of devices in use agent_silent speaks.

    A machine set up anew is one device with two agents, of which the old one stays listed: so each record is judged.
    """
    found = silence(subject, links, params.days)
    if isinstance(found, Ok | Unknown):
        return found
    if found == "broken":
        return ok()
    return finding(
        CHECK.severity,
        {
            **facts(subject),
            "agent_seen_at": subject.model.last_seen_at,
            "because": "another agent runs on the device"
            if found == "leftover"
            else "nobody has seen the device lately",
        },
        f"The agent of {subject.model.name or 'a device without a name'} is left over",
    )


CHECK = Check(
    name="ghost_agent",
    kind=Device,
    title="Agent of a device that is gone",
    why="It may still be counted and paid for, and it hides among those that matter.",
    remedy="Delete the endpoint in the vendor's console; if the device is only away, wait until it is back.",
    severity="low",
    params=Params(),
    evaluate=evaluate,
    relations=("same_device",),
    needs=NEEDS,
    each_record=True,
)
