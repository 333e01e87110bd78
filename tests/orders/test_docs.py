"""The page about commands is what the code says; every template is used."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from bot.plans.commands import COMMANDS
from bot.plans.orders import HANDLERS
from bot.subjects.plan_labels import LABELS

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "commands.md"


def test_the_page_is_what_the_table_says() -> None:
    spec = importlib.util.spec_from_file_location("make_commands", ROOT / "docs/make_commands.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert PAGE.read_text(encoding="utf-8") == module.render(), (
        "docs/commands.md is old: run python docs/make_commands.py"
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_on_the_page_with_an_example(name: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert f"| `/plan {name}" in page
    assert f"- **{name}**: `/plan {name}" in page


@pytest.mark.parametrize("label", LABELS)
def test_every_label_is_on_the_page(label: str) -> None:
    assert f"| `{label}` |" in PAGE.read_text(encoding="utf-8")


def test_every_handler_is_of_the_table() -> None:
    assert set(HANDLERS) <= set(COMMANDS)
