"""What the code has, the documentation names; what only one room may do, no other does."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from bot.cli import COMMANDS
from bot.config import ADOPTED_GLOBS, FORMATS_BY_LABEL
from bot.config_file import parse_config
from bot.config_schema import ConfigFile, schema_text
from bot.events import HANDLED_EVENTS
from bot.github.auth import PERMISSIONS
from bot.manifest import OPTIONAL_EVENTS
from bot.settings import HOW

# No App subscribes to these: every App is sent them.
# https://docs.github.com/en/webhooks/webhook-events-and-payloads#installation
ALWAYS_SENT = {"installation", "installation_repositories"}
ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
SOURCES = sorted(path for room in ("bot", "webhooks") for path in (ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("name", HOW)
def test_every_setting_is_documented(name: str) -> None:
    assert f"| `{name}` |" in SETTINGS


def test_no_setting_is_documented_that_does_not_exist() -> None:
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", SETTINGS, re.MULTILINE)) == set(HOW)


@pytest.mark.parametrize(("label", "plan_format"), FORMATS_BY_LABEL.items())
def test_every_label_is_documented(label: str, plan_format: str) -> None:
    assert f"| `{label}` | [{plan_format}](docs/formats/{plan_format}.md) |" in README


def test_every_adopted_path_is_documented() -> None:
    for glob in ADOPTED_GLOBS:
        stem = glob.split("*")[0]
        assert f"`{stem}" in README, glob


def maker(name: str) -> ModuleType:
    """The script docs/<name>.py as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_finding_is_documented() -> None:
    page = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    assert page.startswith(maker("make_checks").table()), (
        "docs/checks.md is old: run python docs/make_checks.py"
    )


def test_the_commands_page_is_what_the_commands_say() -> None:
    module = maker("make_cli")
    assert module.PAGE.read_text(encoding="utf-8") == module.render(), (
        "docs/cli.md is old: run python docs/make_cli.py"
    )


def test_the_configuration_page_and_the_schema_are_what_the_models_say() -> None:
    module = maker("make_configuration")
    old = "is old: run python docs/make_configuration.py"
    assert module.PAGE.read_text(encoding="utf-8") == module.render(), f"{module.PAGE} {old}"
    assert module.SCHEMA.read_text(encoding="utf-8") == schema_text(), f"{module.SCHEMA} {old}"


def test_the_configuration_that_the_page_shows_is_good() -> None:
    parsed = parse_config(maker("make_configuration").EXAMPLE)
    assert parsed.problems == ()
    assert set(parsed.settings) <= set(ConfigFile.model_fields)


def test_every_key_of_the_configuration_is_documented() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for name, key in ConfigFile.model_fields.items():
        assert f"| `{key.alias or name}` |" in page
        inner = key.annotation
        for below in getattr(inner, "model_fields", {}):
            assert f"| `{name}.{below}` |" in page


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example(name: str) -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    section = page.split(f"## plansync {name}\n")[1].split("\n## ")[0]
    assert f"plansync {name}" in section.split("```text")[1].split("\n", 2)[2]


def test_the_manifest_asks_for_what_the_code_needs_and_no_more() -> None:
    manifest = yaml.safe_load((ROOT / "app.yml").read_text(encoding="utf-8"))
    assert manifest["default_permissions"] == dict(PERMISSIONS)
    assert set(manifest["default_events"]) == set(HANDLED_EVENTS) - ALWAYS_SENT - {*OPTIONAL_EVENTS}


# The demo hands PATH on to the process it starts, and nothing else.
READS_ENVIRONMENT = {"bot/settings.py", "bot/demo.py"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_settings_read_the_environment(path: Path) -> None:
    if str(path.relative_to(ROOT)) in READS_ENVIRONMENT:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb"):
            of_os = isinstance(node.value, ast.Name) and node.value.id == "os"
            assert not of_os, f"{path.relative_to(ROOT)}:{node.lineno} reads the environment"


WRITES = {"create_issue", "edit_issue", "add_labels", "remove_label", "add_assignees",
          "create_label", "create_milestone", "create_comment", "edit_comment", "put_file",
          "commit_files", "react", "create_check", "extend_check", "add_sub_issue",
          "add_blocked_by", "remove_blocked_by"}  # fmt: skip


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_apply_calls_a_writing_method(path: Path) -> None:
    room = path.relative_to(ROOT).parts
    if room[:2] in (("bot", "apply.py"), ("bot", "github"), ("bot", "emulator")):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = node.func
            of_writer = isinstance(called.value, ast.Name) and called.value.id == "writer"
            assert not (of_writer and called.attr in WRITES), f"{path}:{node.lineno}"
