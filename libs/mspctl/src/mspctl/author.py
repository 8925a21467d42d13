"""Who acts."""

from __future__ import annotations

import getpass


def who(author: str | None) -> str:
    """The author named, or the user of this computer."""
    return author or getpass.getuser()
