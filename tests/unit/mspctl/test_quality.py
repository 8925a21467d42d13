"""Links counted against the truth."""

from __future__ import annotations

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from mspctl.demo.quality import clusters, link_quality, quality


def test_edges_are_followed_to_the_end():
    assert sorted(map(sorted, clusters([(1, 2), (2, 3), (5, 6)]))) == [[1, 2, 3], [5, 6]]


def test_all_pairs_right_is_one_and_one():
    found = quality([[1, 2, 3]], [[1, 2, 3], [4]])
    assert (found["precision"], found["recall"]) == (1.0, 1.0)


def test_a_link_too_many_costs_precision_and_is_shown():
    found = quality([[1, 2, 3]], [[1, 2], [3]])
    assert found["precision"] == 1 / 3
    assert found["recall"] == 1.0
    assert found["errors"]["false"] == [(1, 3), (2, 3)]


def test_a_link_too_few_costs_recall_and_is_shown():
    found = quality([[1, 2]], [[1, 2, 3]])
    assert found["precision"] == 1.0
    assert found["recall"] == 1 / 3
    assert found["errors"]["missed"] == [(1, 3), (2, 3)]


def test_two_records_nobody_knows_are_never_the_same():
    assert quality([["x", "y"]], [])["precision"] == 0.0
    assert quality([["x", "y"]], [])["errors"]["false"] == [("x", "y")]


def test_nothing_claimed_is_no_data_not_zero():
    assert quality([], [[1, 2]])["precision"] is None
    assert quality([], [])["recall"] is None


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=20))
def test_what_is_said_agrees_with_itself(edges):
    groups = clusters(edges)
    found = quality(groups, groups)
    assert found["precision"] in {None, 1.0}
    assert found["recall"] == found["precision"]


def _row(number, vendor, account, resource, external_id, client=None):
    return {
        "id": number,
        "vendor": vendor,
        "account": account,
        "resource": resource,
        "external_id": external_id,
        "client_id": client,
    }


def test_records_are_found_by_where_they_live():
    user, contact, client = uuid4(), uuid4(), uuid4()
    truth = {"people": [{"company_id": 1, "records": [["m365", "t", "users", "u"], ["autotask", "", "Contacts", "7"]]}]}
    rows = [_row(user, "m365", "t", "users", "u", client), _row(contact, "autotask", "", "Contacts", "7", client)]
    edge = {"relation": "same_person", "source_id": user, "target_id": contact}
    found = link_quality(truth, rows, [edge])["same_person"]
    assert (found["precision"], found["recall"], found["between_clients"]) == (1.0, 1.0, 0)


def test_a_link_between_two_clients_is_counted():
    one, other = uuid4(), uuid4()
    rows = [_row(one, "m365", "t", "users", "u", uuid4()), _row(other, "m365", "s", "users", "v", uuid4())]
    edge = {"relation": "same_person", "source_id": one, "target_id": other}
    assert link_quality({}, rows, [edge])["same_person"]["between_clients"] == 1


def test_what_a_partner_lists_needs_no_account_to_be_found():
    tenant, company = uuid4(), uuid4()
    truth = {
        "companies": [
            {"company_id": 1, "records": [["sophos", "partner", "tenants", "s"], ["autotask", "", "Companies", "1"]]}
        ]
    }
    rows = [_row(tenant, "sophos", "", "tenants", "s"), _row(company, "autotask", "", "Companies", "1")]
    edge = {"relation": "same_company", "source_id": tenant, "target_id": company}
    assert link_quality(truth, rows, [edge])["same_company"]["recall"] == 1.0
