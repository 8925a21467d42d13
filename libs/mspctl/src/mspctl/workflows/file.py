"""Workflows in files: read, and checked against what the msp has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID

import yaml

from mspbyte_common.errors import UsageError
from mspbyte_common.workflows.declaration import Ticket, Workflow, workflow
from mspctl.checks.scope import scope_of
from mspctl.store import Connection
from mspctl.workflows import store


def read(file: Path) -> Workflow:
    """The workflow of a YAML file; UsageError with each mistake and its place."""
    try:
        document = yaml.safe_load(file.read_text())
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}."
        raise UsageError(message) from None
    except yaml.YAMLError as error:
        message = f"{file} is no YAML: {error}."
        raise UsageError(message) from None
    return workflow(document)


def placed(connection: Connection, found: Workflow) -> tuple[str, UUID | None]:
    """(scope, target) of a workflow; UsageError for a client or group, a check or a picklist value the msp does not have."""
    scope, target = scope_of(connection, found.client, found.group, None)
    unknown = sorted(set(found.when.checks) - {"*"} - store.check_names(connection))
    if unknown:
        message = f"there is no check {', '.join(unknown)}: mspctl check list."
        raise UsageError(message)
    mistakes = list(_mistakes(found, store.picklists(connection)))
    if mistakes:
        message = f"Autotask has no such value: {'; '.join(mistakes)}."
        raise UsageError(message)
    return scope, target


def _mistakes(found: Workflow, picklists: Mapping[str, Mapping[str, bool]]) -> Iterator[str]:
    """Values that are not offered, of the picklists that were read."""
    for action in found.do:
        if isinstance(action, Ticket):
            used: dict[str, set[int | None]] = {
                "queueID": {action.queue, action.triage.queue},
                "priority": set(action.priority.values()),
                "status": {action.status, action.closed_status},
                "source": {action.source},
                "ticketType": {action.ticket_type},
            }
            for field, values in used.items():
                offered = picklists.get(field)
                if offered is not None:
                    wrong = sorted(str(value) for value in values - {None} if not offered.get(str(value), False))
                    there = ", ".join(sorted(value for value, active in offered.items() if active))
                    yield from (f"{action.name}: {field} {value} (of {there})" for value in wrong)
