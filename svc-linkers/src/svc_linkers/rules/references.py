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
    scope="client",
)
SAME_COMPANY_MAPPED = ReferenceRule(
    id="same_company_mapped",
    version=1,
    relation="same_company",
    source="tenant",
    refers="client",
    targets=("company",),
    known_by="client",
    scope="client",
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
LINE_UNITS_OF_BUNDLE = ReferenceRule(
    id="line_units_of_bundle",
    version=1,
    relation="line_units",
    source="contract_unit",
    refers="autotask_contract_bundle_id",
    targets=("contract_line",),
    known_by="autotask_contract_bundle_id",
    reverse=True,
)
ALERT_ON_ENTRA_DEVICE = ReferenceRule(
    id="alert_on_entra_device",
    version=1,
    relation="alert_on",
    source="alert",
    refers="entra_device_id",
    targets=("device",),
    known_by="entra_device_id",
)
ALERT_ON_M365_PERSON = ReferenceRule(
    id="alert_on_m365_person",
    version=1,
    relation="alert_on",
    source="alert",
    refers="m365_object_id",
    targets=("identity",),
    known_by="m365_object_id",
)
ALERT_ON_SOPHOS_PERSON = ReferenceRule(
    id="alert_on_sophos_person",
    version=1,
    relation="alert_on",
    source="alert",
    refers="sophos_object_id",
    targets=("identity",),
    known_by="sophos_object_id",
)
USED_BY_SOPHOS_PERSON = ReferenceRule(
    id="used_by_sophos_person",
    version=1,
    relation="used_by",
    source="device",
    refers="sophos_object_id",
    targets=("identity",),
    known_by="sophos_object_id",
)
HOLDS = ReferenceRule(
    id="holds",
    version=1,
    relation="holds",
    source="role",
    refers="m365_member_id",
    targets=("identity", "group"),
    known_by="m365_member_id",
    reverse=True,
)
APPLIES_TO = ReferenceRule(
    id="applies_to",
    version=1,
    relation="applies_to",
    source="policy",
    refers="m365_included_object_id",
    targets=("identity", "group"),
    known_by="m365_object_id",
)
APPLIES_TO_ROLE = ReferenceRule(
    id="applies_to_role",
    version=1,
    relation="applies_to",
    source="policy",
    refers="m365_included_role_template_id",
    targets=("role",),
    known_by="m365_role_template_id",
)
APPLIES_TO_EVERYONE = ReferenceRule(
    id="applies_to_everyone",
    version=1,
    relation="applies_to",
    source="policy",
    refers="m365_included_all",
    targets=("tenant",),
    known_by="m365_all",
)
EXCLUDES = ReferenceRule(
    id="excludes",
    version=1,
    relation="excludes",
    source="policy",
    refers="m365_excluded_object_id",
    targets=("identity", "group"),
    known_by="m365_object_id",
)
EXCLUDES_ROLE = ReferenceRule(
    id="excludes_role",
    version=1,
    relation="excludes",
    source="policy",
    refers="m365_excluded_role_template_id",
    targets=("role",),
    known_by="m365_role_template_id",
)
EXCLUDES_EVERYONE = ReferenceRule(
    id="excludes_everyone",
    version=1,
    relation="excludes",
    source="policy",
    refers="m365_excluded_all",
    targets=("tenant",),
    known_by="m365_all",
)
REGISTRATION_OF = ReferenceRule(
    id="registration_of",
    version=1,
    relation="registration_of",
    source="mfa_registration",
    refers="m365_object_id",
    targets=("identity",),
    known_by="m365_object_id",
)
SIGN_IN_OF = ReferenceRule(
    id="sign_in_of",
    version=1,
    relation="sign_in_of",
    source="sign_in",
    refers="m365_object_id",
    targets=("identity",),
    known_by="m365_object_id",
)
FIREWALL_BELONGS_TO = ReferenceRule(
    id="firewall_belongs_to",
    version=1,
    relation="belongs_to",
    source="firewall",
    refers="client",
    targets=("company",),
    known_by="client",
    scope="client",
)
TICKET_ABOUT_COMPANY = ReferenceRule(
    id="ticket_about_company",
    version=1,
    relation="about",
    source="ticket",
    refers="autotask_company_id",
    targets=("company",),
    known_by="autotask_company_id",
)
TICKET_ABOUT_CONTACT = ReferenceRule(
    id="ticket_about_contact",
    version=1,
    relation="about",
    source="ticket",
    refers="autotask_contact_id",
    targets=("contact",),
    known_by="autotask_contact_id",
)
TICKET_ABOUT_DEVICE = ReferenceRule(
    id="ticket_about_device",
    version=1,
    relation="about",
    source="ticket",
    refers="autotask_configuration_item_id",
    targets=("device",),
    known_by="autotask_configuration_item_id",
)
TICKET_ASSIGNED_TO = ReferenceRule(
    id="ticket_assigned_to",
    version=1,
    relation="assigned_to",
    source="ticket",
    refers="autotask_technician_id",
    targets=("technician",),
    known_by="autotask_technician_id",
)
TICKET_LABELLED = ReferenceRule(
    id="ticket_labelled",
    version=1,
    relation="labelled",
    source="ticket",
    refers="autotask_picklist_value",
    targets=("picklist_value",),
    known_by="autotask_picklist_value",
)
COMPANY_LABELLED = ReferenceRule(
    id="company_labelled",
    version=1,
    relation="labelled",
    source="company",
    refers="autotask_picklist_value",
    targets=("picklist_value",),
    known_by="autotask_picklist_value",
)
CONTRACT_LABELLED = ReferenceRule(
    id="contract_labelled",
    version=1,
    relation="labelled",
    source="contract",
    refers="autotask_picklist_value",
    targets=("picklist_value",),
    known_by="autotask_picklist_value",
)
