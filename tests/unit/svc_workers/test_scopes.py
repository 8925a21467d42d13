"""Which parameters and exceptions hold for a subject."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mspbyte_common.models import Licence
from svc_workers.checks.onboarding_incomplete import CHECK as ONBOARDING
from svc_workers.checks.unused_seats import CHECK, Params
from svc_workers.scopes.scoped import SCOPES, Exemption, Scoped, Setting, as_json, with_params
from svc_workers.subject import Subject

CLIENT, GROUP, OTHER, SUBJECT = (uuid5(UUID(int=0), name) for name in ("client", "group", "other", "subject"))
TARGETS = {"global": None, "client_group": GROUP, "client": CLIENT, "entity": SUBJECT}
MODEL = Licence(
    sku_id="s", sku="SPB", name=None, bought=1, assigned=1, warning=None, suspended=None, free=False, state="enabled"
)

settings_of = st.builds(
    lambda scope, value, own: Setting(CHECK.name, "seats", value, scope, TARGETS[scope] if own else OTHER),
    st.sampled_from(SCOPES[1:]),
    st.integers(0, 99),
    st.booleans(),
) | st.builds(lambda value: Setting(CHECK.name, "seats", value, "global", None), st.integers(0, 99))


def _subject(client: UUID | None = CLIENT) -> Subject[Licence]:
    return Subject(SUBJECT, "licence", "m365", "subscribedSkus", "SPB", UUID(int=5), client, MODEL)


@given(st.lists(settings_of, unique_by=lambda one: (one.scope, one.target_id)))
def test_the_narrowest_scope_that_names_the_subject_counts(settings: list[Setting]) -> None:
    mine = {one.scope: one.value for one in settings if one.target_id == TARGETS[one.scope]}
    params = Scoped(tuple(settings), groups={CLIENT: GROUP}).params(CHECK, _subject())
    narrowest = next((mine[scope] for scope in reversed(SCOPES) if scope in mine), CHECK.params.seats)

    assert params == Params(seats=narrowest)


def test_what_is_set_for_clients_does_not_hold_for_what_is_nobodys_nor_for_other_checks() -> None:
    of_client = Setting(CHECK.name, "seats", 9, "client", CLIENT)
    of_other = Setting("over_assigned", "seats", 9, "global", None)
    unknown_name = Setting(CHECK.name, "was_renamed", 9, "global", None)
    scoped = Scoped((of_client, of_other, unknown_name), groups={CLIENT: GROUP})

    assert scoped.params(CHECK, _subject(None)) == CHECK.params


def test_parameters_are_what_they_were_after_json() -> None:
    assert with_params(ONBOARDING.params, as_json(ONBOARDING.params)) == ONBOARDING.params
    assert with_params(ONBOARDING.params, {"expected": ["m365"]}).expected == ("m365",)


@pytest.mark.parametrize("scope", SCOPES)
def test_the_exception_that_holds_longest_counts_while_it_lasts(now: datetime, scope: Any) -> None:
    def until(days: int, target: UUID | None) -> Exemption:
        return Exemption(CHECK.name, scope, target, f"{days} days", "kim", now + timedelta(days=days))

    own = TARGETS[scope]
    elsewhere = [] if scope == "global" else [until(2, OTHER)]
    scoped = Scoped(exemptions=(until(1, own), until(3, own), until(-1, own), *elsewhere), groups={CLIENT: GROUP})
    found = scoped.exemption(CHECK, _subject(), now)

    assert found is not None
    assert found.reason == "3 days"
    assert scoped.exemption(CHECK, _subject(), now + timedelta(days=3)) is None
    assert scoped.exemption(ONBOARDING, _subject(), now) is None
