"""Domains."""

from __future__ import annotations

from mspbyte_common.models import Company, Domain
from svc_resolvers import canonical
from svc_resolvers.rule import Outcome, Rule, shown


def _domain(model: Domain) -> Outcome:
    found = canonical.domain(model.name)
    return Outcome({"name_canonical": found}, {} if found else {"name": shown(model.name)})


def _company_domain(model: Company) -> Outcome:
    """A page at a hoster or social network is in order, but says nothing about the company's own domain."""
    if model.website is None:
        return Outcome({"domain_canonical": None})
    found = canonical.website_domain(model.website)
    if found is None:
        return Outcome({"domain_canonical": None}, {"website": shown(model.website)})
    return Outcome({"domain_canonical": None if canonical.is_public(found) else found})


DOMAIN = Rule(id="domain_canonical", version=1, order=10, kinds=(Domain,), apply=_domain)
COMPANY_DOMAIN = Rule(id="company_domain_canonical", version=2, order=10, kinds=(Company,), apply=_company_domain)
