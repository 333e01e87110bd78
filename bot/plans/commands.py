"""What a comment orders: its first line, when that begins with ``/plan``.

``COMMANDS`` is the one table of them: help, the documentation and every refusal are made from it.

>>> parse_command("/plan take issue\\n\\nThe wording there is newer.").words
('issue',)
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.plans.digest import short_digest
from bot.plans.plaintext import normalise_dashes

_COMMAND = re.compile(
    r"\A\ufeff?[ ]{0,3}/plan(?:[ \t]+(\S.*?))?[ \t]*(?:\r?\n|\r|\Z)", re.IGNORECASE
)
_MOST_WORDS = 100
_MOST_TEXT = 2_000
_QUOTES = {'"': '"', "“": "”", "„": "“", "'": "'", "‘": "’", "«": "»"}

WRITERS = "write access"
APPROVERS = "the person, or a member of the team, that is named for the role, or an admin"


@dataclass(frozen=True, slots=True)
class Command:
    """One command: ``verb`` in lower case, ``words`` as they were written.

    ``text`` is all that follows the verb on the line, blanks as they were written.
    """

    verb: str
    words: tuple[str, ...] = ()
    text: str = ""

    @property
    def digest(self) -> str:
        """Sixteen hex digits of what is ordered; what stands below the first line is none of it."""
        said = " ".join((self.verb, *self.words))
        return short_digest(said)


@dataclass(frozen=True, slots=True)
class Form:
    """A command as people write it: its arguments, what it does, who may, an example.

    ``least`` words have to follow the verb and at most ``most`` may (None: as many as one likes).
    ``formats`` are the plan formats in which it makes sense, all where that is empty.
    """

    name: str
    arguments: str
    does: str
    example: str
    least: int = 0
    most: int | None = None
    who: str = WRITERS
    formats: tuple[str, ...] = ()

    @property
    def usage(self) -> str:
        """The form in one line: ``/plan answer N TEXT``."""
        return f"/plan {self.name} {self.arguments}".rstrip()


_TASKS = "done and undo take several tasks: `2.1, 2.2`"
_FORMS = (
    Form("help", "[COMMAND]", "Shows the commands, or one of them.", "/plan help answer", 0, 1),
    Form("status", "", "Says how far the plan is and what comes next.", "/plan status", 0, 0),
    Form(
        "why", "T",
        "Says why task T stands where it stands: which pull request, which line of it.",
        "/plan why 2", 1,
    ),
    Form("check", "", "Lists what is wrong or missing in the plan, by line.", "/plan check", 0, 0),
    Form(
        "sync", "",
        "Compares file, issue and the open pull requests again. `/plan sync confirm` lets a change "
        "through that was held because much of the plan would go with it.",
        "/plan sync", 0, 1,
    ),
    Form(
        "preview", "[COMMAND …]",
        "Shows what a command would change in the plan, without changing it; alone, what waits.",
        "/plan preview na 2.3 no such service here",
    ),
    Form(
        "take", "issue|file",
        "Settles a conflict: with the issue's text, or with the file's as it stands.",
        "/plan take issue", 1, 1,
    ),
    Form(
        "accept", "",
        "Takes over what somebody without write access wrote into the issue; on a request, starts "
        "the plan.",
        "/plan accept", 0, 0,
    ),
    Form("done", "T", "Ticks a task, or sets its row to Complete. Several: `2.1, 2.2`.",
         "/plan done 2.1", 1),
    Form("undo", "T", "Takes that back, a `/plan na` too.", "/plan undo 2.1", 1),
    Form(
        "start", "T",
        "Answers with the branch to make for task T and the lines for the pull request's body.",
        "/plan start 2", 1,
    ),
    Form("na", "T REASON", "Settles a box as not applicable, with the reason beside it.",
         "/plan na 3.2 the shop has no API clients", 2),
    Form("block", "T REASON", "Marks a task as blocked and says why; the issue is labelled.",
         "/plan block 2 waits for the new schema", 2),
    Form("unblock", "T", "Lifts a block.", "/plan unblock 2", 1),
    Form(
        "link", "#PR T",
        "Links a pull request with a task: adds the lines to its body. On a pull request, `#PR` "
        "may be left out.",
        "/plan link #41 2", 1,
    ),
    Form("unlink", "#PR [T]", "Takes such lines out of its body again.", "/plan unlink #41 2", 0),
    Form("assign", "T @USER", "Assigns the issue, and names the person as the task's owner where "
         "the format has a place for that.", "/plan assign 2 @alice", 2, 2),
    Form("story", "TITLE", "Adds the next user story to a task plan.",
         '/plan story "Export as CSV"', 1, formats=("task-plan",)),
    Form("ask", "TEXT", "Adds an open question. In a task plan `critical: …` stops the work until "
         "it is answered.", "/plan ask Which currencies?", 1,
         formats=("user-story", "task-plan", "track-spec")),
    Form("answer", "N TEXT", "Answers question N.", "/plan answer 1 Euro and Yen", 2,
         formats=("user-story", "task-plan", "track-spec")),
    Form("approve", "ROLE", "Signs a specification for a role. `/plan approve ROLE n/a REASON` "
         "waives one that is needed only sometimes.", "/plan approve Tech Lead", 1,
         who=APPROVERS, formats=("track-spec",)),
    Form("decide", "TEXT", "Notes a decision in the Conversation Log, with name and date.",
         "/plan decide We begin with one region.", 1, formats=("track-spec",)),
    Form("revise", "FEEDBACK", "Adds a revision with this feedback to a user story.",
         '/plan revise "The form asks too much."', 1, formats=("user-story",)),
    Form("log", "[S-N] TEXT", "Adds an entry to a task plan's decision log.",
         "/plan log S-1 the cache is warm now, continue", 1, formats=("task-plan",)),
    Form("new", "FORMAT TITLE", "Asks for another plan: opens the request for it.",
         "/plan new story Refund an order", 2),
    Form("adopt", "PATH", "Makes a plan file a plan with an issue, wherever it lies.",
         "/plan adopt docs/plans/search.md", 1, 1),
    Form("detach", "", "Stops the mirror: file and issue go their own ways. `/plan sync` ends "
         "that.", "/plan detach", 0, 0),
)  # fmt: skip

COMMANDS: Mapping[str, Form] = MappingProxyType({form.name: form for form in _FORMS})
"""Every command by its verb, in the order in which help shows them."""


@dataclass(frozen=True, slots=True)
class Misused:
    """A command that is none: what is wrong with it, and the form that would be right."""

    what: str
    usage: str


def parse_command(comment: str) -> Command | None:
    """The command on a comment's first line, or None. ``/plan`` alone is help. Never raises."""
    found = _COMMAND.match(comment)
    if found is None:
        return None
    said = (found[1] or "help")[:_MOST_TEXT]
    verb, *words = said.split()[:_MOST_WORDS]
    return Command(verb.casefold(), tuple(words), said[len(verb) :].strip())


