"""What a process holds open, read when it is asked: its pool of database connections and its broker client."""

from __future__ import annotations

from collections.abc import Iterable

from nats.aio.client import Client
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from mspbyte_common.db.engine import Pool


class ConnectionCollector(Collector):
    """Figures of one pool and, once it is connected, of one broker client."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.nats: Client | None = None

    @override
    def collect(self) -> Iterable[Metric]:
        stats = self._pool.get_stats()
        held = GaugeMetricFamily("mspbyte_pool_connections", "Database connections of the pool", labels=["state"])
        idle = stats.get("pool_available", 0)
        held.add_metric(["idle"], idle)
        held.add_metric(["busy"], max(stats.get("pool_size", 0) - idle, 0))
        yield held
        yield GaugeMetricFamily("mspbyte_pool_connections_most", "Connections it may have", stats.get("pool_max", 0))
        yield GaugeMetricFamily("mspbyte_pool_waiting", "Waiting for a connection", stats.get("requests_waiting", 0))
        yield CounterMetricFamily("mspbyte_pool_requests_total", "Connections asked for", stats.get("requests_num", 0))
        yield CounterMetricFamily(
            "mspbyte_pool_wait_seconds_total", "Seconds waited for connections", stats.get("requests_wait_ms", 0) / 1000
        )
        yield CounterMetricFamily(
            "mspbyte_pool_errors_total",
            "Connections that were not given or not opened",
            stats.get("requests_errors", 0) + stats.get("connections_errors", 0),
        )
        if self.nats is not None:
            told = self.nats.stats
            messages = CounterMetricFamily(
                "mspbyte_nats_messages_total", "Messages of the client", labels=["direction"]
            )
            messages.add_metric(["in"], told["in_msgs"])
            messages.add_metric(["out"], told["out_msgs"])
            yield messages
            yield CounterMetricFamily("mspbyte_nats_reconnects_total", "Reconnects of the client", told["reconnects"])
