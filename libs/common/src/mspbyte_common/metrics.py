"""What every service measures. Labels have few values: never an id, never a name from outside."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("mspbyte_messages_total", "Messages taken from JetStream", ["consumer", "outcome"])
ANNOUNCED = Counter("mspbyte_announcements_total", "Announcements of work over NATS", ["outcome"])
WORK = Counter("mspbyte_work_total", "Pieces of work by stage and outcome", ["stage", "outcome"])
WORK_SECONDS = Histogram(
    "mspbyte_work_seconds",
    "Seconds per piece of work",
    ["stage"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
WORK_ENTITIES = Counter("mspbyte_work_entities_total", "Entities in finished pieces of work", ["stage"])
VENDOR_REQUESTS = Counter("mspbyte_vendor_requests_total", "Requests to vendors", ["vendor", "outcome"])
VENDOR_UNCLASSIFIED = Counter(
    "mspbyte_vendor_unclassified_total", "Answers of vendors that no table of failures knows", ["vendor", "place"]
)
VENDOR_SECONDS = Histogram("mspbyte_vendor_request_seconds", "Seconds per request to a vendor", ["vendor"])
BUDGET_LEASES = Counter("mspbyte_budget_leases_total", "Slices asked for of shared budgets", ["vendor", "outcome"])
BUDGET_PERMITS = Counter("mspbyte_budget_permits_total", "Permits of shared budgets", ["vendor", "outcome"])
BUDGET_SECONDS = Histogram(
    "mspbyte_budget_wait_seconds",
    "Seconds a request waited for its budget",
    ["vendor"],
    buckets=(0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)
BUDGET_PAUSES = Counter("mspbyte_budget_pauses_total", "Refusals that paused a scope", ["vendor", "level"])
RECORDS = Counter("mspbyte_records_total", "Records read from vendors", ["vendor", "resource", "outcome"])
RUNS = Counter("mspbyte_runs_total", "Runs by how they ended", ["vendor", "outcome"])
BACKLOG = Gauge("mspbyte_work_waiting", "Pieces of work not finished", ["stage"])
OLDEST = Gauge("mspbyte_work_oldest_seconds", "Age of the oldest piece of work", ["stage"])
DEAD = Gauge("mspbyte_dead_letters", "Dead letters a person has not dealt with")
FRESHNESS = Gauge(
    "mspbyte_freshness_seconds", "Age of the last complete listing, the worst account", ["vendor", "resource"]
)
BREAKERS = Gauge("mspbyte_breakers_open", "Jobs not run on their schedule because the vendor fails", ["vendor"])
READY = Gauge("mspbyte_ready", "1 when everything the service needs answers")
