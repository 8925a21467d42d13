"""Billing rules: what a file may say, which rule is about a service, and what is said of one that does not fit."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import pytest
import yaml

from mspbyte_common.errors import UsageError
from mspbyte_common.reconciliation.book import RuleBook, Scope, ScopedRule, same_text
from mspbyte_common.reconciliation.files import parse, shipped, write
from mspbyte_common.reconciliation.rules import COUNTABLE, CountRule, ExcludeRule, RuleSet

GUIDE = Path(__file__).parents[3] / "docs" / "reconciliation.md"
CLIENT, GROUP, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)


def _rules(*rules: str) -> RuleSet:
    return parse(yaml.safe_dump({"version": 1, "rules": [yaml.safe_load(rule) for rule in rules]}))


def _count(ident: str, services: str = "X") -> str:
    return f"{{id: {ident}, services: [{services!r}], count: rows, of: sophos/endpoints, counts: c}}"


def _scoped(scope: Scope, target: UUID | None, *rules: str) -> tuple[ScopedRule, ...]:
    return tuple(ScopedRule(scope, target, rule) for rule in _rules(*rules).rules)


def _about(book: RuleBook, name: str, service_id: str = "1", client: UUID = CLIENT) -> list[str]:
    found = book.of_client(client).of_service(service_id, name)
    return [found.id] if isinstance(found, ExcludeRule) else [rule.id for rule in found]


def test_the_example_of_the_guide_fits_and_survives_being_written() -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    rules = parse(example).rules

    assert len(rules) == 6
    assert parse(write(rules)).rules == rules
    assert parse(write(shipped().rules)) == shipped()


def test_the_guide_names_every_list_that_can_be_counted() -> None:
    assert [listing for listing in COUNTABLE if f"`{listing}`" not in GUIDE.read_text()] == []


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("{id: a, services: X}", "one of the keys count, exclude, bundle, currency"),
        ("{id: A b, services: X, exclude: no reason}", "rules.0.id"),
        ("{id: a, exclude: reason}", "name the services"),
        ("{id: a, services: X, count: rows, of: sophos/phones, counts: c}", "nothing can be counted of sophos/phones"),
        ("{id: a, services: X, count: rows, of: sophos/endpoints, counts: c, where: {colour: red}}", "no colour"),
        ("{id: a, services: X, count: rows, of: sophos/endpoints, counts: c, where: {device_class: pc}}", "never 'pc'"),
        ("{id: a, services: X, count: rows, of: m365/users, counts: c, where: {enabled: 1}}", "never 1"),
        ("{id: a, services: X, count: people, of: sophos/endpoints, counts: c}", "lists of people"),
        ("{id: a, services: X, count: devices, of: m365/users, counts: c}", "lists of machines"),
        ("{id: a, services: X, count: seats, of: m365/users, counts: c}", "lists of licences"),
        ("{id: a, services: X, count: rows, of: m365/subscribedSkus, counts: c}", "lists of licences"),
        ("{id: a, services: X, count: rows, of: sophos/endpoints, counts: c, holds: paid}", "lists of identities"),
        ("{id: a, services: X, count: rows, of: m365/users, counts: c, seen_within_days: 3}", "lists of devices"),
        ("{id: a, services: X, count: rows, of: m365/users, counts: c, wher: {}}", "rules.0.wher"),
        ("{id: money, currency: EUR}", "rules.0.id"),
        ("{id: currency, currency: euro}", "rules.0.currency"),
        ("{id: a, bundle: '1', contains: [{service: X, units: 0}]}", "rules.0.contains.0.units"),
    ],
)
def test_a_rule_that_does_not_fit_says_where_and_what_would(rule: str, told: str) -> None:
    with pytest.raises(UsageError, match=re.escape(told)):
        _rules(rule)


@pytest.mark.parametrize("text", ["rules: [", "- 1", "version: 2\nrules: []", ""])
def test_a_file_that_is_no_rule_set_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="the rule set"):
        parse(text)


def test_an_id_stands_once_in_a_file() -> None:
    with pytest.raises(UsageError, match="each id once: a"):
        _rules(_count("a"), _count("a", "Y"))


def test_the_narrowest_scope_decides_then_the_id_then_the_name_then_the_pattern() -> None:
    everybody = _scoped(
        "global", None, _count("pattern", "Ca*"), _count("name", "Care"), "{id: id, service_ids: '7', exclude: r}"
    )
    group = _scoped("client_group", GROUP, _count("group", "C*"))
    mine = _scoped("client", CLIENT, _count("mine", "*"))

    assert _about(RuleBook(everybody), "Care", "7") == ["id"]
    assert _about(RuleBook(everybody), " care ") == ["name"]
    assert _about(RuleBook(everybody), "Cats") == ["pattern"]
    assert _about(RuleBook(everybody + group, {CLIENT: GROUP}), "Care", "7") == ["group"]
    assert _about(RuleBook(everybody + group, {CLIENT: GROUP}), "Care", "7", OTHER) == ["id"]
    assert _about(RuleBook(everybody + group + mine, {CLIENT: GROUP}), "Care", "7") == ["mine"]
    assert _about(RuleBook(everybody), "Dogs") == []


def test_rules_of_one_rank_are_added_up_and_an_exclusion_goes_before_them() -> None:
    both = _scoped("global", None, _count("b", "Care"), _count("a", "Care"))

    assert _about(RuleBook(both), "Care") == ["a", "b"]
    assert _about(RuleBook(both + _scoped("global", None, "{id: z, services: Care, exclude: r}")), "Care") == ["z"]


def test_a_rule_of_a_narrower_scope_takes_the_place_of_its_id_for_its_clients_alone() -> None:
    book = RuleBook(_scoped("client", CLIENT, _count("endpoint-server", "Rack*")))
    name = "Endpoint Protection - Server"

    assert _about(book, name) == []
    assert _about(book, name, client=OTHER) == ["endpoint-server"]
    assert [rule.id for rule in book.counting].count("endpoint-server") == 2


def test_every_shipped_rule_counts_or_excludes() -> None:
    assert {type(rule) for rule in shipped().rules} == {CountRule, ExcludeRule}


@pytest.mark.parametrize(
    ("pattern", "text", "same"),
    [
        ("Care*", "CARE plus", True),
        ("*flat", "Helpdesk Flat ", True),
        ("a.c", "abc", False),
        ("a*c", "a\nc", True),
        ("a", "ab", False),
    ],
)
def test_a_pattern_is_plain_text_but_for_its_stars(pattern: str, text: str, same: bool) -> None:
    assert same_text(pattern, text) is same
