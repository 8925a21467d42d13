"""Devices that a vendor has several records of."""

from __future__ import annotations

from mspbyte_common.models import Device
from svc_resolvers.fragment import Fragments

ENTRA_AND_INTUNE = Fragments(
    kind=Device,
    vendor="m365",
    key_type="entra_device_id",
    version=1,
    resources=("managedDevices", "devices"),
    fields={"created_at": ("devices", "managedDevices")},
    current=frozenset({"owner_id", "owner_upn", "managed", "compliance", "active"}),
)
"""Intune knows more of a machine than the directory it is registered in, and again each time it is enrolled.

The directory knows since when there is the machine; Intune's date is that of the enrolment.
"""

REIMAGED = Fragments(
    kind=Device,
    vendor="sophos",
    key_type="serial",
    version=1,
    resources=("endpoints",),
    current=frozenset(
        {
            *("agent_id", "agent_health", "tamper_protection", "tamper_protection_supported", "isolated", "products"),
            *("addresses", "owner_id", "last_user"),
        }
    ),
)
"""A machine set up anew registers as another endpoint; the one before stays listed, silent, until somebody deletes it."""
