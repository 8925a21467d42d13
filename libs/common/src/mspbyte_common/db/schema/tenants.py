"""Who there is: msps and their keys, clients, connections and the accounts these reach."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from mspbyte_common.db.schema.columns import Id, Time, metadata, now, of_msp

msp = Table(
    "msp",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    now("created_at"),
    Column("removed_at", Time),
    Column("weight", SmallInteger, nullable=False, server_default=text("1")),
    CheckConstraint("weight BETWEEN 1 AND 100", name="weight"),
    comment=(
        "Who runs the system. weight: its share of what all msps use together, beside theirs. removed_at: since when it is "
        "being removed; the row goes last."
    ),
)

data_key = Table(
    "data_key",
    metadata,
    Column("msp_id", Id, ForeignKey("msp.id"), primary_key=True),
    Column("version", Integer, nullable=False, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    now("created_at"),
    Column("kek_id", Text),
    comment=(
        "The key that encrypts an msp's credentials, itself encrypted by the key-encryption key kek_id (NULL: by the one "
        "of a release that did not note it). While data keys are rotated there are two; the newest encrypts."
    ),
)

client = Table(
    "client",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("account_id", Id, nullable=False),
    Column("company_id", Text, nullable=False),
    Column("name", Text),
    Column("active", Boolean),
    Column("is_msp", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("account_id", "company_id"),
    comment="An MSP's customer: a company of the PSA. name is NULL until the company itself was read.",
)

connection = Table(
    "connection",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("vendor", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("settings", JSONB, nullable=False, server_default=text("'{}'")),
    Column("secret", LargeBinary, nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("expires_at", Time),
    now("created_at"),
    UniqueConstraint("msp_id", "vendor", "name"),
    comment=(
        "Credentials for one vendor. settings holds addresses and public ids; secret is AES-GCM over JSON. expires_at: "
        "when the vendor will no longer take it, NULL where nobody said."
    ),
)

account = Table(
    "account",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("connection_id", Id, ForeignKey("connection.id", ondelete="CASCADE"), nullable=False),
    Column("vendor", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("name", Text),
    Column("is_root", Boolean, nullable=False, server_default=text("false")),
    Column("is_tenant", Boolean, nullable=False, server_default=text("true")),
    Column("state", Text, nullable=False, server_default=text("'unmapped'")),
    Column("client_id", Id),
    Column("settings", JSONB, nullable=False, server_default=text("'{}'")),
    Column("unreachable_reason", Text),
    Column("parked_class", Text),
    Column("parked_reason", Text),
    Column("parked_at", Time),
    now("created_at"),
    CheckConstraint("state IN ('unmapped', 'mapped', 'excluded')", name="state"),
    CheckConstraint("(state = 'mapped') = (client_id IS NOT NULL)", name="mapped_has_client"),
    Index("ix_account_connection_id", "connection_id"),
    Index("ix_account_client_id", "client_id"),
    comment=(
        "One vendor-side tenant a connection reaches. A root account lists others; an account that is a tenant has "
        "its own records. unreachable_reason: the vendor lists it but gives no way to it. parked_*: stopped until a "
        "person acts."
    ),
)
