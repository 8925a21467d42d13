"""Names of devices."""

from __future__ import annotations

from mspbyte_common.models import Device
from svc_resolvers import canonical
from svc_resolvers.rule import Outcome, Rule, shown
from svc_resolvers.shipped import generic_host_names, placeholder_host_names


def _host_name(model: Device) -> Outcome:
    found = canonical.host_name(model.name or "")
    if found in placeholder_host_names():
        return Outcome({"host_name_canonical": None}, {"name": shown(model.name or "")})
    return Outcome({"host_name_canonical": None if found in generic_host_names() else found})


HOST_NAME = Rule(id="host_name_canonical", version=1, order=10, kinds=(Device,), apply=_host_name)
