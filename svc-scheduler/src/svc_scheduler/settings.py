"""What svc-scheduler is told from outside."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mspbyte_common.settings import ServiceSettings
from svc_scheduler.runs.choose import Caps


class SchedulerSettings(ServiceSettings):
    """How many runs may be announced or running at a time. Replicas share it; give all the same."""

    runs_per_vendor: Annotated[int, Field(ge=1)] = 256
    """Of one vendor: at least what all its adapters' hands take up, twice over."""
    runs_per_msp: Annotated[int, Field(ge=1)] = 128
    """Of one msp at one vendor."""
    runs_per_account: Annotated[int, Field(ge=1)] = 32
    """Of one account."""

    def caps(self) -> Caps:
        """The three together."""
        return Caps(self.runs_per_vendor, self.runs_per_msp, self.runs_per_account)
