"""Contract lines that bill more than is used."""

from __future__ import annotations

from mspbyte_common.models import ContractLine
from svc_workers.check import Check, NoParams
from svc_workers.links import Links
from svc_workers.reconciliation.line import differing
from svc_workers.reconciliation.reads import BILLED_KINDS, BILLED_LISTS
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict


def evaluate(subject: Subject[ContractLine], links: Links, _params: NoParams) -> Verdict:
    """A line must bill at most the units in use."""
    return differing(CHECK.severity, subject, links, "over", "{units} units billed are not used: {services}")


CHECK = Check(
    name="over_billed",
    kind=ContractLine,
    title="Billed but not used",
    why="The client pays for what it does not use, and will ask for the money back when it notices.",
    remedy="Lower the units of the contract line, or find out why the vendor shows fewer.",
    severity="medium",
    params=NoParams(),
    evaluate=evaluate,
    client_kinds=BILLED_KINDS,
    account_kinds=("service",),
    needs=BILLED_LISTS,
    by_rules=True,
)
