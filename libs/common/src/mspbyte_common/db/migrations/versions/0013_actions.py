"""Workflows, what they have done outside, and whether anything may be done."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"

CURRENT_MSP = "NULLIF(current_setting('app.msp_id', true), '')::uuid"
TENANT_TABLES = ("workflow", "action_mode", "action", "action_step", "workflow_trial")


def _column(name: str, kind: sa.types.TypeEngine[Any], **more: object) -> sa.Column[object]:
    return sa.Column(name, kind, **{"nullable": False} | more)  # type: ignore[arg-type]


def _text(name: str, **more: object) -> sa.Column[object]:
    return _column(name, sa.Text(), **more)


def _id(name: str, **more: object) -> sa.Column[object]:
    return _column(name, sa.UUID(), **more)


def _time(name: str, **more: object) -> sa.Column[object]:
    return _column(name, sa.DateTime(timezone=True), **more)


def _json(name: str, **more: object) -> sa.Column[object]:
    return _column(name, postgresql.JSONB(), **more)


def _integer(name: str) -> sa.Column[object]:
    return _column(name, sa.Integer(), server_default=sa.text("0"))


NOW = {"server_default": sa.text("now()")}
MAYBE = {"nullable": True}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "workflow",
        _id("id"),
        _id("msp_id"),
        _text("name"),
        _text("scope"),
        _id("target_id", **MAYBE),
        _json("declaration"),
        _text("author"),
        _time("applied_at", **NOW),
        sa.CheckConstraint("scope IN ('global', 'client_group', 'client')", name=op.f("ck_workflow_scope")),
        sa.CheckConstraint("(scope = 'global') = (target_id IS NULL)", name=op.f("ck_workflow_target")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow")),
        sa.UniqueConstraint("msp_id", "name", name=op.f("uq_workflow_msp_id_name")),
        comment="What is to follow from findings, as a person declared it, and of which clients.",
    )
    op.create_table(
        "action_mode",
        _id("msp_id"),
        _text("kind"),
        _text("mode"),
        _text("author"),
        _time("set_at", **NOW),
        sa.CheckConstraint("kind IN ('all', 'ticket', 'webhook', 'mail')", name=op.f("ck_action_mode_kind")),
        sa.CheckConstraint("mode IN ('off', 'approve', 'automatic')", name=op.f("ck_action_mode_mode")),
        sa.PrimaryKeyConstraint("msp_id", "kind", name=op.f("pk_action_mode")),
        comment="Whether anything is done outside, and of which kind; the stricter of 'all' and the kind counts. No row: off.",
    )
    op.create_table(
        "action",
        _id("id"),
        _id("msp_id"),
        _id("workflow_id"),
        _text("name"),
        _text("kind"),
        _text("state"),
        _text("group_key"),
        _integer("episode"),
        _id("about_id", **MAYBE),
        _integer("number"),
        _id("client_id", **MAYBE),
        _id("account_id", **MAYBE),
        _column("findings", postgresql.ARRAY(sa.UUID())),
        _json("told"),
        _text("summary"),
        _json("request"),
        _integer("attempts"),
        _integer("tried"),
        _column("uncertain", sa.Boolean(), server_default=sa.text("false")),
        _time("due_at", **MAYBE),
        _text("external_id", **MAYBE),
        _text("error_class", **MAYBE),
        _text("error", **MAYBE),
        _text("advice", **MAYBE),
        _time("created_at", **NOW),
        _time("changed_at", **NOW),
        _time("ended_at", **MAYBE),
        _text("traceparent"),
        sa.CheckConstraint(
            "kind IN ('ticket_create', 'ticket_note', 'ticket_close', 'webhook', 'mail')", name=op.f("ck_action_kind")
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'queued', 'doing', 'done', 'failed', 'rejected', 'cancelled')",
            name=op.f("ck_action_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action")),
        comment="One effect outside, wanted once: its id is computed from what it follows from, and goes with it. A ticket is its ticket_create; notes and the closing are about_id that, in order of number, and ended_at says that its findings have cleared. told: what it tells of which finding. due_at: when it is looked at again; of one that is under way, when it may be taken for lost. attempts is its fence, tried how many of them may have had an effect; uncertain: what became of the last of those is not known.",
    )
    op.create_index("ix_action_group", "action", ["workflow_id", "name", "group_key", "episode"])
    op.create_index("ix_action_about_id", "action", ["about_id", "number"])
    op.create_index("ix_action_due_at", "action", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index(
        "ix_action_unfinished",
        "action",
        ["kind", "state", "created_at"],
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_index("ix_action_findings", "action", ["findings"], postgresql_using="gin")
    op.create_table(
        "action_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        _id("msp_id"),
        _id("action_id"),
        _text("step"),
        _text("author"),
        _text("detail", **MAYBE),
        _time("at", **NOW),
        sa.ForeignKeyConstraint(
            ["action_id"], ["action.id"], name=op.f("fk_action_step_action_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_step")),
        comment="Each step of an action and who took it, append-only.",
    )
    op.create_index("ix_action_step_action_id", "action_step", ["action_id"])
    op.create_table(
        "workflow_trial",
        _id("id"),
        _id("msp_id"),
        _text("name"),
        _text("scope"),
        _id("target_id", **MAYBE),
        _json("declaration"),
        _text("state"),
        _time("requested_at", **NOW),
        _json("result", **MAYBE),
        _text("error", **MAYBE),
        sa.CheckConstraint("state IN ('requested', 'ready', 'failed')", name=op.f("ck_workflow_trial_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_trial")),
        comment="A dry run of a workflow, asked for and, when ready, the exact requests that would follow from today's findings.",
    )
    for table in TENANT_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenancy ON {table} USING (msp_id = {CURRENT_MSP}) WITH CHECK (msp_id = {CURRENT_MSP})"
        )


def downgrade() -> None:
    message = "what was done outside is not forgotten: restore a backup"
    raise NotImplementedError(message)
