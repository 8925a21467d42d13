"""The dashboards. Every replica of the scheduler shows the same figures of the fleet, so those are taken as a max."""

from __future__ import annotations

from panel import Dashboard, Panel, fleetwide, per_second, quantile

SERVICES = '{service=~"svc-.+"}'

FLEET = Dashboard(
    "mspbyte-fleet",
    "MSPByte: fleet",
    {
        "At a glance": (
            Panel("Services that answer", "none", {"{{service}}": f"sum by (service) (up{SERVICES})"}, kind="stat"),
            Panel("Ready", "none", {"{{service}}": "sum by (service) (mspbyte_ready)"}, kind="stat"),
            Panel("Dead letters", "none", {"open": "sum(max by (stage) (mspbyte_dead_letters))"}, kind="stat"),
        ),
        "Rate, errors, duration": (
            Panel("Messages", "ops", {"{{service}}": per_second("mspbyte_messages_total", "service")}),
            Panel(
                "Messages that come back",
                "ops",
                {"{{consumer}}": per_second("mspbyte_messages_total", "consumer", '{outcome!="acked"}')},
                about="A throttled run comes back as well: it waits as the vendor said.",
            ),
            Panel(
                "Seconds per piece of work, 95 %", "s", {"{{stage}}": quantile(0.95, "mspbyte_work_seconds", "stage")}
            ),
            Panel("Runs ended", "ops", {"{{vendor}} {{outcome}}": per_second("mspbyte_runs_total", "vendor, outcome")}),
            Panel(
                "Turns of the scheduler",
                "ops",
                {"{{step}} {{outcome}}": per_second("mspbyte_steps_total", "step, outcome")},
            ),
            Panel("Seconds per turn, 95 %", "s", {"{{step}}": quantile(0.95, "mspbyte_step_seconds", "step")}),
        ),
        "Resources": (
            Panel("Processor", "none", {"{{service}}": per_second("process_cpu_seconds_total", "service", SERVICES)}),
            Panel("Memory", "bytes", {"{{service}}": f"sum by (service) (process_resident_memory_bytes{SERVICES})"}),
            Panel("Open files", "none", {"{{service}}": f"max by (service) (process_open_fds{SERVICES})"}),
            Panel(
                "Up since",
                "s",
                {"{{service}} {{instance}}": f"time() - process_start_time_seconds{SERVICES}"},
                about="A saw blade is a process that is started again and again.",
            ),
        ),
    },
)

