"""The kinds: one vocabulary for every vendor."""

from mspbyte_common.models.access import (
    Conditions,
    Grant,
    MfaRegistration,
    Names,
    Policy,
    Principals,
    Role,
    SignIn,
    Strength,
)
from mspbyte_common.models.billing import Contract, ContractLine, ContractUnit, Licence, Service
from mspbyte_common.models.company import Company, Contact
from mspbyte_common.models.device import Alert, Device, Firewall, Product
from mspbyte_common.models.identity import Group, Identity, Member
from mspbyte_common.models.kind import Kind, Part
from mspbyte_common.models.score import Score, ScorePart
from mspbyte_common.models.service_desk import PicklistValue, Technician, Ticket
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
        Firewall,
        Group,
        Identity,
        Licence,
        MfaRegistration,
        PicklistValue,
        Policy,
        Role,
        Score,
        Service,
        SignIn,
        Technician,
        Tenant,
        Ticket,
    )
}

__all__ = [
    "KINDS",
    "Alert",
    "Company",
    "Conditions",
    "Contact",
    "Contract",
    "ContractLine",
    "ContractUnit",
    "Device",
    "Domain",
    "Firewall",
    "Grant",
    "Group",
    "Identity",
    "Kind",
    "Licence",
    "Member",
    "MfaRegistration",
    "Names",
    "Part",
    "PicklistValue",
    "Policy",
    "Principals",
    "Product",
    "Role",
    "Score",
    "ScorePart",
    "Service",
    "SignIn",
    "Strength",
    "Technician",
    "Tenant",
    "Ticket",
    "VerifiedDomain",
]
