"""The shared vendor budgets: unlogged rows, under the msp's row-level security."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

CURRENT_MSP = "NULLIF(current_setting('app.msp_id', true), '')::uuid"


def _epoch(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("'epoch'"), nullable=False)


def _zero(name: str, kind: type) -> sa.Column[object]:
    return sa.Column(name, kind(), server_default=sa.text("0"), nullable=False)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "budget",
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("resource", sa.Text(), nullable=True),
        sa.Column("limit_text", sa.Text(), nullable=True),
        sa.Column("amount", sa.Double(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        _epoch("tat"),
        sa.Column("factor", sa.Double(), server_default=sa.text("1"), nullable=False),
        _epoch("lowered_at"),
        _epoch("window_at"),
        _zero("spent", sa.Double),
        _zero("spent_before", sa.Double),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        _zero("refused", sa.BigInteger),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        _zero("strikes", sa.Integer),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("factor > 0 AND factor <= 1", name=op.f("ck_budget_factor")),
        sa.CheckConstraint("level IN ('connection', 'account', 'endpoint')", name=op.f("ck_budget_level")),
        sa.PrimaryKeyConstraint("msp_id", "scope", name=op.f("pk_budget")),
        comment="What all replicas have used of a vendor's limits. A row with limit_text is one limit of one scope: tat is GCRA's theoretical arrival time, factor the share of the rate in force. One without is a place that can be paused.",
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "budget_place",
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("holder", name=op.f("pk_budget_place")),
        comment="One of the places a limit on concurrency has, held by a process until a moment unless it says so again.",
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_budget_place_scope", "budget_place", ["msp_id", "scope"], unique=False)
    for table in ("budget", "budget_place"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenancy ON {table} USING (msp_id = {CURRENT_MSP}) WITH CHECK (msp_id = {CURRENT_MSP})"
        )


def downgrade() -> None:
    op.drop_table("budget_place")
    op.drop_table("budget")
