"""What Autotask's refusals mean.

A wrong request is a 500 like a broken server, and only its text tells which; a 401 has no body at all. Whether a missing
permission is a 403 or a 500 is not published: both are read.
"""

from __future__ import annotations

from typing import Final

from mspbyte_common.errors import (
    CredentialInvalid,
    PermissionMissing,
    RequestInvalid,
    ThrottledApplication,
    ThrottledEndpoint,
    Transient,
    VendorError,
    VendorOutage,
)
from mspbyte_common.vendors.failures import (
    NO_CODE,
    REDIRECTED,
    Failure,
    Refusal,
    error_for,
    json_object,
    refusal_of,
    word,
)
from mspbyte_common.vendors.transport import Answer

USER = (
    "Check the API user's name and secret, that it is active, not locked and has an API security level, "
    "then: mspctl connection set-secret."
)
LEVEL = "Give the API user's security level access to this entity, then: mspctl account resume."
WAIT: Final = 60.0
"""Seconds to wait where Autotask does not say how long."""
SHOWN: Final = "errors"
"""The code of an answer that has a list of errors; one that has `Message` comes from the web server before Autotask."""
ROUTING: Final = "Message"

_THREADS = (
    Failure(ThrottledEndpoint, text="thread threshold", wait=5.0),
    Failure(ThrottledEndpoint, text="Itgenatr005", wait=5.0),
)
_DOWN = (
    Failure(VendorOutage, status=(502, 503, 504)),
    Failure(Transient, status=500, code=NO_CODE),
    Failure(Transient, status=500, code=ROUTING),
    Failure(Transient, status=500, text="unexpected error"),
)

ZONE: Final = (
    REDIRECTED,
    *_THREADS,
    Failure(ThrottledApplication, status=429, wait=WAIT),
    Failure(
        CredentialInvalid,
        text="Zone information could not be determined",
        advice="Autotask knows no such API user: check the connection's user name.",
    ),
    *_DOWN,
)
"""The zone lookup. It takes no credential; an unknown user is a 500, not a 404."""

DATA: Final = (
    REDIRECTED,
    *_THREADS,
    Failure(ThrottledApplication, status=429, wait=WAIT),
    Failure(CredentialInvalid, status=401, advice=USER),
    Failure(
        CredentialInvalid,
        text="IntegrationCode is invalid",
        advice="Check the tracking identifier (integration_code): mspctl connection set-secret.",
    ),
    Failure(CredentialInvalid, text="Zone information could not be determined", advice=USER),
    Failure(PermissionMissing, status=403, advice=LEVEL),
    Failure(PermissionMissing, status=500, text="permission", advice=LEVEL),
    Failure(RequestInvalid, status=500, text="Unable to find"),
    Failure(RequestInvalid, status=500, text="Invalid query syntax"),
    Failure(RequestInvalid, status=500, text="500 or fewer 'OR' conditions"),
    Failure(RequestInvalid, status=500, text="does not reference an existing entity"),
    Failure(RequestInvalid, status=500, text="does not exist or is invalid"),
    Failure(RequestInvalid, status=500, text="you must assign both"),
    Failure(RequestInvalid, status=405),
    Failure(RequestInvalid, status=404, advice="The database may have moved: its zone is looked up again."),
    *_DOWN,
)
"""Entities. The first wrong secret stops the connection: every further one brings the user nearer to being locked."""


def classify_zone(answer: Answer) -> VendorError:
    """The error a failed zone lookup is."""
    return error_for("autotask", "zone lookup", ZONE, refusal(answer))


def classify(answer: Answer) -> VendorError:
    """The error an answer is that is not data."""
    return error_for("autotask", "data", DATA, refusal(answer))


def refusal(answer: Answer) -> Refusal:
    """The texts of a list of errors, or the web server's message."""
    body = json_object(answer)
    errors = body.get("errors")
    if isinstance(errors, list) and any(word(one) for one in errors):
        return refusal_of(answer, SHOWN, "; ".join(word(one) for one in errors))
    message = word(body.get("Message"))
    return refusal_of(answer, ROUTING if message else NO_CODE, message)
