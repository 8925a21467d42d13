"""Things that several records of an account tell of. Resolvers fill the tables: new rules have all records resolved anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

CURRENT_MSP = "NULLIF(current_setting('app.msp_id', true), '')::uuid"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "merged",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key_type", sa.Text(), nullable=False),
        sa.Column("key_value", sa.Text(), nullable=False),
        sa.Column("leading_id", sa.UUID(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("provenance", postgresql.JSONB(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merged")),
        comment="One thing that several records of an account tell of, by the key they share. document has its fields but for the volatile ones; provenance: per record, in order, the fields its word counts for and why. A record that is alone has no row.",
    )
    op.create_index("ix_merged_account_id", "merged", ["account_id"], unique=False)
    op.create_table(
        "fragment",
        sa.Column("entity_id", sa.UUID(), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("merged_id", sa.UUID(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("contested", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", name=op.f("pk_fragment")),
        comment="Which record is part of which merged thing. place 0 leads. contested: only what was seen last orders it among the others of its resource, so that a change of volatile fields may change its place.",
    )
    op.create_index("ix_fragment_merged_id", "fragment", ["merged_id"], unique=False)
    for table in ("merged", "fragment"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenancy ON {table} USING (msp_id = {CURRENT_MSP}) WITH CHECK (msp_id = {CURRENT_MSP})"
        )


def downgrade() -> None:
    message = "merged things are not given up: restore a backup"
    raise NotImplementedError(message)
