"""The first schema: every table, and row-level security forced on those with an msp."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

TENANT_TABLES = (
    "client",
    "connection",
    "dead_letter",
    "entity",
    "entity_key",
    "entity_relationship",
    "finding",
    "recheck",
    "report",
    "work",
    "account",
    "data_key",
    "finding_event",
    "issue",
    "quarantine",
    "job",
    "listing",
    "run",
    "page",
)
CURRENT_MSP = "NULLIF(current_setting('app.msp_id', true), '')::uuid"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")

    op.create_table(
        "client",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("is_msp", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
        sa.UniqueConstraint("account_id", "company_id", name=op.f("uq_client_account_id_company_id")),
        comment="An MSP's customer: a company of the PSA. name is NULL until the company itself was read.",
    )
    op.create_table(
        "connection",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection")),
        sa.UniqueConstraint("msp_id", "vendor", "name", name=op.f("uq_connection_msp_id_vendor_name")),
        comment="Credentials for one vendor. settings holds addresses and public ids; secret is AES-GCM over JSON.",
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("work_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.UUID(), nullable=True),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entity_ids", sa.ARRAY(sa.UUID()), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error_class", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'replayed', 'discarded')", name=op.f("ck_dead_letter_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
        sa.UniqueConstraint("work_id", name=op.f("uq_dead_letter_work_id")),
        comment="Work that failed past its attempts: listed, inspected, replayed or discarded by a person.",
    )
    op.create_table(
        "entity",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("raw_data", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("semantic_hash", sa.LargeBinary(), nullable=False),
        sa.Column("volatile_hash", sa.LargeBinary(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("normalized_data", postgresql.JSONB(astext_type=Text()), nullable=True),
        sa.Column("mapped_hash", sa.LargeBinary(), nullable=True),
        sa.Column("mapped_volatile_hash", sa.LargeBinary(), nullable=True),
        sa.Column("mapper_version", sa.Integer(), nullable=True),
        sa.Column("client_id", sa.UUID(), nullable=True),
        sa.Column("repairs", postgresql.JSONB(astext_type=Text()), nullable=True),
        sa.Column("resolved_hash", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity")),
        comment="One external record: raw_data as the vendor sent it (adapters), normalized_data in our vocabulary (processors, repaired by resolvers), side by side.",
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("ix_entity_account_id_resource", "entity", ["account_id", "resource"], unique=False)
    op.create_index("ix_entity_client_id_kind", "entity", ["client_id", "kind"], unique=False)
    op.create_table(
        "entity_key",
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("entity_id", sa.UUID(), nullable=False),
        sa.Column("refers", sa.Boolean(), nullable=False),
        sa.Column("key_type", sa.Text(), nullable=False),
        sa.Column("key_value", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("client_id", sa.UUID(), nullable=True),
        comment="A typed value by which an entity is known (refers = false) or to which it refers (refers = true).",
    )
    op.create_index("ix_entity_key_value", "entity_key", ["msp_id", "key_type", "key_value", "refers"], unique=False)
    op.create_index("uq_entity_key", "entity_key", ["entity_id", "refers", "key_type", "key_value"], unique=True)
    op.create_table(
        "entity_relationship",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("source_id", sa.UUID(), nullable=False),
        sa.Column("target_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Numeric(precision=3, scale=2), nullable=False),
        sa.Column("scope_id", sa.UUID(), nullable=False),
        sa.Column("key_value", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('active', 'candidate')", name=op.f("ck_entity_relationship_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity_relationship")),
        comment="A typed, dated, explained edge between two entities. valid_to NULL: it holds now.",
    )
    op.create_index(
        "ix_entity_relationship_key",
        "entity_relationship",
        ["rule", "scope_id", "key_value"],
        unique=False,
        postgresql_where=sa.text("valid_to IS NULL AND \"left\"(relation, 5) = 'same_'"),
    )
    op.create_index(
        "ix_entity_relationship_target_id",
        "entity_relationship",
        ["target_id"],
        unique=False,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_index(
        "uq_entity_relationship_current",
        "entity_relationship",
        ["source_id", "target_id", "rule", "key_value"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_table(
        "finding",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("check_name", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.UUID(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("client_id", sa.UUID(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "severity IN ('critical', 'high', 'medium', 'low', 'info')", name=op.f("ck_finding_severity")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'acknowledged', 'suppressed', 'resolved', 'regressed')", name=op.f("ck_finding_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("subject_id", "check_name", name=op.f("uq_finding_subject_id_check_name")),
        comment="What a check has to say about a subject (an entity, or an account), with a life of its own.",
    )
    op.create_index("ix_finding_client_id", "finding", ["client_id", "state"], unique=False)
    op.create_table(
        "msp",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_msp")),
        sa.UniqueConstraint("name", name=op.f("uq_msp_name")),
    )
    op.create_table(
        "recheck",
        sa.Column("subject_id", sa.UUID(), nullable=False),
        sa.Column("check_name", sa.Text(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("client_id", sa.UUID(), nullable=True),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("waits_for", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject_id", "check_name", name=op.f("pk_recheck")),
        comment="When a check must look again although nothing changes: at due_at, or when the listing 'vendor/resource' in waits_for becomes complete. why: the reason of an unknown verdict, NULL for a known one.",
    )
    op.create_index("ix_recheck_client_id", "recheck", ["client_id"], unique=False)
    op.create_index("ix_recheck_due_at", "recheck", ["due_at"], unique=False)
    op.create_index("ix_recheck_waits_for_account_id", "recheck", ["waits_for", "account_id"], unique=False)
    op.create_index("ix_recheck_waits_for_client_id", "recheck", ["waits_for", "client_id"], unique=False)
    op.create_table(
        "report",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("client_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("json", postgresql.JSONB(astext_type=Text()), nullable=True),
        sa.Column("csv", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('requested', 'ready', 'failed')", name=op.f("ck_report_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        comment="A report of one client, asked for and, when ready, in its three forms.",
    )
    op.create_index("ix_report_client_id", "report", ["client_id"], unique=False)
    op.create_table(
        "resource",
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("level IN ('root', 'tenant')", name=op.f("ck_resource_level")),
        sa.PrimaryKeyConstraint("vendor", "name", name=op.f("pk_resource")),
        comment="What the adapters can fetch: each adapter writes its own rows when it starts.",
    )
    op.create_table(
        "work",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("run_id", sa.UUID(), nullable=True),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entity_ids", sa.ARRAY(sa.UUID()), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("starts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("traceparent", sa.Text(), nullable=False),
        sa.CheckConstraint("cardinality(entity_ids) BETWEEN 1 AND 1000", name=op.f("ck_work_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work")),
        comment="Outbox, inbox and ledger in one: what is to be done, written in the transaction it follows from.",
    )
    op.create_index("ix_work_announced_at", "work", ["announced_at"], unique=False)
    op.create_index("ix_work_window", "work", ["stage", "account_id", "id"], unique=False)
    op.create_table(
        "account",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("is_root", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_tenant", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'unmapped'"), nullable=False),
        sa.Column("client_id", sa.UUID(), nullable=True),
        sa.Column("settings", postgresql.JSONB(astext_type=Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("unreachable_reason", sa.Text(), nullable=True),
        sa.Column("parked_class", sa.Text(), nullable=True),
        sa.Column("parked_reason", sa.Text(), nullable=True),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(state = 'mapped') = (client_id IS NOT NULL)", name=op.f("ck_account_mapped_has_client")),
        sa.CheckConstraint("state IN ('unmapped', 'mapped', 'excluded')", name=op.f("ck_account_state")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_account_connection_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        comment="One vendor-side tenant a connection reaches. A root account lists others; an account that is a tenant has its own records. unreachable_reason: the vendor lists it but gives no way to it. parked_*: stopped until a person acts.",
    )
    op.create_index("ix_account_client_id", "account", ["client_id"], unique=False)
    op.create_index("ix_account_connection_id", "account", ["connection_id"], unique=False)
    op.create_table(
        "data_key",
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["msp_id"], ["msp.id"], name=op.f("fk_data_key_msp_id")),
        sa.PrimaryKeyConstraint("msp_id", "version", name=op.f("pk_data_key")),
        comment="The key that encrypts an msp's credentials, itself encrypted by the key-encryption key.",
    )
    op.create_table(
        "finding_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("finding_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name=op.f("fk_finding_event_finding_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_event")),
        comment="Each change of a finding, append-only.",
    )
    op.create_index("ix_finding_event_finding_id", "finding_event", ["finding_id"], unique=False)
    op.create_table(
        "issue",
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("entity_id", sa.UUID(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("client_id", sa.UUID(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name=op.f("fk_issue_entity_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("entity_id", "rule", "field", name=op.f("pk_issue")),
        comment="What a resolver rule could not repair, or had to take away: visible and counted.",
    )
    op.create_table(
        "quarantine",
        sa.Column("entity_id", sa.UUID(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("mapper_version", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("value_class", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name=op.f("fk_quarantine_entity_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("entity_id", name=op.f("pk_quarantine")),
        comment="Raw records that do not fit their kind, with the path at fault.",
    )
    op.create_table(
        "job",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("next_fire_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("manual_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_job_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("account_id", "resource", name=op.f("uq_job_account_id_resource")),
        comment="(account, resource) with its schedule: 'every 86400s', or a cron expression in UTC.",
    )
    op.create_index(
        "ix_job_due", "job", ["next_fire_at"], unique=False, postgresql_where=sa.text("enabled AND NOT paused")
    )
    op.create_table(
        "listing",
        sa.Column("job_id", sa.UUID(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("cursor", postgresql.JSONB(astext_type=Text()), nullable=True),
        sa.Column("complete_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("complete_run_id", sa.UUID(), nullable=True),
        sa.Column("records", sa.Integer(), nullable=True),
        sa.Column("held_ids", sa.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("unavailable_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_listing_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_listing")),
        comment="What the last runs proved of a resource: when it was last read whole, the cursor for the next, and the deletions that wait for a second listing to agree.",
    )
    op.create_index("ix_listing_account_id", "listing", ["account_id"], unique=False)
    op.create_table(
        "run",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("job_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("fire_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("page_token", postgresql.JSONB(astext_type=Text()), nullable=True),
        sa.Column("pages", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("records", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("deleted", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("held", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error_class", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("advice", sa.Text(), nullable=True),
        sa.Column("traceparent", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'succeeded', 'failed', 'parked', 'unavailable', 'skipped', 'missed')",
            name=op.f("ck_run_state"),
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_run_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("job_id", "fire_time", name=op.f("uq_run_job_id_fire_time")),
        comment="One execution of a job, unique per fire time: the ledger row of the fetch stage, with lease and fence.",
    )
    op.create_index(
        "ix_run_open",
        "run",
        ["state", "not_before"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_index(
        "uq_run_open_job", "run", ["job_id"], unique=True, postgresql_where=sa.text("state IN ('queued', 'running')")
    )
    op.create_table(
        "page",
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("entity_ids", sa.ARRAY(sa.UUID()), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_page_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_page")),
        comment="Which records a page of a run carried: together the proof of a complete listing.",
    )
    for table in TENANT_TABLES:
        _isolate(table, "msp_id")
    _isolate("msp", "id")


def _isolate(table: str, column: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenancy ON {table} USING ({column} = {CURRENT_MSP}) WITH CHECK ({column} = {CURRENT_MSP})"
    )


def downgrade() -> None:
    message = "the first schema has nothing before it"
    raise NotImplementedError(message)
