"""Writes docs/data-model.md from the declarations: `make docs`.

Where a field comes from is found out, not written down: each value of a vendor's example record is changed in turn, and
the fields of the kind that then differ have it as their source.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

import svc_linkers.rules
import svc_processors.normalizers
import svc_resolvers.rules
from mspbyte_common.declarations import discover
from mspbyte_common.models import KINDS, Kind
from svc_linkers.rule import ReferenceRule, SamenessRule
from svc_processors.misfit import step
from svc_processors.normalizer import Normalizer
from svc_processors.process import MISFITS
from svc_resolvers.rule import Rule

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "tests" / "data"
PAGE = ROOT / "docs" / "data-model.md"

WORDS = {str: "text", bool: "true or false", int: "whole number", float: "number", Decimal: "decimal", datetime: "time"}

TIME = "2031-05-06T07:08:09Z"

HEAD = """# Data model

Written by `make docs` from the declarations; do not edit. Every record of a vendor becomes one of these kinds, whichever
vendor it came from. Times are UTC, ids are text, and null means unknown. A field that ends in `_canonical` is filled by
the resolvers from the field of that name; all others by the processors, from what the vendor sent. *Volatile* fields
change without meaning: they are stored, but wake nothing and leave no history.

In SQL each kind is a view, `v_<kind>`, and each vendor's list another, `raw_<vendor>_<list>`; name your msp first:
`SET app.msp_id = '…'`. Beside the fields below each view has id, msp_id, account_id, client_id, vendor, resource,
external_id, first_seen_at and changed_at. `v_merged_device` has the devices that several records of an account tell of, with
whose word counts for which field; in `v_device`, `merged_into` names the record that stands for one.
"""


def page() -> str:
    """The whole page."""
    normalizers = sorted(discover(svc_processors.normalizers, Normalizer), key=lambda one: (one.vendor, one.resource))
    parts = [HEAD]
    for _, kind in sorted(KINDS.items()):
        parts.append(_kind(kind, [one for one in normalizers if one.kind is kind]))
    parts += [_relationships(), ""]
    return "\n".join(parts)


def _kind(kind: type[Kind], normalizers: list[Normalizer]) -> str:
    lists = ", ".join(f"{one.vendor} {one.resource}" for one in normalizers)
    said = inspect.cleandoc(kind.__doc__ or "").replace("\n", " ")
    meanings, sources = _meanings(kind), _sources(normalizers) | _filled(kind)
    rows = [
        (
            f"`{name}`",
            _cell(_type(field.annotation)),
            _cell(f"{'*Volatile.* ' if name in kind.VOLATILE else ''}{meanings.get(name, '')}"),
            _cell("; ".join(sources.get(name, ["the normalizer, alike for every record"]))),
        )
        for name, field in kind.model_fields.items()
    ]
    return f"\n## {kind.NAME}\n\n{said} Read from: {lists}.\n\n{_table(('field', 'type', 'meaning', 'from'), rows)}"


def _meanings(kind: type[Kind]) -> dict[str, str]:
    """The string below each field."""
    [body] = [
        node for node in ast.parse(textwrap.dedent(inspect.getsource(kind))).body if isinstance(node, ast.ClassDef)
    ]
    found = {}
    for one, following in pairwise(body.body):
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and isinstance(following, ast.Expr):
            found[one.target.id] = inspect.cleandoc(ast.literal_eval(following.value)).replace("\n", " ")
    return found


def _filled(kind: type[Kind]) -> dict[str, list[str]]:
    """Canonical fields, with the rules of their kind that fill them: known by the field's name, or by the rule's module."""
    rules = {rule.id for rule in discover(svc_resolvers.rules, Rule) if kind in rule.kinds}
    return {
        name: [f"rule `{rule}`" for rule in sorted(rules) if rule.endswith(name)] or ["resolvers"]
        for name in kind.canonical_fields()
    }


def _sources(normalizers: list[Normalizer]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for normalizer in normalizers:
        record = json.loads((EXAMPLES / normalizer.vendor / f"{normalizer.resource}.json").read_text())
        by_field: dict[str, list[str]] = {}
        whole = normalizer.normalize(record).model_dump()
        for path, steps in _places(record):
            for field in sorted(_moved(normalizer, record, steps, whole)):
                by_field.setdefault(field, []).append(path)
        for field, paths in by_field.items():
            found.setdefault(field, []).append(f"{normalizer.vendor} {normalizer.resource}: {', '.join(paths)}")
    return found


def _places(
    value: Any, path: str = "$", steps: tuple[str | int, ...] = ()
) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Every value without parts in an example record; of a list only the first item, shown as `[]`."""
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _places(item, step(path, name), (*steps, name))
    elif isinstance(value, list) and value:
        yield from _places(value[0], f"{path}[]", (*steps, 0))
    elif steps:
        yield path.removeprefix("$."), steps


