"""Why two records are, or are not, linked: a pure function from what is known of them to sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mspbyte_common.links import HELD_BACK, PERSON, SHARED_BY

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Known:
    """What is known of two records. `way`: names along the edges that connect them, when there is no direct one."""

    one: Row
    other: Row
    keys: Sequence[Row] = ()
    edges: Sequence[Row] = ()
    decisions: Sequence[Row] = ()
    issues: Sequence[Row] = ()
    borrowed_macs: Sequence[Row] = ()
    together: bool = False
    way: Sequence[str] = field(default_factory=tuple)

    @property
    def linked(self) -> bool:
        """Whether an active edge, a cluster or a chain connects them."""
        return self.together or bool(self.way) or any(_holds(edge) and edge["state"] == "active" for edge in self.edges)


def explain(known: Known) -> list[str]:
    """The reasons, what decides first."""
    reasons = [*_decided(known), *_records(known), *_edges(known)]
    if known.way:
        reasons.append(f"They are connected: {' → '.join(known.way)}.")
    elif known.together and not any(_holds(edge) and edge["state"] == "active" for edge in known.edges):
        reasons.append(
            "No edge runs between the two, but both belong to one cluster: mspctl link show names the others."
        )
    reasons += _met(known)
    reasons += _borrowed(known)
    if not known.linked:
        reasons += _apart(known)
    return reasons


def _holds(edge: Row) -> bool:
    return edge["valid_to"] is None


def _decided(known: Known) -> list[str]:
    return [
        f"{row['author']} {row['verdict']} the pair on {row['decided_at']:%Y-%m-%d}: {row['reason']}."
        + (f" {row['cleared_by']} cleared that on {row['cleared_at']:%Y-%m-%d}." if row["cleared_at"] else "")
        for row in known.decisions
    ]


def _records(known: Known) -> list[str]:
    """What keeps a record from being linked at all."""
    found = []
    for row in (known.one, known.other):
        if row["deleted_at"] is not None:
            found.append(f"{row['name']} was deleted at its source on {row['deleted_at']:%Y-%m-%d}.")
        elif row["quarantined"]:
            found.append(f"{row['name']} does not fit its kind: mspctl quarantine list.")
        elif not row["resolved"]:
            found.append(f"{row['name']} is not resolved yet.")
        if row["waiting"]:
            found.append(f"{row['name']} is on its way to be linked: ask again in a moment.")
    return found


def _edges(known: Known) -> list[str]:
    found = []
    for edge in known.edges:
        rule = f"by rule {edge['rule']} ({edge['confidence']}, {edge['key_value']!r})"
        by = f"{edge['relation']} {'by a person' if edge['rule'] == PERSON else rule}"
        if not _holds(edge):
            found.append(f"Until {edge['valid_to']:%Y-%m-%d %H:%M}: {by}.")
        elif edge["state"] == "active":
            found.append(f"Linked: {by}.")
        else:
            found.append(f"Only a candidate: {by}: {HELD_BACK.get(edge['held_back'], 'unknown why')}.")
    return found


def _met(known: Known) -> list[str]:
    """Values both have, whatever came of it."""
    found = []
    for mine, its in _common(known):
        said = f"Both have {mine['key_value']!r}: {_role(mine)} of one, {_role(its)} of the other"
        most = max(row["held_by"] or 0 for row in (mine, its))
        if most > SHARED_BY:
            found.append(f"{said}; {most} records have it, which is too many to tell any from the others.")
        elif (
            not mine["refers"]
            and not its["refers"]
            and known.one["client_id"] is None
            and known.other["client_id"] is None
        ):
            found.append(f"{said}; neither record has a client yet, and such keys only meet within one.")
        elif not mine["refers"] and not its["refers"] and known.one["client_id"] != known.other["client_id"]:
            found.append(f"{said}; but they belong to different clients, between which nothing is linked.")
        elif (mine["refers"] or its["refers"]) and known.one["account_id"] != known.other["account_id"]:
            found.append(f"{said}; but in different accounts, where a vendor's ids mean different things.")
        else:
            found.append(f"{said}.")
    return found


def _borrowed(known: Known) -> list[str]:
    """Addresses that are no keys: what both have, and where the two are not linked, what either has."""
    owners: dict[str, list[str]] = defaultdict(list)
    for row in known.borrowed_macs:
        owners[row["mac"]].append(_name(known, row["entity_id"]))
    return [
        f"{'Both have' if len(names) > 1 else f'{names[0]} has'} the MAC {mac}: it is a virtual adapter's or a dock's, or"
        " made up, and tells no machine from another."
        for mac, names in owners.items()
        if len(names) > 1 or not known.linked
    ]


def _apart(known: Known) -> list[str]:
    found = []
    values = _by_type(known)
    for key_type, (mine, its) in sorted(values.items()):
        if key_type in ("serial", "os_family", "entra_device_id") and mine and its and not mine & its:
            found.append(f"Their {key_type} differs: {', '.join(sorted(mine))} and {', '.join(sorted(its))}.")
    found += [
        f"The {row['field']} {row['value']!r} of {_name(known, row['entity_id'])} says nothing (rule {row['rule']})."
        for row in known.issues
    ]
    if not any(True for _ in _common(known)):
        found.append("They have no key in common.")
    return found


def _common(known: Known) -> list[tuple[Row, Row]]:
    mine = [row for row in known.keys if row["entity_id"] == known.one["id"]]
    its = [row for row in known.keys if row["entity_id"] == known.other["id"]]
    return [
        (a, b)
        for a in mine
        for b in its
        if a["key_value"] == b["key_value"]
        and not (a["refers"] and b["refers"])
        and (a["key_type"] == b["key_type"] or not (a["refers"] or b["refers"]))
    ]


def _by_type(known: Known) -> dict[str, tuple[set[str], set[str]]]:
    found: dict[str, tuple[set[str], set[str]]] = {}
    for row in known.keys:
        if not row["refers"]:
            sides = found.setdefault(row["key_type"], (set(), set()))
            sides[row["entity_id"] == known.other["id"]].add(row["key_value"])
    return found


def _role(key: Row) -> str:
    return f"the {key['key_type']} referred to" if key["refers"] else f"the {key['key_type']}"


def _name(known: Known, entity_id: UUID) -> str:
    return str(known.one["name"] if entity_id == known.one["id"] else known.other["name"])
