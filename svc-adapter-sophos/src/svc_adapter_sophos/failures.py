"""What Sophos's refusals mean.

`errorCode` stands in successful sign-ins too, and the names in `error` drift: of the API, the status alone decides.
"""

from __future__ import annotations

from typing import Final

from mspbyte_common.errors import (
    CredentialInvalid,
    PartnerAssistanceMissing,
    PermissionMissing,
    RequestInvalid,
    ResourceGone,
    ThrottledApplication,
    TokenExpired,
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

RENEW = "Create a new API credential in Sophos Central Partner, then: mspctl connection set-secret."
NO_ASSISTANCE = (
    "The tenant refuses the partner: switch on Partner Assistance in its Sophos Central, then: mspctl account resume. "
    "If it is on, check the credential's role, and that the tenant is licensed."
)
ROLE = "Give the API credential the role Service Principal ReadOnly or above, then: mspctl account resume."

_SHARED = (
    REDIRECTED,
    Failure(ThrottledApplication, status=429),
    Failure(VendorOutage, status=(502, 503, 504)),
    Failure(Transient, status=500),
)

SIGN_IN: Final = (
    *_SHARED,
    Failure(
        CredentialInvalid, code="oauth.invalid_client_secret", advice="The secret is wrong or has expired. " + RENEW
    ),
    Failure(CredentialInvalid, code="oauth.client_app_does_not_exist", advice="No such client id. " + RENEW),
    Failure(CredentialInvalid, code="oauth.invalid_client_id", advice="No such client id. " + RENEW),
    Failure(CredentialInvalid, code="customer.validation", advice="The client id or secret is malformed. " + RENEW),
    Failure(CredentialInvalid, status=401, code=NO_CODE, advice=RENEW),
)
"""Sign-in, by errorCode. An API credential has an end set at its creation: then it is a wrong secret."""

TENANT: Final = (
    *_SHARED,
    # an expired pageFromKey is a 400 too: the next run begins the list anew
    Failure(RequestInvalid, status=400),
    # a moved tenant's old region may answer so: parking would outlast the next tenant listing, which heals it
    Failure(TokenExpired, status=401),
    Failure(PartnerAssistanceMissing, status=403, advice=NO_ASSISTANCE),
    Failure(ResourceGone, status=404),
    Failure(RequestInvalid, status=409),
)
"""Calls for one tenant."""

PARTNER: Final = (
    *_SHARED,
    Failure(RequestInvalid, status=400),
    Failure(TokenExpired, status=401),
    Failure(PermissionMissing, status=403, advice=ROLE),
    Failure(RequestInvalid, status=404),
    Failure(RequestInvalid, status=409),
)
"""Calls for the partner itself: whoami, the tenant listing."""


def classify_sign_in(answer: Answer) -> VendorError:
    """The error a refused sign-in is."""
    body = json_object(answer)
    return error_for(
        "sophos", "sign-in", SIGN_IN, refusal_of(answer, word(body.get("errorCode")), word(body.get("message")))
    )


def classify(answer: Answer) -> VendorError:
    """The error an answer of a tenant is that is not data."""
    return error_for("sophos", "tenant", TENANT, refusal(answer))


def classify_partner(answer: Answer) -> VendorError:
    """The error an answer to the partner is that is not data."""
    return error_for("sophos", "partner", PARTNER, refusal(answer))


def refusal(answer: Answer) -> Refusal:
    """Sophos's name and words; a gateway sends only a message."""
    body = json_object(answer)
    return refusal_of(answer, word(body.get("error")), word(body.get("message")))
