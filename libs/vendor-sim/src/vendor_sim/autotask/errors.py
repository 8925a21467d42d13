"""Autotask's errors: 500 with a list for nearly everything, `Message` for routing, an empty 401."""

from typing import NoReturn

from vendor_sim.answers import Answer, Refused

CONTENT_TYPE = "application/json; charset=utf-8"


def error(text: str, status: int = 500) -> Answer:
    """A business or validation error, 500 although the request was at fault."""
    return Answer(status, {"errors": [text]})


def refuse(text: str) -> NoReturn:
    """Answer with that error."""
    raise Refused(error(text))


def routing(status: int, message: str) -> Answer:
    """What the web server says before Autotask sees the request."""
    return Answer(status, {"Message": message})


def unauthorized() -> Answer:
    """A bad user name or secret: 401 and nothing else."""
    return Answer(401)


def of_status(status: int, retry_after: int | None) -> Answer:
    """What Autotask answers with that status when it is at fault or overloaded."""
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    if status == 401:
        return unauthorized()
    if status == 429:
        text = "The Autotask API thread threshold of 3 threads has been exceeded."
        return Answer(status, {"errors": [text]}, headers)
    return Answer(status, {"errors": ["An unexpected error has occurred."]}, headers)
