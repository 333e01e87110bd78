"""How people write down plans and tasks: ``#12``, a path, ``2``, ``S-1/T-2``, ``"words"``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from bot.plans.plaintext import normalise_dashes

MOST_IN_RANGE = 50
_LONGEST_VALUE = 2_000
_MOST_NAMES = 100

_SEPARATOR = re.compile(r"(?:\s*(?:[,;&+]|\band\b))+\s*|\s+", re.IGNORECASE)
_ID = r"[A-Za-z]{1,5}-?\d{1,5}[a-z]?"
_ADDRESS = (
    rf"(?:{_ID}(?:/{_ID})?|\d{{1,5}}[a-z]?(?:\.\d{{1,4}}){{0,3}}"
    r"|[A-Za-z][A-Za-z0-9_-]{0,60}\.\d{1,4})"
)
_ITEM = re.compile(
    rf"#?(?P<address>{_ADDRESS})(?![\w/-]|\.\w)"
    rf"|\[#?(?P<inside>{_ADDRESS})\](?:\([^()\s]{{0,500}}\))?"
    r"|\"(?P<double>[^\"\n]{3,200})\"|“(?P<curly>[^”\n]{3,200})”|„(?P<low>[^“”\n]{3,200})[“”]"
    r"|«(?P<angle>[^»\n]{3,200})»|'(?P<single>[^'\n]{3,200})'(?!\w)"
)
_PREFIX = r"(?:[A-Za-z]{1,5}-?\d{1,5}/)?[A-Za-z]{0,5}-?|\d{1,5}\.|[A-Za-z]\."
_RANGE = re.compile(
    rf"#?(?P<prefix>{_PREFIX})(?P<first>\d{{1,5}})\s*(?:-|\.{{2,3}}|\bto\b)\s*#?"
    r"(?P=prefix)?(?P<last>\d{1,5})(?![\w/-]|\.\w)"
)
_SEPARATED = re.compile(r"\s*(?:[,;&+(]|and\b)", re.IGNORECASE)
_BLANK = re.compile(r"\s+")
_COMMA = re.compile(r"[,;]")
_END = re.compile(r"[\s.!]*\Z")
_OF_PLAN = re.compile(r"\s+(?:of|in|from)\s+(?:plan\s+)?#(\d{1,9})\b", re.IGNORECASE)
_ASIDE = re.compile(r"\s*\(([^()]{0,500})\)")
_DASH = re.compile(r"\s*(?::|=|\s-{1,3}\s)")
_NOT = re.compile(
    r"[\s(:,-]*(?:is|are|was|were|does|will)?\s*(?:not\b|no\s+longer\b|never\b|\w+n['’]t\b)", re.I
)
_NONE = re.compile(
    r"[\s.!]*|(?:none|nothing|no|n/?a|nil|tbd|todo|unknown|not applicable)\b.*|[-?…._x]+"
    r"|.*(?:<[^<>]*>|\{[^{}]*\}|_{3,}).*|#[A-Z_\s…]*",
    re.IGNORECASE,
)

_REFERENCE = re.compile(
    r"(?:(?P<repo>[\w.-]{1,100}/[\w.-]{1,100})?#|GH-|issue\s+#?)(?P<number>\d{1,9})\b(?![-/\w])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?P<number>\d{1,9})\s*(?:\(.*\))?[.!]?")
_ADDRESS_OF = re.compile(
    r"https?://[^\s/<>]{1,200}/(?P<repo>[\w.-]{1,100}/[\w.-]{1,100})/"
    r"(?:issues/(?P<number>\d{1,9})\b|blob/[^/\s?#]{1,200}/(?P<path>[^\s?#<>()]{1,1000}))",
    re.IGNORECASE,
)
_LINK = re.compile(r"!?\[(?P<text>[^\[\]]{0,300})\]\(\s*<?(?P<target>[^\s<>()]{1,1000})>?[^()]*\)")
_PATH = re.compile(r"(?P<path>[^\s<>|\"`,;]{1,1000}\.(?:md|markdown))(?=[\s.,;:!)?#]|\Z)", re.I)
_SPACED_PATH = re.compile(r"(?P<path>[^<>|\"`\n]{1,1000}\.(?:md|markdown))[\s.!]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TaskName:
    """A task as it is named: an address, or a beginning in double quotes; ``of`` is its plan."""

    named: str
    of: int | None = None


@dataclass(frozen=True, slots=True)
class PlanName:
    """A plan as it is named: by its issue's number or by its path; ``repo`` where that is said."""

    issue: int | None = None
    path: str = ""
    repo: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """What a line names, and the first words of it that name nothing (``""``: all is read)."""

    tasks: tuple[TaskName, ...] = ()
    plans: tuple[PlanName, ...] = ()
    rest: str = ""


