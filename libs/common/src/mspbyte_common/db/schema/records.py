"""What was read: raw and normalized records, what did not fit, and how vendors' answers are shaped."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from mspbyte_common.db.schema.columns import Id, Time, metadata, now, of_msp

entity = Table(
    "entity",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("account_id", Id, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("raw_data", JSONB, nullable=False),
    Column("semantic_hash", LargeBinary, nullable=False),
    Column("volatile_hash", LargeBinary, nullable=False),
    now("first_seen_at"),
    now("changed_at"),
    Column("deleted_at", Time),
    Column("normalized_data", JSONB),
    Column("mapped_hash", LargeBinary),
    Column("mapped_volatile_hash", LargeBinary),
    Column("mapper_version", Integer),
    Column("client_id", Id),
    Column("repairs", JSONB),
    Column("resolved_hash", LargeBinary),
    Index("ix_entity_account_id_resource", "account_id", "resource", "id"),
    Index("ix_entity_client_id_kind", "client_id", "kind"),
    comment=(
        "One external record: raw_data as the vendor sent it (adapters), normalized_data in our vocabulary "
        "(processors, repaired by resolvers), side by side."
    ),
    postgresql_with={"fillfactor": "70"},
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("entity_id", Id, ForeignKey("entity.id", ondelete="CASCADE"), primary_key=True),
    of_msp(),
    Column("vendor", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("mapper_version", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("value_class", Text, nullable=False),
    Column("error", Text, nullable=False),
    now("since"),
    comment="Raw records that do not fit their kind, with the path at fault.",
)

entity_change = Table(
    "entity_change",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    of_msp(),
    Column("entity_id", Id, nullable=False),
    now("at"),
    Column("path", Text, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("run_id", Id),
    Column("traceparent", Text, nullable=False),
    Index("ix_entity_change_entity_id", "entity_id", "id"),
    Index("ix_entity_change_at", "at", postgresql_using="brin"),
    comment=(
        "Each change of a field of normalized_data, of client_id and of being deleted, append-only. A path that ends in [] "
        "is a list: before and after hold what left and what came, by place. Volatile fields are not kept."
    ),
)

shape = Table(
    "shape",
    metadata,
    Column("msp_id", Id, primary_key=True),
    Column("vendor", Text, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("paths", JSONB, nullable=False),
    now("since"),
    comment="What a vendor's records are known to look like: path → the JSON types seen there, learned in the first day.",
)

drift = Table(
    "drift",
    metadata,
    Column("msp_id", Id, primary_key=True),
    Column("vendor", Text, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("example", Text, nullable=False),
    Column("records", BigInteger, nullable=False),
    now("first_seen_at"),
    now("last_seen_at"),
    CheckConstraint("kind IN ('new_field', 'missing_field', 'changed_type', 'new_word')", name="kind"),
    comment=(
        "Where a vendor's records left their known shape, one row per path and kind of drift, counted. example: the type "
        "seen there, or the new word of an enumeration; never a person's data."
    ),
)
