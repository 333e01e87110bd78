"""What a new plan is filled with, and where a plan request says it.

A value comes from the request issue: an issue-form heading (``### Service`` and what follows) or a
``Service: billing`` line. What nobody gave has a stated default, and is named as defaulted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.plans.document import Document, fold, parse_document
from bot.plans.placeholders import code_spans, is_placeholder, placeholder_spans
from bot.plans.slug import path_segment, slug
from bot.plans.template_block import plan_block

_NO_RESPONSE = "_no response_"
_KEY_LINE = re.compile(
    r" {0,3}(?P<key>[^\W\d_][\w ()/.-]{0,40}?)[ \t]*:(?!//)[ \t]*(?P<value>.*?)[ \t]*"
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LONGEST = 256
# https://docs.github.com/en/enterprise-cloud@latest/admin/managing-iam/iam-configuration-reference/username-considerations-for-external-authentication
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38})")
_ALIASES = {
    "title": ("title", "feature", "feature name", "feature title", "story title", "plan title"),
    "project": ("project", "project name"),
    "owner": ("owner", "assignee", "assignees"),
    "slug": ("slug",),
    "service": ("service", "service name", "service or system", "system"),
    "scope": ("scope",),
    "epic": ("epic", "epic id"),
    "feature_id": ("feature id",),
    "track_id": ("track id",),
    "branch": ("branch", "feature branch", "target branch", "target implementation branch"),
}
_PATH_PARTS = frozenset({"service", "scope", "epic", "feature_id", "track_id"})
_IDS = _PATH_PARTS | {"branch"}
# What each format shows of its values; only these are worth saying when they were defaulted.
_SHOWN = {
    "feature-plan": ("slug", "project", "owner"),
    "user-story": ("slug", "owner"),
    "task-plan": ("slug", "owner"),
    "implementation-plan": ("scope", "service", "epic", "feature_id", "branch", "owner"),
    "track-spec": ("project", "track_id", "owner"),
}


@dataclass(frozen=True, slots=True)
class PlanValues:
    """Everything a new plan may be filled with; an empty text is not known and fills nothing.

    ``created_at`` is aware and in UTC; ``owner`` and ``author`` are logins without ``@`` (an owner
    may be any name); ``extra`` has every key that was given, by ``key_name``, with its text as
    written.
    """

    title: str
    slug: str
    created_at: datetime
    project: str = ""
    owner: str = ""
    author: str = ""
    request_number: int | None = None
    branch: str = ""
    commit: str = ""
    commit_short: str = ""
    commit_date: str = ""
    commit_message: str = ""
    remote: str = ""
    service: str = ""
    scope: str = ""
    epic: str = ""
    feature_id: str = ""
    track_id: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def date(self) -> str:
        """``2026-11-21``, of ``created_at``."""
        return self.created_at.strftime("%Y-%m-%d")

    @property
    def utc(self) -> str:
        """``20261121T101500Z``, of ``created_at``."""
        return self.created_at.strftime("%Y%m%dT%H%M%SZ")

    @property
    def timestamp(self) -> str:
        """``2026-11-21T10:15:00Z``, of ``created_at``."""
        return self.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def values_from_request(
    *,
    title: str,
    body: str,
    author: str,
    repository: str,
    number: int | None,
    created_at: datetime,
    format: str,
    branch: str = "",
    commit: str = "",
    commit_date: str = "",
    commit_message: str = "",
    extra: Mapping[str, str] | None = None,
) -> tuple[PlanValues, list[str]]:
    """The values a request asks for, and what was defaulted (``"project = search (…)"``).

    ``repository`` is its name, with or without the owner; ``branch`` and ``commit…`` describe the
    tip that the plan is written on and may be empty; ``extra`` are further keys, which win over
    the body's. ``created_at`` must be aware.
    """
    given = request_values(plan_block(body)[0])
    given.update((key_name(key), value) for key, value in (extra or {}).items())
    name = one_line(_given(given, "title") or title) or (f"Issue {number}" if number else "Plan")
    wanted = _given(given, "slug") or name
    slugged = slug(wanted, number)
    project = repository.rsplit("/", 1)[-1]
    ordinal = f"{number or 1:03d}-{slugged}"
    is_implementation = format == "implementation-plan"
    defaults = {
        "project": (project, "the repository's name"),
        "owner": (author, "who asked"),
        "service": (project, "the repository's name"),
        "scope": ("general", "none was named"),
        "epic": (f"EPIC-{number or 1}", "from the number"),
        "feature_id": (ordinal, "from number and title"),
        "track_id": (slugged, "from the title"),
        "branch": (ordinal if is_implementation else branch, "from number and title"),
    }
    found: dict[str, str] = {}
    defaulted: list[str] = []
    if not re.search(r"[a-z0-9]", wanted.lower()) and "slug" in _SHOWN.get(format, ()):
        defaulted.append(f"slug = {slugged} (“{wanted}” has no letter of a–z and no digit)")
    for key, (default, why) in defaults.items():
        found[key] = _usable(key, _given(given, key), default)
        if not _given(given, key) and key in _SHOWN.get(format, ()) and found[key]:
            defaulted.append(f"{key} = {found[key]} ({why})")
    values = PlanValues(
        title=name,
        slug=slugged,
        created_at=created_at.astimezone(UTC),
        author=author.lstrip("@"),
        request_number=number,
        commit=commit,
        commit_short=commit[:7],
        commit_date=one_line(commit_date),
        commit_message=one_line(commit_message.split("\n", 1)[0]),
        remote=f"origin/{branch or found['branch']}" if branch or found["branch"] else "",
        extra=given,
        **found,
    )
    return values, defaulted


def request_values(body: str) -> dict[str, str]:
    """Key to value of a request's body, keys by ``key_name``, values as written.

    Issue forms write ``### Label``, a blank line and the answer, ``_No response_`` where there is
    none: https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-issue-forms
    A heading's text wins over a ``Key: value`` line of the same name; HTML comments are left out.
    """
    document = parse_document(_without_comments(body.replace("\r\n", "\n").replace("\r", "\n")))
    found: dict[str, str] = {}
    for section in document.sections:
        text = section.body.of(document.text).strip()
        if section.level in (2, 3, 4):
            _keep(found, section.title, text)
    for stated in document.fields:
        _keep(found, stated.key, stated.value)
    for line in _prose_lines(document):
        match = _KEY_LINE.fullmatch(document.line_text(line))
        if match:
            _keep(found, match["key"], match["value"])
    return found


def key_name(key: str) -> str:
    """A key as it is compared: ``Feature_ID``, ``feature-id`` and ``Feature ID:`` are one."""
    return " ".join(re.sub(r"[_-]", " ", fold(key).replace("(s)", "s")).split()).strip(" :*?")


def value_name(key: str) -> str:
    """The name of the value that a key sets (``assignee``: ``owner``); else its ``key_name``."""
    named = key_name(key)
    return next((name for name, aliases in _ALIASES.items() if named in aliases), named)


def is_login(name: str) -> bool:
    """Whether a name can be a GitHub login, ``@`` left out."""
    return _LOGIN.fullmatch(name) is not None


def one_line(text: str) -> str:
    """``text`` without control characters, every run of blanks and line breaks as one blank."""
    return " ".join(_CONTROL.sub(" ", text).split())


def renamed(values: PlanValues, **names: str) -> PlanValues:
    """The values with some of their texts replaced."""
    return replace(values, **names)  # type: ignore[arg-type]


def _keep(found: dict[str, str], key: str, value: str) -> None:
    if value and fold(value) != _NO_RESPONSE and not is_placeholder(value):
        found.setdefault(key_name(key), value)


def _given(given: Mapping[str, str], key: str) -> str:
    """What was given under one of the key's names; an answer of several lines is no such value."""
    found = (_coded(given[alias].strip(), key) for alias in _ALIASES[key] if alias in given)
    usable = (value for value in found if len(value) <= _LONGEST and "\n" not in value)
    return next((value for value in usable if not _begins_open(value)), "")


def _begins_open(value: str) -> bool:
    """Whether a value begins with a placeholder, as one of a template that was only pasted does."""
    first = next(iter(placeholder_spans(value)), None)
    return first is not None and not value[: first.start].strip("`* ")


def _usable(key: str, value: str, default: str) -> str:
    """A value as it may stand in a path or a line; the default where nothing usable was given."""
    if key in _PATH_PARTS:
        return path_segment(one_line(value).strip("`"), path_segment(default, key))
    text = one_line(value).strip("`") or default
    return text.lstrip("@") if key == "owner" else text


def _coded(value: str, key: str) -> str:
    """An id as plans write it: what stands in the code span that the value begins with."""
    match = re.match(r"`([^`]+)`", value) if key in _IDS else None
    return match[1].strip() if match else value


def _prose_lines(document: Document) -> Iterator[int]:
    """The lines of paragraphs: no headings, tables, code or raw HTML."""
    for kind, first, after in document.shape.blocks:
        if kind == "text":
            yield from range(first, after)


def _without_comments(text: str) -> str:
    code = [whole for whole, _ in code_spans(text)] if "<!--" in text else []
    return _COMMENT.sub(
        lambda match: match[0] if any(match.start() in span for span in code) else "", text
    )
