"""Texts that make careless parsers slow, by size; each must be read in linear time."""

from __future__ import annotations

from collections.abc import Callable

Pattern = Callable[[int], str]


def fill(unit: str, before: str = "", after: str = "") -> Pattern:
    """As many ``unit`` between two ends as make a text of the asked size."""
    return lambda size: before + unit * max(1, (size - len(before + after)) // len(unit)) + after


def growing_backticks(size: int) -> str:
    """Runs of backticks, each one longer than the last, so that none closes another."""
    return "- [ ] " + " ".join("`" * length for length in range(1, int((2 * size) ** 0.5)))


HOSTILE: dict[str, Pattern] = {
    "open brackets": fill("[", "- [ ] "),
    "close brackets": fill("]", "- [ ] "),
    "brackets before a link": fill("[", "- [ ] ", "](a)"),
    "unfinished links": fill("[a](", "- [ ] "),
    "unfinished images": fill("![[", "- [ ] "),
    "growing backticks": growing_backticks,
    "stars and underscores": fill("*_", "- [ ] "),
    "words between stars": fill("a**b", "- [ ] "),
    "tildes": fill("~a ", "- [ ] "),
    "less-than signs": fill("<", "- [ ] "),
    "comment beginnings": fill("<!-- `a` ", "x "),
    "comments and code": fill("<!-- a --> `b` ", "x "),
    "entities": fill("&a", "- [ ] "),
    "backslashes": fill("\\", "- [ ] "),
    "quote marks": fill("> " * 150 + "a\n"),
    "bullets on a line": fill("- " * 90 + "a\n\nb\n\n"),
    "lazy lines": fill("b\n", "> - a\n"),
    "quoted tables": fill("> a|b\n> -|-\n"),
    "definitions": fill("[a]: b\n"),
    "open definitions": fill("[a\n"),
    "definitions with open titles": fill('[a]: b "c\n'),
    "delimiter rows": fill("|-\n"),
    "rows": fill("|c|d|\n", "|a|b|\n|-|-|\n"),
    "pipes": fill("|"),
    "unfinished tags": fill("<a b\n"),
    "fences in items": fill("- ```\n"),
    "underlines": fill("a\n=\n"),
    "headings": fill("# a\n"),
    "growing headings": fill("".join("#" * level + " a\n" for level in range(1, 7))),
    "rules": fill("* " * 60 + "\n"),
    "fields on a line": fill(" | c: d", "- a: b"),
    "blanks in a field": fill(" ", "- a: b", "|"),
    "bold keys": fill("**a**: b | "),
    "keys without value": fill("**a**:\n"),
    "header lines": fill(">Title: a\n"),
    "blank header": fill(" ", ">Title:", "a"),
    "blanks": fill(" "),
    "blank lines": fill("\n"),
    "carriage returns": fill("a\r\nb\r"),
    "dashes": fill("- ", "", "a"),
    "front matter keys": fill("a: 1\n", "---\n", "---\n"),
    "front matter brackets": fill("[", "---\na: ", "\n---\n"),
    "front matter without end": fill("--- a\n", "---\n"),
    "front matter sexagesimal": fill("1:", "---\na: ", "1\n---\n"),
}
