"""Paid licences on accounts nobody can sign in to."""

from __future__ import annotations

from mspbyte_common.models import Identity, Licence
from svc_workers.check import Check, NoParams
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict, finding, ok, unknown


def evaluate(subject: Subject[Identity], links: Links, _params: NoParams) -> Verdict:
    """A disabled account must hold no licence that costs money."""
    identity = subject.model
    if identity.enabled or identity.licence_ids == ():
        return ok()
    if identity.enabled is None:
        return unknown("whether the account is enabled is not known")
    if identity.licence_ids is None:
        return unknown("which licences it holds is not known")
    held = {licence.model.sku_id: licence.model for licence in links.related("licensed_with", Licence)}
    paid = [held[sku] for sku in identity.licence_ids if sku in held and not held[sku].free]
    if not paid:
        if all(sku in held for sku in identity.licence_ids):
            return ok()
        return unknown("its licences are not known", "m365/subscribedSkus")
    return finding(
        CHECK.severity,
        {
            "person": identity.display_name,
            "upn": identity.upn,
            "type": identity.identity_type,
            "licences": [{"sku": licence.sku, "name": licence.name} for licence in sorted(paid, key=_sku)],
        },
        f"{identity.display_name or identity.upn or 'An account without a name'} is disabled but licensed",
    )


def _sku(licence: Licence) -> str:
    return licence.sku


CHECK = Check(
    name="licensed_but_disabled",
    kind=Identity,
    title="Disabled account holds paid licences",
    why="The seat is paid for every month and used by nobody.",
    remedy="Remove the licences, after turning the mailbox into a shared one or archiving it where it must be kept.",
    severity="medium",
    params=NoParams(),
    evaluate=evaluate,
    relations=("licensed_with",),
)
