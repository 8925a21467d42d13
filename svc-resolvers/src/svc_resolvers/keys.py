"""The keys of a record: by which it is known, and to what it refers. Linkers join the one to the other.

Which kind gives which key is one function each, below; only canonical values become keys, and nothing empty does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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
    Firewall,
    Group,
    Identity,
    Kind,
    Licence,
    MfaRegistration,
    PicklistValue,
    Policy,
    Principals,
    Role,
    Score,
    Service,
    SignIn,
    Technician,
    Tenant,
    Ticket,
)
from mspbyte_common.names import organisation_name, person_name
from svc_resolvers import canonical
from svc_resolvers.rule import Key

Pairs = Iterator[tuple[str, str | None]]
"""(key type, value or None)."""

VERSION = 1
"""Raise it when a record gives other keys than before: all records are then resolved anew."""

LONGEST = 500
"""Longer values name nothing, and an index could not hold them."""

_VENDOR_DOMAIN = ".onmicrosoft.com"
EVERYONE: Final = "everyone"
"""By this a policy for everyone names its tenant: one edge, however many people there are."""


def derive_keys(vendor: str, resource: str, model: Kind) -> frozenset[Key]:
    """Every key of a resolved record of this vendor and resource."""
    known, refers = BY_KIND[type(model)]
    everyone = [(f"{vendor}_all", EVERYONE)] if (vendor, resource) == ("m365", "organization") else []
    return frozenset((*_keys(False, (*known(vendor, model), *everyone)), *_keys(True, refers(vendor, model))))  # noqa: FBT003


def _keys(refers: bool, pairs: Iterable[tuple[str, str | None]]) -> Iterator[Key]:  # noqa: FBT001
    return (
        Key(refers=refers, key_type=key_type, key_value=value)
        for key_type, value in pairs
        if value and len(value) <= LONGEST
    )


def _nothing(_vendor: str, _model: Kind) -> Pairs:
    """No keys."""
    return iter(())


def _each(key_type: str, values: Iterable[str]) -> Pairs:
    return ((key_type, value) for value in values)


def _identity(vendor: str, model: Identity) -> Pairs:
    yield f"{vendor}_object_id", model.object_id
    if vendor == "m365":
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
    yield f"{vendor}_sku_id", model.sku_id


def _role(vendor: str, model: Role) -> Pairs:
    yield f"{vendor}_role_id", model.role_id
    yield f"{vendor}_role_template_id", model.template_id


def _role_refers(vendor: str, model: Role) -> Pairs:
    yield from _each(f"{vendor}_member_id", (member.object_id for member in model.members or ()))


def _policy(vendor: str, model: Policy) -> Pairs:
    yield f"{vendor}_policy_id", model.policy_id


def _policy_refers(vendor: str, model: Policy) -> Pairs:
    yield from _principals(f"{vendor}_included", model.include)
    yield from _principals(f"{vendor}_excluded", model.exclude)


def _principals(prefix: str, side: Principals) -> Pairs:
    """Whoever is named; groups and roles are not resolved into their members."""
    yield f"{prefix}_all", EVERYONE if side.everyone else None
    yield from _each(f"{prefix}_object_id", (*side.user_ids, *side.group_ids))
    yield from _each(f"{prefix}_role_template_id", side.role_template_ids)


def _of_account(vendor: str, model: MfaRegistration | SignIn) -> Pairs:
    """What is told of an account in a list beside that of the accounts."""
    yield f"{vendor}_object_id", model.object_id


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
    yield from _labels(vendor, "Companies", {"companyType": model.company_type})


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
    yield f"{vendor}_configuration_item_id", model.asset_id
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
    yield from _labels(vendor, "Contracts", {"contractType": model.contract_type})


def _line_key(vendor: str, bundle_id: str | None) -> str:
    """Lines with a service and lines with a bundle are numbered separately."""
    return f"{vendor}_contract_line_id" if bundle_id is None else f"{vendor}_contract_bundle_id"


def _contract_line(vendor: str, model: ContractLine) -> Pairs:
    yield _line_key(vendor, model.bundle_id), model.line_id


def _contract_line_refers(vendor: str, model: ContractLine) -> Pairs:
    yield f"{vendor}_contract_id", model.contract_id
    yield f"{vendor}_service_id", model.service_id


def _contract_unit(vendor: str, model: ContractUnit) -> Pairs:
    yield (
        f"{vendor}_contract_unit_id" if model.bundle_id is None else f"{vendor}_contract_bundle_unit_id",
        model.unit_id,
    )


def _contract_unit_refers(vendor: str, model: ContractUnit) -> Pairs:
    yield _line_key(vendor, model.bundle_id), model.line_id
    yield f"{vendor}_contract_id", model.contract_id


def _firewall(vendor: str, model: Firewall) -> Pairs:
    yield f"{vendor}_firewall_id", model.firewall_id
    yield "serial", model.serial_canonical


def _ticket(vendor: str, model: Ticket) -> Pairs:
    yield f"{vendor}_ticket_id", model.ticket_id


def _ticket_refers(vendor: str, model: Ticket) -> Pairs:
    yield f"{vendor}_company_id", model.company_id
    yield f"{vendor}_contact_id", model.contact_id
    yield f"{vendor}_configuration_item_id", model.device_id
    yield f"{vendor}_technician_id", model.technician_id
    yield from _labels(vendor, "Tickets", {"status": model.status, "priority": model.priority, "queueID": model.queue})


def _technician(vendor: str, model: Technician) -> Pairs:
    yield f"{vendor}_technician_id", model.technician_id


def _picklist_value(vendor: str, model: PicklistValue) -> Pairs:
    yield f"{vendor}_picklist_value", f"{model.entity}.{model.field}.{model.value}"


def _labels(vendor: str, entity: str, values: Mapping[str, str | None]) -> Pairs:
    """The picklist values of a record, by the field's name at the vendor."""
    return (
        (f"{vendor}_picklist_value", f"{entity}.{field}.{value}")
        for field, value in values.items()
        if value is not None
    )


