"""The lines, keywords, tags and branches that name plans and tasks, found one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.plans.link_names import PlanName, parse_plan_names, parse_task_names, says_nothing
from bot.plans.link_text import ProseLine, title_words, unquoted
from bot.plans.link_values import Links, PlanLink, Source, TaskLink
from bot.plans.model import Problem, Severity
from bot.plans.plaintext import normalise_dashes

MOST_PLANS = 20
MOST_TASKS = 50
MOST_REVERTS = 20
LONGEST_DEVLOOP = 300
"""How much of one pull request is taken in; what is over it is said."""

_MOST_COMMITS = 250
_LONGEST_MESSAGE = 2000
_CLAUSE_LENGTH = 200

_START = r"^\s*(?:\[[xX]\]\s+)?[*_]{0,3}"
_KEY = re.compile(
    _START + r"(?P<key>plans?|tasks?|devloops?)[*_]{0,3}\s*[:：][*_]{0,3}(?P<value>.*)$",
    re.IGNORECASE,
)
_NO_COLON = re.compile(
    _START + r"(?P<key>plan|task)s?\s+(?P<value>#?\d{1,9}|[A-Z]{1,3}-?\d{1,5}(?:/[A-Z]-\d+)?)\s*$",
    re.IGNORECASE,
)
_REFERENCE = (
    r"(?:(?P<repo>[\w.-]{1,100}/[\w.-]{1,100})?#|GH-"
    r"|https?://[^\s/<>]{1,200}/(?P<repo2>[\w.-]{1,100}/[\w.-]{1,100})/issues/)"
    r"(?P<number>\d{1,9})\b"
)
# https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
_CLOSING = re.compile(
    rf"(?<![\w-])(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)(?::\s*|\s+){_REFERENCE}", re.IGNORECASE
)
_LINKING = re.compile(
    r"(?<![\w-])(?:part\s+of|refs?|references|relate[sd]\s+to|contributes\s+to|towards)"
    rf"(?::\s*|\s+){_REFERENCE}",
    re.IGNORECASE,
)
_MORE = re.compile(rf"\s*(?:,|;|&|\band\b|,\s*and\b)\s*{_REFERENCE}", re.IGNORECASE)
_CLAUSE = re.compile(r"[.;:!?()]\s|\b(?:but|which|however)\b", re.IGNORECASE)
_NEGATION = re.compile(
    r"\b(?:not|never|no|nor|neither|without|cannot|except|unlike|instead\s+of|rather\s+than)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)
_REVERTS = re.compile(
    r"^\s*reverts?:?\s+(?:pull\s+request\s+|pr\s+)?(?P<repo>[\w.-]{1,100}/[\w.-]{1,100})?"
    r"#(?P<number>\d{1,9})\b(?P<more>(?:\s*(?:,|and|&)\s*#\d{1,9}\b){0,20})",
    re.IGNORECASE,
)
_REVERTED = re.compile(r"\bthis reverts commit ([0-9a-f]{7,40})\b", re.IGNORECASE)
_TAG = re.compile(r"\[([A-Za-z0-9][A-Za-z0-9/,\s-]{1,80})\](?!\()")
_TAG_ID = re.compile(
    r"(?:[A-Z]{1,3}-\d{1,5}/[A-Z]{1,3}-\d{1,5}|T\d{2,5}[a-z]?|T-\d{1,5})\Z", re.IGNORECASE
)
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069]")
_NO_SUBJECT = re.compile(r"(?:merge|revert)\b", re.IGNORECASE)
_BRANCH = re.compile(r"(?:.*[/_-])?plan-(?P<plan>\d{1,9})(?:/(?P<rest>.*))?\Z", re.IGNORECASE)
_BRANCH_TASK = re.compile(
    r"task-(?P<address>[A-Z]{1,3}-?\d{1,5}[/_-][A-Z]{1,3}-?\d{1,5}|[A-Z]{1,5}-?\d{1,5}"
    r"|\d{1,5}(?:\.\d{1,4})?|[A-Z][A-Z0-9-]{0,60}\.\d{1,4})(?=[/_-]|\Z)",
    re.IGNORECASE,
)


class Found:
    """What was found so far, in the order it stands."""

    def __init__(self, repo: str) -> None:
        self.repo = repo
        self.plans: list[PlanLink] = []
        self.tasks: list[TaskLink] = []
        self.anchor: tuple[PlanLink, ...] | None = None
        self.first: tuple[PlanLink, ...] | None = None
        self.loose: list[TaskLink] = []
        self.devloop = ""
        self.reverts: list[int] = []
        self.commits: list[str] = []
        self.problems: list[Problem] = []

    def body(self, lines: Sequence[ProseLine], *, closes: bool) -> None:
        """Read a body's lines; ``closes`` says whether closing keywords count."""
        anchored = any(_key(line)[0].startswith("plan") for line in lines)
        for line in lines:
            _read_line(line, self, closes=closes, anchored=anchored)
        self.attach()

    def headlines(self, title: str, commits: Sequence[str]) -> None:
        """Read a title and the messages of commits."""
        for kind, number, text in _headlines(title, commits[:_MOST_COMMITS]):
            self.tags(title_words(text), kind, number)
        for message in commits[:_MOST_COMMITS]:
            self.commits += _REVERTED.findall(message[:_LONGEST_MESSAGE])

    def problem(self, code: str, message: str, fix: str, line: int) -> None:
        if len(self.problems) < MOST_TASKS:
            self.problems.append(Problem(code, message, fix, line, severity=Severity.WARNING))

    def own(self, repo: str | None) -> bool:
        return not repo or repo.casefold() == self.repo

    def plan_line(self, names: Sequence[PlanName], source: Source, *, anchors: bool) -> None:
        there = []
        for name in names:
            if not self.own(name.repo):
                if source.kind == "line":
                    self.problem(
                        "link.other-repository",
                        "A plan of another repository is named, which cannot be linked.",
                        "Name a plan of this repository.",
                        source.line,
                    )
                continue
            there.append(PlanLink(name.issue, name.path, source))
        if len(self.plans) + len(there) > MOST_PLANS:
            self.problem(
                "link.too-many",
                f"More than {MOST_PLANS} plans are named; the rest is not read.",
                "Split the pull request.",
                source.line,
            )
            there = there[: MOST_PLANS - len(self.plans)]
        self.plans += there
        if anchors:
            # Also when none is left: what follows belongs to the plan that could not be linked.
            self.anchor = tuple(there)
            if self.first is None:
                self.first = self.anchor

    def task(self, link: TaskLink) -> None:
        if len(self.tasks) + len(self.loose) >= MOST_TASKS:
            self.problem(
                "link.too-many",
                f"More than {MOST_TASKS} tasks are named; the rest is not read.",
                "Split the pull request.",
                link.source.line,
            )
        elif link.plans or link.elsewhere or link.source.kind != "line":
            self.tasks.append(link)
        else:
            self.loose.append(link)

    def attach(self) -> None:
        """Tasks above every plan's line belong to the first one below."""
        below, elsewhere = self.first or (), self.first == ()
        self.tasks += [TaskLink(one.named, one.source, below, elsewhere) for one in self.loose]
        self.loose = []

    def tags(self, text: str, kind: str, number: int) -> None:
        for tag in _TAG.finditer(normalise_dashes(text)):
            ids = [part.strip() for part in tag[1].split(",")]
            if ids and all(_TAG_ID.match(one) for one in ids):
                for one in ids:
                    self.task(TaskLink(one.upper(), Source(kind, number, tag[0])))

    def branch(self, branch: str) -> None:
        named = _BRANCH.match(normalise_dashes(branch[:300]))
        if named is None:
            return
        source = Source("branch", 0, _shown(branch))
        plan = PlanLink(int(named["plan"]), "", source)
        if len(self.plans) >= MOST_PLANS:
            return
        self.plans.append(plan)
        task = _BRANCH_TASK.match(named["rest"] or "")
        if task:
            self.task(TaskLink(_slashed(task["address"]), source, (plan,)))

    def links(self) -> Links:
        return Links(
            tuple(self.plans),
            tuple(self.tasks),
            self.devloop,
            tuple(dict.fromkeys(self.reverts))[:MOST_REVERTS],
            tuple(dict.fromkeys(sha.lower() for sha in self.commits))[:MOST_REVERTS],
            tuple(self.problems),
        )


