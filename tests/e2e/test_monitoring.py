"""Every query of every rule and panel returns data from a real Prometheus that scraped a demo."""

from __future__ import annotations

import pytest
from tests.e2e.prometheus import installed
from tests.e2e.undisturbed import Undisturbed

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.xdist_group("fleet"),
    pytest.mark.skipif(not installed(), reason="prometheus is not installed (Debian: apt install prometheus)"),
]


def test_every_query_of_every_rule_and_panel_returns_data_and_a_demo_that_is_well_alarms_nobody(
    undisturbed: Undisturbed,
) -> None:
    assert undisturbed.monitored is not None
    assert undisturbed.monitored.without_data == [], "no data"
    assert undisturbed.monitored.up == 8
    assert undisturbed.monitored.firing == set()
