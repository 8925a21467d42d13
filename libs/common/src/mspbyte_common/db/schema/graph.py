"""What records are together: their keys, the things they tell of, relationships and clusters."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from mspbyte_common.db.schema.columns import Id, Time, metadata, now, of_msp

entity_key = Table(
    "entity_key",
    metadata,
    of_msp(),
    Column("entity_id", Id, nullable=False),
    Column("refers", Boolean, nullable=False),
    Column("key_type", Text, nullable=False),
    Column("key_value", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("account_id", Id, nullable=False),
    Column("client_id", Id),
    Index("uq_entity_key", "entity_id", "refers", "key_type", "key_value", unique=True),
    Index("ix_entity_key_value", "msp_id", "key_type", "key_value", "refers", "account_id"),
    comment="A typed value by which an entity is known (refers = false) or to which it refers (refers = true).",
)

former_key = Table(
    "former_key",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    of_msp(),
    Column("entity_id", Id, nullable=False),
    Column("key_type", Text, nullable=False),
    Column("key_value", Text, nullable=False),
    Column("account_id", Id, nullable=False),
    Column("client_id", Id),
    Index("ix_former_key_entity_id", "entity_id"),
    comment=(
        "Keys an entity lost since it was last linked: what its leaving changes for the others who have them. "
        "Resolvers write a row with each key they take away; linking the entity deletes it."
    ),
)

merged = Table(
    "merged",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("account_id", Id, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key_type", Text, nullable=False),
    Column("key_value", Text, nullable=False),
    Column("leading_id", Id, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("provenance", JSONB, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("ix_merged_account_id", "account_id"),
    comment=(
        "One thing that several records of an account tell of, by the key they share. document has its fields but for the "
        "volatile ones; provenance: per record, in order, the fields its word counts for and why. A record that is alone "
        "has no row."
    ),
)

fragment = Table(
    "fragment",
    metadata,
    Column("entity_id", Id, primary_key=True),
    of_msp(),
    Column("merged_id", Id, nullable=False),
    Column("place", SmallInteger, nullable=False),
    Column("contested", Boolean, nullable=False),
    Index("ix_fragment_merged_id", "merged_id"),
    comment=(
        "Which record is part of which merged thing. place 0 leads. contested: only what was seen last orders it among "
        "the others of its resource, so that a change of volatile fields may change its place."
    ),
)

issue = Table(
    "issue",
    metadata,
    of_msp(),
    Column("entity_id", Id, ForeignKey("entity.id", ondelete="CASCADE"), primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("client_id", Id),
    Column("value", Text),
    now("since"),
    comment="What a resolver rule could not repair, or had to take away: visible and counted.",
)

entity_relationship = Table(
    "entity_relationship",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    of_msp(),
    Column("relation", Text, nullable=False),
    Column("source_id", Id, nullable=False),
    Column("target_id", Id, nullable=False),
    Column("state", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("held_back", Text),
    Column("confidence", Numeric(3, 2), nullable=False),
    Column("scope_id", Id, nullable=False),
    Column("key_value", Text, nullable=False),
    Column("evidence", JSONB, nullable=False),
    now("valid_from"),
    Column("valid_to", Time),
    CheckConstraint("state IN ('active', 'candidate')", name="state"),
    Index(
        "uq_entity_relationship_current",
        "source_id",
        "target_id",
        "rule",
        "key_value",
        unique=True,
        postgresql_where=text("valid_to IS NULL"),
    ),
    Index("ix_entity_relationship_target_id", "target_id", postgresql_where=text("valid_to IS NULL")),
    Index(
        "ix_entity_relationship_key",
        "rule",
        "scope_id",
        "key_value",
        postgresql_where=text("valid_to IS NULL AND \"left\"(relation, 5) = 'same_'"),
    ),
    Index(
        "ix_entity_relationship_same_source",
        "source_id",
        postgresql_where=text("valid_to IS NULL AND \"left\"(relation, 5) = 'same_'"),
    ),
    Index(
        "ix_entity_relationship_same_target",
        "target_id",
        postgresql_where=text("valid_to IS NULL AND \"left\"(relation, 5) = 'same_'"),
    ),
    comment=(
        "A typed, dated, explained edge between two entities. valid_to NULL: it holds now. "
        "held_back: why a candidate is not active."
    ),
)

link_decision = Table(
    "link_decision",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    of_msp(),
    Column("relation", Text, nullable=False),
    Column("one_id", Id, nullable=False),
    Column("other_id", Id, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    now("decided_at"),
    Column("cleared_at", Time),
    Column("cleared_by", Text),
    CheckConstraint("verdict IN ('confirmed', 'rejected', 'pinned')", name="verdict"),
    CheckConstraint("one_id < other_id", name="pair"),
    Index(
        "uq_link_decision_current",
        "one_id",
        "other_id",
        "relation",
        unique=True,
        postgresql_where=text("cleared_at IS NULL"),
    ),
    Index("ix_link_decision_other_id", "other_id", postgresql_where=text("cleared_at IS NULL")),
    comment="What a person said of two records: one thing or two. It outlives every sync; cleared_at NULL: it holds.",
)

cluster_member = Table(
    "cluster_member",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    of_msp(),
    Column("relation", Text, nullable=False),
    Column("entity_id", Id, nullable=False),
    Column("cluster_id", Id, nullable=False),
    now("valid_from"),
    Column("valid_to", Time),
    Index(
        "uq_cluster_member_current",
        "entity_id",
        "relation",
        unique=True,
        postgresql_where=text("valid_to IS NULL"),
    ),
    Index("ix_cluster_member_cluster_id", "cluster_id", "relation"),
    comment=(
        "Which records are one person, device or company: those of one cluster_id, the id of the smallest of them. "
        "A record that is alone has no row. valid_to NULL: it holds now."
    ),
)