STAGES = Dashboard(
    "mspbyte-stages",
    "MSPByte: stages of the pipeline",
    {
        "What waits": (
            Panel("Pieces of work", "none", {"{{stage}}": fleetwide("mspbyte_work_waiting", "stage")}),
            Panel("Age of the oldest", "s", {"{{stage}}": fleetwide("mspbyte_work_oldest_seconds", "stage")}),
            Panel("To be tried again", "none", {"{{stage}}": fleetwide("mspbyte_work_retrying", "stage")}),
            Panel(
                "Lag of the msps furthest behind",
                "s",
                {"rank {{rank}}": fleetwide("mspbyte_lag_seconds", "rank")},
                about="Since when the oldest work of an msp waits; which msp it is, mspctl status says.",
            ),
            Panel("Accounts held back", "none", {"{{stage}}": fleetwide("mspbyte_accounts_held_back", "stage")}),
            Panel(
                "Scheduled instants",
                "ops",
                {"{{vendor}} {{outcome}}": per_second("mspbyte_instants_total", "vendor, outcome")},
                about="Missed: nobody was there. Skipped: mspctl run list --state skipped says why.",
            ),
            Panel("Runs open", "none", {"{{vendor}} {{state}}": fleetwide("mspbyte_runs_open", "vendor, state")}),
            Panel(
                "Oldest run that may start",
                "s",
                {"{{vendor}}": fleetwide("mspbyte_run_oldest_seconds", "vendor")},
                about="Not counted: what the vendor, or our budget, told to wait.",
            ),
            Panel(
                "Dead letters",
                "none",
                {
                    "{{stage}}": fleetwide("mspbyte_dead_letters", "stage"),
                    "oldest, days": "max(mspbyte_dead_letter_oldest_seconds) / 86400",
                },
            ),
        ),
        "What is done": (
            Panel("Entities", "ops", {"{{stage}}": per_second("mspbyte_work_entities_total", "stage")}),
            Panel(
                "Pieces of work", "ops", {"{{stage}} {{outcome}}": per_second("mspbyte_work_total", "stage, outcome")}
            ),
            Panel(
                "Share of tries that fail",
                "percentunit",
                {"{{stage}}": "stage:mspbyte_work_errors:ratio_rate1h"},
                about="The promise is 1 % over thirty days.",
            ),
            Panel("Seconds per piece, median", "s", {"{{stage}}": quantile(0.5, "mspbyte_work_seconds", "stage")}),
            Panel("Seconds per piece, 99 %", "s", {"{{stage}}": quantile(0.99, "mspbyte_work_seconds", "stage")}),
            Panel("Announcements", "ops", {"{{outcome}}": per_second("mspbyte_announcements_total", "outcome")}),
        ),
        "Actions outside": (
            Panel("Actions that wait", "none", {"{{kind}} {{state}}": fleetwide("mspbyte_actions", "kind, state")}),
            Panel(
                "Age of the oldest",
                "s",
                {"{{kind}} {{state}}": fleetwide("mspbyte_action_oldest_seconds", "kind, state")},
                about="Not counted: what quiet hours, a digest or a pause put off.",
            ),
            Panel("Attempts", "ops", {"{{kind}} {{outcome}}": per_second("mspbyte_effects_total", "kind, outcome")}),
        ),
    },
)

VENDORS = Dashboard(
    "mspbyte-vendors",
    "MSPByte: vendors and their budgets",
    {
        "Requests": (
            Panel(
                "Requests by outcome",
                "reqps",
                {"{{vendor}} {{outcome}}": per_second("mspbyte_vendor_requests_total", "vendor, outcome")},
            ),
            Panel(
                "Share refused as too many",
                "percentunit",
                {"{{vendor}}": "vendor:mspbyte_vendor_refusals:rate30m / (vendor:mspbyte_vendor_requests:rate30m > 0)"},
                about="At most 0.1 % is what the budgets are built for.",
            ),
            Panel(
                "Seconds per request, 95 %",
                "s",
                {"{{vendor}}": quantile(0.95, "mspbyte_vendor_request_seconds", "vendor")},
            ),
        ),
        "Budgets": (
            Panel(
                "Share of a limit used, fullest scope",
                "percentunit",
                {"{{vendor}} {{level}}": fleetwide("mspbyte_budget_use_ratio", "vendor, level")},
            ),
            Panel(
                "Share of the rate in force, slowest scope",
                "percentunit",
                {"{{vendor}} {{level}}": "min by (vendor, level) (mspbyte_budget_share_ratio)"},
                about="Below 1: the vendor refused something, or said that it is busy. It recovers over ten minutes.",
            ),
            Panel(
                "Seconds waited for budget, 95 %",
                "s",
                {"{{vendor}}": quantile(0.95, "mspbyte_budget_wait_seconds", "vendor")},
            ),
            Panel(
                "Scopes paused",
                "none",
                {"{{vendor}} {{level}}": fleetwide("mspbyte_budget_paused_scopes", "vendor, level")},
            ),
            Panel(
                "Pauses", "ops", {"{{vendor}} {{level}}": per_second("mspbyte_budget_pauses_total", "vendor, level")}
            ),
            Panel(
                "Permits and slices",
                "ops",
                {
                    "{{vendor}} permits {{outcome}}": per_second("mspbyte_budget_permits_total", "vendor, outcome"),
                    "{{vendor}} slices {{outcome}}": per_second("mspbyte_budget_leases_total", "vendor, outcome"),
                },
            ),
        ),
        "Who is stopped": (
            Panel("Jobs whose breaker is open", "none", {"{{vendor}}": fleetwide("mspbyte_breakers_open", "vendor")}),
            Panel("Accounts", "none", {"{{vendor}} {{state}}": fleetwide("mspbyte_accounts", "vendor, state")}),
        ),
    },
)

