"""Writes docs/configuration.md from the settings classes and the adapters' declarations: `make docs`."""

from __future__ import annotations

import importlib
import inspect
from datetime import timedelta
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from mspbyte_common.adapter import Vendor
from mspbyte_common.settings import ServiceSettings
from mspbyte_common.vendors.limits import Limit
from mspctl.tenants.vendors import VENDORS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "configuration.md"
SERVICES = sorted(one.parent.name for one in ROOT.glob("svc-*/src/*/main.py"))
TYPES = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "file", Limit: "limit"}

HEAD = """# Configuration

Written by `make docs` from the declarations; do not edit. Services read environment variables named `MSPBYTE_…`, and files for
whatever is secret. A wrong or missing setting ends a service at once with exit code 2 and one line on standard error. `mspctl up`
and `mspctl demo` set all of these themselves, and hide any `MSPBYTE_…` of your shell from the services. Of type *file*: the
value is a path, its content what the service reads; passwords and keys are never values.

Use the database role of the same name as the service, with underscores: `svc_processors`, `svc_adapter_m365` …
"""
LIMITS = """
### Limits

All replicas of an adapter share its limits, so give all the same. A limit has a `scope` (`connection`, `account`, or
`endpoint`: one resource of one connection) and one measure: `requests` or `units` per `seconds`, or `concurrent`. `resources`
narrows it to some lists, counted together. `burst` (0.02) is the share that may come at once after a quiet time; the steady
rate is lower by as much.

```sh
MSPBYTE_LIMITS='[{"scope": "connection", "requests": 5, "seconds": 1}, {"scope": "account", "concurrent": 2}]'
```

"""
UNCERTAIN = """
Uncertain, and therefore the safest reading: for whom Sophos counts, whether every Autotask database has 10,000, and that a
Microsoft tenant is of the smallest size. Simulators refuse nothing, so `mspctl demo` and `up --simulate` give adapters
1,000 requests a second per account.

## Connections

What `mspctl connection add VENDOR NAME --setting NAME=VALUE` takes, required in bold; the secret is a JSON object with exactly
the parts named, in one of the forms. The addresses have the vendors' own as defaults; national clouds and tests set others.

"""
SCHEDULES = """
## Schedules

An adapter declares the intervals of each list, and its jobs are made with them; `mspctl job set` changes either.

"""
TAIL = """
## mspctl

| setting | meaning |
|---|---|
| `MSPBYTE_DIR` | the fleet's directory where `--dir` is not given; `var/up` without it. `mspctl demo` does not read it: it empties its directory |
| `MSPBYTE_DATABASE_URL`, `MSPBYTE_DATABASE_PASSWORD_FILE`, `MSPBYTE_KEK_FILE` | a fleet that mspctl did not start; they come before any directory. Use the role `mspctl` |
| the first two, of the schema's owner | `mspctl bootstrap`, `backup` and `restore` |
| `MSPBYTE_NATS_URL`, `MSPBYTE_NATS_USER`, `MSPBYTE_NATS_PASSWORD_FILE`, `MSPBYTE_NATS_CA_FILE` | `mspctl bootstrap` only |

## Tests

| setting | meaning |
|---|---|
| `MSPBYTE_TEST_DATABASE_URL` | a PostgreSQL whose owner may create databases and roles |
| `MSPBYTE_TEST_PROVIDER` | `embedded`: no containers, even where they could be had |
| `MSPBYTE_SIMULATED_HISTORIES`, `MSPBYTE_SIMULATED_BRIEF`, `MSPBYTE_SIMULATED_FIRST` | how many whole (4) and brief (75) histories of a simulated fleet are told, from which seed on (0) |
| `MSPBYTE_SIMULATED_JOBS` | jobs of the simulated year (1000) |
| `pytest -m containers tests/containers` | the fleet in containers, which other runs leave out; `make compose-test` |
| `MSPBYTE_CHAOS_POINTS`, `MSPBYTE_CHAOS_STRIKES`, `MSPBYTE_CHAOS_SEED` | at how many fault points the suite's fleet dies (4), how often it is struck (0), and which (1); `make chaos` does all of it |
| `pytest --fuzz-listings 10000 --fuzz-seed 7` | how many listings of a failing vendor are tried (250), and which; `make fuzz` |
| `pytest tests/deploy --checkov` | checkov is asked too, half a minute; `make k8s-test` |
| `MSPBYTE_SAMPLES` | a folder with real answers; the tests that read them are skipped without it |
"""


