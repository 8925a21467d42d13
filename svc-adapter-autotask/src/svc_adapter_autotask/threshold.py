"""How much of the database's requests everybody has used: Autotask counts all integrations of the MSP together.

It slows its answers from half of the threshold on and refuses at the whole of it, so what others use is left to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mspbyte_common.errors import SchemaDrift
from mspbyte_common.vendors.session import Feedback

PATH: Final = "V1.0/ThresholdInformation"
LOOK_SECONDS: Final = 120.0
"""How often it is asked per database, by all replicas together; asking counts as a request."""
SLOWED: Final = 0.5
"""From this share of the threshold on, Autotask answers more slowly."""


def feedback(body: Mapping[str, Any]) -> Feedback | None:
    """Our whole rate up to half of the threshold, from there evenly down to nothing at the whole."""
    try:
        used = float(body["currentTimeframeRequestCount"]) / float(body["externalRequestThreshold"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        message = "ThresholdInformation has no count and threshold"
        raise SchemaDrift(message) from None
    if used <= SLOWED:
        return None
    return Feedback("connection", max(1.0 - used, 0.0) / (1.0 - SLOWED))
