"""The list of rules, so that one appearing or vanishing is a decision."""

from __future__ import annotations

import svc_resolvers.rules
from mspbyte_common.declarations import discover, index
from svc_resolvers.rule import Rule

GOLDEN = [
    ("aliases_canonical", 1, 30, ("identity",)),
    ("company_domain_canonical", 2, 10, ("company",)),
    ("contact_emails_canonical", 1, 20, ("contact",)),
    ("domain_canonical", 1, 10, ("domain",)),
    ("email_canonical", 1, 20, ("identity",)),
    ("host_name_canonical", 1, 10, ("device",)),
    ("macs_canonical", 2, 30, ("device",)),
    ("phones_canonical", 1, 40, ("identity", "contact")),
    ("serial_canonical", 1, 20, ("device", "firewall")),
    ("upn_canonical", 1, 10, ("identity",)),
]


def test_the_rules_are_these() -> None:
    found = index(discover(svc_resolvers.rules, Rule), lambda rule: rule.id)
    assert [
        (rule.id, rule.version, rule.order, tuple(kind.NAME for kind in rule.kinds))
        for _, rule in sorted(found.items())
    ] == GOLDEN
