"""Every table on one page. Who writes which stands in `db/roles.py`.

Ids are UUIDs computed from natural keys (`ids.py`), so that a crash, a replay or a rebuild writes the same row again.
Every table with msp_id is under forced row-level security (`db/migrations`). Foreign keys stand where rows are few: on
entity, entity_key and entity_relationship each check would lock a hot parent row once per record (ADR 0002); their ids
are computed, and what removes a parent removes them too.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Time = DateTime(timezone=True)
Id = UUID(as_uuid=True)


def _msp() -> Column[object]:
    return Column("msp_id", Id, nullable=False)


def _now(name: str) -> Column[object]:
    return Column(name, Time, nullable=False, server_default=func.now())


def _epoch(name: str) -> Column[object]:
    """A moment that is long past unless something happened."""
    return Column(name, Time, nullable=False, server_default=text("'epoch'"))


# --- who ------------------------------------------------------------------------------------------------------------

msp = Table(
    "msp",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    _now("created_at"),
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
    _now("created_at"),
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
    _msp(),
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
    _msp(),
    Column("vendor", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("settings", JSONB, nullable=False, server_default=text("'{}'")),
    Column("secret", LargeBinary, nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("expires_at", Time),
    _now("created_at"),
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
    _msp(),
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
    _now("created_at"),
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

# --- the schedule ---------------------------------------------------------------------------------------------------

resource = Table(
    "resource",
    metadata,
    Column("vendor", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("interval_seconds", Integer, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("incremental_seconds", Integer),
    Column("needs", Text, nullable=False, server_default=text("''")),
    CheckConstraint("level IN ('root', 'tenant')", name="level"),
    comment=(
        "What the adapters can fetch: each adapter writes its own rows when it starts. interval_seconds: how often in "
        "full; incremental_seconds: how often only what changed, NULL where the vendor cannot tell; needs: the "
        "permission, role or licence without which the vendor refuses it."
    ),
)

job = Table(
    "job",
    metadata,
    Column("id", Id, primary_key=True),
    _msp(),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("vendor", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("paused", Boolean, nullable=False, server_default=text("false")),
    Column("schedule", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("next_fire_at", Time, nullable=False),
    Column("manual_at", Time),
    Column("full_seconds", Integer),
    Column("time_zone", Text, nullable=False, server_default=text("'UTC'")),
    Column("overlap", Text, nullable=False, server_default=text("'skip'")),
    Column("catch_up", Text, nullable=False, server_default=text("'latest'")),
    Column("paused_at", Time),
    Column("paused_reason", Text),
    Column("backfill_from", Time),
    Column("backfill_to", Time),
    UniqueConstraint("account_id", "resource"),
    CheckConstraint("overlap IN ('skip', 'queue')", name="overlap"),
    CheckConstraint("catch_up IN ('none', 'latest', 'all')", name="catch_up"),
    CheckConstraint("(backfill_from IS NULL) = (backfill_to IS NULL)", name="backfill"),
    Index("ix_job_due", "next_fire_at"),
    Index("ix_job_asked", "id", postgresql_where=text("manual_at IS NOT NULL OR backfill_from IS NOT NULL")),
    comment=(
        "(account, resource) with its schedule: 'every 86400s', or a cron expression in time_zone. overlap: what becomes of "
        "an instant that meets an open run; catch_up: of those nobody was there for. full_seconds: how old the last full "
        "listing may be before a run is a full one again; NULL: as the resource says. manual_at and backfill_*: what a "
        "person asked for."
    ),
)

listing = Table(
    "listing",
    metadata,
    Column("job_id", Id, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    _msp(),
    Column("account_id", Id, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("cursor", JSONB),
    Column("complete_at", Time),
    Column("complete_run_id", Id),
    Column("records", Integer),
    Column("held_ids", ARRAY(Id), nullable=False, server_default=text("'{}'")),
    Column("unavailable_reason", Text),
    Column("current_at", Time),
    Column("unavailable_since", Time),
    Column("unavailable_at", Time),
    Index("ix_listing_account_id", "account_id"),
    comment=(
        "What the last runs proved of a resource: when it was last read whole (complete_at), until when all changes "
        "are known (current_at), the cursor to go on from there, and the deletions that wait for a second listing to "
        "agree. unavailable_*: why the account has no such resource, since when, and when it was last asked."
    ),
)

breaker = Table(
    "breaker",
    metadata,
    Column("job_id", Id, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    _msp(),
    Column("account_id", Id, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Time, nullable=False),
    Column("open_since", Time),
    Column("next_probe_at", Time),
    Column("error_class", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("advice", Text, nullable=False),
    CheckConstraint("(open_since IS NULL) = (next_probe_at IS NULL)", name="open_is_probed"),
    Index("ix_breaker_account_id", "account_id"),
    comment=(
        "A job whose last runs failed for the vendor's reasons, one row while they do. Open: it is not run on its "
        "schedule but asked at next_probe_at."
    ),
)

run = Table(
    "run",
    metadata,
    Column("id", Id, primary_key=True),
    _msp(),
    Column("job_id", Id, ForeignKey("job.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", Id, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("fire_time", Time, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("restarts", SmallInteger, nullable=False, server_default=text("0")),
    Column("not_before", Time),
    Column("announced_at", Time),
    Column("fence", BigInteger, nullable=False, server_default=text("0")),
    Column("lease_owner", Text),
    Column("lease_until", Time),
    Column("page_token", JSONB),
    Column("pages", Integer, nullable=False, server_default=text("0")),
    Column("records", Integer, nullable=False, server_default=text("0")),
    Column("changed", Integer, nullable=False, server_default=text("0")),
    Column("deleted", Integer, nullable=False, server_default=text("0")),
    Column("held", Integer, nullable=False, server_default=text("0")),
    Column("error_class", Text),
    Column("error", Text),
    Column("advice", Text),
    Column("traceparent", Text, nullable=False),
    _now("created_at"),
    Column("started_at", Time),
    Column("finished_at", Time),
    Column("mode", Text),
    Column("cursor", JSONB),
    Column("further_fire_times", ARRAY(Time), nullable=False, server_default=text("'{}'")),
    UniqueConstraint("job_id", "fire_time"),
    CheckConstraint("mode IN ('full', 'incremental')", name="mode"),
    CheckConstraint(
        "state IN ('waiting', 'queued', 'running', 'succeeded', 'failed', 'parked', 'unavailable', 'skipped', 'missed')",
        name="state",
    ),
    Index("ix_run_waiting", "job_id", "fire_time", postgresql_where=text("state = 'waiting'")),
    Index("ix_run_finished_at", "finished_at"),
    Index("ix_run_open", "state", "not_before", postgresql_where=text("state IN ('queued', 'running')")),
    Index("uq_run_open_job", "job_id", unique=True, postgresql_where=text("state IN ('queued', 'running')")),
    comment=(
        "One execution of a job, unique per fire time: the ledger row of the fetch stage, with lease and fence. What did not "
        "run has a row as well, with its reason; further_fire_times: the instants after it that share its fate. waiting: it "
        "runs when those before it have ended. mode is chosen when it is first claimed; cursor is the one it leaves to the "
        "next run when it is complete."
    ),
)

page = Table(
    "page",
    metadata,
    _msp(),
    Column("run_id", Id, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("entity_ids", ARRAY(Id), nullable=False),
    Column("changed", Integer, nullable=False),
    _now("stored_at"),
    comment="Which records a page of a run carried: together the proof of a complete listing.",
)

# --- what we know ---------------------------------------------------------------------------------------------------

entity = Table(
    "entity",
    metadata,
    Column("id", Id, primary_key=True),
    _msp(),
    Column("account_id", Id, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("raw_data", JSONB, nullable=False),
    Column("semantic_hash", LargeBinary, nullable=False),
    Column("volatile_hash", LargeBinary, nullable=False),
    _now("first_seen_at"),
    _now("changed_at"),
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
    _msp(),
    Column("vendor", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("mapper_version", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("value_class", Text, nullable=False),
    Column("error", Text, nullable=False),
    _now("since"),
    comment="Raw records that do not fit their kind, with the path at fault.",
)

entity_change = Table(
    "entity_change",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _msp(),
    Column("entity_id", Id, nullable=False),
    _now("at"),
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
    _now("since"),
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
    _now("first_seen_at"),
    _now("last_seen_at"),
    CheckConstraint("kind IN ('new_field', 'missing_field', 'changed_type', 'new_word')", name="kind"),
    comment=(
        "Where a vendor's records left their known shape, one row per path and kind of drift, counted. example: the type "
        "seen there, or the new word of an enumeration; never a person's data."
    ),
)

entity_key = Table(
    "entity_key",
    metadata,
    _msp(),
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
    _msp(),
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
    _msp(),
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
    _msp(),
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
    _msp(),
    Column("entity_id", Id, ForeignKey("entity.id", ondelete="CASCADE"), primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("client_id", Id),
    Column("value", Text),
    _now("since"),
    comment="What a resolver rule could not repair, or had to take away: visible and counted.",
)

entity_relationship = Table(
    "entity_relationship",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _msp(),
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
    _now("valid_from"),
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
    _msp(),
    Column("relation", Text, nullable=False),
    Column("one_id", Id, nullable=False),
    Column("other_id", Id, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    _now("decided_at"),
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
    _msp(),
    Column("relation", Text, nullable=False),
    Column("entity_id", Id, nullable=False),
    Column("cluster_id", Id, nullable=False),
    _now("valid_from"),
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

# --- the ledger -----------------------------------------------------------------------------------------------------

work = Table(
    "work",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _msp(),
    Column("run_id", Id),
    Column("account_id", Id),
    Column("stage", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("entity_ids", ARRAY(Id), nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("starts", SmallInteger, nullable=False, server_default=text("0")),
    Column("not_before", Time),
    Column("announced_at", Time),
    _now("created_at"),
    Column("last_error", Text),
    Column("traceparent", Text, nullable=False),
    CheckConstraint("cardinality(entity_ids) BETWEEN 1 AND 1000", name="batch"),
    Index("ix_work_window", "stage", "account_id", "id"),
    Index("ix_work_waiting", "stage", "msp_id", "account_id", "id", postgresql_where=text("announced_at IS NULL")),
    Index(
        "ix_work_announced", "stage", "msp_id", "account_id", "id", postgresql_where=text("announced_at IS NOT NULL")
    ),
    comment="Outbox, inbox and ledger in one: what is to be done, written in the transaction it follows from.",
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _msp(),
    Column("work_id", BigInteger, nullable=False, unique=True),
    Column("run_id", Id),
    Column("account_id", Id),
    Column("stage", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("entity_ids", ARRAY(Id), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error_class", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("traceparent", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("reason", Text),
    _now("created_at"),
    Column("closed_at", Time),
    CheckConstraint("state IN ('open', 'replayed', 'discarded')", name="state"),
    comment="Work that failed past its attempts: listed, inspected, replayed or discarded by a person.",
)

derivation = Table(
    "derivation",
    metadata,
    Column("stage", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("pending", Boolean, nullable=False, server_default=text("false")),
    _now("since"),
    CheckConstraint("stage IN ('process', 'resolve', 'link')", name="stage"),
    comment=(
        "By which version a step derives what: of 'vendor/resource' (process) or of a kind (resolve, link). Each service "
        "writes its own when it starts; pending: records an older one derived are yet to be derived anew."
    ),
)

rebuild = Table(
    "rebuild",
    metadata,
    Column("id", Id, primary_key=True),
    _msp(),
    Column("reason", Text, nullable=False),
    Column("vendor", Text),
    Column("resource", Text),
    Column("kind", Text),
    Column("stages", ARRAY(Text), nullable=False),
    Column("stage", Text, nullable=False),
    Column("account_id", Id),
    Column("after_resource", Text),
    Column("after_id", Id),
    Column("entities", BigInteger, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    _now("created_at"),
    Column("finished_at", Time),
    CheckConstraint("state IN ('open', 'done', 'cancelled')", name="state"),
    Index("ix_rebuild_open", "created_at", postgresql_where=text("state = 'open'")),
    comment=(
        "A walk over an msp's records, stage by stage, that has them derived anew in small pieces of work. account_id, "
        "after_resource and after_id are its place; vendor, resource and kind narrow it."
    ),
)

# --- what we say ----------------------------------------------------------------------------------------------------

finding = Table(
    "finding",
    metadata,
    Column("id", Id, primary_key=True),
    _msp(),
    Column("check_name", Text, nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("client_id", Id),
    Column("severity", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("evidence", JSONB, nullable=False),
    _now("opened_at"),
    _now("changed_at"),
    Column("resolved_at", Time),
    Column("suppressed_until", Time),
    Column("resolved_by", Text),
    Column("quiet_since", Time),
    CheckConstraint("state IN ('open', 'acknowledged', 'suppressed', 'resolved', 'regressed')", name="state"),
    CheckConstraint("(state = 'suppressed') = (suppressed_until IS NOT NULL)", name="suppressed_until"),
    CheckConstraint("severity IN ('critical', 'high', 'medium', 'low', 'info')", name="severity"),
    UniqueConstraint("subject_id", "check_name"),
    Index("ix_finding_client_id", "client_id", "state"),
    Index("ix_finding_check_name", "check_name", "state"),
    Index(
        "ix_finding_standing",
        "severity",
        "opened_at",
        "id",
        postgresql_where=text("state <> 'resolved'"),
    ),
    comment=(
        "What a check has to say about a subject (an entity, or an account), with a life of its own. resolved_by: who "
        "closed it, where a person did; quiet_since: since when the check has been content with one that flaps."
    ),
)

finding_event = Table(
    "finding_event",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _msp(),
    Column("finding_id", Id, ForeignKey("finding.id", ondelete="CASCADE"), nullable=False),
    Column("state", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("author", Text, nullable=False),
    _now("at"),
    Column("run_id", Id),
    Column("traceparent", Text),
    Column("reason", Text),
    Index("ix_finding_event_finding_id", "finding_id"),
    comment=(
        "Each change of a finding and each comment on it, append-only. run_id: the run whose records led to it, NULL where "
        "time or a person did; traceparent: the evaluation in the trace that run began; reason: what a person said."
    ),
)

recheck = Table(
    "recheck",
    metadata,
    Column("subject_id", Id, primary_key=True),
    Column("check_name", Text, primary_key=True),
    _msp(),
    Column("subject_kind", Text, nullable=False),
    Column("client_id", Id),
    Column("account_id", Id),
    Column("why", Text),
    Column("waits_for", Text),
    Column("due_at", Time),
    Index("ix_recheck_due_at", "due_at"),
    Index("ix_recheck_waits_for_account_id", "waits_for", "account_id"),
    Index("ix_recheck_waits_for_client_id", "waits_for", "client_id"),
    Index("ix_recheck_client_id", "client_id"),
    comment=(
        "When a check must look again although nothing changes: at due_at, or when the listing 'vendor/resource' in "
        "waits_for becomes complete. why: the reason of an unknown verdict, NULL for a known one."
    ),
)

check_declared = Table(
    "check_declared",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("params", JSONB, nullable=False),
    Column("needs", ARRAY(Text), nullable=False),
    comment="The checks of the release that runs, with their parameters as shipped: svc-workers writes them when it starts.",
)

check_setting = Table(
    "check_setting",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _msp(),
    Column("check_name", Text, nullable=False),
    Column("param", Text, nullable=False),
    Column("value", JSONB, nullable=False),
    Column("scope", Text, nullable=False),
    Column("target_id", Id),
    Column("author", Text, nullable=False),
    _now("set_at"),
    CheckConstraint("scope IN ('global', 'client_group', 'client', 'entity')", name="scope"),
    CheckConstraint("(scope = 'global') = (target_id IS NULL)", name="target"),
    Index(
        "uq_check_setting",
        "msp_id",
        "check_name",
        "param",
        "scope",
        "target_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    comment="A parameter of a check as a person set it. The narrowest scope counts: entity, client, client group, global.",
)

check_exception = Table(
    "check_exception",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _msp(),
    Column("check_name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("target_id", Id),
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    _now("created_at"),
    Column("expires_at", Time, nullable=False),
    CheckConstraint("scope IN ('global', 'client_group', 'client', 'entity')", name="scope"),
    CheckConstraint("(scope = 'global') = (target_id IS NULL)", name="target"),
    Index("ix_check_exception_expires_at", "msp_id", "expires_at"),
    comment="Where a check has nothing to say until expires_at, who said so and why. What was ended early has expired.",
)

client_group = Table(
    "client_group",
    metadata,
    Column("id", Id, primary_key=True),
    _msp(),
    Column("name", Text, nullable=False),
    UniqueConstraint("msp_id", "name"),
    comment="Clients for whom a person sets the parameters of checks together.",
)

client_group_member = Table(
    "client_group_member",
    metadata,
    Column("client_id", Id, primary_key=True),
    _msp(),
    Column("group_id", Id, ForeignKey("client_group.id", ondelete="CASCADE"), nullable=False),
    Index("ix_client_group_member_group_id", "group_id"),
    comment="The group a client is in; it is in one at most, so that no two groups can contradict each other.",
)

check_trial = Table(
    "check_trial",
    metadata,
    Column("id", Id, primary_key=True),
    _msp(),
    Column("check_name", Text, nullable=False),
    Column("params", JSONB, nullable=False),
    Column("client_id", Id),
    Column("state", Text, nullable=False),
    _now("requested_at"),
    Column("result", JSONB),
    Column("error", Text),
    CheckConstraint("state IN ('requested', 'ready', 'failed')", name="state"),
    comment="A dry run of a check with other parameters, asked for and, when ready, what it would open and close.",
)

billing_rule = Table(
    "billing_rule",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _msp(),
    Column("rule_id", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("target_id", Id),
    Column("rule", JSONB, nullable=False),
    Column("author", Text, nullable=False),
    _now("set_at"),
    CheckConstraint("scope IN ('global', 'client_group', 'client')", name="scope"),
    CheckConstraint("(scope = 'global') = (target_id IS NULL)", name="target"),
    Index(
        "uq_billing_rule",
        "msp_id",
        "rule_id",
        "scope",
        "target_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    comment=(
        "A billing rule as a person set it: which services are proved by counting what. Of two with one rule_id the narrowest "
        "scope counts: client, client group, global, as shipped."
    ),
)

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("id", Id, primary_key=True),
    _msp(),
    Column("client_id", Id),
    Column("at", Time),
    Column("state", Text, nullable=False),
    _now("requested_at"),
    Column("result", JSONB),
    Column("error", Text),
    CheckConstraint("state IN ('requested', 'ready', 'failed')", name="state"),
    comment=(
        "A reconciliation that was asked for, of one client or of all, as of now or of a time, and, when ready, its "
        "positions. Who asked takes the row away with the answer."
    ),
)

report_declared = Table(
    "report_declared",
    metadata,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("lead", Text, nullable=False),
    comment="The reports of the release that runs: svc-workers writes them when it starts.",
)

report_schedule = Table(
    "report_schedule",
    metadata,
    Column("id", Id, primary_key=True),
    _msp(),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("target_id", Id),
    Column("schedule", Text, nullable=False),
    Column("next_fire_at", Time, nullable=False),
    Column("keep_days", Integer, nullable=False),
    Column("author", Text, nullable=False),
    _now("created_at"),
    CheckConstraint("scope IN ('fleet', 'every_client', 'client_group', 'client')", name="scope"),
    CheckConstraint("(scope IN ('client_group', 'client')) = (target_id IS NOT NULL)", name="target"),
    CheckConstraint("keep_days > 0", name="keep_days"),
    Index("ix_report_schedule_next_fire_at", "next_fire_at"),
    comment=(
        "A report that is made again and again: on all clients together (fleet), on each (every_client), on those of a "
        "group, or on one. schedule as of a job; keep_days: how long each is kept."
    ),
)

report = Table(
    "report",
    metadata,
    Column("id", Id, primary_key=True),
    _msp(),
    Column("client_id", Id),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    _now("requested_at"),
    Column("as_of", Time),
    Column("html", Text),
    Column("json", JSONB),
    Column("csv", Text),
    Column("error", Text),
    Column("at", Time),
    Column("schedule_id", Id),
    Column("kept_until", Time, nullable=False, server_default=text("now() + '90 days'::interval")),
    CheckConstraint("state IN ('requested', 'ready', 'failed', 'missed')", name="state"),
    Index("ix_report_client_id", "client_id"),
    Index("ix_report_kept_until", "kept_until"),
    comment=(
        "A report of one client, or of all where client_id is NULL, asked for and, when ready, in its three forms. at: of "
        "which moment, NULL for when it is made; schedule_id: what asked for it, NULL for a person; missed: nobody was "
        "there to make it when it was due."
    ),
)

# --- what we do about it --------------------------------------------------------------------------------------------

workflow = Table(
    "workflow",
    metadata,
    Column("id", Id, primary_key=True),
    _msp(),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("target_id", Id),
    Column("declaration", JSONB, nullable=False),
    Column("author", Text, nullable=False),
    _now("applied_at"),
    CheckConstraint("scope IN ('global', 'client_group', 'client')", name="scope"),
    CheckConstraint("(scope = 'global') = (target_id IS NULL)", name="target"),
    UniqueConstraint("msp_id", "name"),
    comment="What is to follow from findings, as a person declared it, and of which clients.",
)

action_mode = Table(
    "action_mode",
    metadata,
    Column("msp_id", Id, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("author", Text, nullable=False),
    _now("set_at"),
    CheckConstraint("kind IN ('all', 'ticket', 'webhook', 'mail')", name="kind"),
    CheckConstraint("mode IN ('off', 'approve', 'automatic')", name="mode"),
    comment="Whether anything is done outside, and of which kind; the stricter of 'all' and the kind counts. No row: off.",
)

action = Table(
    "action",
    metadata,
    Column("id", Id, primary_key=True),
    _msp(),
    Column("workflow_id", Id, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("group_key", Text, nullable=False),
    Column("episode", Integer, nullable=False, server_default=text("0")),
    Column("about_id", Id),
    Column("number", Integer, nullable=False, server_default=text("0")),
    Column("client_id", Id),
    Column("account_id", Id),
    Column("findings", ARRAY(Id), nullable=False),
    Column("told", JSONB, nullable=False),
    Column("summary", Text, nullable=False),
    Column("request", JSONB, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("tried", Integer, nullable=False, server_default=text("0")),
    Column("uncertain", Boolean, nullable=False, server_default=text("false")),
    Column("due_at", Time),
    Column("external_id", Text),
    Column("error_class", Text),
    Column("error", Text),
    Column("advice", Text),
    _now("created_at"),
    _now("changed_at"),
    Column("ended_at", Time),
    Column("traceparent", Text, nullable=False),
    CheckConstraint("kind IN ('ticket_create', 'ticket_note', 'ticket_close', 'webhook', 'mail')", name="kind"),
    CheckConstraint(
        "state IN ('proposed', 'queued', 'doing', 'done', 'failed', 'rejected', 'cancelled')", name="state"
    ),
    Index("ix_action_group", "workflow_id", "name", "group_key", "episode"),
    Index("ix_action_about_id", "about_id", "number"),
    Index("ix_action_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("ix_action_unfinished", "kind", "state", "created_at", postgresql_where=text("state <> 'done'")),
    Index("ix_action_findings", "findings", postgresql_using="gin"),
    comment=(
        "One effect outside, wanted once: its id is computed from what it follows from, and goes with it. A ticket is its "
        "ticket_create; notes and the closing are about_id that, in order of number, and ended_at says that its findings "
        "have cleared. told: what it tells of which finding. due_at: when it is looked at again; of one that is under way, "
        "when it may be taken for lost. attempts is its fence, tried how many of them may have had an effect; uncertain: what "
        "became of the last of those is not known."
    ),
)

action_step = Table(
    "action_step",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _msp(),
    Column("action_id", Id, ForeignKey("action.id", ondelete="CASCADE"), nullable=False),
    Column("step", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("detail", Text),
    _now("at"),
    Index("ix_action_step_action_id", "action_id"),
    comment="Each step of an action and who took it, append-only.",
)

workflow_trial = Table(
    "workflow_trial",
    metadata,
    Column("id", Id, primary_key=True),
    _msp(),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("target_id", Id),
    Column("declaration", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    _now("requested_at"),
    Column("result", JSONB),
    Column("error", Text),
    CheckConstraint("state IN ('requested', 'ready', 'failed')", name="state"),
    comment="A dry run of a workflow, asked for and, when ready, the exact requests that would follow from today's findings.",
)

# --- vendors' limits ------------------------------------------------------------------------------------------------

budget = Table(
    "budget",
    metadata,
    Column("msp_id", Id, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("vendor", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("connection_id", Id, nullable=False),
    Column("account_id", Id),
    Column("resource", Text),
    Column("limit_text", Text),
    Column("amount", Double),
    Column("seconds", Double),
    _epoch("tat"),
    Column("factor", Double, nullable=False, server_default=text("1")),
    _epoch("lowered_at"),
    _epoch("window_at"),
    Column("spent", Double, nullable=False, server_default=text("0")),
    Column("spent_before", Double, nullable=False, server_default=text("0")),
    Column("not_before", Time),
    Column("refused", BigInteger, nullable=False, server_default=text("0")),
    Column("refused_at", Time),
    Column("strikes", Integer, nullable=False, server_default=text("0")),
    Column("reason", Text),
    Column("wanted_at", Time),
    Column("looked_at", Time),
    CheckConstraint("factor > 0 AND factor <= 1", name="factor"),
    CheckConstraint("level IN ('connection', 'account', 'endpoint')", name="level"),
    prefixes=["UNLOGGED"],
    comment=(
        "What all replicas have used of a vendor's limits. A row with limit_text is one limit of one scope: tat is GCRA's "
        "theoretical arrival time, factor the share of the rate in force. One without is a place that can be paused."
    ),
)

budget_place = Table(
    "budget_place",
    metadata,
    Column("holder", Text, primary_key=True),
    _msp(),
    Column("scope", Text, nullable=False),
    Column("held_until", Time, nullable=False),
    Index("ix_budget_place_scope", "msp_id", "scope"),
    prefixes=["UNLOGGED"],
    comment="One of the places a limit on concurrency has, held by a process until a moment unless it says so again.",
)
