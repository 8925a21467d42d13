"""What checks say, and what people set for them; reconciliations and reports."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from mspbyte_common.db.schema.columns import Id, Time, metadata, now, of_msp

finding = Table(
    "finding",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("check_name", Text, nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("client_id", Id),
    Column("severity", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("evidence", JSONB, nullable=False),
    now("opened_at"),
    now("changed_at"),
    Column("resolved_at", Time),
    Column("suppressed_until", Time),
    Column("resolved_by", Text),
    Column("quiet_since", Time),
    CheckConstraint("state IN ('open', 'acknowledged', 'suppressed', 'resolved', 'regressed')", name="state"),
    CheckConstraint("(state = 'suppressed') = (suppressed_until IS NOT NULL)", name="suppressed_until"),
    CheckConstraint("severity IN ('critical', 'high', 'medium', 'low', 'info')", name="severity"),
    UniqueConstraint("subject_id", "check_name"),
    Index("ix_finding_client_id", "client_id", "state"),
    Index("ix_finding_check_name", "check_name", "state"),
    Index(
        "ix_finding_standing",
        "severity",
        "opened_at",
        "id",
        postgresql_where=text("state <> 'resolved'"),
    ),
    comment=(
        "What a check has to say about a subject (an entity, or an account), with a life of its own. resolved_by: who "
        "closed it, where a person did; quiet_since: since when the check has been content with one that flaps."
    ),
)

finding_event = Table(
    "finding_event",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    of_msp(),
    Column("finding_id", Id, ForeignKey("finding.id", ondelete="CASCADE"), nullable=False),
    Column("state", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("author", Text, nullable=False),
    now("at"),
    Column("run_id", Id),
    Column("traceparent", Text),
    Column("reason", Text),
    Index("ix_finding_event_finding_id", "finding_id"),
    comment=(
        "Each change of a finding and each comment on it, append-only. run_id: the run whose records led to it, NULL where "
        "time or a person did; traceparent: the evaluation in the trace that run began; reason: what a person said."
    ),
)

recheck = Table(
    "recheck",
    metadata,
    Column("subject_id", Id, primary_key=True),
    Column("check_name", Text, primary_key=True),
    of_msp(),
    Column("subject_kind", Text, nullable=False),
    Column("client_id", Id),
    Column("account_id", Id),
    Column("why", Text),
    Column("waits_for", Text),
    Column("due_at", Time),
    Index("ix_recheck_due_at", "due_at"),
    Index("ix_recheck_waits_for_account_id", "waits_for", "account_id"),
    Index("ix_recheck_waits_for_client_id", "waits_for", "client_id"),
    Index("ix_recheck_client_id", "client_id"),
    comment=(
        "When a check must look again although nothing changes: at due_at, or when the listing 'vendor/resource' in "
        "waits_for becomes complete. why: the reason of an unknown verdict, NULL for a known one."
    ),
)

check_declared = Table(
    "check_declared",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("params", JSONB, nullable=False),
    Column("needs", ARRAY(Text), nullable=False),
    comment="The checks of the release that runs, with their parameters as shipped: svc-workers writes them when it starts.",
)

check_setting = Table(
    "check_setting",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    of_msp(),
    Column("check_name", Text, nullable=False),
    Column("param", Text, nullable=False),
    Column("value", JSONB, nullable=False),
    Column("scope", Text, nullable=False),
    Column("target_id", Id),
    Column("author", Text, nullable=False),
    now("set_at"),
    CheckConstraint("scope IN ('global', 'client_group', 'client', 'entity')", name="scope"),
    CheckConstraint("(scope = 'global') = (target_id IS NULL)", name="target"),
    Index(
        "uq_check_setting",
        "msp_id",
        "check_name",
        "param",
        "scope",
        "target_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    comment="A parameter of a check as a person set it. The narrowest scope counts: entity, client, client group, global.",
)

check_exception = Table(
    "check_exception",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    of_msp(),
    Column("check_name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("target_id", Id),
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    now("created_at"),
    Column("expires_at", Time, nullable=False),
    CheckConstraint("scope IN ('global', 'client_group', 'client', 'entity')", name="scope"),
    CheckConstraint("(scope = 'global') = (target_id IS NULL)", name="target"),
    Index("ix_check_exception_expires_at", "msp_id", "expires_at"),
    comment="Where a check has nothing to say until expires_at, who said so and why. What was ended early has expired.",
)

client_group = Table(
    "client_group",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("name", Text, nullable=False),
    UniqueConstraint("msp_id", "name"),
    comment="Clients for whom a person sets the parameters of checks together.",
)

client_group_member = Table(
    "client_group_member",
    metadata,
    Column("client_id", Id, primary_key=True),
    of_msp(),
    Column("group_id", Id, ForeignKey("client_group.id", ondelete="CASCADE"), nullable=False),
    Index("ix_client_group_member_group_id", "group_id"),
    comment="The group a client is in; it is in one at most, so that no two groups can contradict each other.",
)

check_trial = Table(
    "check_trial",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("check_name", Text, nullable=False),
    Column("params", JSONB, nullable=False),
    Column("client_id", Id),
    Column("state", Text, nullable=False),
    now("requested_at"),
    Column("result", JSONB),
    Column("error", Text),
    CheckConstraint("state IN ('requested', 'ready', 'failed')", name="state"),
    comment="A dry run of a check with other parameters, asked for and, when ready, what it would open and close.",
)

billing_rule = Table(
    "billing_rule",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    of_msp(),
    Column("rule_id", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("target_id", Id),
    Column("rule", JSONB, nullable=False),
    Column("author", Text, nullable=False),
    now("set_at"),
    CheckConstraint("scope IN ('global', 'client_group', 'client')", name="scope"),
    CheckConstraint("(scope = 'global') = (target_id IS NULL)", name="target"),
    Index(
        "uq_billing_rule",
        "msp_id",
        "rule_id",
        "scope",
        "target_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    comment=(
        "A billing rule as a person set it: which services are proved by counting what. Of two with one rule_id the narrowest "
        "scope counts: client, client group, global, as shipped."
    ),
)

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("client_id", Id),
    Column("at", Time),
    Column("state", Text, nullable=False),
    now("requested_at"),
    Column("result", JSONB),
    Column("error", Text),
    CheckConstraint("state IN ('requested', 'ready', 'failed')", name="state"),
    comment=(
        "A reconciliation that was asked for, of one client or of all, as of now or of a time, and, when ready, its "
        "positions. Who asked takes the row away with the answer."
    ),
)

report_declared = Table(
    "report_declared",
    metadata,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("lead", Text, nullable=False),
    comment="The reports of the release that runs: svc-workers writes them when it starts.",
)

report_schedule = Table(
    "report_schedule",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("target_id", Id),
    Column("schedule", Text, nullable=False),
    Column("next_fire_at", Time, nullable=False),
    Column("keep_days", Integer, nullable=False),
    Column("author", Text, nullable=False),
    now("created_at"),
    CheckConstraint("scope IN ('fleet', 'every_client', 'client_group', 'client')", name="scope"),
    CheckConstraint("(scope IN ('client_group', 'client')) = (target_id IS NOT NULL)", name="target"),
    CheckConstraint("keep_days > 0", name="keep_days"),
    Index("ix_report_schedule_next_fire_at", "next_fire_at"),
    comment=(
        "A report that is made again and again: on all clients together (fleet), on each (every_client), on those of a "
        "group, or on one. schedule as of a job; keep_days: how long each is kept."
    ),
)

report = Table(
    "report",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("client_id", Id),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    now("requested_at"),
    Column("as_of", Time),
    Column("html", Text),
    Column("json", JSONB),
    Column("csv", Text),
    Column("error", Text),
    Column("at", Time),
    Column("schedule_id", Id),
    Column("kept_until", Time, nullable=False, server_default=text("now() + '90 days'::interval")),
    CheckConstraint("state IN ('requested', 'ready', 'failed', 'missed')", name="state"),
    Index("ix_report_client_id", "client_id"),
    Index("ix_report_kept_until", "kept_until"),
    comment=(
        "A report of one client, or of all where client_id is NULL, asked for and, when ready, in its three forms. at: of "
        "which moment, NULL for when it is made; schedule_id: what asked for it, NULL for a person; missed: nobody was "
        "there to make it when it was due."
    ),
)
