"""Builders of subjects and links: what a test does not name is what a healthy one has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest

from mspbyte_common.models import (
    KINDS,
    Alert,
    ContractLine,
    Device,
    Identity,
    Kind,
    Licence,
)
from mspbyte_common.reconciliation.book import RuleBook
from svc_workers.links import Links, Listing
from svc_workers.reconciliation.reads import with_rules
from svc_workers.shipped import CHECKS
from svc_workers.subject import AccountFacts, Subject

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SPACE = UUID(int=7)
CLIENT = uuid5(SPACE, "client")

Build = Callable[..., Subject[Any]]


def _subject(model: Kind, vendor: str, resource: str, external_id: str, client: UUID | None = CLIENT) -> Subject[Any]:
    identity = uuid5(SPACE, f"{vendor}/{resource}/{external_id}")
    return Subject(identity, model.NAME, vendor, resource, external_id, uuid5(SPACE, vendor), client, model)


def _model(kind: str, **fields: Any) -> Kind:
    model = KINDS[kind]
    return model(**dict.fromkeys(model.model_fields) | _defaults(model) | fields)


def _defaults(model: type[Kind]) -> dict[str, Any]:
    return {name: field.default for name, field in model.model_fields.items() if not field.is_required()}


@pytest.fixture
def now() -> datetime:
    """The moment of every unit test."""
    return NOW


@pytest.fixture
def record() -> Build:
    """Any record: fields that are not named are not known."""

    def build(
        kind: str, source: str, external_id: str = "1", /, *, client: UUID | None = CLIENT, **fields: Any
    ) -> Subject[Any]:
        vendor, resource = source.split("/")
        return _subject(_model(kind, **fields), vendor, resource, external_id, client)

    return build


@pytest.fixture
def device() -> Build:
    """A workstation of Intune, seen yesterday, a year old."""

    def build(
        name: str = "PC-1", source: str = "m365/managedDevices", client: UUID | None = CLIENT, **fields: Any
    ) -> Subject[Device]:
        usual = {
            "name": name,
            "device_class": "workstation",
            "os_family": "windows",
            "last_seen_at": NOW - timedelta(days=1),
            "created_at": NOW - timedelta(days=365),
        }
        vendor, resource = source.split("/")
        return _subject(_model("device", **usual | fields), vendor, resource, name, client)

    return build


@pytest.fixture
def identity() -> Build:
    """A person who may sign in and holds one licence."""

    def build(**fields: Any) -> Subject[Identity]:
        usual = {
            "object_id": "o1",
            "display_name": "Ann Example",
            "upn": "ann@example.com",
            "aliases": (),
            "phones": (),
            "identity_type": "member",
            "enabled": True,
            "licence_ids": ("sku-spb",),
            "sign_in_known": True,
        }
        return _subject(_model("identity", **usual | fields), "m365", "users", "o1")

    return build


@pytest.fixture
def licence() -> Build:
    """Ten seats of Business Premium, all assigned."""

    def build(sku: str = "SPB", **fields: Any) -> Subject[Licence]:
        usual = {
            "sku_id": f"sku-{sku.lower()}",
            "sku": sku,
            "name": f"Name of {sku}",
            "bought": 10,
            "assigned": 10,
            "free": False,
            "state": "enabled",
        }
        return _subject(_model("licence", **usual | fields), "m365", "subscribedSkus", sku)

    return build


@pytest.fixture
def alert() -> Build:
    """An open alert of high severity."""

    def build(**fields: Any) -> Subject[Alert]:
        usual = {"alert_id": "a1", "source": "sophos", "severity": "high", "title": "Malware found", "state": "open"}
        return _subject(_model("alert", **usual | fields), "sophos", "alerts", "a1")

    return build


@pytest.fixture
def account() -> Build:
    """A mapped Sophos tenant in good order."""

    def build(**fields: Any) -> Subject[AccountFacts]:
        usual = {
            "vendor": "sophos",
            "external_id": "t1",
            "name": "Example",
            "state": "mapped",
            "is_root": False,
            "is_tenant": True,
            "created_at": NOW - timedelta(days=100),
            "lists": (),
            "troubles": (),
        }
        given: dict[str, Any] = dict.fromkeys(AccountFacts.model_fields) | usual | fields
        model = AccountFacts(**given)
        return _subject(model, model.vendor, "", model.external_id)

    return build


@pytest.fixture
def line() -> Callable[..., tuple[Subject[ContractLine], dict[str, Any]]]:
    """A line of a running contract that bills three workstations in November; what it is billed by, and itself."""

    def build(
        service: str = "Endpoint Protection - Workstation",
        units: int = 3,
        client: UUID | None = CLIENT,
        contract: dict[str, Any] | None = None,
        period: dict[str, Any] | None = None,
        price: Decimal | None = Decimal("4.50"),
    ) -> tuple[Subject[ContractLine], dict[str, Any]]:
        ids = {"contract_id": "c1", "line_id": "l1", "service_id": "s1"}
        year = {"starts_at": datetime(2026, 1, 1, tzinfo=UTC), "ends_at": datetime(2026, 12, 31, tzinfo=UTC)}
        month = {"starts_at": datetime(2026, 11, 1, tzinfo=UTC), "ends_at": datetime(2026, 11, 30, tzinfo=UTC)}
        terms = {"contract_id": "c1", "company_id": "k1", "name": "Managed", "active": True}
        neighbours = {
            "line_service": (_subject(_model("service", service_id="s1", name=service), "autotask", "Services", "s1"),),
            "line_contract": (
                _subject(_model("contract", **terms | year | (contract or {})), "autotask", "Contracts", "c1"),
            ),
            "line_units": (
                _subject(
                    _model("contract_unit", **ids, unit_id="u1", units=units, **month | (period or {})),
                    "autotask",
                    "ContractServiceUnits",
                    "u1",
                ),
            ),
        }
        subject = _subject(
            _model("contract_line", **ids, unit_price=price), "autotask", "ContractServices", "l1", client
        )
        return subject, {**neighbours, "line": (subject,)}

    return build


@pytest.fixture
def links() -> Callable[..., Links]:
    """Links of a client whose M365, Sophos and PSA accounts were all read an hour ago, in whatever any check needs."""

    def build(
        neighbours: dict[str, tuple[Subject[Any], ...]] | None = None,
        counted: tuple[Subject[Any], ...] = (),
        incomplete: tuple[str, ...] = (),
        vendors: tuple[str, ...] = ("m365", "sophos", "autotask"),
        candidates: dict[str, tuple[Subject[Any], ...]] | None = None,
        beside: tuple[Subject[Any], ...] = (),
    ) -> Links:
        book = RuleBook()
        lists = sorted({(*need.split("/"),) for check in CHECKS.values() for need in with_rules(check, book).needs})
        near = neighbours or {}
        billed = tuple(one for name in ("line_contract", "line_units", "line") for one in near.get(name, ()))
        return Links(
            now=NOW,
            neighbours=near,
            candidates=candidates or {},
            counted=(*billed, *counted),
            beside=(*near.get("line_service", ()), *beside),
            client_id=CLIENT,
            listings=tuple(
                Listing(vendor, resource, None if f"{vendor}/{resource}" in incomplete else NOW - timedelta(hours=1))
                for vendor, resource in lists
                if vendor in vendors
            ),
            vendors=frozenset(vendors),
        )

    return build
