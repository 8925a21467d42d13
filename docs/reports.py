"""Writes docs/reports.md from the declarations of the reports."""

from __future__ import annotations

from pathlib import Path

from svc_workers.reports.document import REPORTS
from svc_workers.reports.report import Measure, Report

PAGE = Path(__file__).parent / "reports.md"

HEAD = """# Reports

Written by `make docs` from the declarations; do not edit. Each report is made on one client, or on all of them: their
totals, the clients side by side, and how its findings went over twelve months.

```console
$ mspctl report kinds
$ mspctl report make executive --client "Elbtal Bau GmbH & Co. KG"        # on one client; without --client on all
$ mspctl report make posture --client 29684481 --at 2026-10-01           # as things were
$ mspctl report schedule add executive "0 6 1 * *" --every-client        # on each client, on the first of each month
$ mspctl report schedule list
$ mspctl report list --client "Elbtal Bau GmbH & Co. KG"
$ mspctl report write 5d2f0c11 --out reports                             # one that a schedule made
```

## The three forms

HTML is one page that asks for nothing from elsewhere: it opens from a mail and prints on A4. Behind each chart stands the
table it is drawn from. JSON and CSV have the same values, and all rows where the page shows the first of many. A share is
both its numbers. All three are made of one model (`reports/model.py`), so that they cannot differ.

## Money

An amount has the currency that the reconciliation's rule `currency` names for its client ([reconciliation](reconciliation.md)).
Amounts of different currencies are never added, drawn on one scale or compared; a total has one amount per currency, each the
sum of the rows' amounts in it.

| form | an amount | in several currencies | in one that nobody named | nothing |
|---|---|---|---|---|
| HTML | `129.30 EUR` | `129.30 EUR + 12.00 USD` | `129.30`, and a note | `0.00` |
| JSON | `[{"amount": "129.30", "currency": "EUR"}]` | one entry per currency | `"currency": null` | `[]` |
| CSV | value `129.30`, currency `EUR` | one line per currency | currency empty | value `0.00`, currency empty |

An amount that is not known is null in JSON and "no data" in the others. Currencies are in the order of their names, the one
nobody named last. Clients that are ranked by money stand currency by currency in that order, a client with several by its
first; within a currency the largest amount comes first. Then come those of nothing, then those without data. Where they have
several currencies there is no chart, and a note says so.

## No data

A figure names the lists it is counted from. While one of them was not read in full within two of its intervals, for any
account of the client that can be reached, the figure is "no data", never zero. A fleet's total counts the clients that have
data, and says how many those are.

A figure counts what there is. A finding stands where a check says so, with its parameters: a grace for new devices, an
exception, a device judged once for all its records. "Computers in use without a Sophos agent" may therefore be more than the
findings of `no_endpoint_protection`.

## Any past date

With `--at` a report tells what was known then: records with their changes since undone (as `mspctl entity show --at` does),
edges by their dates, findings by their events, freshness by the last run that came to a good end. No data is what has no
history: when a device was last seen, issues and quarantined records. Billed against actual is as `mspctl reconcile show --at`
tells it. A finding that
was rewritten since shows what its last event before said, under the name of its check. Records of one device inside a vendor
are joined as they are today, and a client has the accounts it has today. Changes are kept for 800 days.

## Made again and again

A schedule is a row of `report_schedule`: the report, on whom, cron fields in UTC or `every 604800s`, and for how many days
each is kept. svc-scheduler asks for what is due as a piece of work of the stage `report`; after an outage the latest instant is
made, and those before it are noted as missed. A report that a person asked for is kept for 90 days.

A report that is ready is a row of `report` with its three forms and, where a schedule asked for it, `schedule_id`. Whoever
delivers reports reads that row; nothing else is needed.

## To add one

A report is a module in `svc_workers/reports/shipped/` with a `Report`: measures, each a pure function of what is known of a
client that gives a number, and sections, each a pure function that gives tables. A measure that adds up over clients is a
tile of the client's report and a column of the fleet's. Add it to the list in `test_report_model.py`, and each of its figures
with the SQL that proves it to `VIEWS` in `test_reports.py`.
"""


NOTED = "our own notes: findings, issues, listings"


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(_report(report) for report in REPORTS.values())])


def _report(report: Report) -> str:
    shots = " ".join(f"![{report.title}, {on}](reports/{report.name}-{on}.png)" for on in ("client", "fleet"))
    lines = [f"## {report.title}", "", f"`{report.name}`. {report.lead}", "", shots, ""]
    lines += ["| figure | counted from | of the past |", "|---|---|---|", *map(_measure, report.measures), ""]
    lines += [f"On a client: {', '.join(section.title.lower() for section in report.sections)}.", ""]
    lines += [f"On all: {', '.join(section.title.lower() for section in report.fleet)}.", ""]
    return "\n".join(lines)


def _measure(measure: Measure) -> str:
    lists = ", ".join(f"`{need}`" for need in measure.needs) or " or ".join(f"`{one}`" for one in measure.any_of)
    return f"| {measure.label} | {lists or NOTED} | {'yes' if measure.remembered else 'no data'} |"


if __name__ == "__main__":
    PAGE.write_text(page())
