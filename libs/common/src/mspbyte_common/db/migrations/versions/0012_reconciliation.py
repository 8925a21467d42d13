"""Billing rules, and reconciliations that were asked for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"

CURRENT_MSP = "NULLIF(current_setting('app.msp_id', true), '')::uuid"
NOW = {"server_default": sa.text("now()")}


def _column(name: str, kind: sa.types.TypeEngine[Any], **more: object) -> sa.Column[object]:
    return sa.Column(name, kind, **{"nullable": False} | more)  # type: ignore[arg-type]


def _text(name: str, **more: object) -> sa.Column[object]:
    return _column(name, sa.Text(), **more)


def _id(name: str, **more: object) -> sa.Column[object]:
    return _column(name, sa.UUID(), **more)


def _time(name: str, **more: object) -> sa.Column[object]:
    return _column(name, sa.DateTime(timezone=True), **more)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")

    op.create_table(
        "billing_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        _id("msp_id"),
        _text("rule_id"),
        _text("scope"),
        _id("target_id", nullable=True),
        _column("rule", postgresql.JSONB()),
        _text("author"),
        _time("set_at", **NOW),
        sa.CheckConstraint("scope IN ('global', 'client_group', 'client')", name=op.f("ck_billing_rule_scope")),
        sa.CheckConstraint("(scope = 'global') = (target_id IS NULL)", name=op.f("ck_billing_rule_target")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_rule")),
        comment="A billing rule as a person set it: which services are proved by counting what. Of two with one rule_id the narrowest scope counts: client, client group, global, as shipped.",
    )
    op.create_index(
        "uq_billing_rule",
        "billing_rule",
        ["msp_id", "rule_id", "scope", "target_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "reconciliation",
        _id("id"),
        _id("msp_id"),
        _id("client_id", nullable=True),
        _time("at", nullable=True),
        _text("state"),
        _time("requested_at", **NOW),
        _column("result", postgresql.JSONB(), nullable=True),
        _text("error", nullable=True),
        sa.CheckConstraint("state IN ('requested', 'ready', 'failed')", name=op.f("ck_reconciliation_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
        comment="A reconciliation that was asked for, of one client or of all, as of now or of a time, and, when ready, its positions. Who asked takes the row away with the answer.",
    )
    for table in ("billing_rule", "reconciliation"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenancy ON {table} USING (msp_id = {CURRENT_MSP}) WITH CHECK (msp_id = {CURRENT_MSP})"
        )


def downgrade() -> None:
    message = "what people said of billing is not given up: restore a backup"
    raise NotImplementedError(message)
