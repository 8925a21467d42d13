"""Every command that a page shows is one that mspctl understands, with the options the page gives it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from typer.exceptions import TyperException
from typer.main import get_command

from mspctl.cli import app

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
MSPCTL = get_command(app)
PLACEHOLDER = re.compile(r"(?<==)<[^>]+>")
COMPOSE = re.compile(r"docker compose run --rm (-T )?")


def shown() -> Iterator[tuple[str, str]]:
    """(page, command) of every line after a `$` that is for mspctl, in containers too."""
    for page in PAGES:
        for block in BLOCK.findall(page.read_text()):
            for line in re.findall(r"^\$ (.+)$", block, re.MULTILINE):
                command = COMPOSE.sub("", line).removeprefix(".venv/bin/")
                if command.startswith("mspctl "):
                    yield page.name, command


def understood(command: str) -> None:
    """Walks down to the command and has it read its arguments, without carrying anything out."""
    split = shlex.split(PLACEHOLDER.sub("x", command), comments=True)[1:]
    words = list(takewhile(lambda word: word not in {"<", ">"}, split))
    current: Any = MSPCTL
    while (commands := getattr(current, "commands", None)) and not words[0].startswith("-"):
        assert words[0] in commands, f"{command}: there is no {words[0]}"
        current, words = commands[words[0]], words[1:]
    current.make_context(current.name, words)


@pytest.mark.parametrize(("page", "command"), sorted(set(shown())))
def test_a_command_that_is_shown_is_understood(page: str, command: str, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    understood(command)


def test_pages_show_commands() -> None:
    assert len({command for _, command in shown()}) > 50


@pytest.mark.parametrize(
    "command", ["mspctl keys turn", "mspctl finding list --cheque under_billed", "mspctl job show"]
)
def test_a_command_that_is_none_is_told(command: str) -> None:
    with pytest.raises((AssertionError, TyperException)):
        understood(command)
