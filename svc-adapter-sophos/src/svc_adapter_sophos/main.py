"""Wires the Sophos Central adapter."""

from __future__ import annotations

from mspbyte_common.adapter import AdapterSettings, Vendor, adapter
from mspbyte_common.service import run
from svc_adapter_sophos.auth import connect
from svc_adapter_sophos.endpoints import ENDPOINTS
from svc_adapter_sophos.settings import LIMITS

SOPHOS = Vendor(name="sophos", endpoints=ENDPOINTS, limits=LIMITS, connect=connect)


def main() -> None:
    """Runs the service until it is told to stop."""
    run("svc-adapter-sophos", adapter(SOPHOS), settings=AdapterSettings)