def _moved(normalizer: Normalizer, record: Any, steps: tuple[str | int, ...], whole: dict[str, Any]) -> set[str]:
    """The fields that differ once the value at a place is another of its type, or gone."""
    moved: set[str] = set()
    for other in _others(_at(record, steps)):
        changed = deepcopy(record)
        holder = _at(changed, steps[:-1])
        holder[steps[-1]] = other
        try:
            model = normalizer.normalize(changed).model_dump()
        except MISFITS:
            continue
        moved |= {name for name in model if model[name] != whole[name]}
    return moved


def _others(value: Any) -> list[Any]:
    """Values of the type of this one, and none."""
    if isinstance(value, bool):
        return [not value, None]
    if isinstance(value, int | float):
        return [value + 1, None]
    if isinstance(value, str):
        return [f"{value}x", TIME, "other", "00000000-0000-4000-8000-00000000000f", None]
    return [None, TIME, "other", True, 7, {"id": "other"}]


def _at(value: Any, steps: tuple[str | int, ...]) -> Any:
    for one in steps:
        value = value[one]
    return value


def _relationships() -> str:
    references = [
        (
            f"`{rule.relation}`",
            rule.source if not rule.reverse else ", ".join(rule.targets),
            ", ".join(rule.targets) if not rule.reverse else rule.source,
            f"`{rule.refers}` → `{rule.known_by}`",
            rule.scope,
            f"`{rule.id}` {rule.version}",
        )
        for rule in sorted(discover(svc_linkers.rules, ReferenceRule), key=lambda rule: (rule.relation, rule.id))
    ]
    sameness = [
        (
            f"`{rule.relation}`",
            rule.left,
            rule.right,
            f"`{rule.left_key}` = `{rule.right_key}`",
            rule.scope,
            f"`{rule.id}` {rule.version}, confidence {rule.confidence}{', a candidate only' if rule.candidate_only else ''}",
        )
        for rule in sorted(
            discover(svc_linkers.rules, SamenessRule), key=lambda rule: (rule.relation, -rule.confidence)
        )
    ]
    columns = ("relation", "from", "to", "by", "within one", "rule and version")
    return (
        "\n## Relationships\n\nAn edge goes from the record that refers to the one that is known by the key. Where a key is"
        " shared, missing or contradicted there is none.\n\n"
        f"{_table(columns, references)}\n\n### Across vendors\n\n{_table(columns, sameness)}"
    )


def _type(annotation: Any) -> str:
    """A field's type in words: `text or null`, `list of Product`, the words of an enumeration."""
    parts = get_args(annotation)
    if get_origin(annotation) in (Union, UnionType):
        return " or ".join("null" if part is NoneType else _type(part) for part in parts)
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{word}`" for word in parts)
    if get_origin(annotation) is tuple:
        return f"list of {_type(parts[0])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"{annotation.__name__} ({', '.join(annotation.model_fields)})"
    return WORDS.get(annotation, str(annotation))


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").strip()


if __name__ == "__main__":
    PAGE.write_text(page())
