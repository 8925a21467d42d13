from __future__ import annotations

import orjson
import pytest
from tests.unit.adapters.broken_bodies import BROKEN, SECRETS, STATUSES

from mspbyte_common import errors as e
from mspbyte_common.metrics import VENDOR_UNCLASSIFIED
from mspbyte_common.vendors.failures import refusal_of, row_for
from mspbyte_common.vendors.transport import Answer
from svc_adapter_sophos.failures import (
    PARTNER,
    SIGN_IN,
    TENANT,
    classify,
    classify_partner,
    classify_sign_in,
    refusal,
)


def signing(status: int, code: str = "") -> Answer:
    return Answer(status, {}, orjson.dumps({"errorCode": code, "message": "Unauthorized"} if code else {}))


def api(status: int, name: str = "", **headers: str) -> Answer:
    return Answer(status, headers, orjson.dumps({"error": name, "correlationId": "1"}))


SHARED = [
    (Answer(308, {"location": "https://evil.example"}, b""), e.SchemaDrift),
    (Answer(429, {}, b'{"message":"Too Many Requests"}'), e.ThrottledApplication),
    *((Answer(status, {}, b"<html>"), e.VendorOutage) for status in (502, 503, 504)),
    (api(500, "internalServerError"), e.Transient),
]
SIGN_INS = [
    *SHARED,
    (signing(401, "oauth.invalid_client_secret"), e.CredentialInvalid),
    (signing(401, "oauth.client_app_does_not_exist"), e.CredentialInvalid),
    (signing(401, "oauth.invalid_client_id"), e.CredentialInvalid),
    (signing(400, "customer.validation"), e.CredentialInvalid),
    (signing(401), e.CredentialInvalid),
]
TENANTS = [
    *SHARED,
    (api(400, "badRequest"), e.RequestInvalid),
    (api(401, "Unauthorized"), e.TokenExpired),
    (Answer(401, {}, b'{"message":"Unauthorized"}'), e.TokenExpired),
    (api(403, "Forbidden"), e.PartnerAssistanceMissing),
    (api(403, "forbidden"), e.PartnerAssistanceMissing),
    (api(404, "notFound"), e.ResourceGone),
    (api(409, "resourceConflict"), e.RequestInvalid),
]
PARTNERS = [
    *SHARED,
    (api(400, "badRequest"), e.RequestInvalid),
    (api(401, "unauthorized"), e.TokenExpired),
    (api(403, "Forbidden"), e.PermissionMissing),
    (api(404, "notFound"), e.RequestInvalid),
    (api(409, "resourceConflict"), e.RequestInvalid),
]
TABLES = [(classify_sign_in, SIGN_INS), (classify, TENANTS), (classify_partner, PARTNERS)]


@pytest.mark.parametrize(
    ("read", "answer", "error"), [(read, answer, error) for read, rows in TABLES for answer, error in rows]
)
def test_an_answer_that_is_no_data_has_its_class(read, answer: Answer, error: type[e.VendorError]) -> None:
    assert type(read(answer)) is error


def test_every_row_is_tried() -> None:
    codes = [orjson.loads(answer.content).get("errorCode", "") for answer, _ in SIGN_INS[len(SHARED) :]]
    refusals = [refusal_of(row[0], code, "") for row, code in zip(SIGN_INS[len(SHARED) :], codes, strict=True)]
    refusals += [refusal(answer) for answer, _ in SHARED]
    assert {row_for(SIGN_IN, one) for one in refusals} == set(SIGN_IN)
    assert {row_for(TENANT, refusal(answer)) for answer, _ in TENANTS} == set(TENANT)
    assert {row_for(PARTNER, refusal(answer)) for answer, _ in PARTNERS} == set(PARTNER)


@pytest.mark.parametrize(
    ("place", "read", "answer"),
    [
        ("sign-in", classify_sign_in, signing(401, "oauth.never_seen")),
        ("sign-in", classify_sign_in, signing(400)),
        ("tenant", classify, api(418)),
        ("partner", classify_partner, api(402)),
    ],
)
def test_an_unknown_answer_is_said_and_counted(place: str, read, answer: Answer) -> None:
    counter = VENDOR_UNCLASSIFIED.labels("sophos", place)
    before = counter._value.get()
    assert type(read(answer)) is e.Unclassified
    assert counter._value.get() == before + 1


@pytest.mark.parametrize("read", [classify, classify_partner, classify_sign_in])
@pytest.mark.parametrize("body", BROKEN)
def test_any_body_with_any_status_has_a_class_and_a_short_message(read, body: bytes) -> None:
    for status in STATUSES:
        error = read(Answer(status, {}, body))
        assert isinstance(error, e.VendorError)
        assert len(str(error)) <= 500


def test_a_message_shows_no_secret_the_vendor_echoes() -> None:
    text = str(classify(Answer(400, {}, SECRETS)))
    assert "[redacted]" in text
    assert not any(secret in text for secret in ("hunter22", "abcdefgh", "eyJ"))


def test_a_refused_tenant_stops_alone_and_a_refused_secret_stops_the_connection() -> None:
    assert not isinstance(classify(api(403)), e.CredentialInvalid)
    assert "Partner Assistance" in classify(api(403)).advice
    assert isinstance(classify_sign_in(signing(401, "oauth.invalid_client_secret")), e.CredentialInvalid)