def _service(vendor: str, model: Service) -> Pairs:
    yield f"{vendor}_service_id", model.service_id


def _alert(vendor: str, model: Alert) -> Pairs:
    yield f"{vendor}_alert_id", model.alert_id


def _alert_refers(vendor: str, model: Alert) -> Pairs:
    yield f"{vendor}_endpoint_id", model.agent_id
    yield from _each("entra_device_id", model.entra_device_ids)
    yield from _each(f"{vendor}_object_id", model.person_ids)


BY_KIND: Final[dict[type[Kind], tuple[Callable[[str, Any], Pairs], Callable[[str, Any], Pairs]]]] = {
    Alert: (_alert, _alert_refers),
    Company: (_company, _company_refers),
    Contact: (_contact, _contact_refers),
    Contract: (_contract, _contract_refers),
    ContractLine: (_contract_line, _contract_line_refers),
    ContractUnit: (_contract_unit, _contract_unit_refers),
    Device: (_device, _device_refers),
    Domain: (_domain, _nothing),
    Firewall: (_firewall, _nothing),
    Group: (_group, _group_refers),
    Identity: (_identity, _identity_refers),
    Licence: (_licence, _nothing),
    MfaRegistration: (_nothing, _of_account),
    PicklistValue: (_picklist_value, _nothing),
    Policy: (_policy, _policy_refers),
    Role: (_role, _role_refers),
    Score: (_nothing, _nothing),
    Service: (_service, _nothing),
    SignIn: (_nothing, _of_account),
    Technician: (_technician, _nothing),
    Tenant: (_tenant, _nothing),
    Ticket: (_ticket, _ticket_refers),
}
"""By kind: what it is, what it refers to."""
