"""The words of the linkers are those of the resolvers: what a rule joins, some record has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import svc_linkers.rules
import svc_processors.normalizers
import svc_resolvers.rules
from mspbyte_common.declarations import discover, index
from svc_linkers.rule import ReferenceRule, SamenessRule
from svc_processors.normalizer import Normalizer
from svc_resolvers.apply import apply_rules
from svc_resolvers.keys import derive_keys
from svc_resolvers.rule import Rule

DATA = Path(__file__).parents[2] / "data"
CLIENT = "client"
"""The key that resolvers add when they know whose a record is."""
CHANGES: dict[str, dict[str, object]] = {
    "managedDevices": {"userId": ""},
    "alerts": {"person": {"id": "p-1"}},
    "endpoints": {"associatedPerson": {"id": "p-1"}},
    "conditionalAccessPolicies": {
        "conditions": {
            "users": {
                f"{side}{what}": [name]
                for side in ("include", "exclude")
                for what, name in (("Users", "All"), ("Groups", "a"), ("Roles", "b"))
            }
        }
    },
}
"""What the shipped records are given to refer by every key of their kind."""


@pytest.fixture(scope="module")
def derived() -> set[tuple[str, bool, str]]:
    """(kind, refers, key type) of all shipped records, once as they are and once changed."""
    normalizers = index(discover(svc_processors.normalizers, Normalizer), lambda one: (one.vendor, one.resource))
    rules = discover(svc_resolvers.rules, Rule)
    found = set()
    for file in DATA.rglob("*.json"):
        normalizer = normalizers[file.parent.name, file.stem]
        raw = json.loads(file.read_text())
        for record in (raw, raw | CHANGES.get(file.stem, {})):
            model, _, _ = apply_rules(normalizer.normalize(record), rules)
            keys = derive_keys(normalizer.vendor, normalizer.resource, model)
            found |= {(model.NAME, key.refers, key.key_type) for key in keys}
    return found


@pytest.mark.parametrize("rule", discover(svc_linkers.rules, ReferenceRule), ids=lambda rule: rule.id)
def test_a_reference_joins_keys_that_records_have(rule: ReferenceRule, derived: set[tuple[str, bool, str]]) -> None:
    if rule.refers == rule.known_by == CLIENT:
        return
    assert (rule.source, True, rule.refers) in derived
    assert {target for target in rule.targets if (target, False, rule.known_by) in derived} == set(rule.targets)


@pytest.mark.parametrize("rule", discover(svc_linkers.rules, SamenessRule), ids=lambda rule: rule.id)
def test_sameness_joins_keys_that_records_have(rule: SamenessRule, derived: set[tuple[str, bool, str]]) -> None:
    assert {(rule.left, False, rule.left_key), (rule.right, False, rule.right_key)} <= derived
