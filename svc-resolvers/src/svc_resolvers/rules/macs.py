"""Hardware addresses."""

from __future__ import annotations

from mspbyte_common.models import Device
from svc_resolvers import canonical
from svc_resolvers.rule import Outcome, Rule, shown


def _macs(model: Device) -> Outcome:
    """Virtual adapters and docks are in order, but tell no machine from another. What is no address is an issue."""
    found = {sent: canonical.mac(sent) for sent in model.macs}
    good = sorted({mac for mac in found.values() if mac is not None and canonical.is_hardware(mac)})
    bad = [sent for sent, mac in found.items() if mac is None]
    return Outcome({"macs_canonical": tuple(good)}, {"macs": shown(*bad)} if bad else {})


MACS = Rule(id="macs_canonical", version=2, order=30, kinds=(Device,), apply=_macs)
