"""What a client uses and no contract line bills."""

from __future__ import annotations

from datetime import timedelta

from mspbyte_common.models import Company
from svc_workers.check import Check, NoParams
from svc_workers.companies import MSP
from svc_workers.links import Links
from svc_workers.reconciliation.billing import LISTS, midnight
from svc_workers.reconciliation.reads import BILLED_KINDS, BILLED_LISTS
from svc_workers.reconciliation.reconcile import reconcile
from svc_workers.subject import Subject
from svc_workers.unread import unread
from svc_workers.verdict import Verdict, finding, ok, unknown


def evaluate(subject: Subject[Company], links: Links, _params: NoParams) -> Verdict:
    """Of each service that is in use, some line of a running contract must bill units today."""
    company = subject.model
    if company.company_id == MSP:
        return ok()
    missing = unread(subject, links, *LISTS)
    if missing is not None:
        return missing
    tomorrow = midnight(links.now.date() + timedelta(days=1))
    without = [position for position in links.once(reconcile).positions if not position.lines]
    found = [position for position in without if position.state == "missing_line"]
    untold = next((position.no_data for position in without if position.no_data is not None), None)
    if not found:
        return unknown(untold.why, untold.waits_for, recheck_at=tomorrow) if untold else ok(recheck_at=tomorrow)
    rows = [
        {
            "service": one.service,
            "used": one.actual,
            "counted": one.counts,
            "unit_price": one.list_price,
            "money_difference": one.money,
            "currency": one.currency,
        }
        for one in found
    ]
    services = ", ".join(one.service for one in found)
    return finding(
        CHECK.severity,
        {"company": company.name, "unbilled": rows},
        f"{company.name} uses what no contract line bills: {services}",
        recheck_at=min(one.until or tomorrow for one in found),
    )


CHECK = Check(
    name="unbilled",
    kind=Company,
    title="Used and not under contract",
    why="The MSP pays the vendor for what it bills to nobody.",
    remedy="Add a line for the service to the client's contract, or take the service back.",
    severity="high",
    params=NoParams(),
    evaluate=evaluate,
    client_kinds=BILLED_KINDS,
    account_kinds=("service",),
    needs=BILLED_LISTS,
    by_rules=True,
)
