"""Contract lines that bill more than is used."""

from __future__ import annotations

from mspbyte_common.models import ContractLine
from svc_workers.billing import NotApplicable, compare
from svc_workers.billing_rules import NEEDS
from svc_workers.check import Check, NoParams
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Unknown, Verdict, finding, ok


def evaluate(subject: Subject[ContractLine], links: Links, _params: NoParams) -> Verdict:
    """A line must bill at most the units in use."""
    compared = compare(subject, links)
    if isinstance(compared, Unknown):
        return compared
    if isinstance(compared, NotApplicable) or not compared.difference < 0:
        return ok(recheck_at=compared.until)
    return finding(
        CHECK.severity,
        compared.evidence(),
        f"{-compared.difference} units billed are not used: {compared.service}",
        recheck_at=compared.until,
    )


CHECK = Check(
    name="over_billed",
    kind=ContractLine,
    title="Billed but not used",
    why="The client pays for what it does not use, and will ask for the money back when it notices.",
    remedy="Lower the units of the contract line, or find out why the vendor shows fewer.",
    severity="medium",
    params=NoParams(),
    evaluate=evaluate,
    relations=("line_contract", "line_service", "line_units"),
    client_kinds=("device", "licence"),
    needs=NEEDS,
)
