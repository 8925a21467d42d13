"""An answer as plain data, so that a request inside a batch is answered by the same code as one outside."""

from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.responses import Response


@dataclass(slots=True)
class Answer:
    """Status, JSON body (None for an empty body) and headers."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def response(self, content_type: str) -> Response:
        """The HTTP response; an empty body has no content type."""
        if self.body is None:
            return Response(status_code=self.status, headers=self.headers)
        return Response(orjson.dumps(self.body), self.status, {"Content-Type": content_type, **self.headers})


class Refused(Exception):
    """Raised where a request cannot be answered well; carries the vendor's error answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer
