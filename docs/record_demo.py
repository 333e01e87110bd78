"""Make docs/demo.svg from a real run: ``python docs/record_demo.py``."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 112


def main() -> int:
    """Run the demo once, draw what it printed, and give its exit code."""
    command = [sys.executable, "-m", "bot.cli", "demo", "--once"]
    done = subprocess.run(command, capture_output=True, text=True)
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text("$ make demo ARGS=--once", style="bold"))
    for line in done.stdout.splitlines():
        style = ""
        if re.match(r"\d\. ", line):
            style = "bold cyan"
        elif re.search(r"\s{2}-", line):
            style = "red"
        elif re.search(r"\s{2}\+", line):
            style = "green"
        elif line.startswith("    seen"):
            style = "dim"
        text = Text(line, style=style, no_wrap=True, overflow="ellipsis")
        text.truncate(WIDTH, overflow="ellipsis")
        console.print(text)
    svg = console.export_svg(title="plansync demo")
    # Fonts are the reader's own: a picture in a README must fetch nothing.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S)
    Path(__file__).with_name("demo.svg").write_text(svg, encoding="utf-8")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