def says_nothing(value: str) -> bool:
    """Whether a value is empty, a dash, ``none``, ``N/A`` or a placeholder of a template."""
    return _NONE.fullmatch(normalise_dashes(value).strip()) is not None


def parse_task_names(value: str) -> Named:
    """The tasks that stand after ``Task:``; words that follow an address are a remark.

    >>> [name.named for name in parse_task_names('2, 3 and "Write the docs" (later)').tasks]
    ['2', '3', '"Write the docs"']
    """
    text = normalise_dashes(value[:_LONGEST_VALUE]).replace("*", " ").strip()
    names: list[TaskName] = []
    rest, at, strict = "", 0, False
    while at < len(text) and len(names) <= _MOST_NAMES:
        separator = _SEPARATOR.match(text, at)
        at = separator.end() if separator else at
        found, end = _item(text, at)
        if not found:
            # After a remark in words its own commas are no separators of tasks.
            rest = rest or ("" if strict else text[at:].strip())
            at, strict = _after_comma(text, at), True
            continue
        aside = _ASIDE.match(text, end)
        of = _OF_PLAN.match(text, end)
        follows = aside.end() if aside else of.end() if of else end
        negated = _NOT.match(text, end)
        closed = _is_closed(text, follows)
        if not negated and (closed or not strict or _DASH.match(text, follows)):
            names += [TaskName(name, int(of[1]) if of else None) for name in found]
        elif not closed or negated:
            rest = rest or text[at:].strip()
        at = follows if closed else _after_comma(text, follows)
        strict = strict or not closed
    return Named(tasks=tuple(dict.fromkeys(names)), rest="" if _END.match(rest) else rest)


def _item(text: str, at: int) -> tuple[list[str], int]:
    """The task, or the range of tasks, that begins here, and where it ends."""
    if (between := _RANGE.match(text, at)) and _is_closed(text, between.end()):
        first, last = int(between["first"]), int(between["last"])
        width = len(between["first"]) if between["first"].startswith("0") else 0
        if first < last < first + MOST_IN_RANGE:
            numbers = range(first, last + 1)
            return [f"{between['prefix']}{number:0{width}d}" for number in numbers], between.end()
    item = _ITEM.match(text, at)
    if item is None:
        return [], at
    if address := item["address"] or item["inside"]:
        return [address], item.end()
    quoted = next(value for key in _QUOTES if (value := item[key]))
    return [f'"{" ".join(quoted.split())}"'], item.end()


_QUOTES = ("double", "curly", "low", "angle", "single")


def _is_closed(text: str, at: int) -> bool:
    """Whether what ends here is followed by the end, a separator, a remark or only more items."""
    while not (_END.match(text, at) or _SEPARATED.match(text, at)):
        blank = _BLANK.match(text, at)
        following = _ITEM.match(text, blank.end()) if blank and not _DASH.match(text, at) else None
        if following is None:
            return False
        at = following.end()
    return True


def _after_comma(text: str, at: int) -> int:
    comma = _COMMA.search(text, at)
    return comma.end() if comma else len(text)


def parse_plan_names(value: str) -> Named:
    """The plans that stand after ``Plan:``: issues, addresses of issues and files, paths."""
    plans: list[PlanName] = []
    rest = ""
    for part in _parts(value[:_LONGEST_VALUE]):
        found = _plan(part)
        if found is None:
            rest = rest or part
            if _NONE.fullmatch(part):
                break
        elif found not in plans:
            plans.append(found)
    return Named(plans=tuple(plans), rest=rest)


def _parts(value: str) -> Iterator[str]:
    for part in re.split(r"[,;]|\s+(?:and|&)\s+", value):
        cleaned = re.sub(r"<br\s*/?>", " ", part, flags=re.IGNORECASE).strip().strip("*").strip()
        if cleaned:
            yield cleaned


def _plan(part: str) -> PlanName | None:
    if link := _LINK.match(part):
        return _plan(link["target"]) or _plan(link["text"])
    part = part.strip("<>").strip() if part.startswith("<") else part
    if address := _ADDRESS_OF.match(part):
        issue = int(address["number"]) if address["number"] else None
        return PlanName(issue, unquote(address["path"] or ""), address["repo"])
    if reference := _REFERENCE.match(normalise_dashes(part)):
        if _NOT.match(part, reference.end()):
            return None
        return PlanName(int(reference["number"]), "", reference["repo"] or "")
    if bare := _NUMBER.fullmatch(part):
        return PlanName(int(bare["number"]))
    named = _PATH.match(part) or _SPACED_PATH.fullmatch(part)
    if named is None or "://" in named["path"] or _NOT.match(part, named.end()):
        return None
    return PlanName(path=unquote(named["path"]).removeprefix("./").removeprefix("/"))
