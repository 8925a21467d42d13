"""Autotask picklists → picklist_value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import PicklistValue
from svc_processors.normalizer import Normalizer
from svc_processors.reading import flag, ident, ident_or_none, required_text


def normalize(raw: Mapping[str, Any]) -> PicklistValue:
    """A value, a string here where records have a number, with what the MSP calls it."""
    return PicklistValue(
        entity=required_text(raw["entity"]),
        field=required_text(raw["field"]),
        value=ident(raw["value"]),
        label=required_text(raw["label"]),
        active=flag(raw.get("isActive")),
        parent_value=ident_or_none(raw.get("parentValue")),
    )


NORMALIZER = Normalizer(vendor="autotask", resource="picklists", kind=PicklistValue, version=1, normalize=normalize)
