from __future__ import annotations

import orjson
import pytest
from tests.unit.adapters.broken_bodies import BROKEN, SECRETS, STATUSES

from mspbyte_common import errors as e
from mspbyte_common.metrics import VENDOR_UNCLASSIFIED
from mspbyte_common.vendors.failures import row_for
from mspbyte_common.vendors.transport import Answer
from svc_adapter_m365.failures import GRAPH, SIGN_IN, classify, classify_sign_in, graph_refusal, sign_in_refusal


def oauth(status: int, error: str, code: int | None) -> Answer:
    text = f"AADSTS{code}: words that may change.\r\nTrace ID: 1"
    body = {"error": error, "error_description": text, "error_codes": [code]} if code else {"error": error}
    return Answer(status, {}, orjson.dumps(body))


def graph(status: int, code: str = "", message: str = "", **headers: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, names, orjson.dumps({"error": {"code": code, "message": message}}))


SIGN_INS = [
    (Answer(302, {"location": "https://evil.example"}, b""), e.SchemaDrift),
    (Answer(429, {"retry-after": "7"}, b""), e.Throttled),
    (Answer(503, {}, b"<html>"), e.VendorOutage),
    (Answer(500, {}, b""), e.Transient),
    (oauth(401, "invalid_client", 7000215), e.CredentialInvalid),
    (oauth(401, "invalid_client", 7000222), e.CredentialInvalid),
    (oauth(401, "invalid_client", 700027), e.CredentialSpreading),
    (oauth(400, "invalid_grant", 700082), e.CredentialInvalid),
    (oauth(400, "unauthorized_client", 700016), e.ConsentMissing),
    (oauth(401, "invalid_client", 7000229), e.ConsentMissing),
    (oauth(400, "invalid_grant", 65001), e.ConsentMissing),
    (oauth(400, "invalid_grant", 650051), e.Transient),
    (oauth(400, "invalid_grant", 50020), e.ConsentMissing),
    (oauth(400, "invalid_grant", 50177), e.ConsentMissing),
    (oauth(400, "interaction_required", 53003), e.ConsentMissing),
    (oauth(400, "invalid_request", 90002), e.AccountGone),
    (oauth(400, "invalid_request", 900023), e.AccountGone),
    (oauth(400, "invalid_request", 5000224), e.TenantDisabled),
    (oauth(400, "invalid_request", 9002313), e.RequestInvalid),
    (oauth(400, "invalid_scope", 70011), e.RequestInvalid),
    (oauth(401, "invalid_client", None), e.CredentialInvalid),
]
THROTTLED = "This request is throttled. Please try again after the value specified in the Retry-After header."
GRAPHS = [
    (Answer(302, {"location": "https://evil.example"}, b""), e.SchemaDrift),
    (graph(503, "UnknownError", THROTTLED), e.Throttled),
    (graph(429, "TooManyRequests", x_ms_throttle_scope="Tenant_Application/ReadWrite/a/t"), e.ThrottledAccount),
    (graph(429, "TooManyRequests", x_ms_throttle_scope="Tenant/Read/t"), e.ThrottledAccount),
    (graph(429, "TooManyRequests", x_ms_throttle_scope="Application/ReadWrite/a"), e.ThrottledApplication),
    (graph(429, "TooManyRequests"), e.Throttled),
    (graph(509), e.ThrottledApplication),
    (graph(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"), e.LicenceMissing),
    (graph(400, "BadRequest", "Request not applicable to target tenant."), e.LicenceMissing),
    (graph(401, "Unauthorized", "Request not applicable to target tenant."), e.LicenceMissing),
    (graph(403, "Authentication_ApplicationHasNoDirectoryReadAccess"), e.PermissionMissing),
    (graph(403, "Authentication_MSGraphPermissionMissing"), e.PermissionMissing),
    (graph(404, "S2SUnauthorized"), e.PermissionMissing),
    (graph(400, "SyncStateNotFound"), e.DeltaExpired),
    (graph(410, "resyncRequired"), e.DeltaExpired),
    (graph(400, "BadRequest", "The sync state generation is not found."), e.DeltaExpired),
    (graph(400, "Directory_ExpiredPageToken"), e.DeltaExpired),
    (Answer(410, {"location": "https://graph.microsoft.com/v1.0/users/delta?$deltatoken="}, b""), e.DeltaExpired),
    (graph(401, "InvalidAuthenticationToken"), e.TokenExpired),
    (Answer(401, {"www-authenticate": 'Bearer error="insufficient_claims"'}, b""), e.TokenExpired),
    (graph(401, "Unauthorized"), e.TokenExpired),
    (graph(403, "Authorization_RequestDenied"), e.PermissionMissing),
    (graph(403, "accessDenied"), e.PermissionMissing),
    (graph(403, "Forbidden"), e.PermissionMissing),
    (Answer(403, {}, b""), e.PermissionMissing),
    (graph(404, "Request_ResourceNotFound"), e.ResourceGone),
    (graph(404, "ResourceNotFound"), e.ResourceGone),
    (graph(404, "itemNotFound"), e.ResourceGone),
    (graph(400, "Request_UnsupportedQuery"), e.RequestInvalid),
    (graph(400, "Request_BadRequest"), e.RequestInvalid),
    (graph(400, "BadRequest"), e.RequestInvalid),
    (graph(501, "NotImplemented"), e.RequestInvalid),
    *((graph(status, "x"), e.RequestInvalid) for status in (405, 406, 409, 411, 412, 413, 415, 416, 422, 423, 507)),
    (graph(424), e.Transient),
    *((graph(status, "UnknownError"), e.VendorOutage) for status in (502, 503, 504)),
    (graph(500, "UnknownError"), e.Transient),
]


@pytest.mark.parametrize(("answer", "error"), SIGN_INS)
def test_a_refused_sign_in_has_its_class(answer: Answer, error: type[e.VendorError]) -> None:
    assert type(classify_sign_in(answer)) is error


@pytest.mark.parametrize(("answer", "error"), GRAPHS)
def test_an_answer_of_graph_has_its_class(answer: Answer, error: type[e.VendorError]) -> None:
    assert type(classify(answer)) is error


def test_every_row_is_tried() -> None:
    assert {row_for(SIGN_IN, sign_in_refusal(answer)) for answer, _ in SIGN_INS} == set(SIGN_IN)
    assert {row_for(GRAPH, graph_refusal(answer)) for answer, _ in GRAPHS} == set(GRAPH)


@pytest.mark.parametrize(
    ("place", "read", "answer"),
    [
        ("sign-in", classify_sign_in, oauth(400, "invalid_grant", 4711)),
        ("sign-in", classify_sign_in, oauth(401, "invalid_client", 4711)),
        ("graph", classify, graph(400, "NeverSeen")),
        ("graph", classify, graph(403, "NeverSeen")),
        ("graph", classify, graph(418)),
        ("graph", classify, graph(599)),
    ],
)
def test_an_unknown_code_is_said_and_counted(place: str, read, answer: Answer) -> None:
    counter = VENDOR_UNCLASSIFIED.labels("m365", place)
    before = counter._value.get()
    error = read(answer)
    assert type(error) is e.Unclassified
    assert isinstance(error, e.Retryable)
    assert counter._value.get() == before + 1
    assert f"HTTP {answer.status}" in str(error)


@pytest.mark.parametrize("read", [classify, classify_sign_in])
@pytest.mark.parametrize("body", BROKEN)
def test_any_body_with_any_status_has_a_class_and_a_short_message(read, body: bytes) -> None:
    for status in STATUSES:
        error = read(Answer(status, {}, body))
        assert isinstance(error, e.VendorError)
        assert len(str(error)) <= 500
        assert error.advice


@pytest.mark.parametrize("read", [classify, classify_sign_in])
def test_a_message_shows_no_secret_the_vendor_echoes(read) -> None:
    text = str(read(Answer(400, {}, SECRETS)))
    assert "[redacted]" in text
    assert not any(secret in text for secret in ("hunter22", "abcdefgh", "eyJ", "\x00", "\x1b"))


def test_the_wait_is_the_one_the_vendor_names() -> None:
    error = classify(graph(429, retry_after="17"))
    assert isinstance(error, e.Throttled)
    assert error.retry_after == 17
    assert "AADSTS7000215" in str(classify_sign_in(oauth(401, "invalid_client", 7000215)))


def test_text_in_any_of_its_places_is_read() -> None:
    for error in (
        {"code": "x", "innererror": {"message": "Request not applicable to target tenant."}},
        {"code": "x", "details": [{"message": "Request not applicable to target tenant."}]},
        {"code": "x", "innerError": {"internalException": {"message": "Request not applicable to target tenant."}}},
    ):
        assert type(classify(Answer(400, {}, orjson.dumps({"error": error})))) is e.LicenceMissing
