"""A list fetched from the internet: https only, no redirects, bounded."""

from __future__ import annotations

import httpx

from mspctl.failure import Failure

MICROSOFT = (
    "https://download.microsoft.com/download/e/3/e/e3e9faf2-f28b-490a-9ada-c6089a1fc5b0/"
    "Product%20names%20and%20service%20plan%20identifiers%20for%20licensing.csv"
)
"""Where Microsoft's page "Product names and service plan identifiers for licensing" has its CSV."""
MAX_BYTES = 20 * 1024 * 1024
"""Microsoft's list is about a megabyte."""
SECONDS = 60.0


def download(url: str, transport: httpx.BaseTransport | None = None) -> bytes:
    """The body of the answer. Failure says why there is none. `transport` None is the network."""
    if not url.startswith("https://"):
        message = f"{url} is not https: the list is fetched over https alone."
        raise Failure(message)
    parts: list[bytes] = []
    size = 0
    try:
        with (
            httpx.Client(transport=transport, timeout=SECONDS, follow_redirects=False) as client,
            client.stream("GET", url) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                message = f"{url} answered {answer.status_code}: fetch the list by hand and name the file."
                raise Failure(message)
            for part in answer.iter_bytes():
                size += len(part)
                if size > MAX_BYTES:
                    message = f"{url} answered more than {MAX_BYTES} bytes: this is not the list."
                    raise Failure(message)
                parts.append(part)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        message = f"{url} did not answer ({type(error).__name__}): fetch the list by hand and name the file."
        raise Failure(message) from None
    return b"".join(parts)
