"""SQL of the demo: how far the sync is, and what it brought."""

# ruff: noqa: S608 - what is put together are constants of this file

from __future__ import annotations

from typing import LiteralString

from mspctl.store import Connection, Row

OPEN_RUN = "('queued', 'running')"


def expected_jobs(connection: Connection) -> list[Row]:
    """Per vendor: jobs that should have run (each resource of each account that can be read) and how many have."""
    return connection.execute(
        f"""
        SELECT a.vendor, count(*) AS jobs, count(j.id) AS scheduled,
               count(*) FILTER (WHERE ended.job_id IS NOT NULL AND running.job_id IS NULL) AS done
        FROM account a
        JOIN resource r ON r.vendor = a.vendor
                       AND ((r.level = 'root' AND a.is_root) OR (r.level = 'tenant' AND a.is_tenant))
        LEFT JOIN job j ON j.account_id = a.id AND j.resource = r.name
        LEFT JOIN LATERAL (SELECT job_id FROM run WHERE job_id = j.id AND state NOT IN {OPEN_RUN} LIMIT 1) ended ON true
        LEFT JOIN LATERAL (SELECT job_id FROM run WHERE job_id = j.id AND state IN {OPEN_RUN} LIMIT 1) running ON true
        WHERE a.state <> 'excluded' AND a.unreachable_reason IS NULL AND a.parked_class IS NULL
          AND coalesce(j.enabled, true)
        GROUP BY a.vendor ORDER BY a.vendor
        """
    ).fetchall()


def fetched(connection: Connection) -> list[Row]:
    """Per vendor: what runs have read so far."""
    return connection.execute(
        f"""
        SELECT vendor, sum(records)::bigint AS records, sum(pages)::bigint AS pages,
               count(*) FILTER (WHERE state IN {OPEN_RUN}) AS open,
               count(*) FILTER (WHERE state = 'failed') AS failed
        FROM run GROUP BY vendor ORDER BY vendor
        """
    ).fetchall()


def rechecks_due(connection: Connection) -> int:
    """Checks that look again now or in a moment, because records they need are on their way."""
    return _number(
        connection, "SELECT count(*) AS n FROM recheck WHERE due_at <= clock_timestamp() + interval '10 seconds'"
    )


def failed_runs(connection: Connection) -> int:
    """Jobs whose last run failed."""
    return _number(
        connection,
        """
        SELECT count(*) AS n FROM (SELECT DISTINCT ON (job_id) state FROM run ORDER BY job_id, fire_time DESC) last
        WHERE state = 'failed'
        """,
    )


def quarantined(connection: Connection) -> int:
    """Records that do not fit."""
    return _number(connection, "SELECT count(*) AS n FROM quarantine")


def entities(connection: Connection) -> list[Row]:
    """Records that exist, per vendor and kind."""
    return connection.execute(
        """
        SELECT vendor, kind, count(*) AS n FROM entity WHERE deleted_at IS NULL
        GROUP BY vendor, kind ORDER BY vendor, kind
        """
    ).fetchall()


def relationships(connection: Connection) -> list[Row]:
    """Pairs of entities per relation, whatever the number of rules that say so."""
    return connection.execute(
        r"""
        SELECT relation, count(*) AS n
        FROM (SELECT DISTINCT relation,
                     CASE WHEN relation LIKE 'same\_%' THEN least(source_id, target_id) ELSE source_id END,
                     CASE WHEN relation LIKE 'same\_%' THEN greatest(source_id, target_id) ELSE target_id END
              FROM entity_relationship WHERE valid_to IS NULL AND state = 'active') pairs
        GROUP BY relation ORDER BY relation
        """
    ).fetchall()


def findings(connection: Connection) -> list[Row]:
    """Open findings per check and severity."""
    return connection.execute(
        """
        SELECT check_name AS "check", severity, count(*) AS n FROM finding WHERE state IN ('open', 'regressed')
        GROUP BY check_name, severity ORDER BY check_name, severity
        """
    ).fetchall()


def clients_by_trouble(connection: Connection) -> list[Row]:
    """Clients with their records and open findings, the worst first."""
    return connection.execute(
        """
        SELECT c.id, c.name, c.company_id, coalesce(e.n, 0) AS records, coalesce(f.n, 0) AS findings,
               coalesce(f.grave, 0) AS grave
        FROM client c
        LEFT JOIN (SELECT client_id, count(*) AS n FROM entity WHERE deleted_at IS NULL GROUP BY client_id) e
               ON e.client_id = c.id
        LEFT JOIN (SELECT client_id, count(*) AS n, count(*) FILTER (WHERE severity IN ('critical', 'high')) AS grave
                   FROM finding WHERE state IN ('open', 'regressed') GROUP BY client_id) f ON f.client_id = c.id
        ORDER BY grave DESC, findings DESC, records DESC, c.id
        """
    ).fetchall()


def references(connection: Connection) -> list[Row]:
    """Where each record lives, as the ground truth names it."""
    return connection.execute(
        """
        SELECT e.id, e.vendor, e.resource, e.external_id, e.client_id,
               CASE WHEN a.is_tenant THEN a.external_id ELSE '' END AS account
        FROM entity e JOIN account a ON a.id = e.account_id WHERE e.deleted_at IS NULL
        """
    ).fetchall()


def sameness(connection: Connection) -> list[Row]:
    """Active edges that say two records are one thing."""
    return connection.execute(
        r"""
        SELECT relation, source_id, target_id, rule FROM entity_relationship
        WHERE valid_to IS NULL AND state = 'active' AND relation LIKE 'same\_%'
        """
    ).fetchall()


def _number(connection: Connection, query: LiteralString) -> int:
    row = connection.execute(query).fetchone()
    return int(row["n"]) if row else 0
