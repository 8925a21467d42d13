"""Contract lines that bill less than is used."""

from __future__ import annotations

from mspbyte_common.models import ContractLine
from svc_workers.check import Check, NoParams
from svc_workers.links import Links
from svc_workers.reconciliation.line import differing
from svc_workers.reconciliation.reads import BILLED_KINDS, BILLED_LISTS
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict


def evaluate(subject: Subject[ContractLine], links: Links, _params: NoParams) -> Verdict:
    """A line must bill at least the units in use."""
    return differing(CHECK.severity, subject, links, "under", "{units} units used are not billed: {services}")


CHECK = Check(
    name="under_billed",
    kind=ContractLine,
    title="Used but not billed",
    why="The client uses more than it pays for: the MSP bears the cost.",
    remedy="Raise the units of the contract line to what is in use, from the current period on.",
    severity="high",
    params=NoParams(),
    evaluate=evaluate,
    client_kinds=BILLED_KINDS,
    account_kinds=("service",),
    needs=BILLED_LISTS,
    by_rules=True,
)
