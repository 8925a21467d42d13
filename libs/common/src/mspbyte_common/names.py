"""Names of people and organisations, folded so that two spellings of one are equal."""

from __future__ import annotations

import re
import unicodedata

# fmt: off
_LEGAL_FORMS = frozenset(
    {
        "ab", "ag", "aps", "as", "bv", "co", "company", "corp", "corporation", "cv", "eg", "ek", "ev", "gbr",
        "gesmbh", "ggmbh", "gmbh", "haftungsbeschrankt", "inc", "incorporated", "kft", "kg", "kgaa", "limited", "llc",
        "llp", "lp", "ltd", "mbh", "nv", "ohg", "oy", "partg", "partgmbb", "plc", "pty", "sa", "sarl", "sas", "se",
        "sl", "spa", "srl", "sro", "ug",
    },
)
# fmt: on
_SILENT = re.compile(r"[.'`\u2019\u00b4]")
_PUNCTUATION = re.compile(r"[\W_]+")


def person_name(first: str | None, last: str | None, display: str | None) -> str | None:
    """The first and the last name, case-folded and without accents; the display name where one of them is missing.

    None for a single word: "reception" names nobody.
    """
    folded = _folded(f"{first} {last}" if first and last else display or "")
    return folded if " " in folded else None


def organisation_name(name: str | None) -> str | None:
    """A company's name, case-folded, without accents, punctuation and legal forms: "müller & co. kg" is "muller".

    A name that is nothing but legal forms keeps its first word.
    """
    words = _PUNCTUATION.sub(" ", _SILENT.sub("", _folded(name or ""))).split()
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    return " ".join(words) or None


def _folded(name: str) -> str:
    apart = unicodedata.normalize("NFKD", name).casefold()
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", apart) if not unicodedata.combining(sign))
    return " ".join(bare.split())
