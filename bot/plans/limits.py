"""How much of a text the plan core reads before it refuses the whole of it.

Below these limits the slowest text known takes a few seconds; nothing is ever dropped silently.
"""

from __future__ import annotations

from typing import Final

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 200
MAX_ITEMS: Final = 20_000
MAX_BLOCKS: Final = 100_000
MAX_CELLS: Final = 100_000

REFUSALS: Final = {
    "too-large": ("The text is larger than 1 MiB.", "Split the plan."),
    "too-deep": (f"Lists and quotes are nested deeper than {MAX_DEPTH} levels.", "Flatten them."),
    "too-many-items": (f"There are more than {MAX_ITEMS:,} list items.", "Split the plan."),
    "too-many-blocks": (f"There are more than {MAX_BLOCKS:,} blocks of text.", "Split the plan."),
    "too-many-cells": (f"There are more than {MAX_CELLS:,} table cells.", "Split the table."),
}


class RefusedText(Exception):
    """The text passes a limit: a key of ``REFUSALS``, and the 0-based line it was noticed on."""

    def __init__(self, code: str, line: int) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
