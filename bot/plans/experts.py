"""The expert scan of a task plan: its keywords looked up in what the repository already knows.

Texts in, findings out; walking the disk and writing the result is the caller's. Keywords are
literal and letters' case does not matter.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.plans.document import Document
from bot.plans.formats import recognise
from bot.plans.placeholders import is_placeholder

# What is looked for when a plan names no keyword.
DEFAULT_KEYWORDS = (
    "python concurrency",
    "async",
    "caching",
    "database",
    "testing",
    "security",
    "fastapi",
    "pytest",
    "observability",
    "feature flags",
    "semver",
    "migration",
    "backfill",
    "rollback",
)
CONTEXT_LINES = 2
TOP_FILES = 10
LONGEST_LINE = 300

_SECTION = "Experts to Scan (keywords)"
_IGNORED_FOLDERS = frozenset(
    {
        ".git", ".hg", ".svn", ".tox", ".venv", "__pycache__", "build", "dist", "node_modules",
        "target", "third_party", "vendor", "venv",
    }
)  # fmt: skip
_IGNORED_FILES = re.compile(r"\.env(?:\..*)?|.*\.(?:pem|key|p12|pfx)|id_(?:rsa|ed25519)", re.I)
_LINE_END = re.compile(r"\r\n?|\n")
_BULLET = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]+")
_STAMP = re.compile(r"-\d{8}T\d{6}Z$")


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that has at least one of the keywords; ``line`` is 1-based."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of one file around one or more hits: ``(number, is a hit, text)``."""

    path: str
    lines: tuple[tuple[int, bool, str], ...]


@dataclass(frozen=True, slots=True)
class Expertise:
    """What a scan found; ``top`` are the files with the most hits, ten at most."""

    keywords: tuple[str, ...]
    defaulted: bool
    hits: tuple[Hit, ...]
    excerpts: tuple[Excerpt, ...]
    top: tuple[tuple[str, int], ...]


def plan_keywords(document: Document) -> tuple[str, ...]:
    """The queries under ``Experts to Scan (keywords)``, one a line, each once.

    Comments and placeholders are none; a bullet before a query does not belong to it.
    """
    section = document.section(_SECTION) or document.section("Experts to Scan")
    if section is None:
        return ()
    text = document.text
    for comment in document.comments_in(section.body):
        span = comment.span
        text = text[: span.start] + re.sub(r"[^\r\n]", " ", span.of(text)) + text[span.end :]
    found: dict[str, str] = {}
    for line in _LINE_END.split(section.body.of(text)):
        words = " ".join(_BULLET.sub("", line, count=1).split()).strip('`"“”')
        if words and not is_placeholder(words) and set(words) - set("-*_"):
            found.setdefault(words.casefold(), words)
    return tuple(found.values())


def is_source(path: str, *, include_code: bool = False) -> bool:
    """Whether a file (path in the repository, ``/`` between parts) is searched.

    ``experts/``, ``docs/``, ``README*`` and ``CHANGELOG*`` at the top, every ``AGENTS.md``, and
    ``src/`` when asked for; never build, vendored or version control folders, keys or ``.env``.
    """
    folder, name = posixpath.split(path)
    parts = folder.split("/") if folder else []
    if _IGNORED_FILES.fullmatch(name) or any(part in _IGNORED_FOLDERS for part in parts):
        return False
    if name.casefold() == "agents.md":
        return True
    if not parts:
        return name.upper().startswith(("README", "CHANGELOG"))
    return parts[0] in ("experts", "docs") or (include_code and parts[0] == "src")


def is_ignored_folder(name: str) -> bool:
    """Whether nothing below a folder of this name is searched."""
    return name in _IGNORED_FOLDERS


def scan(texts: Mapping[str, str], keywords: Iterable[str]) -> Expertise:
    """The lines of ``texts`` (path to text) that have a keyword, or a default one without any."""
    given = tuple(dict.fromkeys(keywords))
    used = given or DEFAULT_KEYWORDS
    wanted = tuple(word.casefold() for word in used)
    hits: list[Hit] = []
    excerpts: list[Excerpt] = []
    for path in sorted(texts):
        folded = texts[path].casefold()
        present = [word for word in wanted if word in folded]
        if not present:
            continue
        whole = _LINE_END.split(texts[path])
        marks = [n for n, line in enumerate(whole) if any(w in line.casefold() for w in present)]
        lines = [line[:LONGEST_LINE] for line in whole]
        hits += [Hit(path, number + 1, lines[number].strip()) for number in marks]
        excerpts += _excerpts(path, lines, marks)
    counted = Counter(hit.path for hit in hits)
    top = sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))[:TOP_FILES]
    return Expertise(used, not given, tuple(hits), tuple(excerpts), tuple(top))


