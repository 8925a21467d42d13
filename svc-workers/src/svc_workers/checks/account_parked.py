"""Accounts whose jobs stand still until a person acts."""

from __future__ import annotations

from typing import Final

from svc_workers.check import Check, NoParams
from svc_workers.links import Links
from svc_workers.subject import AccountFacts, Subject
from svc_workers.verdict import Verdict, finding, ok

TO_DO: Final[dict[str, str]] = {
    "credential_invalid": "Renew the credential of the connection.",
    "permission_missing": "Grant the credential the permissions it lacks, in this account.",
    "consent_missing": "Grant the application the permissions it lacks, in this tenant.",
    "partner_assistance_missing": "Have the customer switch on the partner's access in this tenant.",
    "tenant_disabled": "Have the customer enable the tenant; exclude the account if it is not to live.",
    "account_gone": "Check whether the vendor still has this account; exclude it if not.",
}
"""What a person has to do, by the class of the error."""


def evaluate(subject: Subject[AccountFacts], _links: Links, _params: NoParams) -> Verdict:
    """No account may be parked."""
    account = subject.model
    if account.parked_class is None:
        return ok()
    return finding(
        CHECK.severity,
        {
            "vendor": account.vendor,
            "external_id": account.external_id,
            "name": account.name,
            "class": account.parked_class,
            "reason": account.parked_reason,
            "since": account.parked_at,
            "to_do": TO_DO.get(account.parked_class, CHECK.remedy),
        },
        f"{account.name or account.external_id} ({account.vendor}) is parked: {account.parked_class}",
    )


CHECK = Check(
    name="account_parked",
    kind=AccountFacts,
    title="Account is parked",
    why="Nothing is read from it, so all that is known of it grows old.",
    remedy="Mend what the reason names, then resume the account.",
    severity="high",
    params=NoParams(),
    evaluate=evaluate,
)
