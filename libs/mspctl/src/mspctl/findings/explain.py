"""Why a finding stands and why it has not closed, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.findings import QUIET


def explain(facts: Mapping[str, Any]) -> list[str]:
    """What is known of a finding's state: from the check's last answer, and from what a person said."""
    if facts["state"] == "resolved":
        by = facts["resolved_by"]
        return [
            f"{by} closed it: it comes back when the check says anything new." if by else "The check found it in order."
        ]
    said = ["The check still finds it." if facts["why"] is None else f"The check cannot tell now: {facts['why']}."]
    if facts["waits_for"]:
        said.append(f"It is asked again when {facts['waits_for']} was read in full.")
    if facts["quiet_since"]:
        over = facts["quiet_since"] + QUIET
        said[0] = f"The check has been content since {facts['quiet_since']:%Y-%m-%d %H:%M}."
        said.append(f"The finding flaps: it closes at {over:%Y-%m-%d %H:%M} if the check stays content.")
    if facts["suppressed_until"]:
        said.append(f"It is suppressed until {facts['suppressed_until']:%Y-%m-%d %H:%M}, and open again then.")
    elif facts["due_at"] and not facts["quiet_since"]:
        said.append(f"Time alone may change that at {facts['due_at']:%Y-%m-%d %H:%M}.")
    if facts["returns"]:
        said.append(f"It has come back {facts['returns']} times.")
    return said
