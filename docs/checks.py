"""Writes docs/checks.md from the declarations of the checks."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from dataclasses import fields
from itertools import groupby
from pathlib import Path
from typing import Any

from mspbyte_common.reconciliation.book import RuleBook
from svc_workers.check import Check, NoParams
from svc_workers.reconciliation.reads import with_rules
from svc_workers.scopes.scoped import as_json
from svc_workers.shipped import CHECKS

PAGE = Path(__file__).parent / "checks.md"

HEAD = """# Checks

Written by `make docs` from the declarations; do not edit. A check answers ok, a finding, or unknown with a reason; unknown
opens and resolves nothing. It is asked again when its subject changes, when a neighbour does, when a listing it waits for
was read in full, and when time alone may change its answer. Parameters are set with `mspctl check set NAME --param k=v`,
for everybody, a client group, a client or one record, and tried without writing with `mspctl check try`. To write one, see
[writing a check](writing-a-check.md).
"""


def page() -> str:
    """The whole page."""
    by_kind = sorted(CHECKS.values(), key=lambda check: (check.kind.NAME, check.name))
    parts = [HEAD]
    for kind, checks in groupby(by_kind, key=lambda check: check.kind.NAME):
        parts.append(f"\n## {kind}\n")
        parts += [_check(check) for check in checks]
    return "\n".join(parts)


def _check(check: Check[Any, Any]) -> str:
    rule = inspect.cleandoc(inspect.getdoc(check.evaluate) or "").replace("\n", " ")
    lines = [
        f"### {check.name}\n",
        f"**{check.title}.** {rule}\n",
        f"- Why it matters: {check.why}",
        f"- What to do: {check.remedy}",
    ]
    lines.append(f"- Severity: {', '.join(_severities(check))}")
    if not isinstance(check.params, NoParams):
        said = inspect.cleandoc(type(check.params).__doc__ or "").replace("\n", " ")
        shipped = as_json(check.params)
        values = ", ".join(f"`{field.name}={json.dumps(shipped[field.name])}`" for field in fields(check.params))
        lines.append(f"- Parameters: {values}. {said}")
    needs = with_rules(check, RuleBook()).needs
    if needs:
        lines.append(f"- Needs: {', '.join(f'`{need}`' for need in needs)}")
    near = [*check.relations, *(f"{kind} of the client" for kind in check.client_kinds)]
    near += [f"{kind} of the account" for kind in check.account_kinds]
    if near:
        lines.append(f"- Asked again with: {', '.join(near)}")
    return "\n".join(lines) + "\n"


def _severities(check: Check[Any, Any]) -> list[str]:
    """The usual one first, then every other word of severity in the check's module."""
    known = ("critical", "high", "medium", "low", "info")
    module = inspect.getmodule(check.evaluate)
    tree = ast.parse(textwrap.dedent(inspect.getsource(module))) if module else ast.parse("")
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return [check.severity, *(word for word in known if word in words and word != check.severity)]


if __name__ == "__main__":
    PAGE.write_text(page())
