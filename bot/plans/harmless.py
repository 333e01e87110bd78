"""A person's words as one line of a plan that says what they said and does nothing else.

In a plan a line may be a box, a field, a stop token, a placeholder, a comment or a marker, and in
the plan's issue a mention. What somebody writes into a command shall be none of these.
"""

from __future__ import annotations

import re

MOST_TEXT = 1_500
"""How many characters of a command's text a plan takes."""

_JOINER = "\u2060"
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
# https://spec.commonmark.org/0.31.2/#raw-html: what "<" has to be followed by to begin anything.
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_MENTION = re.compile(r"@(?=[\w-])")
_LINK = re.compile(r"(?<![!\\])\[[^\[\]\n]{1,200}\]\([^()\s<>]{1,500}\)")
_BRACKET = re.compile(r"(?<!\\)[\[{]")
_DATE = re.compile(r"\bYYYY(?=-MM-DD)")
_LEADS = re.compile(
    r"[^\w“]|\d{1,9}[.)]|NEEDS[_ ]CLARIFICATION|BLOCKED|[^\W\d_][^:\n]{0,60}:(?:\s|$)|n/?a\b", re.I
)


def harmless(text: str) -> str:
    """One line of a person's text without what a plan or GitHub would act on; ``""`` for nothing.

    HTML, comments and markers lose their ``<``, mentions do not ping, pipes divide no cells,
    brackets are no placeholders. Links and emphasis stay.
    """
    line = " ".join(_UNSEEN.sub(" ", text.encode("utf-8", "replace").decode()).split())[:MOST_TEXT]
    if "``" in line or line.count("`") % 2:
        line = line.replace("`", "'")
    line = _MENTION.sub("@" + _JOINER, _TAG.sub("&lt;", line))
    line = _DATE.sub("YYYY" + _JOINER, line).replace("~~", r"\~\~")
    pieces, at = [], 0
    for link in _LINK.finditer(line):
        pieces += [_BRACKET.sub(r"\\\g<0>", line[at : link.start()]), link[0]]
        at = link.end()
    line = "".join((*pieces, _BRACKET.sub(r"\\\g<0>", line[at:])))
    line = re.sub(r"(?<!\\)\|", r"\\|", line)
    while line.endswith(("\\", " ")):
        line = line[:-1]
    return line


def harmless_lead(text: str) -> str:
    """Harmless text that may stand first in a bullet: it is no box, field, list or stop token."""
    line = harmless(text)
    return f"“{line}”" if _LEADS.match(line) else line


def name_shown(login: str) -> str:
    """A login as plans name people, without a mention that pings."""
    return re.sub(r"[^A-Za-z0-9\[\]_.-]", "", login)[:60].replace("[", r"\[")
