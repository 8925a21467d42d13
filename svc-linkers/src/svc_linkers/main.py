"""Wires the linkers."""

from __future__ import annotations

from mspbyte_common.service import run, stages
from svc_linkers.link import link


def main() -> None:
    """Runs the service until it is told to stop."""
    run("svc-linkers", stages({"link": link}))
