"""Agents that are licensed as another class than their device is."""

from __future__ import annotations

from mspbyte_common.models import Device
from svc_workers.check import Check, NoParams
from svc_workers.devices import COMPUTERS, ITEMS, facts, is_agent, source
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict, finding, ok, unknown


def evaluate(subject: Subject[Device], links: Links, _params: NoParams) -> Verdict:
    """Server or workstation: the agent must say what the other records of the device say.

    The PSA's word counts only where it says server: "Microsoft Windows" there may be either.
    """
    if not is_agent(subject):
        return ok()
    own = subject.model.device_class
    others = [
        other
        for other in links.related("same_device", Device)
        if other.model.device_class in COMPUTERS
        and not is_agent(other)
        and (source(other) != ITEMS or other.model.device_class == "server")
    ]
    if not others or all(other.model.device_class == own for other in others):
        return ok()
    if own not in COMPUTERS:
        return unknown("the agent does not tell whether it is on a workstation or a server")
    said = [
        {"source": source(other), "name": other.model.name, "class": other.model.device_class}
        for other in sorted(others, key=lambda other: (source(other), other.external_id))
        if other.model.device_class != own
    ]
    return finding(
        CHECK.severity,
        {**facts(subject), "others": said},
        f"{subject.model.name or 'A device without a name'} is a {said[0]['class']}, its agent is for a {own}",
    )


CHECK = Check(
    name="class_mismatch",
    kind=Device,
    title="Agent of another class than its device",
    why="Servers and workstations are licensed, billed and protected by different rules.",
    remedy="Install the agent that fits, or correct the class where it is wrong.",
    severity="low",
    params=NoParams(),
    evaluate=evaluate,
    relations=("same_device",),
)
