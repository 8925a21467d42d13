"""What checks miss of the truth, and why."""

from __future__ import annotations

UNSURE = {
    "departed_still_enabled": "departed_still_enabled",
    "email_mismatch": "no_identity",
    "ghost_agent": "ghost_agent",
    "no_identity": "no_identity",
    "no_endpoint_protection": "no_endpoint_protection",
    "not_in_psa": "not_in_psa",
}
"""Checks that compare records of several vendors, and the check that says of a missed one that it cannot know.

An address cannot differ from that of an account the contact could not be linked to for certain.
"""

MISTAKEN = {"agent_silent": "ghost_agent"}
"""What a check says where another's finding is right: of an agent that was installed anew, while the new one tells no serial.

Host name and MAC are then those of two agents and link neither, so the old one looks like the device's only one.
"""
