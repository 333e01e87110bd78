"""A template with the values of a new plan in the places of its placeholders.

All replacements are found in the template first and put in at once, so what a value holds is never
looked at again. Comments are left alone; known names are filled in code too (folder trees, paths).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.plans.document import Document, Span, fold, parse_document
from bot.plans.placeholders import code_spans, is_placeholder, placeholder_spans, prose_chunks
from bot.plans.plaintext import normalise_dashes
from bot.plans.requested import PlanValues, is_login, key_name, one_line
from bot.plans.slug import pascal_case

Edit = tuple[Span, str]

# One table a format: what a placeholder of its template is filled with. What is ``given`` is filled
# only where the request says it, because its default would name something nobody has made.
NAMES: Mapping[str, Mapping[str, str]] = {
    "feature-plan": {
        "[ProjectName]": "project",
        "[FeatureName]": "title",
        "[owner]": "owner",
        "[Feature]": "feature",
        "[slug]": "slug",
        "[e.g., feature/[slug]]": "given branch",
    },
    "user-story": {
        "{Title}": "title",
        "{owner}": "owner",
        "YYYY-MM-DD": "date",
        "{persona}": "given persona",
        "{goal}": "given goal",
        "{benefit}": "given benefit",
    },
    "task-plan": {
        "<short human title>": "title",
        "<short human title here>": "title",
        "<name>": "owner",
        "<FEATURE_SLUG>": "slug",
        "<YYYYMMDDTHHMMSSZ>": "utc",
    },
    "implementation-plan": {
        "[FEATURE_ID]": "feature_id",
        "[FEATURE NAME]": "title",
        "[###-feature-branch]": "branch",
        "[DATE]": "date",
        "[EPIC-ID]": "epic",
        "[owner]": "owner",
        "<EPIC-ID>": "epic",
        "<FEATURE_ID>": "feature_id",
        "<scope>": "scope",
        "<service-or-system>": "service",
        "[relative path to spec.md]": "spec_path",
        "[relative path to checklists/requirements.md]": "requirements_path",
        "[relative path to checklists/PlanQualityGate.md]": "gate_path",
    },
    "track-spec": {
        "[Title]": "title",
        "[owner]": "owner",
        "{PROJECT_NAME}": "project",
        "{TRACK_ID}": "track_id",
        "{ISO_TIMESTAMP}": "timestamp",
        "{LOCAL_BRANCH}": "branch",
        "{REMOTE/BRANCH}": "remote",
        "{FULL_SHA}": "commit",
        "{SHORT_SHA}": "commit_short",
        "{COMMIT_DATE}": "commit_date",
        "{COMMIT_MESSAGE}": "commit_message",
    },
}
_MADE = {
    "spec_path": "spec.md",
    "requirements_path": "checklists/requirements.md",
    "gate_path": "checklists/PlanQualityGate.md",
}
_FIRST_STATE = re.compile(
    r"\b(?P<first>Draft|Pending|todo)"
    r"(?:[ ]*[|/][ ]*(?:Draft|Planning|Ready|In Progress|Complete|Pending|Answered"
    r"|todo|in-progress|blocked|done)\b)+"
)
_ITEM = re.compile(r"(?P<lead>[ \t]*(?:[-*+]|\d+[.)])[ \t]+(?:\[[ xX]\][ \t]+)?)(?P<text>.*)")
_SCALAR = re.compile(r"[ \t]*[\w.-]+:[ \t]*(?P<quote>[\"']?)")
_PLAIN_YAML = re.compile(r"[A-Za-z][\w./ -]*")


def fill_template(template: str, format: str, values: PlanValues) -> str:
    """The template's text filled for ``format``; what nothing is known for stays as it is."""
    document = parse_document(template)
    names = names_of(format, values)
    edits = [
        *_front_matter(document, names),
        *_answers(document, values),
        *_first_states(document),
        *_known(document, names),
    ]
    return spliced(template, edits)


def names_of(format: str, values: PlanValues) -> dict[str, str]:
    """Placeholder to value for one plan; names without a known value are left out."""
    owner = next((name.strip() for name in values.owner.split(",") if name.strip()), "")
    known = {
        **_MADE,
        "owner": owner,
        "feature": pascal_case(values.slug),
        **{f"given {key}": value for key, value in values.extra.items() if "\n" not in value},
    }
    found = {
        placeholder: known[name] if name in known else str(getattr(values, name, ""))
        for placeholder, name in NAMES.get(format, {}).items()
    }
    return {fold(placeholder): one_line(value) for placeholder, value in found.items() if value}


def spliced(text: str, edits: list[Edit]) -> str:
    """``text`` with every edit made; of two that overlap, the one given first."""
    taken: list[Edit] = []
    ends: dict[int, int] = {}
    for span, value in edits:
        if all(not (start < span.end and span.start < end) for start, end in ends.items()):
            taken.append((span, value))
            ends[span.start] = span.end
    pieces, at = [], 0
    for span, value in sorted(taken, key=lambda edit: edit[0].start):
        pieces += [text[at : span.start], value]
        at = span.end
    return "".join((*pieces, text[at:]))


