"""Small resolved and unresolved records, and the rules under test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import svc_resolvers.rules
from mspbyte_common.declarations import discover
from mspbyte_common.models import Company, Contact, Device, Identity, Kind
from svc_resolvers.rule import Rule

BARE: dict[type[Kind], dict[str, Any]] = {
    Identity: {
        "object_id": "id-1",
        "display_name": None,
        "first_name": None,
        "last_name": None,
        "upn": None,
        "email": None,
        "aliases": (),
        "phones": (),
        "identity_type": "member",
        "enabled": None,
        "licence_ids": None,
        "created_at": None,
        "sign_in_known": False,
        "last_sign_in_at": None,
        "last_non_interactive_sign_in_at": None,
        "on_premises": None,
    },
    Contact: {
        "contact_id": "7",
        "company_id": "0",
        "first_name": None,
        "last_name": None,
        "emails": (),
        "phones": (),
        "title": None,
        "active": None,
        "created_at": None,
        "last_activity_at": None,
    },
    Company: {
        "company_id": "0",
        "name": "Werkstatt IT GmbH",
        "company_type": None,
        "active": None,
        "website": None,
        "phone": None,
        "address": None,
        "parent_company_id": None,
        "created_at": None,
        "last_activity_at": None,
    },
    Device: {
        "name": None,
        "device_class": "unknown",
        "os_family": "unknown",
        "os_name": None,
        "os_version": None,
        "serial": None,
    },
}


@pytest.fixture(scope="session")
def rules() -> list[Rule]:
    """Every rule that ships."""
    return discover(svc_resolvers.rules, Rule)


@pytest.fixture(scope="session")
def make() -> Callable[..., Any]:
    """A record of a kind of which nothing is known but what is given."""
    return lambda kind, **known: kind(**BARE[kind] | known)
