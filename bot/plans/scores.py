"""Risk scores of a track specification, corrected in place."""

from __future__ import annotations

from dataclasses import dataclass

from bot.plans.document import Document, parse_document
from bot.plans.edit import set_cell
from bot.plans.formats import track_spec
from bot.plans.formats.parts import find_section, find_table


@dataclass(frozen=True, slots=True)
class Correction:
    """A score that was wrong: the risk, its 1-based line, what stood there, what stands there.

    ``probability`` and ``impact`` are the numbers from 1 to 5 that it is the product of.
    """

    risk: str
    line: int
    was: str
    now: int
    probability: int = 0
    impact: int = 0


def correct_scores(document: Document) -> tuple[str, tuple[Correction, ...]]:
    """The text with every Score that is not probability times impact set, and what was set.

    Rows whose probability or impact is no whole number from 1 to 5, scores that are words, and the
    template's example rows stay as they are. Raises ``EditRefused`` where a cell cannot be set
    alone.
    """
    corrections: list[Correction] = []
    for risk in track_spec.read("", document, None, {}).risks:
        if risk.probability is None or risk.impact is None:
            continue
        now, said = risk.probability * risk.impact, risk.score_word.strip()
        if risk.score != now and (risk.score is not None or not said):
            corrections.append(
                Correction(risk.text, risk.line, said, now, risk.probability, risk.impact)
            )
    text = document.text
    for correction in corrections:
        text = _set(parse_document(text), correction)
    return text, tuple(corrections)


def _set(document: Document, correction: Correction) -> str:
    section = find_section(document, "Risk Assessment")
    table = find_table(document, section, ("Risk", "Probability", "Impact"))
    if table is None or table.column("Score") is None:
        return document.text
    for index, row in enumerate(table.rows):
        if row.line == correction.line:
            return set_cell(document, table, index, "Score", str(correction.now))
    return document.text
