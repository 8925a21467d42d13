"""Views that say which source knows which thing: devices by tool, people by source."""

from __future__ import annotations

from collections.abc import Mapping

_FRESH_INTERVALS = 2
"""A list read longer ago than so many of its intervals tells nothing, as for checks."""


def _matrix(relation: str, kinds: tuple[str, ...], sources: Mapping[str, tuple[str, str]], told: str) -> str:
    """One row per thing of a client: what it is told of, and for each source whether it knows it.

    NULL in the column of a source: the client has no account of it, or its list was not read in full lately.
    """
    listed = ", ".join(f"('{name}', '{vendor}', '{resource}')" for name, (vendor, resource) in sources.items())
    seen = ", ".join(f"CASE WHEN bool_or(k.{name}) THEN bool_or(r.source = '{name}') END AS {name}" for name in sources)
    known = ", ".join(f"bool_and(fresh) FILTER (WHERE source = '{name}') AS {name}" for name in sources)
    named = ", ".join(f"'{kind}'" for kind in kinds)
    return f"""
        WITH source (source, vendor, resource) AS (VALUES {listed}),
        listed AS (
            SELECT mine.client_id, s.source,
                   coalesce(l.unavailable_reason IS NULL AND l.current_at
                            >= now() - {_FRESH_INTERVALS} * make_interval(secs => r.interval_seconds), false) AS fresh
            FROM (SELECT client_id, id AS account_id FROM account WHERE client_id IS NOT NULL
                  UNION SELECT id, account_id FROM client) mine
            JOIN account a ON a.id = mine.account_id AND a.state <> 'excluded' AND a.unreachable_reason IS NULL
            JOIN source s ON s.vendor = a.vendor
            JOIN resource r ON r.vendor = s.vendor AND r.name = s.resource
                           AND ((r.level = 'root' AND a.is_root) OR (r.level = 'tenant' AND a.is_tenant))
            LEFT JOIN listing l ON l.account_id = a.id AND l.resource = s.resource),
        known AS (SELECT client_id, {known} FROM listed GROUP BY client_id),
        record AS (
            SELECT e.msp_id, e.client_id, e.id, s.source, e.normalized_data AS n,
                   coalesce(whole.cluster_id, own.cluster_id, m.leading_id, e.id) AS thing_id
            FROM entity e JOIN source s ON s.vendor = e.vendor AND s.resource = e.resource
            JOIN account a ON a.id = e.account_id AND a.state <> 'excluded'
            LEFT JOIN fragment f ON f.entity_id = e.id LEFT JOIN merged m ON m.id = f.merged_id
            LEFT JOIN cluster_member whole ON whole.entity_id = m.leading_id AND whole.relation = '{relation}'
                                          AND whole.valid_to IS NULL
            LEFT JOIN cluster_member own ON own.entity_id = e.id AND own.relation = '{relation}' AND own.valid_to IS NULL
            WHERE e.kind IN ({named}) AND e.client_id IS NOT NULL AND e.deleted_at IS NULL AND e.normalized_data IS NOT NULL)
        SELECT r.msp_id, r.client_id, c.name AS client, r.thing_id, {told}, {seen},
               array_agg(r.id ORDER BY r.id) AS record_ids
        FROM record r JOIN client c ON c.id = r.client_id LEFT JOIN known k ON k.client_id = r.client_id
        GROUP BY r.msp_id, r.client_id, c.name, r.thing_id"""  # noqa: S608 - constants of this file


COVERAGE = _matrix(
    "same_device",
    ("device",),
    {
        "entra": ("m365", "devices"),
        "intune": ("m365", "managedDevices"),
        "sophos": ("sophos", "endpoints"),
        "psa": ("autotask", "ConfigurationItems"),
    },
    """min(r.n ->> 'name') AS name,
       (array_agg(r.n ->> 'device_class' ORDER BY r.n ->> 'device_class' IN ('other', 'unknown'),
                  array_position(ARRAY['sophos', 'intune', 'entra', 'psa'], r.source), r.id))[1] AS device_class,
       max((r.n ->> 'last_seen_at')::timestamptz) AS last_seen_at""",
)
"""Devices by tool; of several words on a device's class that of the agent's tool counts first."""

PEOPLE = _matrix(
    "same_person",
    ("identity", "contact"),
    {"m365": ("m365", "users"), "psa": ("autotask", "Contacts"), "sophos": ("sophos", "directoryUsers")},
    """coalesce(min(r.n ->> 'display_name'),
                min(nullif(concat_ws(' ', r.n ->> 'first_name', r.n ->> 'last_name'), ''))) AS name,
       coalesce(min(r.n ->> 'email_canonical'), min(r.n -> 'emails_canonical' ->> 0)) AS email,
       min(r.n ->> 'identity_type') FILTER (WHERE r.source = 'm365') AS identity_type,
       bool_or((r.n ->> 'enabled')::boolean) FILTER (WHERE r.source = 'm365') AS enabled,
       bool_or((r.n ->> 'active')::boolean) FILTER (WHERE r.source = 'psa') AS active_contact""",
)
"""People by source."""