FRESHNESS = Dashboard(
    "mspbyte-freshness",
    "MSPByte: freshness",
    {
        "The promise: 99 % no older than two intervals": (
            Panel("Late now", "percentunit", {"{{vendor}}": "vendor:mspbyte_listings_late:ratio"}, kind="stat"),
            Panel(
                "Burn rate",
                "none",
                {
                    "{{vendor}} 1 h": "vendor:mspbyte_listings_late:ratio_avg1h / 0.01",
                    "{{vendor}} 6 h": "vendor:mspbyte_listings_late:ratio_avg6h / 0.01",
                    "{{vendor}} 3 d": "vendor:mspbyte_listings_late:ratio_avg3d / 0.01",
                },
                about="1 uses up the allowance in exactly thirty days; an hour at 14.4 wakes somebody.",
            ),
            Panel(
                "Late listings",
                "none",
                {
                    "{{vendor}} {{resource}}": f"{fleetwide('mspbyte_listings_late', 'vendor, resource')} > 0 or vector(0)"
                },
            ),
        ),
        "How old is what we know": (
            Panel(
                "The worst lists",
                "s",
                {"{{vendor}} {{resource}}": "topk(10, max by (vendor, resource) (mspbyte_freshness_seconds))"},
                kind="bargauge",
            ),
            Panel(
                "The worst accounts, by rank",
                "s",
                {
                    "{{vendor}} {{resource}} no. {{rank}}": "topk(25, max by (vendor, resource, rank) "
                    "(mspbyte_freshness_seconds))"
                },
                about="Which account a rank is: mspctl status, mspctl account list.",
                kind="table",
            ),
            Panel(
                "Listings on a schedule",
                "none",
                {"{{vendor}}": "sum by (vendor) (max by (vendor, resource) (mspbyte_listings))"},
            ),
        ),
        "What is read": (
            Panel("Records", "ops", {"{{vendor}} {{outcome}}": per_second("mspbyte_records_total", "vendor, outcome")}),
        ),
    },
)

QUALITY = Dashboard(
    "mspbyte-quality",
    "MSPByte: data quality and findings",
    {
        "What does not fit": (
            Panel(
                "Records in quarantine",
                "none",
                {"{{vendor}} {{resource}}": "vendor_resource:mspbyte_quarantined_records:max"},
            ),
            Panel("Fields no rule could repair", "none", {"{{rule}}": fleetwide("mspbyte_issues", "rule")}),
            Panel(
                "Values outside the known shape",
                "ops",
                {"{{vendor}} {{kind}}": per_second("mspbyte_drift_total", "vendor, kind")},
            ),
        ),
        "What is said": (
            Panel(
                "Findings by state",
                "none",
                {"{{state}}": "sum by (state) (max by (check, severity, state) (mspbyte_findings))"},
            ),
            Panel(
                "Open findings by check",
                "none",
                {
                    "{{check}}": "topk(15, sum by (check) (max by (check, severity, state) "
                    '(mspbyte_findings{state=~"open|regressed"})))'
                },
                kind="bargauge",
            ),
            Panel(
                "Open findings by severity",
                "none",
                {
                    "{{severity}}": "sum by (severity) (max by (check, severity, state) "
                    '(mspbyte_findings{state=~"open|regressed"}))'
                },
            ),
            Panel(
                "Answers of the checks",
                "ops",
                {"{{answer}}": per_second("mspbyte_verdicts_total", "answer")},
                about="Many unknown: a list they need was not read. mspctl finding list says which.",
            ),
            Panel(
                "Checks that do not know",
                "ops",
                {"{{check}}": "topk(10, " + per_second("mspbyte_verdicts_total", "check", '{answer="unknown"}') + ")"},
            ),
        ),
    },
)

