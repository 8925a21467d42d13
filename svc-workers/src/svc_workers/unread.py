"""Why a check cannot rely on the listings it needs."""

from __future__ import annotations

from typing import Any

from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Unknown, unknown


def unread(subject: Subject[Any], links: Links, *needed: str) -> Unknown | None:
    """The first of the listings 'vendor/resource' that the subject's client does not have in full; None: it has all."""
    if subject.client_id is None:
        return unknown("it belongs to no client: its account is not mapped")
    for listing in needed:
        vendor, _, resource = listing.partition("/")
        if not links.has_account(vendor):
            return unknown(f"the client has no {vendor} account that can be read", listing)
        if links.freshness(vendor, resource) is None:
            return unknown(f"{listing} was not read in full lately", listing)
    return None
