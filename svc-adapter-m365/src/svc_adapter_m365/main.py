"""Wires the Microsoft 365 adapter."""

from __future__ import annotations

from mspbyte_common.adapter import AdapterSettings, Vendor, adapter
from mspbyte_common.service import run
from svc_adapter_m365.auth import connect
from svc_adapter_m365.cost import heed
from svc_adapter_m365.endpoints import ENDPOINTS
from svc_adapter_m365.settings import LIMITS

M365 = Vendor(name="m365", endpoints=ENDPOINTS, limits=LIMITS, connect=connect, heed=heed)


def main() -> None:
    """Runs the service until it is told to stop."""
    run("svc-adapter-m365", adapter(M365), settings=AdapterSettings)
