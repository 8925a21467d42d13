"""Wires the processors."""

from __future__ import annotations

from mspbyte_common.service import run, stages
from svc_processors.process import NORMALIZERS, process

VERSIONS = {f"{vendor}/{resource}": str(one.version) for (vendor, resource), one in NORMALIZERS.items()}


def main() -> None:
    """Runs the service until it is told to stop."""
    run("svc-processors", stages({"process": process}, versions={"process": VERSIONS}))