def _slashed(address: str) -> str:
    """``s-1-t-2`` of a branch's name as ``S-1/T-2``."""
    two = re.fullmatch(r"([A-Z]{1,3}-?\d{1,5})[/_-]([A-Z]{1,3}-?\d{1,5})", address, re.IGNORECASE)
    return (f"{two[1]}/{two[2]}" if two else address).upper()


def _key(line: ProseLine) -> tuple[str, str]:
    """The key and the value of a line that has one of ours, else two times ``""``."""
    match = _KEY.match(line.text)
    return (match["key"].casefold(), match["value"].strip()) if match else ("", "")


def _read_line(line: ProseLine, found: Found, *, closes: bool, anchored: bool) -> None:
    key, value = _key(line)
    source = Source("line", line.line, _shown(line.text))
    if key.startswith("plan"):
        _read_plans(value, line, source, found)
    elif key.startswith("task"):
        _read_tasks(value, line, source, found)
    elif key:
        found.devloop = found.devloop or parse_devloop(value)
        return
    elif without := _NO_COLON.match(line.text):
        wanted = f"{without['key'].capitalize()}: {without['value']}"
        found.problem(
            "link.no-colon",
            f"`{source.words}` has no colon, so it is not read.",
            f"Write `{wanted}`.",
            line.line,
        )
    if key.startswith("task"):
        return
    words = unquoted(line.text)
    found.commits += _REVERTED.findall(words)
    if undone := _REVERTS.match(words):
        if found.own(undone["repo"]):
            more = re.findall(r"#(\d+)", undone["more"])
            found.reverts += [int(undone["number"]), *map(int, more)]
        return
    for kind, names, text in _keywords(words, closes=closes):
        said = Source(kind, line.line, _shown(text))
        found.plan_line(names, said, anchors=not anchored)


