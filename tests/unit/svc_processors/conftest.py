"""The synthetic records of tests/data, and the normalizers under test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import svc_processors.normalizers
from mspbyte_common.declarations import discover, index
from mspbyte_common.models import Kind
from svc_processors.normalizer import Normalizer

DATA = Path(__file__).parents[2] / "data"

Record = dict[str, Any]


@pytest.fixture(scope="session")
def normalizers() -> dict[tuple[str, str], Normalizer]:
    """Every normalizer by (vendor, resource)."""
    return index(discover(svc_processors.normalizers, Normalizer), lambda item: (item.vendor, item.resource))


@pytest.fixture(scope="session")
def record() -> Callable[..., Record]:
    """A fresh copy of the synthetic record of (vendor, resource), with fields replaced."""

    def read(vendor: str, resource: str, **changes: object) -> Record:
        found: Record = json.loads((DATA / vendor / f"{resource}.json").read_text())
        return found | changes

    return read


@pytest.fixture(scope="session")
def normalized(
    normalizers: dict[tuple[str, str], Normalizer],
    record: Callable[..., Record],
) -> Callable[..., Kind]:
    """The synthetic record of (vendor, resource) as a kind, with raw fields replaced and `without` left out."""

    def run(vendor: str, resource: str, *, without: tuple[str, ...] = (), **changes: object) -> Kind:
        raw = record(vendor, resource, **changes)
        return normalizers[vendor, resource].normalize({key: raw[key] for key in raw if key not in without})

    return run
