"""The published schemas are those of the models, and fit what they describe."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import jsonschema
import yaml

from mspbyte_common.workflows.declaration import schema, workflow

DOCS = Path(__file__).parents[3] / "docs"


def test_the_schemas_are_those_make_docs_writes() -> None:
    spec = importlib.util.spec_from_file_location("schemas", DOCS / "schemas.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert [path.name for path, text in module.files().items() if not path.exists() or path.read_text() != text] == []


def test_every_workflow_of_the_manual_fits_its_schema_and_is_one() -> None:
    found = re.findall(r"```yaml\n(workflow:.*?)```", (DOCS / "actions.md").read_text(), re.DOTALL)
    assert len(found) >= 2
    for text in found:
        document = yaml.safe_load(text)
        jsonschema.validate(document, schema())
        assert workflow(document).workflow == document["workflow"]
