"""A domain tells whose a record is label by label, by its longest verified part, and only where one client verified it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.svc_resolvers.conftest import BARE

from mspbyte_common.models import Contact, Device, Domain, Identity, Kind, Tenant, VerifiedDomain
from svc_resolvers.domains import Owner, domains_of, owner, within

ACME, OTHER = UUID(int=1), UUID(int=2)
LABELS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)
TENANT = {"tenant_id": "t", "name": None}
NAMES = st.builds(".".join, st.lists(LABELS, min_size=2, max_size=5))


def _make(kind: type[Kind], **known: Any) -> Kind:
    return kind(**BARE.get(kind, {}) | known)


@given(NAMES, LABELS)
def test_a_domain_is_within_another_only_where_a_label_begins(name: str, label: str) -> None:
    assert owner([f"{label}.{name}"], {name: [ACME]}) == Owner((ACME,), (name,))
    assert owner([f"{label}{name}"], {name: [ACME]}).client_id is (ACME if name in within(f"{label}{name}") else None)
    assert owner([f"x{name}"], {name: [ACME]}) == Owner()


@given(NAMES)
def test_what_it_is_within_are_its_tails_longest_first_and_never_the_top_level(name: str) -> None:
    parts = within(name)
    assert parts[0] == name
    assert all(longer.partition(".")[2] == shorter for longer, shorter in pairwise(parts))
    assert all("." in part for part in parts)


@given(NAMES, LABELS)
def test_the_longest_verified_part_tells_and_hides_what_it_is_within(name: str, label: str) -> None:
    part = f"{label}.{name}"
    verified = {name: [ACME], part: [OTHER]}
    assert owner([f"mail.{part}"], verified).client_id == OTHER
    assert owner([f"mail.{part}"], verified | {part: [ACME, OTHER]}).client_id is None


def test_two_addresses_of_two_clients_tell_nothing_and_two_of_one_tell_it() -> None:
    verified = {"acme.de": [ACME], "acme.com": [ACME], "other.de": [OTHER]}
    assert owner(["acme.de", "other.de"], verified).clients == (ACME, OTHER)
    assert owner(["acme.de", "other.de"], verified).client_id is None
    assert owner(["acme.de", "acme.com", "nobody.de"], verified) == Owner((ACME,), ("acme.com", "acme.de"))


@pytest.mark.parametrize(
    ("model", "domains"),
    [
        (_make(Identity, upn_canonical="ann@acme.de", email_canonical="ann@mail.acme.de"), ("acme.de", "mail.acme.de")),
        (_make(Identity, upn_canonical="ann@acme.onmicrosoft.com", email_canonical="ann@gmail.com"), ()),
        (_make(Identity, upn_canonical="ann@acme.de", identity_type="guest"), ()),
        (_make(Contact, emails_canonical=("ann@acme.de", "bob@acme.de")), ("acme.de",)),
        (_make(Device, owner_upn="Ann@Acme.DE"), ("acme.de",)),
        (_make(Device, owner_upn="ann"), ()),
        (_make(Domain, name="Acme.de", verified=True), ("acme.de",)),
        (_make(Domain, name="acme.de", verified=False), ()),
        (_make(Domain, name="acme.de", verified=None), ()),
        (
            _make(
                Tenant,
                **TENANT,
                domains=(VerifiedDomain(name="acme.onmicrosoft.com", is_default=False, is_initial=True),),
            ),
            (),
        ),
    ],
)
def test_a_record_names_its_own_addresses_domains_and_no_shared_ones(model, domains) -> None:
    assert domains_of(model) == domains
