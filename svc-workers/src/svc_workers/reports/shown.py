"""How a value is written for a reader, and for a machine."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from svc_workers.reports.model import Money, Share, Unit, Value

NO_DATA: Final = "no data"
THIN: Final = "\u202f"
"""A narrow no-break space, between thousands."""
MINUS: Final = "\u2212"
VENDORS: Final = {"m365": "Microsoft 365", "autotask": "Autotask", "sophos": "Sophos"}


def called(vendor: str) -> str:
    """A vendor's name."""
    return VENDORS.get(vendor, vendor)


def shown(value: Value, unit: Unit) -> str:
    """The text a reader sees."""
    match value:
        case None:
            text = NO_DATA
        case Share():
            text = percent(value)
        case bool():
            text = "yes" if value else "no"
        case datetime():
            text = f"{value:%-d %b %Y}" if unit == "day" else f"{value:%-d %b %Y, %H:%M} UTC"
        case int() | Decimal():
            sign = "+" if unit == "difference" and value > 0 else ""
            text = sign + _grouped(f"{value:,}")
        case Money():
            text = " + ".join(_amount(*one) for one in value.amounts or ((None, Decimal(0)),))
        case tuple():
            text = ", ".join(value)
        case _:
            text = value.capitalize() if unit == "severity" else value
    return text


def percent(share: Share) -> str:
    """Rounded, but never to all or nothing where that is not so."""
    if not share.whole:
        return "none"
    exact = Decimal(share.part) * 100 / Decimal(share.whole)
    whole = exact.quantize(Decimal(1), ROUND_HALF_UP)
    if exact not in {0, 100}:
        whole = min(max(whole, Decimal(1)), Decimal(99))
    return f"{whole}{THIN}%"


def parts(share: Share) -> str:
    """The two numbers behind a percentage."""
    return f"{_grouped(f'{share.part:,}')} of {_grouped(f'{share.whole:,}')}"


def as_json(value: Value) -> Any:
    """A value as JSON holds it: decimals are text, so that no cent is lost; a share is both its numbers.

    Money is a list of amounts, each with its currency: null where nobody named it. Nothing is an empty list.
    """
    if isinstance(value, Share):
        return {"part": _number(value.part), "whole": _number(value.whole)}
    if isinstance(value, Money):
        return [{"amount": str(amount), "currency": currency} for currency, amount in value.amounts]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _number(value: int | Decimal) -> int | str:
    return value if isinstance(value, int) else str(value)


def _amount(currency: str | None, amount: Decimal) -> str:
    return _grouped(f"{amount:,.2f}") + (f" {currency}" if currency else "")


def _grouped(text: str) -> str:
    return text.replace(",", THIN).replace("-", MINUS)
