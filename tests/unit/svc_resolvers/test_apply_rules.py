"""Rules run in order, each over what the ones before it made; repairs and issues are told apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mspbyte_common.models import Company, Contact, Device, Domain, Identity
from svc_resolvers.apply import Issue, apply_rules
from svc_resolvers.rule import Outcome, Rule

Make = Callable[..., Any]


def _rule(name: str, order: int, apply: Callable[[Any], Outcome]) -> Rule:
    return Rule(id=name, version=3, order=order, kinds=(Domain,), apply=apply)


FILL = _rule("fill", 1, lambda model: Outcome({"name_canonical": model.name}))
SHORTEN = _rule("shorten", 2, lambda model: Outcome({"name_canonical": model.name_canonical[:3]}))
COMPLAIN = _rule("complain", 3, lambda model: Outcome(issues={"name": model.name}))


def test_rules_run_in_order_whatever_the_order_given() -> None:
    found, _, _ = apply_rules(Domain(name="abcdef"), [SHORTEN, FILL])
    assert found.name_canonical == "abc"


def test_filling_an_empty_field_is_no_repair_and_replacing_is() -> None:
    _, repairs, _ = apply_rules(Domain(name="abcdef"), [FILL, SHORTEN])
    assert repairs == [
        {"rule": "shorten", "version": 3, "field": "name_canonical", "before": "abcdef", "after": "abc"},
    ]


def test_a_value_left_as_it_is_is_no_repair() -> None:
    model = Domain(name="abc", name_canonical="abc")
    assert apply_rules(model, [FILL]) == (model, [], [])


def test_taking_a_value_away_is_a_repair() -> None:
    drop = _rule("drop", 1, lambda _model: Outcome({"authentication": None}))
    found, repairs, _ = apply_rules(Domain(name="a", authentication="Managed"), [drop])
    assert found.authentication is None
    assert [(repair["before"], repair["after"]) for repair in repairs] == [("Managed", None)]


def test_an_issue_names_rule_field_and_value() -> None:
    assert apply_rules(Domain(name="x"), [COMPLAIN])[2] == [Issue("complain", "name", "x")]


def test_rules_of_other_kinds_are_left_out(make: Make) -> None:
    device = make(Device)
    assert apply_rules(device, [FILL, COMPLAIN]) == (device, [], [])


@pytest.mark.parametrize("value", [7, ["a"]], ids=repr)
def test_a_rule_cannot_make_a_record_that_is_none(value: object) -> None:
    with pytest.raises(ValidationError):
        apply_rules(Domain(name="x"), [_rule("break", 1, lambda _model: Outcome({"name": value}))])


def test_a_rule_cannot_invent_a_field() -> None:
    with pytest.raises(AttributeError):
        apply_rules(Domain(name="x"), [_rule("invent", 1, lambda _model: Outcome({"nickname": "y"}))])


texts = (
    st.none()
    | st.text(max_size=20)
    | st.sampled_from(["None", "'a@b.example'", "00:15:5D:A8:4B:64", "+49 341 5550100"])
)
lists = st.lists(texts.filter(bool), max_size=4).map(tuple)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.fixed_dictionaries(
        {"upn": texts, "email": texts, "aliases": lists, "phones": lists, "emails": lists, "name": texts},
    )
    | st.fixed_dictionaries({"serial": texts, "macs": lists, "name": texts, "website": texts}),
)
def test_applying_the_rules_twice_changes_nothing(make: Make, rules: list[Rule], known: dict[str, Any]) -> None:
    for kind in (Identity, Contact, Device, Company):
        fields = {name: value for name, value in known.items() if name in kind.model_fields and value is not None}
        once, _, issues = apply_rules(make(kind, **fields), rules)
        assert apply_rules(once, rules) == (once, [], issues)
