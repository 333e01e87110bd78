"""``.github/plansync.yml`` -> what it says, and every Problem with its line and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.config import CONFIG_PATH
from bot.config_schema import KNOWN_CODES, UNKNOWN_CODE, ConfigFile
from bot.config_yaml import Path, Yaml, parse_yaml
from bot.errors import UserProblem
from bot.github.snapshots import RepoPath
from bot.plans.model import Problem

_FORMATS = "feature-plan, user-story, task-plan, implementation-plan, track-spec"
_KINDS = {
    "string_type": "text",
    "bool_type": "`true` or `false`",
    "bool_parsing": "`true` or `false`",
    "list_type": "a list: one `- entry` a line",
    "dict_type": "`key: value` lines",
    "model_type": "`key: value` lines",
    "model_attributes_type": "`key: value` lines",
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
}
_SOURCE = re.compile(r"(?:(?P<owner>[\w.-]+)/)?(?P<repo>[\w.-]+)(?::(?P<path>.+))?\Z")


@dataclass(frozen=True, slots=True)
class Source:
    """A file of a repository of the same owner."""

    full_name: str
    path: RepoPath

    def __str__(self) -> str:
        return f"{self.full_name}:{self.path}"


@dataclass(frozen=True, slots=True)
class ParsedConfig:
    """What one file says. ``settings`` is empty where there are ``problems``.

    ``extends_at`` is the line of ``_extends``, 1 without it.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    extends: str | None = None
    extends_at: int = 1
    problems: tuple[Problem, ...] = ()


def parse_config(text: str, path: str = CONFIG_PATH) -> ParsedConfig:
    """What a configuration file says; never raises. Problems name ``path`` and their line."""
    read = parse_yaml(text)
    data = {} if read.data is None else read.data
    problems = list(read.problems) or _invalid(data, read)
    placed = tuple(
        Problem(p.code, p.message, p.fix, p.line, p.column, p.severity, path)
        for p in sorted(problems, key=lambda p: (p.line, p.column))
    )
    if placed:
        return ParsedConfig(problems=placed)
    settings = {key: value for key, value in data.items() if key != "_extends"}
    return ParsedConfig(settings, data.get("_extends"), read.key(("_extends",))[0])


def parse_source(extends: str, owner: str) -> Source:
    """The file that ``_extends`` names. Raises UserProblem for another owner and what is no file.

    Only files of the same owner are read: whoever may change the file decides what plansync does.
    """
    match = _SOURCE.match(extends.strip())
    if match is None or match["repo"] in (".", ".."):
        raise UserProblem(
            f"`{_short(extends)}` names no file.", "Write REPO, OWNER/REPO or OWNER/REPO:PATH."
        )
    if (match["owner"] or owner).casefold() != owner.casefold():
        raise UserProblem(
            f"`{_short(extends)}` belongs to another owner.",
            f"Only repositories of {owner} can be extended; copy the file to one of them.",
        )
    path = RepoPath(match["path"] or CONFIG_PATH)
    if not path.endswith((".yml", ".yaml")):
        raise UserProblem(f"`{path}` is no YAML file.", "Name a file that ends in .yml.")
    return Source(f"{owner}/{match['repo']}", path)


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two files' settings put together: ``above`` wins, groups of keys are merged key by key."""
    made = dict(below)
    for key, value in above.items():
        there = made.get(key)
        both = isinstance(there, Mapping) and isinstance(value, Mapping)
        made[key] = {**there, **value} if both and there is not None else value
    return made


def wrong_together(settings: Mapping[str, Any], path: str, line: int = 1) -> tuple[Problem, ...]:
    """What is wrong with several files put together though each of them is good."""
    return tuple(
        Problem(p.code, f"With what it extends: {p.message}", p.fix, line, path=path)
        for p in _invalid(settings, Yaml())
    )


def _invalid(data: Any, read: Yaml) -> list[Problem]:
    try:
        ConfigFile.model_validate(data)
    except ValidationError as error:
        return [_problem(one, data, read) for one in error.errors(include_url=False)]
    return []


def _problem(error: Any, data: Any, read: Yaml) -> Problem:
    kind, where = str(error["type"]), tuple(error["loc"])
    on_key = bool(where) and where[-1] == "[key]"
    where = where[:-1] if on_key else where
    line, column = read.key(where) if on_key or kind == "extra_forbidden" else read.value(where)
    if kind == "extra_forbidden":
        return _unknown_key(where, line, column)
    name = _name(where)
    code = "config.value"
    if kind == "literal_error":
        allowed = _FORMATS if where[0] == "labels" else _words(error)
        message = f"{name} is `{_short(_at(data, where))}`, which is not allowed."
        return Problem(code, message, _nearest(_at(data, where), allowed), line, column)
    if kind == "string_too_long":
        message = f"`{_short(where[-1])}` is longer than {error['ctx']['max_length']} characters."
        return Problem(code, message, "Shorten it.", line, column)
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        message = f"{name} is out of range."
        return Problem(code, message, "Write a number above 0 and up to 1.", line, column)
    if kind == "value_error":
        said = str(error["ctx"]["error"])
        if said == UNKNOWN_CODE:
            fix = _nearest(where[-1], ", ".join(KNOWN_CODES), "docs/checks.md lists them.")
            return Problem(
                code, f"No finding has the code `{_short(where[-1])}`.", fix, line, column
            )
        message, _, fix = said.partition(": ")
        return Problem(code, f"{name}: {message.rstrip('.')}.", fix.capitalize(), line, column)
    if kind in _KINDS:
        message = f"{name} is {_kind_of(_at(data, where))}."
        return Problem(code, message, f"It must be {_KINDS[kind]}.", line, column)
    return Problem(
        code, f"{name}: {error['msg']}.", "docs/configuration.md says how.", line, column
    )


def _unknown_key(where: Path, line: int, column: int) -> Problem:
    model: type[BaseModel] = ConfigFile
    for part in where[:-1]:
        inner = model.model_fields[str(part)].annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
    known = [info.alias or name for name, info in model.model_fields.items()]
    fix = _nearest(where[-1], ", ".join(known))
    message = f"There is no key `{_short('.'.join(map(str, where)))}`."
    return Problem("config.unknown-key", message, fix, line, column)


def _nearest(given: object, known: str, otherwise: str = "") -> str:
    words = known.split(", ")
    near = get_close_matches(str(given).casefold(), words, n=1, cutoff=0.6)
    if near:
        return f"Did you mean `{near[0]}`?"
    return otherwise or f"Write one of: {known}."


def _words(error: Any) -> str:
    return ", ".join(re.findall(r"'([^']+)'", str(error["ctx"]["expected"])))


def _name(where: Path) -> str:
    if not where:
        return "The file"
    shown = ""
    for part in where:
        shown += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if shown else ''}{part}"
    return f"`{_short(shown)}`"


def _at(data: Any, where: Path) -> Any:
    for part in where:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return data
    return data


def _kind_of(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f"the text “{_short(value)}”"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, Mapping):
        return "made of `key: value` lines"
    return f"`{_short(value)}`"


def _short(value: object) -> str:
    said = " ".join(str(value).split()).replace("`", "´")
    return said if len(said) <= 60 else said[:57] + "…"
