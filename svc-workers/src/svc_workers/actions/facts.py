"""What is known of a finding when something is to be said about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from svc_workers.actions.decide import Occurrence


@dataclass(frozen=True)
class Facts:
    """A finding with its surroundings.

    `company_id`: the PSA's number of its client's company, None when the client or its company is not known. `contact_id`
    and `device_id`: its numbers of the one contact and configuration item of that company that, linkers say, the subject is.
    """

    occurrence: Occurrence
    evidence: Mapping[str, Any]
    opened_at: datetime
    at: datetime
    check_title: str
    why: str
    remedy: str
    subject_kind: str
    subject_name: str
    client_name: str | None
    company_id: str | None
    psa_account_id: UUID | None
    contact_id: str | None
    device_id: str | None
