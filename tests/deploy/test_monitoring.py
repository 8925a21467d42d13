"""Rules and dashboards name what the services measure, and every alert says what to do."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.promql import MONITORING, queries, rules

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"

NOT_DRAWN = {
    "mspbyte_vendor_unclassified_total": "says at which table of failures; the alert counts the same by request",
}
"""Metrics that no rule and no panel asks for, and why they are measured nevertheless."""

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
QUOTED = re.compile(r'"[^"]*"')


def named() -> set[str]:
    return {name for _, query in queries() for name in NAME.findall(QUOTED.sub("", query)) if "mspbyte" in name}


def measured() -> dict[str, set[str]]:
    """Metric → the names its samples have, from the source of the services."""
    found: dict[str, set[str]] = {}
    for file in (*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("svc-*/src/**/*.py")):
        for call in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args):
                continue
            name = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
            if isinstance(name, str) and name.startswith("mspbyte_") and NAME.fullmatch(name):
                assert name not in found, f"{name} is declared twice"
                samples = [f"{name}_{part}" for part in ("bucket", "sum", "count")]
                found[name] = set(samples) if call.func.id == "Histogram" else {name}
    return found


def test_every_name_in_rules_and_panels_is_measured_or_recorded() -> None:
    known = set().union(*measured().values()) | set(rules("record"))
    assert named() - known == set()


def test_every_metric_is_drawn_or_says_why_not() -> None:
    asked = named()
    assert {name for name, samples in measured().items() if not samples & asked} == set(NOT_DRAWN)


def test_every_recorded_rule_is_asked_for() -> None:
    assert set(rules("record")) - named() == set()


def test_dashboards_and_the_operators_rules_are_those_declared(monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(MONITORING))
    import dashboards

    stale = [str(path) for path, text in dashboards.files().items() if not path.exists() or path.read_text() != text]
    assert not stale, "make dashboards"
    assert {file.stem for file in (MONITORING / "dashboards").glob("*.json")} == {
        one.uid for one in dashboards.DASHBOARDS
    }


def test_every_alert_has_a_severity_and_a_page_that_says_what_to_do_and_every_page_an_alert() -> None:
    alerts = rules("alert")
    for name, alert in alerts.items():
        assert alert["labels"]["severity"] in {"page", "ticket"}
        assert alert["annotations"]["runbook"] == f"docs/runbooks/{name}.md"
        text = (RUNBOOKS / f"{name}.md").read_text()
        assert text.startswith(f"# {name}\n")
        assert [line for line in text.splitlines() if line.startswith("## ")] == ["## Look", "## Do", "## Over when"]
    pages = {file.stem for file in RUNBOOKS.glob("*.md")}
    assert pages == {*alerts, "README"}
    listed = re.findall(r"\]\((\w+)\.md\)", (RUNBOOKS / "README.md").read_text())
    assert sorted(listed) == sorted(alerts)


def test_every_alert_is_tested_to_fire_and_not_to_fire() -> None:
    fires, rests = set(), set()
    for file in (MONITORING / "rules" / "tests").glob("*.yml"):
        for test in yaml.safe_load(file.read_text())["tests"]:
            for case in test.get("alert_rule_test", ()):
                (fires if case["exp_alerts"] else rests).add(case["alertname"])
    assert fires == rests == set(rules("alert"))


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (Debian: apt install prometheus)"
)
def test_promtool_finds_the_rules_well_formed_and_their_tests_to_pass() -> None:
    files = sorted((MONITORING / "rules").glob("*.yml"))
    tests = sorted((MONITORING / "rules" / "tests").glob("*.yml"))
    for command in (["check", "rules", *files], ["test", "rules", *tests]):
        done = subprocess.run(["promtool", *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
