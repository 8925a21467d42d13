"""What Microsoft's refusals mean.

The token endpoint is told by the first of `error_codes`, Graph by status and code: Microsoft warns that texts change.
Text decides in three rows where the code says nothing; they are marked.
"""

from __future__ import annotations

from typing import Any, Final

from mspbyte_common.errors import (
    AccountGone,
    ConsentMissing,
    CredentialInvalid,
    CredentialSpreading,
    DeltaExpired,
    LicenceMissing,
    PermissionMissing,
    RequestInvalid,
    ResourceGone,
    TenantDisabled,
    Throttled,
    ThrottledAccount,
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

RENEW = "In Entra, give the application a new secret or certificate, then: mspctl connection set-secret."
CONSENT = (
    "Have an administrator of the customer's tenant consent to the application (docs/vendors/m365.md), "
    "then: mspctl account resume."
)
GRANT = "Grant the application the permission this list needs, and admin consent, then: mspctl account resume."
DIRECTORY = "Grant the application Directory.Read.All and admin consent, then: mspctl account resume."
KEY_UNKNOWN: Final = "700027"

SIGN_IN: Final = (
    REDIRECTED,
    Failure(Throttled, status=429),
    Failure(VendorOutage, status=(502, 503, 504)),
    Failure(Transient, status=500),
    Failure(
        CredentialInvalid, code="7000215", advice="The secret is wrong; the secret's id is not its value. " + RENEW
    ),
    Failure(CredentialInvalid, code="7000222", advice="The secret has expired. " + RENEW),
    # a certificate uploaded a moment ago is not known to all of Microsoft's servers yet
    Failure(CredentialSpreading, code=KEY_UNKNOWN, advice="The certificate is not the application's. " + RENEW),
    Failure(CredentialInvalid, code="700082", advice="The refresh token has expired: sign in anew. " + RENEW),
    Failure(ConsentMissing, code="700016", advice=CONSENT),
    Failure(ConsentMissing, code="7000229", advice=CONSENT),
    Failure(ConsentMissing, code="65001", advice=CONSENT),
    # consented a moment ago: the service principal is on its way, half a minute is usual
    Failure(Transient, code="650051", advice="Nothing to do: consent is being carried out. If it lasts: " + CONSENT),
    Failure(
        ConsentMissing,
        code="50020",
        advice="Put the partner's user into a group the GDAP relationship names, then: mspctl account resume.",
    ),
    Failure(
        ConsentMissing,
        code="50177",
        advice="Put the partner's user into a group the GDAP relationship names, then: mspctl account resume.",
    ),
    Failure(
        ConsentMissing,
        code="53003",
        advice="Except the application from the Conditional Access policy, then: mspctl account resume.",
    ),
    Failure(
        AccountGone,
        code="90002",
        advice="No tenant, or none with a subscription: if the customer has left, mspctl account exclude.",
    ),
    Failure(AccountGone, code="900023", advice="The account's tenant id is not one: mspctl account exclude."),
    Failure(TenantDisabled, code="5000224"),
    Failure(RequestInvalid, code="9002313"),
    Failure(RequestInvalid, code="70011"),
    # OAuth's own word, where no number says more
    Failure(CredentialInvalid, status=(400, 401), code="invalid_client", advice=RENEW),
)
"""Sign-in, by AADSTS number."""

GRAPH: Final = (
    REDIRECTED,
    # by text: reports answer so under any status, with the code UnknownError
    Failure(Throttled, text="This request is throttled"),
    Failure(ThrottledAccount, status=429, scope="Tenant"),
    Failure(ThrottledApplication, status=429, scope="Application"),
    Failure(Throttled, status=429),
    Failure(ThrottledApplication, status=509),
    Failure(
        LicenceMissing,
        code="Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        advice="Nothing to do unless the customer should have Entra ID P1.",
    ),
    # by text: a tenant without Intune; the code is BadRequest, or the gateway's own
    Failure(
        LicenceMissing,
        text="Request not applicable to target tenant",
        advice="Nothing to do unless the customer should have Intune.",
    ),
    Failure(PermissionMissing, code="Authentication_ApplicationHasNoDirectoryReadAccess", advice=DIRECTORY),
    Failure(PermissionMissing, code="Authentication_MSGraphPermissionMissing", advice=GRANT),
    Failure(
        PermissionMissing, code="S2SUnauthorized", advice="Grant Reports.Read.All and consent; mspctl account resume."
    ),
    Failure(DeltaExpired, code="syncStateNotFound"),
    Failure(DeltaExpired, code="resyncRequired"),
    # by text: the code of an expired delta token is not always the one above
    Failure(DeltaExpired, status=(400, 404, 410), text="sync state"),
    Failure(DeltaExpired, code="Directory_ExpiredPageToken"),
    Failure(DeltaExpired, status=410),
    Failure(TokenExpired, status=401, code="InvalidAuthenticationToken"),
    Failure(TokenExpired, status=401, code=NO_CODE),
    Failure(TokenExpired, status=401, code="Unauthorized"),
    Failure(PermissionMissing, status=403, code="Authorization_RequestDenied", advice=GRANT),
    Failure(PermissionMissing, status=403, code="AccessDenied", advice=GRANT),
    Failure(PermissionMissing, status=403, code="Forbidden", advice=GRANT),
    Failure(PermissionMissing, status=403, code=NO_CODE, advice=GRANT),
    Failure(ResourceGone, status=404, code="Request_ResourceNotFound"),
    Failure(ResourceGone, status=404, code="ResourceNotFound"),
    Failure(ResourceGone, status=404, code="itemNotFound"),
    Failure(RequestInvalid, status=400, code="Request_UnsupportedQuery"),
    Failure(RequestInvalid, status=400, code="Request_BadRequest"),
    Failure(RequestInvalid, status=400, code="BadRequest"),
    Failure(RequestInvalid, status=501),
    Failure(RequestInvalid, status=(405, 406, 409, 411, 412, 413, 415, 416, 422, 423, 507)),
    Failure(Transient, status=424),
    Failure(VendorOutage, status=(502, 503, 504)),
    Failure(Transient, status=500),
)
"""Graph. A token it refuses after one new one is refused again with the next: the run fails, the account is not parked."""


def classify_sign_in(answer: Answer) -> VendorError:
    """The error a refused sign-in is."""
    return error_for("m365", "sign-in", SIGN_IN, sign_in_refusal(answer))


def classify(answer: Answer) -> VendorError:
    """The error an answer of Graph is that is not data."""
    return error_for("m365", "graph", GRAPH, graph_refusal(answer))


def sign_in_refusal(answer: Answer) -> Refusal:
    """The first AADSTS number, or OAuth's word where there is none; of the description no more than its first line."""
    body = json_object(answer)
    numbers = body.get("error_codes")
    number = word(numbers[0]) if isinstance(numbers, list) and numbers else NO_CODE
    error, text = word(body.get("error")), word(body.get("error_description")).split("\r\n")[0]
    return refusal_of(answer, number or error, f"{error} AADSTS{number}" if number and not text else text)


def graph_refusal(answer: Answer) -> Refusal:
    """Code and text; the text may stand in any of four places."""
    error = json_object(answer).get("error")
    if not isinstance(error, dict):
        return refusal_of(answer, word(error), "", answer.headers.get("x-ms-throttle-scope", ""))
    inner: Any = error.get("innerError") or error.get("innererror")
    inner = inner if isinstance(inner, dict) else {}
    details: Any = error.get("details")
    details = details[0] if isinstance(details, list) and details else details
    places = (
        inner.get("message"),
        error.get("message"),
        details.get("message") if isinstance(details, dict) else None,
        inner.get("internalException", {}).get("message") if isinstance(inner.get("internalException"), dict) else None,
    )
    text = "; ".join(dict.fromkeys(word(one) for one in places if word(one)))
    return refusal_of(answer, word(error.get("code")), text, answer.headers.get("x-ms-throttle-scope", ""))