def misuse(command: Command) -> Misused | None:
    """Why a command cannot be obeyed as it is written, or None where its form is right."""
    form = COMMANDS.get(command.verb)
    if form is None:
        near = difflib.get_close_matches(command.verb, list(COMMANDS), n=1, cutoff=0.6)
        usage = COMMANDS[near[0]].usage if near else COMMANDS["help"].usage
        return Misused("There is no such command.", usage)
    count = len(command.words)
    if count < form.least:
        return Misused("Something is missing.", form.usage)
    if form.most is not None and count > form.most:
        return Misused("That is more than this command takes.", form.usage)
    first = command.words[0].casefold() if command.words else ""
    wrong = (command.verb == "take" and first not in ("issue", "file")) or (
        command.verb == "sync" and first not in ("", "confirm")
    )
    return Misused("That is none of its words.", _usage(form)) if wrong else None


def _usage(form: Form) -> str:
    return "/plan sync confirm" if form.name == "sync" else form.usage


def split_task(text: str) -> tuple[str, str]:
    """The task that a text begins with, as it is written (quotes kept), and the rest of it.

    >>> split_task("2.1, 2.2 because"), split_task("“Write the” now")
    (('2.1', '2.2 because'), ('“Write the”', 'now'))
    """
    text = text.strip()
    closing = _QUOTES.get(text[:1])
    end = text.find(closing, 1) if closing else -1
    if end > 0:
        return text[: end + 1], text[end + 1 :].lstrip(" \t,:")
    word, _, rest = text.partition(" ")
    return word.rstrip(",:"), rest.strip()


def split_tasks(text: str) -> tuple[str, ...]:
    """Every task that a text names, divided by blanks or commas; each once."""
    found: dict[str, None] = {}
    rest = text
    while rest:
        task, rest = split_task(rest.lstrip(" \t,"))
        if task and task.casefold() != "and":
            found.update(dict.fromkeys(part for part in _parts(task) if part))
    return tuple(found)


def _parts(task: str) -> list[str]:
    return [task] if task[:1] in _QUOTES else task.split(",")


def split_pull(text: str) -> tuple[int | None, str]:
    """The pull request that a text begins with (``#41``, an address) or None, and the rest."""
    word, rest = split_task(text)
    found = re.fullmatch(r"#(\d{1,9})|https?://\S+/pull/(\d{1,9})\S*", normalise_dashes(word))
    if found is None:
        return None, text.strip()
    return int(found[1] or found[2]), rest


def unquoted(text: str) -> str:
    """The text without one pair of quotes around it."""
    text = text.strip()
    closing = _QUOTES.get(text[:1])
    return text[1:-1].strip() if closing and len(text) > 1 and text[-1] == closing else text
