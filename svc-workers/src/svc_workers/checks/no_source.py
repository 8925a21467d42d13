"""Contract lines that nothing proves."""

from __future__ import annotations

from mspbyte_common.models import ContractLine
from svc_workers.check import Check, NoParams
from svc_workers.links import Links
from svc_workers.reconciliation.line import evidence, positions_of
from svc_workers.reconciliation.reads import BILLED_KINDS, BILLED_LISTS
from svc_workers.subject import Subject
from svc_workers.verdict import Unknown, Verdict, finding, ok, unknown


def evaluate(subject: Subject[ContractLine], links: Links, _params: NoParams) -> Verdict:
    """What a line bills must be countable: its client needs an account of the vendor that counts the service."""
    mine = positions_of(subject, links)
    if isinstance(mine, Unknown):
        return mine
    for position, line in mine.parts:
        lacking = position.no_data
        if lacking is None or lacking.waits_for is None or lacking.reason != "no_account" or line.units <= 0:
            continue
        vendor = lacking.waits_for.partition("/")[0]
        return finding(
            CHECK.severity,
            evidence(position, line) | {"vendor": vendor},
            f"{line.units} units of {position.service} are billed, and no {vendor} account proves them",
            recheck_at=mine.until,
        )
    unclear = [one.no_data for one, _ in mine.parts if one.no_data and one.no_data.reason in {"contract", "service"}]
    return unknown(unclear[0].why, unclear[0].waits_for) if unclear else ok(recheck_at=mine.until)


CHECK = Check(
    name="no_source",
    kind=ContractLine,
    title="Billed without a source",
    why="Nobody can tell whether the units are right, nor show the client what it pays for.",
    remedy="Map the client's account of the vendor (mspctl account list --state unmapped), or end the line.",
    severity="medium",
    params=NoParams(),
    evaluate=evaluate,
    client_kinds=BILLED_KINDS,
    account_kinds=("service",),
    needs=BILLED_LISTS,
    by_rules=True,
)
