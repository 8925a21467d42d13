"""What the services measure. Labels have few values: never an id, never a name from outside."""

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
EFFECTS = Counter("mspbyte_effects_total", "Attempts of actions outside by what became of them", ["kind", "outcome"])
INSTANTS = Counter("mspbyte_instants_total", "Scheduled instants by what became of them", ["vendor", "outcome"])
STEPS = Counter("mspbyte_steps_total", "Turns of the scheduler's loops", ["step", "outcome"])
STEP_SECONDS = Histogram(
    "mspbyte_step_seconds",
    "Seconds per turn of a loop of the scheduler",
    ["step"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
READY = Gauge("mspbyte_ready", "1 when everything the service needs answers")

# Of the whole fleet: every replica of the scheduler shows the same, so a query takes the max.
BACKLOG = Gauge("mspbyte_work_waiting", "Pieces of work not finished", ["stage"])
OLDEST = Gauge("mspbyte_work_oldest_seconds", "Age of the oldest piece of work", ["stage"])
RETRYING = Gauge("mspbyte_work_retrying", "Pieces of work that failed and will be tried again", ["stage"])
LAG = Gauge("mspbyte_lag_seconds", "Age of an msp's oldest work; rank 1 is the msp where that is longest", ["rank"])
HELD_BACK = Gauge(
    "mspbyte_accounts_held_back",
    "Accounts that have so much waiting in a stage that the ones before it hold",
    ["stage"],
)
DEAD = Gauge("mspbyte_dead_letters", "Dead letters a person has not dealt with", ["stage"])
DEAD_OLDEST = Gauge("mspbyte_dead_letter_oldest_seconds", "Age of the oldest open dead letter, 0 without any")
RUNS_OPEN = Gauge("mspbyte_runs_open", "Runs that are queued or running", ["vendor", "state"])
RUN_OLDEST = Gauge("mspbyte_run_oldest_seconds", "How long the oldest run that may start has waited", ["vendor"])
ACCOUNTS = Gauge("mspbyte_accounts", "Accounts by what becomes of them", ["vendor", "state"])
BREAKERS = Gauge("mspbyte_breakers_open", "Jobs not run on their schedule because the vendor fails", ["vendor"])
BUDGET_USE = Gauge(
    "mspbyte_budget_use_ratio", "Share of a limit used in its window, of the scope used most", ["vendor", "level"]
)
BUDGET_SHARE = Gauge(
    "mspbyte_budget_share_ratio", "Share of a limit's rate in force, of the scope lowered most", ["vendor", "level"]
)
BUDGET_PAUSED = Gauge("mspbyte_budget_paused_scopes", "Scopes to which nothing is sent now", ["vendor", "level"])
FRESHNESS = Gauge(
    "mspbyte_freshness_seconds",
    "How long ago all changes of a listing were known; rank 1 is the account where that is longest",
    ["vendor", "resource", "rank"],
)
LISTINGS = Gauge("mspbyte_listings", "Listings that are read on a schedule", ["vendor", "resource"])
LISTINGS_LATE = Gauge(
    "mspbyte_listings_late", "Listings older than two of their intervals, or never read", ["vendor", "resource"]
)
QUARANTINED = Gauge("mspbyte_quarantined_records", "Records that do not fit their kind", ["vendor", "resource"])
ISSUES = Gauge("mspbyte_issues", "Fields that no rule could repair", ["rule"])
FINDINGS = Gauge("mspbyte_findings", "Findings", ["check", "severity", "state"])
ACTIONS = Gauge("mspbyte_actions", "Actions outside that wait for somebody or something", ["kind", "state"])
ACTION_OLDEST = Gauge(
    "mspbyte_action_oldest_seconds",
    "How long the oldest of them has waited, those not due yet left out",
    ["kind", "state"],
)
CONSUMER_PENDING = Gauge("mspbyte_consumer_pending_messages", "Messages not delivered yet", ["consumer"])
CONSUMER_HELD = Gauge("mspbyte_consumer_held_messages", "Messages delivered and not acknowledged", ["consumer"])
CONSUMER_AGAIN = Gauge("mspbyte_consumer_redelivered_messages", "Held messages delivered more than once", ["consumer"])
TABLE_BYTES = Gauge("mspbyte_table_bytes", "Size of a table with its indexes", ["table"])
TABLE_DEAD_ROWS = Gauge("mspbyte_table_dead_rows", "Rows that vacuum has yet to remove", ["table"])