def scan_knowledge(texts: Mapping[str, str], keywords: Iterable[str]) -> Expertise:
    """Like ``scan``, with plans left out: what a plan or its template says is no expertise."""
    wanted = tuple(keywords)
    # Only what was hit is parsed: a repository may have thousands of documents.
    hit = {found.path for found in scan(texts, wanted).hits}
    plans = {path for path in hit if recognise(path, texts[path]) is not None}
    return scan({path: text for path, text in texts.items() if path not in plans}, wanted)


def render_expertise(expertise: Expertise, moment: datetime, before: str = "") -> str:
    """``referenced-expertise.md`` with this scan at its end; ``before`` is its text so far.

    A scan that found the same as one that stands there already leaves the text as it is.
    """
    body = _report(expertise)
    end = "\r\n" if "\r\n" in before else "\n"
    if body.replace("\n", end) in before:
        return before
    start = before if before.strip() else f"# Referenced Expertise{end}"
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    gap = "" if start.endswith(("\n", "\r")) else end
    return f"{start}{gap}{end}" + f"## Scan @ {stamp}\n{body}".replace("\n", end)


def render_excerpts(expertise: Expertise) -> str:
    """``<slug>-refs.txt``: every hit with two lines around it, groups divided by ``--``."""
    groups = []
    for excerpt in expertise.excerpts:
        groups.append(
            "".join(
                f"{excerpt.path}{':' if hit else '-'}{number}{':' if hit else '-'}{text}\n"
                for number, hit, text in excerpt.lines
            )
        )
    return "--\n".join(groups)


def excerpts_name(folder: str) -> str:
    """The name of the excerpts file: ``search-refs.txt`` for ``tasks/search-20261121T101500Z``."""
    slug = _STAMP.sub("", posixpath.basename(folder.rstrip("/"))) or "plan"
    return f"{slug}-refs.txt"


def _excerpts(path: str, lines: list[str], marks: list[int]) -> list[Excerpt]:
    """Hits whose surroundings touch make one excerpt, so that no line stands twice."""
    found: list[Excerpt] = []
    hit_lines = set(marks)
    at = 0
    while at < len(marks):
        first = max(0, marks[at] - CONTEXT_LINES)
        last = marks[at]
        while at < len(marks) and marks[at] - CONTEXT_LINES <= last + CONTEXT_LINES + 1:
            last = marks[at]
            at += 1
        stop = min(len(lines), last + CONTEXT_LINES + 1)
        if stop == len(lines) and stop > last + 1 and not lines[-1]:
            stop -= 1
        shown = tuple((n + 1, n in hit_lines, lines[n]) for n in range(first, stop))
        found.append(Excerpt(path, shown))
    return found


def _report(expertise: Expertise) -> str:
    note = " (the defaults: the plan names none)" if expertise.defaulted else ""
    lines = [f"- Keywords{note}: {', '.join(_code(word) for word in expertise.keywords)}", ""]
    if not expertise.hits:
        return "\n".join([*lines, "Nothing was found.", ""])
    lines += [f"- {_code(f'{hit.path}:{hit.line}')} {_code(hit.text)}" for hit in expertise.hits]
    excerpts = render_excerpts(expertise)
    longest = max((len(run) for run in re.findall(r"`+", excerpts)), default=0)
    fence = "`" * max(3, longest + 1)
    lines += ["", "### Context excerpts (-C2)", fence + "text", excerpts.rstrip("\n"), fence]
    lines += ["", "### Top files (by hits)"]
    lines += [f"- {count} {_code(path)}" for path, count in expertise.top]
    return "\n".join([*lines, ""])


def _code(text: str) -> str:
    """``text`` as a code span, whatever backticks it has: https://spec.commonmark.org/0.31.2/#code-spans"""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{text}{pad}{ticks}" if text else "` `"
