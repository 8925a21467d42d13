"""Writes docs/workflow.schema.json and docs/webhook.schema.json from the models: `make docs`."""

from __future__ import annotations

import json
from pathlib import Path

from mspbyte_common.workflows import declaration
from svc_workers.actions import message

DOCS = Path(__file__).parent


def files() -> dict[Path, str]:
    """Path → the text it should have."""
    documents = {"workflow": declaration.schema(), "webhook": message.schema()}
    return {
        DOCS / f"{name}.schema.json": f"{json.dumps(document, indent=2, ensure_ascii=False)}\n"
        for name, document in documents.items()
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text)
