"""Whose an account may be is suggested with its reason, strongest first, and never by part of a label."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from mspctl.tenants.suggest import Named, suggest

A, B, C = (UUID(int=number) for number in (1, 2, 3))


def _client(number: UUID, name: str, *domains: str, parent: UUID | None = None) -> Named:
    return Named(number, name, frozenset(domains), frozenset({name.lower()}), parent)


def _account(name: str, *domains: str) -> Named:
    return Named(UUID(int=99), name, frozenset(domains), frozenset({name.lower()}))


CLIENTS = [_client(A, "Contoso", "contoso.com"), _client(B, "Fabrikam Bau", "fabrikam.de")]


def test_a_domain_says_more_than_a_name() -> None:
    found = suggest(_account("Fabrikam Bau", "contoso.com"), CLIENTS)
    assert [(one.client_id, one.score) for one in found] == [(A, 0.98), (B, 0.9)]
    assert found[0].reason == "the domain contoso.com is the company's"


def test_a_domain_ends_at_a_label() -> None:
    assert [one.score for one in suggest(_account("x", "mail.contoso.com"), CLIENTS)] == [0.8]
    assert suggest(_account("x", "evilcontoso.com"), CLIENTS) == []


def test_a_domain_two_clients_share_says_little() -> None:
    twins = [*CLIENTS, _client(C, "Other", "contoso.com")]
    assert {one.score for one in suggest(_account("x", "contoso.com"), twins)} == {0.6}


def test_a_name_spelt_otherwise_is_found_and_an_unlike_one_is_not() -> None:
    [found] = suggest(_account("Bau Fabrikamm"), CLIENTS)
    assert found.client_id == B
    assert 0.6 < found.score < 0.9
    assert suggest(_account("Northwind"), CLIENTS) == []


def test_the_parent_of_a_match_is_a_weaker_one() -> None:
    family = [_client(A, "Contoso Branch", "branch.example", parent=B), _client(B, "Contoso Group")]
    found = suggest(_account("x", "branch.example"), family)
    assert [(one.client_id, one.score) for one in found] == [(A, 0.98), (B, 0.59)]


@given(
    st.lists(st.sampled_from(["contoso.com", "a.contoso.com", "fabrikam.de", "com"]), max_size=3), st.text(max_size=12)
)
def test_scores_are_between_none_and_certain_and_each_client_stands_once(domains: list[str], name: str) -> None:
    found = suggest(_account(name, *domains), CLIENTS)
    assert all(0 < one.score < 1 and one.reason for one in found)
    assert len({one.client_id for one in found}) == len(found)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
