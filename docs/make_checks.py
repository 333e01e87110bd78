"""Make docs/checks.md: every finding, and what ``plansync check`` says of the given documents.

``python docs/make_checks.py SEEDS`` with the folder of the five original documents makes the whole
page; without it the examples stay as they are and only the table of findings is made anew.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bot.plans.gates import CODES

PAGE = Path(__file__).with_name("checks.md")
MARK = "<!-- examples -->"
PLACES = {
    "000": ("user-story", "docs/user-stories/story.md"),
    "001": ("task-plan", "tasks/feature/plan.md"),
    "002": ("implementation-plan", "plans/general/shop/EPIC-1/features/001-x/impl-plan.md"),
    "003": ("track-spec", "draft/tracks/x/spec.md"),
    "004": ("feature-plan", "plan_docs/feature.md"),
}
HEAD = """# What `plansync check` finds

Made by `docs/make_checks.py`. Each finding has a stable code, a severity, a line, one sentence of
what is wrong and one of how to fix it. Errors make it end with 1, warnings do with `--strict`,
notes never. Notes are counted, `--all` shows them; `--format` chooses `text`, `json`, `github`
(annotations of a workflow run) or `sarif`. Two errors are about files and not listed here:
`unreadable`, and `plan.unrecognised` for a file that was named, or stands where plans do, and is
in no format that is known.

| Code | Severity | Meaning |
|---|---|---|
"""


def table() -> str:
    """The page up to the examples."""
    rows = [f"| `{code}` | {severity} | {text} |" for code, (severity, text) in CODES.items()]
    return HEAD + "\n".join(rows) + "\n"


def examples(seeds: Path) -> str:
    """The command's output on each of the original documents."""
    parts = [
        "## The five original documents, as they stand\n\nUnfilled templates: what they still hold"
        " of their own is a note, not an error.\n"
    ]
    with tempfile.TemporaryDirectory() as folder:
        for seed in sorted(seeds.iterdir()):
            name, path = PLACES[seed.name[:3]]
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(seed, target)
            done = subprocess.run(
                [sys.executable, "-m", "bot.cli", "check", path],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(PAGE.parent.parent)},
                capture_output=True,
                text=True,
            )
            out = done.stdout.rstrip()
            parts.append(f"### {name} (exit code {done.returncode})\n\n```text\n{out}\n```\n")
    return "\n".join(parts)


def main() -> None:
    """Write the page."""
    if len(sys.argv) > 1:
        shown = examples(Path(sys.argv[1]))
    else:
        shown = PAGE.read_text(encoding="utf-8").split(MARK + "\n\n", 1)[1]
    PAGE.write_text(f"{table()}\n{MARK}\n\n{shown}", encoding="utf-8")


if __name__ == "__main__":
    main()
