"""The test command: every step in order, each named and timed, all of them run, red if one is.

``python -m tests.run`` runs everything; ``python -m tests.run quick`` one step.
"""

from __future__ import annotations

import subprocess
import sys
import time

PYTHON = sys.executable
PYTEST = [PYTHON, "-m", "pytest", "-q"]
BOTH_CORES = ["-n", "2", "--dist", "worksteal"]
ALONE = "not journey and not postgres and not browser"
STEPS: dict[str, tuple[str, list[list[str]]]] = {
    "lint": (
        "lint and format",
        [[PYTHON, "-m", "ruff", "check", "."], [PYTHON, "-m", "ruff", "format", "--check", "."]],
    ),
    "types": ("types (mypy, strict)", [[PYTHON, "-m", "mypy"]]),
    "imports": (
        "import contracts",
        [[PYTHON, "-c", "from importlinter.cli import lint_imports_command as run; run()"]],
    ),
    "quick": (
        "quick tests",
        [[*PYTEST, *BOTH_CORES, "-m", f"not thorough and {ALONE}"]],
    ),
    "thorough": (
        "thorough tests",
        [[*PYTEST, *BOTH_CORES, "-m", f"thorough and {ALONE}"]],
    ),
    "postgres": (
        "store and queue on a real PostgreSQL",
        [[*PYTEST, *BOTH_CORES, "-m", "postgres"]],
    ),
    "journeys": (
        "journeys on a GitHub emulator",
        [[*PYTEST, *BOTH_CORES, "-m", "journey"]],
    ),
    "browser": ("the pages in a real browser", [[*PYTEST, "-m", "browser", "tests/browser"]]),
}


def main(wanted: list[str]) -> int:
    """Run the steps and print a line for each; 1 when one failed, 2 for an unknown step."""
    unknown = [name for name in wanted if name not in STEPS]
    if unknown:
        print(f"no such step: {', '.join(unknown)}; there are: {', '.join(STEPS)}")
        return 2
    lines: list[str] = []
    failed = 0
    for name in wanted or STEPS:
        title, commands = STEPS[name]
        print(f"==> {title}", flush=True)
        start = time.monotonic()
        codes = [subprocess.run(command).returncode for command in commands]
        good = not any(codes)
        failed += not good
        lines.append(
            f"{'passed' if good else 'FAILED'}  {title} ({time.monotonic() - start:.0f} s)"
        )
    print("\n" + "\n".join(lines))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
