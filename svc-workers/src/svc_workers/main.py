"""svc-workers: checks and reports."""

from __future__ import annotations

from mspbyte_common.service import run, stages
from svc_workers.evaluate import evaluate
from svc_workers.reports.client import report


def main() -> None:
    """Serves the stages `evaluate` and `report` until told to stop."""
    run("svc-workers", stages({"evaluate": evaluate, "report": report}))
