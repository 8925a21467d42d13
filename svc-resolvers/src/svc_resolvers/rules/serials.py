"""Serial numbers."""

from __future__ import annotations

from mspbyte_common.models import Device, Firewall
from svc_resolvers import canonical
from svc_resolvers.rule import Outcome, Rule, shown
from svc_resolvers.shipped import placeholder_serials


def _serial(model: Device | Firewall) -> Outcome:
    """What firmware says where there is no number would make one device of thousands."""
    if model.serial is None:
        return Outcome({"serial_canonical": None})
    found = canonical.serial(model.serial)
    if found in placeholder_serials() or not canonical.is_serial(found):
        return Outcome({"serial_canonical": None}, {"serial": shown(model.serial)})
    return Outcome({"serial_canonical": found})


SERIAL = Rule(id="serial_canonical", version=1, order=20, kinds=(Device, Firewall), apply=_serial)
