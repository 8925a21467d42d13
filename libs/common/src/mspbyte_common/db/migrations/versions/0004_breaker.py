"""Breakers of jobs that fail for the vendor's reasons, how often a run began anew, and when a credential expires."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

CURRENT_MSP = "NULLIF(current_setting('app.msp_id', true), '')::uuid"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("connection", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table_comment(
        "connection",
        "Credentials for one vendor. settings holds addresses and public ids; secret is AES-GCM over JSON. expires_at: when the vendor will no longer take it, NULL where nobody said.",
    )
    op.add_column("run", sa.Column("restarts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.create_table(
        "breaker",
        sa.Column("job_id", sa.UUID(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("open_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_probe_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_class", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.CheckConstraint("(open_since IS NULL) = (next_probe_at IS NULL)", name=op.f("ck_breaker_open_is_probed")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_breaker_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_breaker")),
        comment="A job whose last runs failed for the vendor's reasons, one row while they do. Open: it is not run on its schedule but asked at next_probe_at.",
    )
    op.create_index("ix_breaker_account_id", "breaker", ["account_id"], unique=False)
    op.execute("ALTER TABLE breaker ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE breaker FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenancy ON breaker USING (msp_id = {CURRENT_MSP}) WITH CHECK (msp_id = {CURRENT_MSP})")


def downgrade() -> None:
    op.drop_table("breaker")
    op.drop_column("run", "restarts")
    op.drop_column("connection", "expires_at")
    op.create_table_comment(
        "connection",
        "Credentials for one vendor. settings holds addresses and public ids; secret is AES-GCM over JSON.",
    )
