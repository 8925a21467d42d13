"""Bodies no table was written for: any vendor's gateway may send them, with any status."""

from __future__ import annotations

BROKEN: list[bytes] = [
    b"",
    b" ",
    b"null",
    b"[]",
    b"0",
    b'"text"',
    b"{",
    b'{"error": {"code": "BadReq',
    b'{"errors": ["Unab',
    b"<html><head><title>502 Bad Gateway</title></head></html>",
    b"\xff\xfe\x00",
    b'{"error": null}',
    b'{"error": []}',
    b'{"error": ["x"]}',
    b'{"error": {"code": {}, "message": [], "innerError": "x", "details": "x"}}',
    b'{"error": {"code": null, "innerError": {"internalException": []}, "details": [1]}}',
    b'{"errors": {}}',
    b'{"errors": [null, {}]}',
    b'{"errors": "x", "Message": {}}',
    b'{"error_codes": "x"}',
    b'{"error_codes": []}',
    b'{"error_codes": [null]}',
    b'{"error_codes": [[1]], "error": 7}',
    b'{"errorCode": {}, "message": 1}',
    b'{"a":' * 500 + b"1" + b"}" * 500,
]
STATUSES = (300, 302, 400, 401, 403, 404, 405, 409, 410, 418, 429, 451, 499, 500, 501, 502, 503, 504, 520, 599)
SECRETS = (
    b'{"error":{"code":"x","message":"Bearer abcdefghijklmnop eyJhbGciOi.eyJzdWIi.c2ln client_secret=hunter22&x"},'
    b'"errors":["Bearer abcdefghijklmnop eyJhbGciOi.eyJzdWIi.c2ln client_secret=hunter22"],"error_codes":[1],'
    b'"error_description":"Bearer abcdefghijklmnop eyJhbGciOi.eyJzdWIi.c2ln password: hunter22\\u0000\\u001b[31m",'
    b'"errorCode":"y","message":"Bearer abcdefghijklmnop secret=hunter22"}'
)
"""Whatever a vendor echoes, no message shows it."""
