"""Reports: which there are, when they are made by themselves, for which moment, and how long they are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"

CURRENT_MSP = "NULLIF(current_setting('app.msp_id', true), '')::uuid"


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")

    op.alter_column("report", "client_id", nullable=True)
    op.add_column("report", _time("at", nullable=True))
    op.add_column("report", sa.Column("schedule_id", sa.UUID(), nullable=True))
    op.add_column(
        "report",
        sa.Column(
            "kept_until",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("now() + '90 days'::interval"),
        ),
    )
    op.drop_constraint(op.f("ck_report_state"), "report")
    op.create_check_constraint(op.f("ck_report_state"), "report", "state IN ('requested', 'ready', 'failed', 'missed')")
    op.create_index("ix_report_kept_until", "report", ["kept_until"])
    op.execute(
        "COMMENT ON TABLE report IS 'A report of one client, or of all where client_id is NULL, asked for and, when ready, in its three forms. at: of which moment, NULL for when it is made; schedule_id: what asked for it, NULL for a person; missed: nobody was there to make it when it was due.'"
    )

    op.create_table(
        "report_declared",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lead", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_report_declared")),
        comment="The reports of the release that runs: svc-workers writes them when it starts.",
    )
    op.create_table(
        "report_schedule",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("target_id", sa.UUID(), nullable=True),
        sa.Column("schedule", sa.Text(), nullable=False),
        _time("next_fire_at"),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.CheckConstraint(
            "scope IN ('fleet', 'every_client', 'client_group', 'client')", name=op.f("ck_report_schedule_scope")
        ),
        sa.CheckConstraint(
            "(scope IN ('client_group', 'client')) = (target_id IS NOT NULL)", name=op.f("ck_report_schedule_target")
        ),
        sa.CheckConstraint("keep_days > 0", name=op.f("ck_report_schedule_keep_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedule")),
        comment="A report that is made again and again: on all clients together (fleet), on each (every_client), on those of a group, or on one. schedule as of a job; keep_days: how long each is kept.",
    )
    op.create_index("ix_report_schedule_next_fire_at", "report_schedule", ["next_fire_at"])
    op.execute("ALTER TABLE report_schedule ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE report_schedule FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenancy ON report_schedule USING (msp_id = {CURRENT_MSP}) WITH CHECK (msp_id = {CURRENT_MSP})"
    )


def downgrade() -> None:
    message = "what people scheduled is not given up: restore a backup"
    raise NotImplementedError(message)
