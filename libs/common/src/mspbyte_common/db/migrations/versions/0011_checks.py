"""Checks: their declarations, parameters by scope, exceptions, trials; groups of clients; the life of findings."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

CURRENT_MSP = "NULLIF(current_setting('app.msp_id', true), '')::uuid"
SCOPE = "scope IN ('global', 'client_group', 'client', 'entity')"
TARGET = "(scope = 'global') = (target_id IS NULL)"


def _column(name: str, kind: sa.types.TypeEngine[Any], **more: object) -> sa.Column[object]:
    return sa.Column(name, kind, **{"nullable": False} | more)  # type: ignore[arg-type]


def _text(name: str, **more: object) -> sa.Column[object]:
    return _column(name, sa.Text(), **more)


def _id(name: str, **more: object) -> sa.Column[object]:
    return _column(name, sa.UUID(), **more)


def _time(name: str, **more: object) -> sa.Column[object]:
    return _column(name, sa.DateTime(timezone=True), **more)


def _number() -> sa.Column[object]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


NOW = {"server_default": sa.text("now()")}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")

    op.add_column("finding", _time("suppressed_until", nullable=True))
    op.add_column("finding", _text("resolved_by", nullable=True))
    op.add_column("finding", _time("quiet_since", nullable=True))
    op.add_column("finding_event", _text("reason", nullable=True))
    op.create_check_constraint(
        op.f("ck_finding_suppressed_until"), "finding", "(state = 'suppressed') = (suppressed_until IS NOT NULL)"
    )
    op.create_index("ix_finding_check_name", "finding", ["check_name", "state"])
    op.create_index(
        "ix_finding_standing",
        "finding",
        ["severity", "opened_at", "id"],
        postgresql_where=sa.text("state <> 'resolved'"),
    )
    op.execute(
        "COMMENT ON TABLE finding IS 'What a check has to say about a subject (an entity, or an account), with a life of its own. resolved_by: who closed it, where a person did; quiet_since: since when the check has been content with one that flaps.'"
    )
    op.execute(
        "COMMENT ON TABLE finding_event IS 'Each change of a finding and each comment on it, append-only. run_id: the run whose records led to it, NULL where time or a person did; traceparent: the evaluation in the trace that run began; reason: what a person said.'"
    )

    op.create_table(
        "check_declared",
        _text("name"),
        _text("kind"),
        _text("severity"),
        _text("title"),
        _text("why"),
        _text("remedy"),
        _column("params", postgresql.JSONB()),
        _column("needs", postgresql.ARRAY(sa.Text())),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_check_declared")),
        comment="The checks of the release that runs, with their parameters as shipped: svc-workers writes them when it starts.",
    )
    op.create_table(
        "check_setting",
        _number(),
        _id("msp_id"),
        _text("check_name"),
        _text("param"),
        _column("value", postgresql.JSONB()),
        _text("scope"),
        _id("target_id", nullable=True),
        _text("author"),
        _time("set_at", **NOW),
        sa.CheckConstraint(SCOPE, name=op.f("ck_check_setting_scope")),
        sa.CheckConstraint(TARGET, name=op.f("ck_check_setting_target")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_setting")),
        comment="A parameter of a check as a person set it. The narrowest scope counts: entity, client, client group, global.",
    )
    op.create_index(
        "uq_check_setting",
        "check_setting",
        ["msp_id", "check_name", "param", "scope", "target_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "check_exception",
        _number(),
        _id("msp_id"),
        _text("check_name"),
        _text("scope"),
        _id("target_id", nullable=True),
        _text("reason"),
        _text("author"),
        _time("created_at", **NOW),
        _time("expires_at"),
        sa.CheckConstraint(SCOPE, name=op.f("ck_check_exception_scope")),
        sa.CheckConstraint(TARGET, name=op.f("ck_check_exception_target")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_exception")),
        comment="Where a check has nothing to say until expires_at, who said so and why. What was ended early has expired.",
    )
    op.create_index("ix_check_exception_expires_at", "check_exception", ["msp_id", "expires_at"])
    op.create_table(
        "client_group",
        _id("id"),
        _id("msp_id"),
        _text("name"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_group")),
        sa.UniqueConstraint("msp_id", "name", name=op.f("uq_client_group_msp_id_name")),
        comment="Clients for whom a person sets the parameters of checks together.",
    )
    op.create_table(
        "client_group_member",
        _id("client_id"),
        _id("msp_id"),
        _id("group_id"),
        sa.ForeignKeyConstraint(
            ["group_id"], ["client_group.id"], name=op.f("fk_client_group_member_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client_group_member")),
        comment="The group a client is in; it is in one at most, so that no two groups can contradict each other.",
    )
    op.create_index("ix_client_group_member_group_id", "client_group_member", ["group_id"])
    op.create_table(
        "check_trial",
        _id("id"),
        _id("msp_id"),
        _text("check_name"),
        _column("params", postgresql.JSONB()),
        _id("client_id", nullable=True),
        _text("state"),
        _time("requested_at", **NOW),
        _column("result", postgresql.JSONB(), nullable=True),
        _text("error", nullable=True),
        sa.CheckConstraint("state IN ('requested', 'ready', 'failed')", name=op.f("ck_check_trial_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_trial")),
        comment="A dry run of a check with other parameters, asked for and, when ready, what it would open and close.",
    )

    for table in ("check_setting", "check_exception", "client_group", "client_group_member", "check_trial"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenancy ON {table} USING (msp_id = {CURRENT_MSP}) WITH CHECK (msp_id = {CURRENT_MSP})"
        )


def downgrade() -> None:
    message = "what people said of checks and findings is not given up: restore a backup"
    raise NotImplementedError(message)
