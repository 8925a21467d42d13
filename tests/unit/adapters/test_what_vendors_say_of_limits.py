"""What a request costs, and what an answer says of a vendor's limit."""

from __future__ import annotations

import pytest

from mspbyte_common import errors as e
from mspbyte_common.vendors.budget.pause import FIRST_SECONDS, MOST_SECONDS, level_of, pause_seconds
from mspbyte_common.vendors.endpoint import Request
from mspbyte_common.vendors.limits import Cost
from mspbyte_common.vendors.session import Feedback
from mspbyte_common.vendors.transport import Answer
from svc_adapter_autotask import threshold
from svc_adapter_m365.cost import cost, heed


@pytest.mark.parametrize(
    ("request_", "units"),
    [
        (Request("GET", "/v1.0/users", {"$top": "999"}), 2),
        (Request("GET", "/v1.0/users", {"$top": "999", "$select": "id"}), 1),
        (Request("GET", "https://graph.microsoft.com/v1.0/users?$skiptoken=x&$select=id"), 1),
        (Request("GET", "/v1.0/users/delta", {"$select": "id"}), 1),
        (Request("GET", "/v1.0/subscribedSkus"), 3),
        (Request("GET", "/v1.0/groups", {"$expand": "members"}), 2),
        (Request("GET", "/v1.0/groups/1/members", {"$top": "5"}), 2),
        (Request("GET", "/v1.0/organization"), 1),
    ],
)
def test_a_graph_request_costs_what_microsoft_publishes(request_, units) -> None:
    assert cost(request_) == Cost(1, units)


def test_a_batch_costs_what_is_in_it() -> None:
    inner = [{"id": str(n), "method": "GET", "url": f"/groups/{n}/members?$select=id&$top=999"} for n in range(20)]
    assert cost(Request("POST", "/v1.0/$batch", {}, {"requests": inner})) == Cost(20, 40)


@pytest.mark.parametrize(
    ("told", "share"), [("0.8", None), ("1.0", None), ("1.25", 0.8), ("1.8", 1 / 1.8), ("much", None)]
)
def test_graphs_percentage_slows_us_only_above_the_whole(told, share) -> None:
    said = heed(Answer(200, {"x-ms-throttle-limit-percentage": told}, b""))
    assert said == (None if share is None else Feedback("account", pytest.approx(share)))


@pytest.mark.parametrize(("used", "share"), [(124, None), (5_000, None), (7_500, 0.5), (10_000, 0.0), (12_000, 0.0)])
def test_autotasks_threshold_leaves_others_what_they_use(used, share) -> None:
    said = threshold.feedback({"externalRequestThreshold": 10_000, "currentTimeframeRequestCount": used})
    assert said == (None if share is None else Feedback("connection", share))


@pytest.mark.parametrize("body", [{}, {"externalRequestThreshold": 0, "currentTimeframeRequestCount": 1}])
def test_a_threshold_that_cannot_be_read_is_drift(body) -> None:
    with pytest.raises(e.SchemaDrift):
        threshold.feedback(body)


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (e.ThrottledApplication("x"), "connection"),
        (e.ThrottledAccount("x"), "account"),
        (e.ThrottledEndpoint("x"), "endpoint"),
        (e.Throttled("x"), "account"),
    ],
)
def test_the_class_of_a_refusal_says_whom_it_stops(error, level) -> None:
    assert level_of(error) == level


def test_a_pause_is_as_told_else_grows_to_a_bound() -> None:
    assert pause_seconds(7.0, 9) == 7.0
    assert 0.8 * FIRST_SECONDS <= pause_seconds(None, 1) <= FIRST_SECONDS
    assert 0.8 * FIRST_SECONDS * 4 <= pause_seconds(None, 3) <= FIRST_SECONDS * 4
    assert pause_seconds(None, 500) <= MOST_SECONDS
