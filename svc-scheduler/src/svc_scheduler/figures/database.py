"""What PostgreSQL itself counts, shown as the counters they are."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from svc_scheduler.figures.store import DatabaseFigures


class DatabaseCollector(Collector):
    """Shows the latest reading, and nothing before there is one."""

    def __init__(self) -> None:
        self.latest: DatabaseFigures | None = None

    @override
    def collect(self) -> Iterable[Metric]:
        if self.latest is None:
            return
        one = self.latest
        yield GaugeMetricFamily("mspbyte_database_connections", "Connections to the database", one.connections)
        yield GaugeMetricFamily("mspbyte_database_connections_most", "Connections it takes", one.connections_most)
        yield GaugeMetricFamily("mspbyte_database_bytes", "Size of the database", one.size_bytes)
        yield CounterMetricFamily("mspbyte_database_commits_total", "Transactions committed", one.commits)
        yield CounterMetricFamily("mspbyte_database_rollbacks_total", "Transactions rolled back", one.rollbacks)
        yield CounterMetricFamily("mspbyte_database_deadlocks_total", "Deadlocks found", one.deadlocks)
        yield CounterMetricFamily("mspbyte_database_blocks_read_total", "Blocks not in its cache", one.blocks_read)
        yield CounterMetricFamily("mspbyte_database_blocks_hit_total", "Blocks found in its cache", one.blocks_hit)
        yield CounterMetricFamily(
            "mspbyte_database_temporary_bytes_total", "Bytes of temporary files of queries", one.temporary_bytes
        )


DATABASE = DatabaseCollector()
