"""Who may do what to which table: one database role per service, with what it needs and no more.

The bootstrap applies this; a test proves from the catalog that nothing else is granted. A table has one writing
service, but for the few noted here: `work` is written by every stage (it is the ledger between them), `entity` by three,
each its own columns, `account` by the adapters that discover it and the operator who maps it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mspbyte_common.db.views import views

READ = ("SELECT",)
WRITE = ("SELECT", "INSERT", "UPDATE", "DELETE")
REMOVE = ("SELECT", "DELETE")
"""The operator deletes rows only where a whole msp is removed (`mspctl msp remove`), and what drift was accepted."""


@dataclass(frozen=True)
class Role:
    """A login role. `tables`: table → privileges, a privilege may name its columns: `UPDATE (state)`.

    `every_msp` lists the tables on which the role sees all msps at once; all others show one msp per transaction.
    """

    name: str
    tables: dict[str, tuple[str, ...]]
    every_msp: frozenset[str] = field(default_factory=frozenset)


_STAGE = {"work": WRITE, "dead_letter": ("SELECT", "INSERT")}

_EFFECTS = {
    "action": (
        "SELECT",
        "UPDATE (state, attempts, tried, uncertain, due_at, external_id, error_class, error, advice, changed_at)",
    ),
    "action_step": ("INSERT",),
    "action_mode": READ,
}
"""Carrying actions out."""

_ADAPTER = {
    "resource": WRITE,
    "connection": READ,
    "data_key": READ,
    "account": (
        "SELECT",
        "INSERT",
        "UPDATE (name, settings, unreachable_reason, parked_class, parked_reason, parked_at)",
    ),
    "job": READ,
    "run": ("SELECT", "UPDATE"),
    "listing": ("SELECT", "INSERT", "UPDATE"),
    "breaker": WRITE,
    "page": ("SELECT", "INSERT", "DELETE"),
    "entity": (
        "SELECT",
        "INSERT",
        "UPDATE (raw_data, semantic_hash, volatile_hash, changed_at, deleted_at)",
    ),
    "work": ("SELECT", "INSERT", "UPDATE (announced_at)"),
    "budget": ("SELECT", "INSERT", "UPDATE"),
    "budget_place": WRITE,
}

ROLES: tuple[Role, ...] = (
    Role(
        name="svc_scheduler",
        tables={
            "msp": READ,
            "connection": READ,
            "resource": READ,
            "account": READ,
            "job": WRITE,
            "listing": READ,
            "breaker": ("SELECT", "UPDATE (next_probe_at)"),
            "run": WRITE,
            "page": ("SELECT", "DELETE"),
            "work": ("SELECT", "INSERT", "UPDATE (announced_at, not_before)"),
            "recheck": ("SELECT", "UPDATE (due_at)"),
            "dead_letter": ("SELECT", "DELETE"),
            "derivation": ("SELECT", "UPDATE (pending)"),
            "rebuild": WRITE,
            "entity": ("SELECT (id, msp_id, account_id, vendor, resource, kind)",),
            "entity_change": ("SELECT (id, at)", "DELETE"),
            # What is counted for the metrics, and no column that says of whom.
            "quarantine": ("SELECT (vendor, resource)",),
            "issue": ("SELECT (rule)",),
            "finding": ("SELECT (check_name, severity, state)",),
            # Of reports: what is due, on whom, and what is old.
            "client": ("SELECT (id, msp_id)",),
            "client_group_member": READ,
            "report_schedule": ("SELECT", "UPDATE (next_fire_at)"),
            "report": ("SELECT (id, kept_until)", "INSERT", "DELETE"),
            "action": ("SELECT (id, msp_id, kind, state, account_id, due_at, changed_at)", "UPDATE (due_at)"),
            "budget": (
                "SELECT (vendor, level, amount, seconds, window_at, spent, spent_before, factor, lowered_at, not_before)",
            ),
        },
        every_msp=frozenset(
            {
                *("msp", "connection", "account", "job", "listing", "breaker", "run", "page"),
                *("work", "recheck", "dead_letter", "rebuild", "entity_change"),
                *("quarantine", "issue", "finding", "action", "budget"),
                *("client", "client_group_member", "report_schedule", "report"),
            }
        ),
    ),
    Role(name="svc_adapter_m365", tables=_ADAPTER),
    Role(name="svc_adapter_autotask", tables=_ADAPTER | _EFFECTS | {"work": WRITE}),
    Role(name="svc_adapter_sophos", tables=_ADAPTER),
    Role(
        name="svc_processors",
        tables=_STAGE
        | {
            "entity": (
                "SELECT",
                "UPDATE (normalized_data, mapped_hash, mapped_volatile_hash, mapper_version)",
            ),
            "fragment": READ,
            "quarantine": WRITE,
            "entity_change": ("INSERT",),
            "derivation": WRITE,
            "shape": ("SELECT", "INSERT", "UPDATE"),
            "drift": ("SELECT", "INSERT", "UPDATE"),
        },
    ),
    Role(
        name="svc_resolvers",
        tables=_STAGE
        | {
            "account": READ,
            "client": ("SELECT", "INSERT", "UPDATE"),
            "entity": ("SELECT", "UPDATE (normalized_data, client_id, repairs, resolved_hash)"),
            "entity_key": WRITE,
            "former_key": ("SELECT", "INSERT"),
            "merged": WRITE,
            "fragment": WRITE,
            "issue": WRITE,
            "entity_change": ("INSERT",),
            "derivation": WRITE,
        },
    ),
    Role(
        name="svc_linkers",
        tables=_STAGE
        | {
            "entity": READ,
            "entity_key": READ,
            "former_key": ("SELECT", "DELETE"),
            "link_decision": READ,
            "entity_relationship": WRITE,
            "cluster_member": WRITE,
            "derivation": WRITE,
        },
    ),
    Role(
        name="svc_workers",
        tables=_STAGE
        | {
            "msp": READ,
            "client": READ,
            "connection": ("SELECT (id, msp_id, expires_at)",),
            "account": READ,
            "job": READ,
            "run": ("SELECT (msp_id, job_id, account_id, resource, state, error_class, fire_time, finished_at)",),
            "listing": READ,
            "breaker": READ,
            "resource": READ,
            "rebuild": ("SELECT (msp_id, vendor, stage, account_id, state)",),
            "quarantine": READ,
            "issue": READ,
            "entity": READ,
            "merged": READ,
            "fragment": READ,
            "entity_change": READ,
            "entity_relationship": READ,
            "cluster_member": READ,
            "v_data_quality": READ,
            "finding": WRITE,
            "finding_event": ("SELECT", "INSERT"),
            "recheck": WRITE,
            "report": ("SELECT", "UPDATE (state, as_of, html, json, csv, error)"),
            "report_declared": WRITE,
            "check_declared": WRITE,
            "check_setting": READ,
            "check_exception": READ,
            "client_group_member": READ,
            "check_trial": ("SELECT", "UPDATE (state, result, error)"),
            "billing_rule": READ,
            "reconciliation": ("SELECT", "UPDATE (state, result, error)"),
            "workflow": READ,
            "workflow_trial": ("SELECT", "UPDATE (state, result, error)"),
            "action_mode": READ,
            "action": ("SELECT", "INSERT", "UPDATE"),
            "action_step": ("SELECT", "INSERT"),
        },
    ),
    Role(
        name="mspctl",
        tables={
            "msp": WRITE,
            "data_key": WRITE,
            "connection": WRITE,
            "account": WRITE,
            "client": REMOVE,
            "resource": READ,
            "job": WRITE,
            "listing": REMOVE,
            "breaker": REMOVE,
            "run": ("SELECT", "UPDATE (state, fence)", "DELETE"),
            "page": REMOVE,
            "entity": REMOVE,
            "quarantine": REMOVE,
            "entity_key": REMOVE,
            "former_key": REMOVE,
            "merged": REMOVE,
            "fragment": REMOVE,
            "issue": REMOVE,
            "entity_relationship": REMOVE,
            "cluster_member": REMOVE,
            "link_decision": ("SELECT", "INSERT", "UPDATE (cleared_at, cleared_by)", "DELETE"),
            "entity_change": REMOVE,
            "derivation": READ,
            "rebuild": ("SELECT", "INSERT", "UPDATE (state, finished_at)", "DELETE"),
            "shape": ("SELECT", "UPDATE", "DELETE"),
            "drift": REMOVE,
            "work": WRITE,
            "dead_letter": WRITE,
            "finding": ("SELECT", "UPDATE", "DELETE"),
            "finding_event": ("SELECT", "INSERT", "DELETE"),
            "recheck": REMOVE,
            "report": WRITE,
            "report_declared": READ,
            "report_schedule": WRITE,
            "check_declared": READ,
            "check_setting": WRITE,
            "check_exception": ("SELECT", "INSERT", "UPDATE (expires_at)", "DELETE"),
            "client_group": WRITE,
            "client_group_member": WRITE,
            "check_trial": ("SELECT", "INSERT", "DELETE"),
            "billing_rule": WRITE,
            "reconciliation": ("SELECT", "INSERT", "DELETE"),
            "workflow": WRITE,
            "workflow_trial": ("SELECT", "INSERT", "DELETE"),
            "action_mode": WRITE,
            "action": ("SELECT", "UPDATE", "DELETE"),
            "action_step": ("SELECT", "INSERT", "DELETE"),
            "budget": REMOVE,
            "budget_place": REMOVE,
            "v_data_quality": READ,
            "v_coverage": READ,
            "v_people": READ,
            "v_service": READ,
        },
        every_msp=frozenset({"msp"}),
    ),
    Role(
        name="mspbyte_reader",
        tables=dict.fromkeys(
            (
                "msp",
                "client",
                "account",
                "resource",
                "job",
                "listing",
                "breaker",
                "run",
                "entity",
                "quarantine",
                "entity_key",
                "merged",
                "fragment",
                "issue",
                "entity_relationship",
                "cluster_member",
                "link_decision",
                "entity_change",
                "drift",
                "rebuild",
                "finding",
                "finding_event",
                "check_declared",
                "check_setting",
                "check_exception",
                "billing_rule",
                "client_group",
                "client_group_member",
                "workflow",
                "action_mode",
                "action",
                "action_step",
                "report",
                "report_declared",
                "report_schedule",
                *(view.name for view in views()),
            ),
            READ,
        ),
    ),
)
