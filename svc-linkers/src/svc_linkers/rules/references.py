"""Edges a record states itself, by naming the other."""

from svc_linkers.rule import ReferenceRule

MEMBER_OF = ReferenceRule(
    id="member_of",
    version=1,
    relation="member_of",
    source="group",
    refers="m365_member_id",
    targets=("identity", "group", "device"),
    known_by="m365_member_id",
    reverse=True,
)
LICENSED_WITH = ReferenceRule(
    id="licensed_with",
    version=1,
    relation="licensed_with",
    source="identity",
    refers="m365_sku_id",
    targets=("licence",),
    known_by="m365_sku_id",
)
USED_BY_OBJECT = ReferenceRule(
    id="used_by_object",
    version=1,
    relation="used_by",
    source="device",
    refers="m365_object_id",
    targets=("identity",),
    known_by="m365_object_id",
)
USED_BY_UPN = ReferenceRule(
    id="used_by_upn",
    version=1,
    relation="used_by",
    source="device",
    refers="upn",
    targets=("identity",),
    known_by="upn",
)
USED_BY_CONTACT = ReferenceRule(
    id="used_by_contact",
    version=1,
    relation="used_by",
    source="device",
    refers="autotask_contact_id",
    targets=("contact",),
    known_by="autotask_contact_id",
)
BELONGS_TO = ReferenceRule(
    id="belongs_to",
    version=1,
    relation="belongs_to",
    source="device",
    refers="client",
    targets=("company",),
    known_by="client",
    scope="msp",
)
SAME_COMPANY_MAPPED = ReferenceRule(
    id="same_company_mapped",
    version=1,
    relation="same_company",
    source="tenant",
    refers="client",
    targets=("company",),
    known_by="client",
    scope="msp",
    reverse=True,
)
WORKS_FOR = ReferenceRule(
    id="works_for",
    version=1,
    relation="works_for",
    source="contact",
    refers="autotask_company_id",
    targets=("company",),
    known_by="autotask_company_id",
)
CONTRACT_OF = ReferenceRule(
    id="contract_of",
    version=1,
    relation="contract_of",
    source="contract",
    refers="autotask_company_id",
    targets=("company",),
    known_by="autotask_company_id",
)
LINE_CONTRACT = ReferenceRule(
    id="line_contract",
    version=1,
    relation="line_contract",
    source="contract_line",
    refers="autotask_contract_id",
    targets=("contract",),
    known_by="autotask_contract_id",
)
LINE_SERVICE = ReferenceRule(
    id="line_service",
    version=1,
    relation="line_service",
    source="contract_line",
    refers="autotask_service_id",
    targets=("service",),
    known_by="autotask_service_id",
)
LINE_UNITS = ReferenceRule(
    id="line_units",
    version=1,
    relation="line_units",
    source="contract_unit",
    refers="autotask_contract_line_id",
    targets=("contract_line",),
    known_by="autotask_contract_line_id",
    reverse=True,
)
ALERT_ON = ReferenceRule(
    id="alert_on",
    version=1,
    relation="alert_on",
    source="alert",
    refers="sophos_endpoint_id",
    targets=("device",),
    known_by="sophos_endpoint_id",
)
