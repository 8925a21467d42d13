"""Microsoft's built-in roles that can take over a tenant, its accounts or its data."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import orjson


@cache
def _templates() -> frozenset[str]:
    shipped = orjson.loads(files("svc_processors").joinpath("data/privileged_roles.json").read_bytes())
    return frozenset(shipped["roles"])


def is_privileged(template_id: str) -> bool:
    """Whether the role with this template id is on the shipped list."""
    return template_id in _templates()
