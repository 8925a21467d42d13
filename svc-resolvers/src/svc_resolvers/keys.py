"""The keys of a record: by which it is known, and to what it refers. Linkers join the one to the other.

Which kind gives which key is one function each, below; only canonical values become keys, and nothing empty does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from mspbyte_common.models import (
    Alert,
    Company,
    Contact,
    Contract,
    ContractLine,
    ContractUnit,
    Device,
    Domain,
    Group,
    Identity,
    Kind,
    Licence,
    Service,
    Tenant,
)
from svc_resolvers import canonical
from svc_resolvers.names import organisation_name, person_name
from svc_resolvers.rule import Key

Pairs = Iterator[tuple[str, str | None]]
"""(key type, value or None)."""

_VENDOR_DOMAIN = ".onmicrosoft.com"


def derive_keys(vendor: str, resource: str, model: Kind) -> frozenset[Key]:
    """Every key of a resolved record of this vendor and resource."""
    del resource  # no kind's keys differ by resource today
    known, refers = BY_KIND[type(model)]
    return frozenset((*_keys(False, known(vendor, model)), *_keys(True, refers(vendor, model))))  # noqa: FBT003


def _keys(refers: bool, pairs: Iterable[tuple[str, str | None]]) -> Iterator[Key]:  # noqa: FBT001
    return (Key(refers=refers, key_type=key_type, key_value=value) for key_type, value in pairs if value)


def _nothing(_vendor: str, _model: Kind) -> Pairs:
    """Refers to nothing."""
    return iter(())


def _each(key_type: str, values: Iterable[str]) -> Pairs:
    return ((key_type, value) for value in values)


def _identity(vendor: str, model: Identity) -> Pairs:
    if vendor == "m365":
        yield "m365_object_id", model.object_id
        yield "m365_member_id", model.object_id
    yield "upn", model.upn_canonical
    yield "mail", model.email_canonical
    yield from _each("alias", model.aliases_canonical)
    yield from _each("phone", model.phones_canonical)
    yield "person_name", person_name(model.first_name, model.last_name, model.display_name)


def _identity_refers(vendor: str, model: Identity) -> Pairs:
    if vendor == "m365":
        yield from _each("m365_sku_id", model.licence_ids or ())


def _group(vendor: str, model: Group) -> Pairs:
    if vendor == "m365":
        yield "m365_object_id", model.object_id
        yield "m365_member_id", model.object_id


def _group_refers(vendor: str, model: Group) -> Pairs:
    if vendor == "m365":
        yield from _each("m365_member_id", (member.object_id for member in model.members or ()))


def _licence(vendor: str, model: Licence) -> Pairs:
    if vendor == "m365":
        yield "m365_sku_id", model.sku_id


def _domain(_vendor: str, model: Domain) -> Pairs:
    yield "domain", model.name_canonical


def _tenant(vendor: str, model: Tenant) -> Pairs:
    """The domain Microsoft lends every tenant says nothing beyond the tenant's id."""
    yield f"{vendor}_tenant_id", model.tenant_id
    yield "organisation_name", organisation_name(model.name)
    for item in model.domains:
        name = canonical.domain(item.name)
        if name is not None and not name.endswith(_VENDOR_DOMAIN):
            yield "domain", name


def _company(vendor: str, model: Company) -> Pairs:
    yield f"{vendor}_company_id", model.company_id
    yield "domain", model.domain_canonical
    yield "organisation_name", organisation_name(model.name)


def _company_refers(vendor: str, model: Company) -> Pairs:
    yield f"{vendor}_parent_company_id", model.parent_company_id


def _contact(vendor: str, model: Contact) -> Pairs:
    yield f"{vendor}_contact_id", model.contact_id
    yield from _each("email", model.emails_canonical)
    yield from _each("phone", model.phones_canonical)
    yield "person_name", person_name(model.first_name, model.last_name, None)


def _contact_refers(vendor: str, model: Contact) -> Pairs:
    yield f"{vendor}_company_id", model.company_id


def _device(vendor: str, model: Device) -> Pairs:
    if vendor == "m365":
        yield "m365_member_id", model.object_id
    yield "entra_device_id", model.entra_device_id
    yield "intune_device_id", model.management_id
    yield f"{vendor}_endpoint_id", model.agent_id
    yield "serial", model.serial_canonical
    yield from _each("mac", model.macs_canonical)
    yield "host_name", model.host_name_canonical
    yield "os_family", None if model.os_family in ("unknown", "other") else model.os_family


def _device_refers(vendor: str, model: Device) -> Pairs:
    """The owner's name only where his id is missing: names move, ids do not."""
    yield f"{vendor}_object_id", model.owner_id
    yield f"{vendor}_company_id", model.company_id
    yield f"{vendor}_contact_id", model.contact_id
    if model.owner_id is None and model.owner_upn is not None:
        yield "upn", canonical.upn(model.owner_upn)


def _contract(vendor: str, model: Contract) -> Pairs:
    yield f"{vendor}_contract_id", model.contract_id


def _contract_refers(vendor: str, model: Contract) -> Pairs:
    yield f"{vendor}_company_id", model.company_id


def _contract_line(vendor: str, model: ContractLine) -> Pairs:
    yield f"{vendor}_contract_line_id", model.line_id


def _contract_line_refers(vendor: str, model: ContractLine) -> Pairs:
    yield f"{vendor}_contract_id", model.contract_id
    yield f"{vendor}_service_id", model.service_id


def _contract_unit(vendor: str, model: ContractUnit) -> Pairs:
    yield f"{vendor}_contract_unit_id", model.unit_id


def _contract_unit_refers(vendor: str, model: ContractUnit) -> Pairs:
    yield f"{vendor}_contract_line_id", model.line_id
    yield f"{vendor}_contract_id", model.contract_id


def _service(vendor: str, model: Service) -> Pairs:
    yield f"{vendor}_service_id", model.service_id


def _alert(vendor: str, model: Alert) -> Pairs:
    yield f"{vendor}_alert_id", model.alert_id


def _alert_refers(vendor: str, model: Alert) -> Pairs:
    yield f"{vendor}_endpoint_id", model.agent_id


BY_KIND: Final[dict[type[Kind], tuple[Callable[[str, Any], Pairs], Callable[[str, Any], Pairs]]]] = {
    Alert: (_alert, _alert_refers),
    Company: (_company, _company_refers),
    Contact: (_contact, _contact_refers),
    Contract: (_contract, _contract_refers),
    ContractLine: (_contract_line, _contract_line_refers),
    ContractUnit: (_contract_unit, _contract_unit_refers),
    Device: (_device, _device_refers),
    Domain: (_domain, _nothing),
    Group: (_group, _group_refers),
    Identity: (_identity, _identity_refers),
    Licence: (_licence, _nothing),
    Service: (_service, _nothing),
    Tenant: (_tenant, _nothing),
}
"""By kind: what it is, what it refers to."""
