"""How long the plan core takes to read a text, beside two parsers written in C and Rust.

``python -m benchmarks.parse`` prints the processor time of the fastest of several runs, in
milliseconds. For the hostile texts the garbage collector rests: when it makes a full pass depends
on the whole process, and a ratio is to say how the time grows with the text.
"""

from __future__ import annotations

import gc
import platform
import time
from collections.abc import Callable

import cmarkgfm
from comrak import ExtensionOptions, render_markdown
from markdown_it import MarkdownIt

from bot.plans.document import forget_parsed, parse_uncached
from bot.plans.edit import set_task
from bot.plans.outline import outline
from tests.plans_core.hostile import HOSTILE

KIB = 1024

CHAPTER = """\
## Story {n}: the `endpoint` returns **its** status

- Story ID: S-{n} | Priority: P1 | Owner: somebody | Due: 2026-03-01
- Dependencies: the [app factory](https://example.org/factory), pool

As an operator I want the endpoint to tell the build and whether the database answers, so that
probes and dashboards show the health of the service.

### Tasks

- [ ] T{n}01 Add the route `GET /health/{n}` and its schema
  - [x] T{n}02 Ping the database with a *timeout* of 100 ms
- [x] T{n}03 Tests for the good and the bad case
- [ ] ~~T{n}04 Update the guide~~

| # | Task | Specialist | Dependencies | Status |
|---|------|------------|--------------|--------|
| 1 | Add the route | backend | — | Complete |
| 2 | Ping with a timeout | database | 1 | In Progress |
| 3 | Update `README.md` | writer | 1, 2 | Pending |

<!-- filled in by the bot -->

```python
def health() -> dict[str, str]:
    return {{"status": "ok"}}
```

"""


def plan_text(size: int) -> str:
    """Ordinary plan text of this many characters."""
    text, number = "---\nproject: P\ngit:\n  branch: main\n---\n\n# Plan\n\n", 0
    while len(text) < size:
        number += 1
        text += CHAPTER.format(n=number)
    return text[:size]


def fastest(work: Callable[[], object], times: int = 7, collect: bool = True) -> float:
    """Processor milliseconds of the fastest run; nothing is remembered from the run before."""
    best = float("inf")
    for _ in range(times):
        forget_parsed()
        gc.collect()
        if not collect:
            gc.disable()
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
        gc.enable()
    return best * 1000


def readers(text: str) -> dict[str, Callable[[], object]]:
    """What is measured, by name."""
    stock = MarkdownIt("commonmark").enable("table")
    extensions = ExtensionOptions()
    extensions.table = extensions.tasklist = extensions.strikethrough = True
    document = parse_uncached(text)
    return {
        "plansync, parse": lambda: parse_uncached(text),
        "plansync, parse and every plain text": reading(text),
        "plansync, one tick (edit, parse, proof)": lambda: set_task(
            document, document.tasks[-1], not document.tasks[-1].checked
        ),
        "markdown-it-py, parse": lambda: stock.parse(text),
        "cmarkgfm, to HTML": lambda: cmarkgfm.github_flavored_markdown_to_html(text),
        "comrak, to HTML": lambda: render_markdown(text, extension_options=extensions),
    }


def reading(text: str) -> Callable[[], object]:
    """Parse the text and ask for every plain text in it."""
    return lambda: outline(parse_uncached(text), "plan.md")


def main() -> None:
    """Print the table of readers and the table of hostile texts."""
    print(f"Python {platform.python_version()} on {platform.machine()}, processor milliseconds\n")
    sizes = {"64 KB": 64 * KIB, "1 MB": 1_000_000}
    texts = {name: plan_text(size) for name, size in sizes.items()}
    measured = {
        name: {reader: fastest(work) for reader, work in readers(text).items()}
        for name, text in texts.items()
    }
    print(f"{'':42}" + "".join(f"{name:>10}" for name in sizes))
    for reader in measured["64 KB"]:
        print(f"{reader:42}" + "".join(f"{measured[name][reader]:10.1f}" for name in sizes))
    print(
        f"\n{'hostile text, parse and every plain text':42}{'32 KB':>10}{'64 KB':>10}{'ratio':>8}"
    )
    for name, pattern in HOSTILE.items():
        small, large = (fastest(reading(pattern(size)), 3, False) for size in (32 * KIB, 64 * KIB))
        print(f"{name:42}{small:10.1f}{large:10.1f}{large / small:8.2f}")


if __name__ == "__main__":
    main()
