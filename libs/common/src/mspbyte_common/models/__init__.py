"""The kinds: one vocabulary for every vendor."""

from mspbyte_common.models.billing import Contract, ContractLine, ContractUnit, Licence, Service
from mspbyte_common.models.company import Company, Contact
from mspbyte_common.models.device import Alert, Device, Product
from mspbyte_common.models.identity import Group, Identity, Member
from mspbyte_common.models.kind import Kind, Part
from mspbyte_common.models.tenant import Domain, Tenant, VerifiedDomain

KINDS: dict[str, type[Kind]] = {
    kind.NAME: kind
    for kind in (
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
        Licence,
        Service,
        Tenant,
    )
}

__all__ = [
    "KINDS",
    "Alert",
    "Company",
    "Contact",
    "Contract",
    "ContractLine",
    "ContractUnit",
    "Device",
    "Domain",
    "Group",
    "Identity",
    "Kind",
    "Licence",
    "Member",
    "Part",
    "Product",
    "Service",
    "Tenant",
    "VerifiedDomain",
]
