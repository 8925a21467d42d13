"""Which relations of sameness make clusters, and what may never share one."""

from svc_linkers.rule import ClusterRule

SAME_PERSON = ClusterRule(relation="same_person", kinds=("contact", "identity"))
SAME_DEVICE = ClusterRule(relation="same_device", kinds=("device", "firewall"), fragments_by="serial")
SAME_COMPANY = ClusterRule(relation="same_company", kinds=("company", "tenant"), one_per_source=False)
"""A person maps tenants to companies, several to one if need be."""
