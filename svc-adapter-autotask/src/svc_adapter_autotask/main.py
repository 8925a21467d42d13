"""Wires the Autotask PSA adapter."""

from __future__ import annotations

from mspbyte_common.adapter import AdapterSettings, Vendor, adapter
from mspbyte_common.service import run
from svc_adapter_autotask.auth import connect
from svc_adapter_autotask.endpoints import ENDPOINTS
from svc_adapter_autotask.settings import LIMITS
from svc_adapter_autotask.tickets import WRITES

AUTOTASK = Vendor(name="autotask", endpoints=ENDPOINTS, limits=LIMITS, connect=connect, writes=WRITES)


def main() -> None:
    """Runs the service until it is told to stop."""
    run("svc-adapter-autotask", adapter(AUTOTASK), settings=AdapterSettings)
