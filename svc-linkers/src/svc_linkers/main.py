"""Wires the linkers."""

from __future__ import annotations

from mspbyte_common.models import KINDS
from mspbyte_common.service import run, stages
from svc_linkers.link import Rules, link

VERSIONS = {kind: Rules.of(kind).version for kind in KINDS}
"""By kind: what its records are linked by. One that has no rule any more is linked anew as well."""


def main() -> None:
    """Runs the service until it is told to stop."""
    run("svc-linkers", stages({"link": link}, versions={"link": VERSIONS}))
