"""Wires the resolvers."""

from __future__ import annotations

from mspbyte_common.service import run, stages
from svc_resolvers.resolve import resolve


def main() -> None:
    """Runs the service until it is told to stop."""
    run("svc-resolvers", stages({"resolve": resolve}))