def page() -> str:
    """The whole page."""
    mains = [importlib.import_module(f"{name}.main") for name in SERVICES]
    vendors = sorted(
        (one for main in mains for _, one in inspect.getmembers(main, lambda found: isinstance(found, Vendor))),
        key=lambda vendor: vendor.name,
    )
    parts = [HEAD, *(_settings(one) for one in _classes(ServiceSettings)), LIMITS, _limits(vendors), UNCERTAIN]
    return "".join([*parts, _connections(), SCHEDULES, _schedules(vendors), TAIL])


def _classes(settings: type[ServiceSettings]) -> list[type[ServiceSettings]]:
    """The class and all that add to it."""
    below = sorted(settings.__subclasses__(), key=lambda one: one.__module__)  # whatever was imported first
    return [settings, *(found for one in below for found in _classes(one))]


def _settings(settings: type[ServiceSettings]) -> str:
    """What the class adds to, or says otherwise than, the one it builds on."""
    title = inspect.cleandoc(settings.__doc__ or "").splitlines()[0].rstrip(".")
    rows = [
        (f"`MSPBYTE_{name.upper()}`", _type(field.annotation), _default(field), field.description or "")
        for name, field in settings.model_fields.items()
        if name in settings.__annotations__
    ]
    table = _table(("setting", "type", "default", "meaning"), rows)
    return f"\n## {title}\n\nFrom `{settings.__module__}`:\n\n{table}\n"


def _type(annotation: Any) -> str:
    parts = get_args(annotation)
    if get_origin(annotation) in (Union, UnionType):
        return " or ".join(_type(part) for part in parts if part is not NoneType)
    if get_origin(annotation) is Literal:
        return ", ".join(parts)
    if get_origin(annotation) is tuple:
        return f"list of {_type(parts[0])}s"
    return TYPES[annotation]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.default
    return "none" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _limits(vendors: list[Vendor]) -> str:
    rows = [(vendor.name, "; ".join(_limit(one) for one in vendor.limits)) for vendor in vendors]
    return _table(("adapter", "limits it keeps to"), rows) + "\n"


def _limit(limit: Limit) -> str:
    lists = f" for {', '.join(f'`{name}`' for name in sorted(limit.resources))}" if limit.resources else ""
    if limit.window is None:
        return f"{limit.amount:,.0f} at a time per {limit.scope}{lists}"
    measure = "units" if limit.units is not None else "requests"
    return f"{limit.amount:,.0f} {measure} in {_time(limit.window)} per {limit.scope}{lists}"


def _connections() -> str:
    rows = []
    for vendor in VENDORS.values():
        settings = ", ".join(f"`{name}`" if default else f"**`{name}`**" for name, default in vendor.settings.items())
        forms = " or ".join(", ".join(f"`{part}`" for part in form) for form in vendor.secrets)
        rows.append((vendor.name, settings, forms))
    return _table(("vendor", "settings", "secret"), rows) + "\n"


def _schedules(vendors: list[Vendor]) -> str:
    rows = [
        (
            f"{vendor.name} `{one.resource}`",
            _time(one.interval),
            _time(one.incremental.interval) if one.incremental else "-",
        )
        for vendor in vendors
        for one in sorted(vendor.endpoints, key=lambda endpoint: endpoint.resource)
    ]
    return _table(("list", "in full every", "by what changed every"), rows) + "\n"


def _time(span: timedelta | float) -> str:
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    for size, unit in ((3_600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page())
