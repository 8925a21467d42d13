"""Which services a fleet has. A service is a module that runs as `python -m`, a database role and a broker user."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """One service. `credentials`: it reads connections' secrets and calls vendors."""

    name: str
    credentials: bool = False


SERVICES: tuple[Member, ...] = (
    Member("svc_workers"),
    Member("svc_linkers"),
    Member("svc_resolvers"),
    Member("svc_processors"),
    Member("svc_adapter_m365", credentials=True),
    Member("svc_adapter_autotask", credentials=True),
    Member("svc_adapter_sophos", credentials=True),
    Member("svc_scheduler"),
)
"""From the end of the walk to its beginning: what is told something runs before what tells it."""
