"""From what is known to what a report says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mspbyte_common.declarations import discover, index
from svc_workers.reports import shipped
from svc_workers.reports.estate import Estate
from svc_workers.reports.fleet import figure, total
from svc_workers.reports.model import Document, Figure, Part, currencies
from svc_workers.reports.report import Report

REPORTS: Final[dict[str, Report]] = index(discover(shipped, Report), lambda report: report.name)
"""The reports this service ships, by name."""
UNNAMED: Final = (
    "Nobody said in which currency the amounts without one are: a rule `currency` does (`mspctl reconcile rule set`)."
)
"""The note where there are such amounts."""


def document(report: Report, estate: Estate, *, fleet: bool) -> Document:
    """The report on all clients, or on the one the estate has."""
    if fleet:
        figures = tuple(total(measure, estate.clients) for measure in report.measures)
        parts = tuple(Part(one.name, one.title, one.lead, one.tables(estate)) for one in report.fleet)
    else:
        [facts] = estate.clients
        figures = tuple(figure(measure, facts) for measure in report.measures)
        parts = tuple(Part(one.name, one.title, one.lead, one.tables(facts)) for one in report.sections)
    return Document(
        name=report.name,
        title=report.title,
        scope="fleet" if fleet else "client",
        msp=estate.msp,
        about=None if fleet else estate.clients[0].client.called,
        as_of=estate.at,
        past=estate.past,
        lead=report.lead,
        figures=figures,
        parts=parts,
        notes=(UNNAMED,) if _unnamed(figures, parts) else (),
    )


def _unnamed(figures: Sequence[Figure], parts: Sequence[Part]) -> bool:
    """Whether there is an amount whose currency nobody named."""
    rows = (row for part in parts for table in part.tables for row in table.rows or ())
    return None in currencies(figure.value for figure in figures) | currencies(value for row in rows for value in row)
