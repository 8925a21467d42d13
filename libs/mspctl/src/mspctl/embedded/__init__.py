"""PostgreSQL, NATS, the vendor simulators and every service as child processes of one supervisor, on loopback."""

from mspctl.embedded.fleet import Fleet, SimulatorOptions
from mspctl.embedded.servers import Servers, embedded_servers

__all__ = ["Fleet", "Servers", "SimulatorOptions", "embedded_servers"]
