"""Clusters, a person's decisions, why a candidate is held back, and the keys an entity lost since it was linked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

CURRENT_MSP = "NULLIF(current_setting('app.msp_id', true), '')::uuid"
SAMENESS = sa.text("valid_to IS NULL AND \"left\"(relation, 5) = 'same_'")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")

    op.add_column("entity_relationship", sa.Column("held_back", sa.Text(), nullable=True))
    op.execute(
        "COMMENT ON TABLE entity_relationship IS 'A typed, dated, explained edge between two entities. valid_to NULL: it holds now. held_back: why a candidate is not active.'"
    )
    op.create_index(
        "ix_entity_relationship_same_source",
        "entity_relationship",
        ["source_id"],
        unique=False,
        postgresql_where=SAMENESS,
    )
    op.create_index(
        "ix_entity_relationship_same_target",
        "entity_relationship",
        ["target_id"],
        unique=False,
        postgresql_where=SAMENESS,
    )

    op.drop_index("ix_entity_key_value", table_name="entity_key")  # a licence's key is the same in every tenant
    op.create_index(
        "ix_entity_key_value", "entity_key", ["msp_id", "key_type", "key_value", "refers", "account_id"], unique=False
    )

    op.create_table(
        "former_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("entity_id", sa.UUID(), nullable=False),
        sa.Column("key_type", sa.Text(), nullable=False),
        sa.Column("key_value", sa.Text(), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("client_id", sa.UUID(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_key")),
        comment="Keys an entity lost since it was last linked: what its leaving changes for the others who have them. Resolvers write a row with each key they take away; linking the entity deletes it.",
    )
    op.create_index("ix_former_key_entity_id", "former_key", ["entity_id"], unique=False)

    op.create_table(
        "link_decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("one_id", sa.UUID(), nullable=False),
        sa.Column("other_id", sa.UUID(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_by", sa.Text(), nullable=True),
        sa.CheckConstraint("verdict IN ('confirmed', 'rejected', 'pinned')", name=op.f("ck_link_decision_verdict")),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_link_decision_pair")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_decision")),
        comment="What a person said of two records: one thing or two. It outlives every sync; cleared_at NULL: it holds.",
    )
    op.create_index(
        "uq_link_decision_current",
        "link_decision",
        ["one_id", "other_id", "relation"],
        unique=True,
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_index(
        "ix_link_decision_other_id",
        "link_decision",
        ["other_id"],
        unique=False,
        postgresql_where=sa.text("cleared_at IS NULL"),
    )

    op.create_table(
        "cluster_member",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("msp_id", sa.UUID(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.UUID(), nullable=False),
        sa.Column("cluster_id", sa.UUID(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cluster_member")),
        comment="Which records are one person, device or company: those of one cluster_id, the id of the smallest of them. A record that is alone has no row. valid_to NULL: it holds now.",
    )
    op.create_index(
        "uq_cluster_member_current",
        "cluster_member",
        ["entity_id", "relation"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_index("ix_cluster_member_cluster_id", "cluster_member", ["cluster_id", "relation"], unique=False)

    for table in ("former_key", "link_decision", "cluster_member"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenancy ON {table} USING (msp_id = {CURRENT_MSP}) WITH CHECK (msp_id = {CURRENT_MSP})"
        )

    _relink()


def _relink() -> None:
    """Everything that may be one thing with another is linked once more, so that clusters and reasons are there."""
    for table in ("entity", "work"):  # the owner sees every msp while this runs
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        """
        INSERT INTO work (msp_id, account_id, stage, kind, entity_ids, traceparent)
        SELECT msp_id, account_id, 'link', kind, array_agg(id ORDER BY id),
               '00-' || replace(gen_random_uuid()::text, '-', '') || '-' || left(replace(gen_random_uuid()::text, '-', ''), 16) || '-01'
        FROM (SELECT e.msp_id, e.account_id, e.kind, e.id,
                     (row_number() OVER (PARTITION BY e.account_id, e.kind ORDER BY e.id) - 1) / 1000 AS batch
              FROM entity e
              WHERE e.kind IN ('identity', 'contact', 'device', 'company', 'tenant') AND e.resolved_hash IS NOT NULL
                AND e.deleted_at IS NULL) AS known
        GROUP BY msp_id, account_id, kind, batch
        """
    )
    for table in ("entity", "work"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    message = "clusters and decisions are not given up: restore a backup"
    raise NotImplementedError(message)
