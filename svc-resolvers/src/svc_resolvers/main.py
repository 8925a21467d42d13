"""Wires the resolvers."""

from __future__ import annotations

from mspbyte_common.service import run, stages
from svc_resolvers import clients, domains, keys
from svc_resolvers.keys import BY_KIND
from svc_resolvers.merging.regroup import versions
from svc_resolvers.resolve import RULES, resolve

VERSIONS = {
    kind.NAME: " ".join(
        [
            f"keys {keys.VERSION}",
            f"clients {clients.VERSION}",
            f"{domains.RULE} {domains.VERSION}",
            *(f"{rule.id} {rule.version}" for rule in RULES if kind in rule.kinds),
            *versions(kind.NAME),
        ]
    )
    for kind in BY_KIND
}
"""By kind: what its records are resolved by.

Another rule, another version of one, other keys, another way to a client or to one thing make it another.
"""


def main() -> None:
    """Runs the service until it is told to stop."""
    run("svc-resolvers", stages({"resolve": resolve}, versions={"resolve": VERSIONS}))