def _read_plans(value: str, line: ProseLine, source: Source, found: Found) -> None:
    named = parse_plan_names(value)
    if named.plans or not says_nothing(value):
        found.plan_line(named.plans, source, anchors=True)
    if named.rest and not says_nothing(named.rest):
        found.problem(
            "link.plan-unreadable",
            f"“{_shown(named.rest)}” names no plan.",
            "Write the plan issue's number (`Plan: #12`) or the file's path ending in `.md`.",
            line.line,
        )
    elif line.code and not named.plans:
        _in_code("Plan: #12", line.line, found)


def _read_tasks(value: str, line: ProseLine, source: Source, found: Found) -> None:
    named = parse_task_names(value)
    for name in named.tasks:
        plans = found.anchor
        if name.of is not None:
            found.plan_line([PlanName(name.of)], source, anchors=False)
            plans = tuple(plan for plan in found.plans[-1:] if plan.issue == name.of)
        found.task(TaskLink(name.named, source, plans or (), elsewhere=plans == ()))
    if named.rest and not says_nothing(named.rest):
        found.problem(
            "link.task-unreadable",
            f"“{_shown(named.rest)}” names no task.",
            'Write addresses such as `Task: 2, 3`, or quote a beginning: `Task: "Write the docs"`.',
            line.line,
        )
    elif line.code and not named.tasks:
        _in_code("Task: 2", line.line, found)


def _in_code(example: str, line: int, found: Found) -> None:
    found.problem(
        "link.in-code",
        "What stands in a code span is not read.",
        f"Write it without backticks: {example}",
        line,
    )


def _keywords(words: str, *, closes: bool) -> Iterator[tuple[str, list[PlanName], str]]:
    """What closing and linking keywords of a line name, negated ones left out."""
    for kind, pattern in (("linking", _LINKING), ("closing", _CLOSING)):
        if kind == "closing" and not closes:
            continue
        for match in pattern.finditer(words):
            if _is_negated(words[max(0, match.start() - _CLAUSE_LENGTH) : match.start()]):
                continue
            names, end = [_named(match)], match.end()
            # GitHub wants the keyword repeated for each issue that is to be closed.
            while kind == "linking" and (more := _MORE.match(words, end)):
                names.append(_named(more))
                end = more.end()
            yield kind, names[:MOST_PLANS], words[match.start() : end]


def _named(match: re.Match[str]) -> PlanName:
    return PlanName(int(match["number"]), "", match["repo"] or match["repo2"] or "")


def _is_negated(before: str) -> bool:
    """Whether the clause that ends here says that something is not so."""
    clause = _CLAUSE.split(before)[-1]
    return _NEGATION.search(clause) is not None


def _headlines(title: str, commits: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    """The title and the subjects of commits; those of merges and reverts quote others."""
    if not _NO_SUBJECT.match(title.strip()):
        yield "title", 0, title
    for number, message in enumerate(commits, 1):
        subject = message.split("\n", 1)[0]
        if not _NO_SUBJECT.match(subject):
            yield "commit", number, subject


def parse_devloop(value: str) -> str:
    """A devloop output as it may stand in a table's cell: one line, no markup, no mention.

    The text of a link is left out for its address; what is over 300 characters is cut.
    """
    link = re.fullmatch(r"\[[^\[\]\n]*\]\(\s*<?([^\s<>()]+)>?\s*\)", value.strip())
    text = link[1] if link else value
    text = " ".join(_INVISIBLE.sub(" ", text).split())
    text = re.sub(r"[<>`|*\[\]{}!\\]", "", text).strip()
    text = re.sub(r"@(?=\w)", "", text)
    text = re.sub(r"(?<![\w/&])#(?=\d)|\bGH-(?=\d)", "", text)
    cut = " ".join(text.split())[:LONGEST_DEVLOOP].strip()
    return "" if says_nothing(cut) else cut


def _shown(text: str) -> str:
    """What stands there on one line, at most 120 characters."""
    line = " ".join(text.split())
    return line if len(line) <= 120 else f"{line[:119]}…"
