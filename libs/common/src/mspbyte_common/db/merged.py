"""How things of several records are read (tables merged and fragment)."""

from __future__ import annotations

DOCUMENT = """
    e.normalized_data || m.document || (
        SELECT coalesce(jsonb_object_agg('last_seen_at', seen.at), '{}') FROM (
            SELECT o.normalized_data -> 'last_seen_at' AS at
            FROM fragment p JOIN entity o ON o.id = p.entity_id
            WHERE p.merged_id = m.id AND o.deleted_at IS NULL AND o.normalized_data ->> 'last_seen_at' IS NOT NULL
            ORDER BY (o.normalized_data ->> 'last_seen_at')::timestamptz DESC LIMIT 1) AS seen)
"""
"""The values of a thing `m` whose leading record is `e`.

Volatile fields move without anybody being told, so that no stored document has them: when any of its records was last
seen is looked up, other volatile fields are the leading record's.
"""
