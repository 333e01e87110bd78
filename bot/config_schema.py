"""The keys of ``.github/plansync.yml``: their types, defaults and words, as pydantic models.

The JSON Schema that editors use and docs/configuration.md are made from these models.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from bot.config import ADOPTED_GLOBS, FORMATS_BY_LABEL
from bot.errors import UserProblem
from bot.github.snapshots import RepoPath
from bot.plans.cellwords import STATUS_WORDS
from bot.plans.gates.codes import CODES, READING_CODES
from bot.plans.issue_parts import MAX_LABEL
from bot.plans.people import is_team

Format = Literal["feature-plan", "user-story", "task-plan", "implementation-plan", "track-spec"]
SeverityWord = Literal["error", "warning", "note", "off"]

_LOGIN = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}(?:_[A-Za-z0-9]+)?")
LONGEST_STATUS = 40
MOST_GLOBS = 100

OTHER_CODES: Mapping[str, tuple[str, str]] = {
    "config.yaml": ("error", "The file cannot be read as YAML."),
    "config.unknown-key": ("error", "A key is none that plansync knows."),
    "config.value": ("error", "A value is of the wrong type, or none that is allowed."),
    "config.extends": ("error", "`_extends` names a file that cannot be used."),
    "plan.unrecognised": ("error", "A file where plans stand is in no format that is known."),
    "plan.deleted": ("warning", "The pull request deletes the file of a plan."),
    "plan.too-many": ("warning", "More plans are changed or named than one check reads."),
    "plan.unreadable": ("error", "A plan file is no text that can be read."),
    "link.no-task": ("note", "The pull request names a plan but none of its tasks."),
    "link.plan-unknown": ("warning", "A `Plan:` line names no plan."),
    "link.other-repository": ("warning", "A plan of another repository is named."),
    "link.too-many": ("warning", "More plans or tasks are named than are read."),
    "link.no-colon": ("warning", "A line lacks its colon, so that it is not read."),
    "link.plan-unreadable": ("warning", "What stands after `Plan:` names no plan."),
    "link.task-unreadable": ("warning", "What stands after `Task:` names no task."),
    "link.in-code": ("warning", "A name stands in a code span, where it is not read."),
    "task.dependency-open": ("warning", "A task is worked on before one that it depends on."),
}
"""Findings of pull requests and of this file, beside those of ``bot.plans.gates``."""

KNOWN_CODES = frozenset({*CODES, *READING_CODES, *OTHER_CODES})


def _glob(glob: str) -> str:
    try:
        path = RepoPath(glob)
    except UserProblem:
        raise ValueError(
            "The glob is not within the repository: no leading `/`, no `..`, no `\\`."
        ) from None
    if not path.writable:
        raise ValueError("plansync never writes below `.github`.")
    if not glob.endswith((".md", ".markdown")):
        raise ValueError("Plans are markdown files: end the glob in `.md`.")
    if "[" in glob or "{" in glob:
        raise ValueError("Only `*`, `**` and `?` are understood; write two globs instead.")
    return glob


def _place(path: str) -> str:
    try:
        RepoPath(path.removesuffix("/"))
    except UserProblem:
        raise ValueError(
            "The path is not within the repository: no leading `/`, no `..`, no `\\`."
        ) from None
    return path


def _label(label: str) -> str:
    if not label.strip() or "\n" in label:
        raise ValueError("A label is one line and not empty.")
    return label


def _code(code: str) -> str:
    if code not in KNOWN_CODES:
        raise ValueError(UNKNOWN_CODE)
    return code


def _login(login: str) -> str:
    name = login.removeprefix("@")
    if not (_LOGIN.fullmatch(name) or is_team(name)):
        raise ValueError(
            "This is no login of GitHub (letters, digits and single hyphens) and no team"
            " (`@org/team`)."
        )
    return login


Login = Annotated[str, AfterValidator(_login)]
Glob = Annotated[str, AfterValidator(_glob)]
Place = Annotated[str, AfterValidator(_place)]
Label = Annotated[str, Field(max_length=MAX_LABEL), AfterValidator(_label)]
Code = Annotated[str, AfterValidator(_code)]
UNKNOWN_CODE = "There is no finding of this code."


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Statuses(_Part):
    """The words of tracking and implementation tables."""

    pending: str = Field(
        STATUS_WORDS["pending"], description="A task that nobody works on.", examples=["todo"]
    )
    in_progress: str = Field(
        STATUS_WORDS["in_progress"],
        description="A task with an open pull request.",
        examples=["doing"],
    )
    complete: str = Field(
        STATUS_WORDS["complete"],
        description="A task whose pull request was merged.",
        examples=["done"],
    )

    @field_validator("*")
    @classmethod
    def _is_word(cls, word: str) -> str:
        if not word.strip() or word != word.strip() or len(word) > LONGEST_STATUS:
            raise ValueError(f"A status is 1 to {LONGEST_STATUS} characters without outer spaces.")
        if any(mark in word for mark in "|/`\n\r<>"):
            raise ValueError("A status may hold none of | / ` < > and no line break.")
        return word

    @model_validator(mode="after")
    def _are_different(self) -> Statuses:
        names: dict[str, list[str]] = {}
        for name, word in (
            ("pending", self.pending),
            ("in_progress", self.in_progress),
            ("complete", self.complete),
        ):
            names.setdefault(word.casefold(), []).append(f"{name} ({word})")
        same = next((found for found in names.values() if len(found) > 1), None)
        if same:
            raise ValueError(
                f"{' and '.join(same)} are the same word; the three statuses must differ."
            )
        return self


class Commit(_Part):
    """How plansync commits."""

    skip_ci: bool = Field(
        False,
        description="Add `[skip ci]` to commits that only carry an issue's or a pull request's"
        " state over, so that a tick starts no CI. New plans are never marked.",
    )


class Checks(_Part):
    """The check run `plansync` of pull requests."""

    fail_on: Literal["error", "warning", "never"] = Field(
        "error",
        description="The mildest finding that fails the check. With `never` it is neutral.",
    )
    severity: dict[Code, SeverityWord] = Field(
        {},
        description="Another severity for a finding, by its code (docs/checks.md); `off` drops it."
        " `feature.phase-order` is looked for only where it is given one.",
        examples=[{"story.requirement-uncovered": "error", "plan.bare-na": "off"}],
    )
    every_pull: bool = Field(
        False,
        description="Answer pull requests that touch and name no plan too. Needed where branch"
        " protection requires the check.",
    )


class ConfigFile(_Part):
    """What a repository chooses for plansync, in `.github/plansync.yml`."""

    model_config = ConfigDict(
        extra="forbid", strict=True, title="plansync.yml", populate_by_name=True
    )

    extends: str | None = Field(
        None,
        alias="_extends",
        description="A file whose keys hold where this one says nothing: `REPO`, `OWNER/REPO` or"
        " `OWNER/REPO:PATH` of the same owner (the path is `.github/plansync.yml` without one)."
        " At most three files deep.",
        examples=[".github", "shop-defaults:.github/plansync-teams.yml"],
    )
    labels: dict[Label, Format] = Field(
        dict(FORMATS_BY_LABEL),  # type: ignore[arg-type]
        description="The labels that ask for a plan, each with the format of the plan. Those of"
        " the default do not hold beside them.",
        examples=[{"plan": "feature-plan", "rfc": "track-spec"}],
    )
    adopt: list[Glob] = Field(
        list(ADOPTED_GLOBS),
        max_length=MOST_GLOBS,
        description="Where plan files that people push become plans, as globs: `*` stays within a"
        " folder, `**` goes down. In place of the default ones.",
        examples=[["docs/plans/**/*.md"]],
    )
    statuses: Statuses = Field(
        Statuses.model_construct(),
        description="The words of tracking and implementation tables; they must differ.",
    )
    commit: Commit = Field(Commit.model_construct(), description="How it commits.")
    brake: float = Field(
        0.3,
        gt=0,
        le=1,
        description="When more than this share of a plan's tasks vanishes in one change, plansync"
        " stops and asks for `/plan sync confirm`.",
    )
    close_when_complete: bool = Field(
        True, description="Close the plan issue when the plan is complete."
    )
    complete_on: Literal["target", "default"] = Field(
        "target",
        description="Where merged work completes a task: in the branch that the plan names as its"
        " target too, or in the default branch alone. A merge into any other branch completes it"
        " when that branch is merged.",
    )
    devloop_paths: list[Place] = Field(
        [],
        max_length=MOST_GLOBS,
        description="Files that a merged pull request adds here are a task's Devloop Output where"
        " no `Devloop:` line names one: globs, or folders ending in `/`.",
        examples=[["docs/devloop/"]],
    )
    sub_issues: bool = Field(
        False,
        description="Give each story of a task plan a sub-issue of the plan issue, named after it"
        " and closed when the story is complete.",
    )
    blocked_by: bool = Field(
        False,
        description="Tell GitHub what waits for what: each story's sub-issue for the story before"
        " it, a plan issue for the issues and plans that the plan names as its dependencies.",
    )
    people: dict[Label, Login] = Field(
        {},
        description="Names and roles as plans have them (Owner, Specialist, approver …), each with"
        " the login or team it stands for: whoever is named may approve, and an assignee of that"
        " name is assigned. A name that is not listed stays text; only an admin may approve for"
        " it.",
        examples=[{"Ada Lovelace": "ada", "Security": "sec-lead", "Backend": "@acme/backend"}],
    )
    checks: Checks = Field(
        Checks.model_construct(),
        description="The check run `plansync` of pull requests.",
    )
    dry_run: bool = Field(
        False,
        description="Write nothing but one comment on each plan issue that says what would be"
        " done.",
    )

    @field_validator("labels")
    @classmethod
    def _are_different(cls, labels: dict[str, str]) -> dict[str, str]:
        seen: dict[str, str] = {}
        for label in labels:
            other = seen.setdefault(label.casefold(), label)
            if other != label:
                raise ValueError(f"`{other}` and `{label}` are one label for GitHub.")
        return labels


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the file, as editors take it."""
    made = ConfigFile.model_json_schema(by_alias=True)
    labels = made["properties"]["labels"]
    labels["propertyNames"] = {"minLength": 1, "maxLength": MAX_LABEL}
    made["$defs"]["Checks"]["properties"]["severity"]["propertyNames"] = {
        "enum": sorted(KNOWN_CODES)
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def schema_text() -> str:
    """The JSON Schema as the file ``plansync.schema.json`` holds it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
