"""Make docs/commands.md from the one table of commands: ``python docs/make_commands.py``."""

from __future__ import annotations

from pathlib import Path

from bot.plans.commands import COMMANDS, Form
from bot.subjects.plan_labels import LABELS, STATUS_LABELS

PAGE = Path(__file__).with_name("commands.md")

HEAD = """# Commands in comments

Made from the table in `bot/plans/commands.py` by `docs/make_commands.py`; `/plan help` shows the
same.

A command is the **first line** of a comment, on the plan's issue or on a pull request that is
linked with the plan:

```text
/plan done 2.1

The new endpoint is on staging.
```

- It takes **write access** to the repository (`write`, `maintain` or `admin`; triage and read
  are not enough). Who has less gets one answer that says so. Bots are not heard.
- A command counts as it stands in its comment when it is read, and is that of whoever wrote it
  there: who edits a command into somebody else's comment gives it in their own name.
- **An edited comment** runs only when its command is another one than before.
- **Each command runs once**, however often GitHub delivers it, a worker dies, or the database is
  lost.
- What was done is acknowledged with 👍, without a comment. Where words are wanted, and where a
  command is wrong or makes no sense for the plan, there is one short answer with the right form.
- On a pull request that is linked with several plans the command goes into the plan's own issue.
- `T` is a task: its address (`2.1`, `A.3`, `S-1/T-2`, `T012`, `2`, `R-1`) or the quoted
  beginning of its text (`"Write the"`). `done` and `undo` take several: `2.1, 2.2`.
- Text that lands in a plan is made harmless: it becomes one line, mentions do not ping, HTML,
  comments, pipes, boxes, headings and stop tokens in it are plain words. It is cut at 1,500
  characters.
- What a command writes is a commit of its own with the person as co-author.
"""

LABEL_HEAD = """## Labels and state of the plan issue

These follow the plan; labels that are not in this table are never touched.

| Label | Stands while |
|---|---|
"""

STATE = """
Drafts and work under way have no label of their own: the issue is open, and its status comment
says the rest. The issue of a complete plan is closed, and opened again when the plan is complete
no more (`close_when_complete: false` in the configuration leaves it open). Who opens the issue of
a complete plan again has their way until the plan changes; an issue that a person closed before
the end stays closed.

## The status comment

One comment on the plan issue is edited in place: progress, what stops the plan, open questions,
what comes next and for whom, parts, gates, tracking rows with their pull requests, what was left
as somebody wrote it, what is held or in conflict, and a graph of what comes after what. The same
facts give the same comment, so nothing is written where nothing changed. It stays below 60,000
characters: lists show their first entries (pull requests the newest) and count the rest, the
graph is left out above 40 parts or 80 arrows. The hidden line that keeps which pull requests
were applied drops the oldest of those that are over when it would pass 36,000 characters.
"""


def render() -> str:
    """The page as it should be."""
    rows = [_row(form) for form in COMMANDS.values()]
    table = "## The commands\n\n| Command | What it does | For |\n|---|---|---|\n" + "\n".join(rows)
    details = "\n".join(_detail(form) for form in COMMANDS.values())
    labels = "\n".join(f"| `{name}` | {_stands(name)} |" for name in LABELS)
    parts = [HEAD, table, "", "## Examples", "", details, "", LABEL_HEAD + labels, STATE]
    return "\n".join(parts)


def _row(form: Form) -> str:
    usage = form.usage.replace("|", "\\|")
    kinds = ", ".join(form.formats) or "every plan"
    return f"| `{usage}` | {form.does.replace('|', chr(92) + '|')} | {kinds} |"


def _detail(form: Form) -> str:
    more = f" It takes {form.who}." if form.name == "approve" else ""
    return f"- **{form.name}**: `{form.example}`{more}"


def _stands(name: str) -> str:
    status = next((word for word, label in STATUS_LABELS.items() if label == name), "")
    return f"{LABELS[name]}{f' The status is {status}.' if status else ''}"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
