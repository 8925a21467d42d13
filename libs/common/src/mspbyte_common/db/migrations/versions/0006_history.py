"""History of fields, known shapes and their drift, versions of derivations, rebuilds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

CURRENT_MSP = "NULLIF(current_setting('app.msp_id', true), '')::uuid"
TENANT_TABLES = ("entity_change", "shape", "drift", "rebuild")
NOW = sa.text("now()")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_entity_account_id_resource", "entity")
    op.create_index("ix_entity_account_id_resource", "entity", ["account_id", "resource", "id"])
    op.create_table(
        "entity_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("entity_id", sa.UUID(), nullable=False),
        sa.Column("at", TIME, server_default=NOW, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB()),
        sa.Column("after", postgresql.JSONB()),
        sa.Column("run_id", sa.UUID()),
        sa.Column("traceparent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_entity_change"),
        comment=(
            "Each change of a field of normalized_data, of client_id and of being deleted, append-only. A path that ends in "
            "[] is a list: before and after hold what left and what came, by place. Volatile fields are not kept."
        ),
    )
    op.create_index("ix_entity_change_entity_id", "entity_change", ["entity_id", "id"])
    op.create_index("ix_entity_change_at", "entity_change", ["at"], postgresql_using="brin")
    op.create_table(
        "shape",
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("paths", postgresql.JSONB(), nullable=False),
        sa.Column("since", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("msp_id", "vendor", "resource", name="pk_shape"),
        comment=(
            "What a vendor's records are known to look like: path → the JSON types seen there, learned in the first day."
        ),
    )
    op.create_table(
        "drift",
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("example", sa.Text(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", TIME, server_default=NOW, nullable=False),
        sa.Column("last_seen_at", TIME, server_default=NOW, nullable=False),
        sa.CheckConstraint("kind IN ('new_field', 'missing_field', 'changed_type', 'new_word')", name="ck_drift_kind"),
        sa.PrimaryKeyConstraint("msp_id", "vendor", "resource", "path", "kind", name="pk_drift"),
        comment=(
            "Where a vendor's records left their known shape, one row per path and kind of drift, counted. example: the "
            "type seen there, or the new word of an enumeration; never a person's data."
        ),
    )
    op.create_table(
        "derivation",
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("pending", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("since", TIME, server_default=NOW, nullable=False),
        sa.CheckConstraint("stage IN ('process', 'resolve')", name="ck_derivation_stage"),
        sa.PrimaryKeyConstraint("stage", "name", name="pk_derivation"),
        comment=(
            "By which version a step derives what: of 'vendor/resource' (process) or of a kind (resolve). Each service "
            "writes its own when it starts; pending: records an older one derived are yet to be derived anew."
        ),
    )
    op.create_table(
        "rebuild",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text()),
        sa.Column("resource", sa.Text()),
        sa.Column("kind", sa.Text()),
        sa.Column("stages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("account_id", sa.UUID()),
        sa.Column("after_resource", sa.Text()),
        sa.Column("after_id", sa.UUID()),
        sa.Column("entities", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.Column("finished_at", TIME),
        sa.CheckConstraint("state IN ('open', 'done', 'cancelled')", name="ck_rebuild_state"),
        sa.PrimaryKeyConstraint("id", name="pk_rebuild"),
        comment=(
            "A walk over an msp's records, stage by stage, that has them derived anew in small pieces of work. account_id, "
            "after_resource and after_id are its place; vendor, resource and kind narrow it."
        ),
    )
    op.create_index("ix_rebuild_open", "rebuild", ["created_at"], postgresql_where=sa.text("state = 'open'"))
    for table in TENANT_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenancy ON {table} USING (msp_id = {CURRENT_MSP}) WITH CHECK (msp_id = {CURRENT_MSP})"
        )


def downgrade() -> None:
    for table in ("rebuild", "derivation", "drift", "shape", "entity_change"):
        op.drop_table(table)
    op.drop_index("ix_entity_account_id_resource", "entity")
    op.create_index("ix_entity_account_id_resource", "entity", ["account_id", "resource"])