def _known(document: Document, names: Mapping[str, str]) -> Iterator[Edit]:
    """The placeholders whose name has a value, wherever they stand but in comments."""
    text = document.text
    seen: list[Span] = []
    rows = [row for table in document.tables for row in (table.header, *table.rows)]
    cells = {cell.span for row in rows for cell in row.cells}
    assigned = [line.span for line in document.header if line.key == "assignees"]
    for chunk in prose_chunks(document):
        source = chunk.of(text)
        code = [inside for _, inside in code_spans(source)]
        raw = document.header_span is not None and chunk.start in document.header_span
        for span in placeholder_spans(source, document.shape.references):
            whole = Span(chunk.start + span.start, chunk.start + span.end)
            seen.append(whole)
            value = names.get(fold(whole.of(text)))
            if value is None or _in_comment(document, whole.start):
                continue
            # GitHub refuses an assignee that is no login, and so the line waits for one.
            if any(whole.start in span for span in assigned) and not is_login(value):
                continue
            in_code = any(span.start in inside for inside in code)
            if not raw:
                value = value.replace("`", "'") if in_code else _defused(value)
            yield whole, value.replace("|", "\\|") if chunk in cells else value
    yield from _known_in_code(document, names, seen)


def _known_in_code(
    document: Document, names: Mapping[str, str], seen: list[Span]
) -> Iterator[Edit]:
    brackets = [re.escape(name) for name in names if name[:1] in "{[<"]
    if not brackets:
        return
    inside_known = {offset for span in seen for offset in range(span.start, span.end)}
    for match in re.finditer("|".join(brackets), document.text, re.IGNORECASE):
        start = match.start()
        if start in inside_known or start < document.body_start or _in_comment(document, start):
            continue
        if _in_code(document, start):
            yield Span(*match.span()), names[fold(match[0])].replace("`", "'")


def _in_code(document: Document, offset: int) -> bool:
    line = document.line_of(offset)
    for kind, first, after in document.shape.blocks:
        if first <= line < after:
            if kind in ("fence", "code_block"):
                return True
            if kind in ("text", "heading", "heading_open", "table"):
                lines = (
                    document.lines.whole(line, line + 1)
                    if kind == "table"
                    else (document.lines.whole(first, after))
                )
                within = offset - lines.start
                return any(within in inside for _, inside in code_spans(lines.of(document.text)))
    return False


def _answers(document: Document, values: PlanValues) -> Iterator[Edit]:
    """Fields and sections that hold placeholders only and that the request has words for."""
    for stated in document.fields:
        answer = values.extra.get(key_name(stated.key), "")
        if answer and "\n" not in answer.strip() and is_placeholder(stated.value):
            yield stated.span, _defused(one_line(answer))
    for section in document.sections:
        answer = values.extra.get(key_name(section.title), "").strip()
        if not answer or answer.count("```") % 2 or answer.count("~~~") % 2:
            continue
        span = _trimmed(document.text, section.body)
        if span.start < span.end and is_placeholder(span.of(document.text)):
            yield span, _in_its_shape(document.text, span, answer)


def _in_its_shape(text: str, span: Span, answer: str) -> str:
    """The answer as a list where the section is one, with the section's own marks and boxes."""
    end = "\r\n" if "\r\n" in text else "\n"
    lead = _ITEM.match(span.of(text))
    lines = answer.splitlines()
    if lead is not None:
        items = [_ITEM.fullmatch(line) for line in lines if line.strip()]
        if all(items) or len(items) == 1:
            words = [item["text"] if item else answer for item in items]
            return end.join(lead["lead"] + _escaped_comment(word) for word in words)
    return end.join(
        ("\\" if line.startswith("#") else "") + _escaped_comment(line) for line in lines
    )


def _first_states(document: Document) -> Iterator[Edit]:
    """``Draft | Planning | …`` and the like become their first word; a Result stays open."""
    text = normalise_dashes(document.text)
    for match in _FIRST_STATE.finditer(text):
        span = Span(*match.span())
        if not _in_comment(document, span.start) and not _in_code(document, span.start):
            yield span, match["first"]


def _front_matter(document: Document, names: Mapping[str, str]) -> Iterator[Edit]:
    """Scalars of the front matter, by line: keys, order, quotes and comments stay."""
    if document.front_matter is None:
        return
    span = document.front_matter.content
    for line in range(document.line_of(span.start), document.line_of(span.end - 1) + 1):
        start, text = document.line_start(line), document.line_text(line)
        scalar = _SCALAR.match(text)
        for match in re.finditer(r"\{[^{}]+\}", text) if scalar else ():
            value = names.get(fold(match[0]))
            if value is not None and scalar is not None:
                alone = match.start() == scalar.end() and not text[match.end() :].strip(" \t\"'")
                yield (
                    Span(start + match.start(), start + match.end()),
                    _yaml(value, scalar["quote"], alone),
                )


def _yaml(value: str, quote: str, alone: bool) -> str:
    """A value inside a YAML scalar: https://yaml.org/spec/1.2.2/#73-flow-scalar-styles"""
    if quote == "'":
        return value.replace("'", "''")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    if quote == '"':
        return escaped
    return value if not alone or _PLAIN_YAML.fullmatch(value) else f'"{escaped}"'


def _defused(value: str) -> str:
    """A value for prose: what looks like a placeholder or a comment in it is escaped."""
    code = [whole for whole, _ in code_spans(value)]
    starts = {span.start for span in placeholder_spans(value)}
    starts |= {match.start() for match in re.finditer("<!--", value)}
    marks = [at for at in sorted(starts) if not any(at in span for span in code)]
    return spliced(value, [(Span(at, at), "\\") for at in marks])


def _escaped_comment(line: str) -> str:
    return line.replace("<!--", "\\<!--")


def _in_comment(document: Document, offset: int) -> bool:
    return any(offset in comment.span for comment in document.comments)


def _trimmed(text: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
