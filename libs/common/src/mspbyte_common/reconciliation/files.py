"""Rule sets as YAML: the one that is shipped, and those of people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import ValidationError

from mspbyte_common.errors import UsageError
from mspbyte_common.reconciliation.rules import FORMS, Rule, RuleSet


@cache
def shipped() -> RuleSet:
    """The rules of this release, which everybody has unless a rule of the same id replaces one."""
    return parse(files("mspbyte_common.reconciliation").joinpath("shipped.yaml").read_text("utf-8"))


def parse(text: str) -> RuleSet:
    """A rule set from YAML (or JSON, which is YAML); UsageError that names the place of each fault."""
    try:
        return RuleSet.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        message = f"the rule set is no YAML: {error}"
        raise UsageError(message) from None
    except ValidationError as error:
        faults = "\n".join(f"  {_place(fault['loc'])}: {fault['msg']}" for fault in error.errors())
        message = f"the rule set does not fit:\n{faults}"
        raise UsageError(message) from None


def document(rules: Iterable[Rule]) -> dict[str, Any]:
    """A rule set as JSON holds it, without what is as usual."""
    return {"version": 1, "rules": [rule.model_dump(mode="json", exclude_defaults=True) for rule in rules]}


def write(rules: Iterable[Rule]) -> str:
    """Rules as a YAML file that `parse` reads."""
    text: str = yaml.safe_dump(document(rules), sort_keys=False, allow_unicode=True, width=110)
    return text


def _place(location: Sequence[int | str]) -> str:
    """Where a fault is, without the form of the rule, which stands behind its number."""
    parts = [
        part for place, part in enumerate(location) if not (part in FORMS and isinstance(location[place - 1], int))
    ]
    return ".".join(str(part) for part in parts) or "the file"