SERVERS = Dashboard(
    "mspbyte-servers",
    "MSPByte: NATS and PostgreSQL",
    {
        "NATS, as the consumers see it": (
            Panel(
                "Not delivered yet",
                "none",
                {"{{consumer}}": fleetwide("mspbyte_consumer_pending_messages", "consumer")},
            ),
            Panel(
                "Delivered, not acknowledged",
                "none",
                {"{{consumer}}": fleetwide("mspbyte_consumer_held_messages", "consumer")},
            ),
            Panel(
                "Delivered more than once",
                "none",
                {"{{consumer}}": fleetwide("mspbyte_consumer_redelivered_messages", "consumer")},
            ),
            Panel(
                "Messages of the clients",
                "ops",
                {"{{service}} {{direction}}": per_second("mspbyte_nats_messages_total", "service, direction")},
            ),
            Panel("Reconnects", "ops", {"{{service}}": per_second("mspbyte_nats_reconnects_total", "service")}),
        ),
        "PostgreSQL": (
            Panel(
                "Connections",
                "none",
                {"taken": "max(mspbyte_database_connections)", "most": "max(mspbyte_database_connections_most)"},
            ),
            Panel(
                "Transactions",
                "ops",
                {
                    "committed": "max(rate(mspbyte_database_commits_total[$__rate_interval]))",
                    "rolled back": "max(rate(mspbyte_database_rollbacks_total[$__rate_interval]))",
                    "deadlocks": "max(rate(mspbyte_database_deadlocks_total[$__rate_interval]))",
                },
            ),
            Panel(
                "Blocks",
                "ops",
                {
                    "found in its cache": "max(rate(mspbyte_database_blocks_hit_total[$__rate_interval]))",
                    "not there": "max(rate(mspbyte_database_blocks_read_total[$__rate_interval]))",
                },
            ),
            Panel(
                "Temporary files",
                "Bps",
                {"written": "max(rate(mspbyte_database_temporary_bytes_total[$__rate_interval]))"},
            ),
            Panel("Size", "bytes", {"database": "max(mspbyte_database_bytes)"}),
            Panel(
                "Largest tables",
                "bytes",
                {"{{table}}": f"topk(10, {fleetwide('mspbyte_table_bytes', 'table')})"},
                kind="bargauge",
            ),
            Panel(
                "Rows vacuum has yet to remove",
                "none",
                {"{{table}}": f"topk(10, {fleetwide('mspbyte_table_dead_rows', 'table')})"},
            ),
        ),
        "The services' pools of connections": (
            Panel(
                "Connections",
                "none",
                {
                    "{{service}} {{state}}": "sum by (service, state) (mspbyte_pool_connections)",
                    "{{service}} most": "sum by (service) (mspbyte_pool_connections_most)",
                },
            ),
            Panel("Waiting for one", "none", {"{{service}}": "sum by (service) (mspbyte_pool_waiting)"}),
            Panel(
                "Seconds waited per connection",
                "s",
                {
                    "{{service}}": f"{per_second('mspbyte_pool_wait_seconds_total', 'service')} / "
                    f"({per_second('mspbyte_pool_requests_total', 'service')} > 0)"
                },
            ),
            Panel(
                "Connections not given or not opened",
                "ops",
                {"{{service}}": per_second("mspbyte_pool_errors_total", "service")},
            ),
        ),
    },
)

DASHBOARDS = (FLEET, STAGES, VENDORS, FRESHNESS, QUALITY, SERVERS)
