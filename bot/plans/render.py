"""A plan as the body of its issue, the hidden markers that tie the two, and hashes of both."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.errors import UserProblem
from bot.plans.companions import (
    Feature,
    is_feature,
    parse_feature,
    recipe_of,
    shown_feature,
)
from bot.plans.document import parse_document
from bot.plans.gitids import git_blob_id
from bot.plans.large import Form, form_of, notice, short_text

# https://docs.github.com/en/rest/issues/issues#create-an-issue: 65,536 characters at most; the
# rest is left for what GitHub counts differently. A plan that is longer than bot.plans.large says
# is shown in its short form long before.
BODY_LIMIT = 65_000

_PLAN_MARKER = re.compile(
    r'^<!-- plansync:plan path="([^"\n]*)"(?: request="(\d{1,9})")? -->'
    r"(?:<!-- plansync:base ([0-9a-f]{40})(?: over ([0-9a-f]{8}))? -->)?"
    r"(?:<!-- plansync:files ([^<>\n]*) -->)?[ \t]*$",
    re.MULTILINE,
)
_STATUS_MARKER = re.compile(
    r'^<!-- plansync:status base="([0-9a-f]{40})" facts="([^"\n]*)"'
    r'(?: body="([0-9a-f]{40}(?:\.[0-9a-f]{8})?)")?'
    r'(?: held="([^"\n]*)")?(?: path="([^"\n]*)")?(?: files="([^"\n]*)")? -->[ \t]*$',
    re.MULTILINE,
)
_NOTICE = re.compile(r"^<!-- plansync:(short|file-only) -->.*$", re.MULTILINE)
_UNSAFE = re.compile(r'[%"<>\x00-\x1f]|--')


@dataclass(frozen=True, slots=True)
class PlanMarker:
    """What a plan issue's hidden marker says: the plan file's path and the request's number.

    ``base`` is the blob id of the plan file that the body was made from, ``over`` the beginning of
    the hash of the body that it replaced: no two writes of ours have both. Whoever edits the body
    leaves them standing, so they say which version they had before them, also when they took an
    hour. ``files`` says what the base is made of where companions stand beside the plan.
    """

    path: str
    request: int | None = None
    base: str = ""
    over: str = ""
    files: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The name of the write of ours that made the body; empty where nothing is said of it."""
        return f"{self.base}.{self.over}" if self.over else self.base


@dataclass(frozen=True, slots=True)
class StatusMarker:
    """What the status comment's hidden marker says: the base's blob id, the applied facts.

    ``body`` is the version that the issue's body goes back to where that is not the base, ``held``
    who wrote what is not taken over yet, ``path`` the plan file, ``files`` what the base is
    made of.
    """

    base: str
    facts: tuple[str, ...] = ()
    body: str = ""
    held: tuple[str, ...] = ()
    path: str = ""
    files: tuple[str, ...] = ()


def newlines(text: str) -> str:
    """The text with every line end as LF; a browser's save turns LF into CRLF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def body_sha(body: str) -> str:
    """The SHA-256 of an issue body, the same however its lines end."""
    return hashlib.sha256(newlines(body).rstrip().encode("utf-8", "replace")).hexdigest()


def blob_sha(text: str) -> str:
    """The id git gives a file with this text (SHA-1 repositories)."""
    return git_blob_id(text.encode("utf-8"))


def render_plan_marker(marker: PlanMarker) -> str:
    """The hidden line that ties an issue to its plan file; any path is safe inside it."""
    request = f' request="{marker.request}"' if marker.request is not None else ""
    over = f" over {marker.over}" if marker.over else ""
    base = f"<!-- plansync:base {marker.base}{over} -->" if marker.base else ""
    files = f"<!-- plansync:files {' '.join(marker.files)} -->" if marker.files else ""
    return f'<!-- plansync:plan path="{_escape(marker.path)}"{request} -->{base}{files}'


def parse_plan_marker(body: str) -> PlanMarker | None:
    """The first plan marker that has a line of its own, or None."""
    found = _PLAN_MARKER.search(newlines(body))
    if not found:
        return None
    request = int(found[2]) if found[2] else None
    files = tuple((found[5] or "").split())
    return PlanMarker(_unescape(found[1]), request, found[3] or "", found[4] or "", files)


def version_of(body: str) -> str:
    """The name of the write of ours that a body goes back to; empty where it says nothing."""
    marker = parse_plan_marker(body)
    return marker.version if marker else ""


def written_over(replaced: str, marker: PlanMarker) -> PlanMarker:
    """The marker of a body that is to replace the one with the hash ``replaced``."""
    return replace(marker, over=replaced[:8])


def render_status_marker(marker: StatusMarker) -> str:
    """The hidden line of the status comment."""
    more = f' body="{marker.body}"' if marker.body else ""
    more += f' held="{" ".join(map(_escape, marker.held))}"' if marker.held else ""
    more += f' path="{_escape(marker.path)}"' if marker.path else ""
    more += f' files="{" ".join(marker.files)}"' if marker.files else ""
    return f'<!-- plansync:status base="{marker.base}" facts="{" ".join(marker.facts)}"{more} -->'


def parse_status_marker(body: str) -> StatusMarker | None:
    """The status marker on the first line of a comment, or None.

    Anywhere else it would be somebody's words that we repeated.
    """
    found = _STATUS_MARKER.match(newlines(body))
    if found is None:
        return None
    held = tuple(map(_unescape, (found[4] or "").split()))
    path, files = _unescape(found[5] or ""), tuple((found[6] or "").split())
    return StatusMarker(found[1], tuple(found[2].split()), found[3] or "", held, path, files)


@lru_cache(maxsize=16)
def plan_text(text: str) -> str:
    """What of a plan file its issue shows: all after the front matter, lines ending in LF.

    The companions of an implementation plan follow it, each below its hidden line.
    """
    if not is_feature(text):
        return newlines(text[parse_document(text).body_start :].removeprefix("\ufeff")).strip("\n")
    whole = parse_feature(text)
    files = {name: plan_text(said) for name, said in whole.files.items()}
    return shown_feature(Feature(plan_text(whole.plan), files))


def shown_form(text: str) -> Form:
    """Whether the plan issue shows a plan file whole, in short, or not at all."""
    return form_of(plan_text(text))


def shown_text(text: str) -> str:
    """What the plan issue shows of a plan file."""
    whole = plan_text(text)
    return whole if form_of(whole) == "whole" else short_text(whole)


def render_issue_body(text: str, marker: PlanMarker) -> str:
    """The plan issue's body for a plan file. Raises UserProblem when it is over the limit."""
    marker = replace(marker, base=marker.base or blob_sha(text), files=recipe_of(text))
    return render_body(shown_text(text), marker, shown_form(text))


def render_body(shown: str, marker: PlanMarker, form: Form = "whole") -> str:
    """The body that shows this plan text. Raises UserProblem when it is over the limit."""
    said = notice(form, marker.path)
    parts = [render_plan_marker(marker), *([said] if said else []), shown]
    body = "\n\n".join(parts) + "\n"
    if len(body) > BODY_LIMIT:
        raise UserProblem(
            f"The plan has {len(body):,} characters, an issue holds {BODY_LIMIT:,}.",
            "Split the plan, or move long text into files that it links to.",
            path=marker.path,
        )
    return body


def issue_plan_text(body: str) -> str:
    """The plan as an issue body holds it: without the marker, lines ending in LF."""
    text = newlines(body)
    found = _PLAN_MARKER.search(text)
    if found:
        text = text[: found.start()] + text[found.end() :]
    found = _NOTICE.search(text)
    if found:
        text = text[: found.start()].rstrip("\n") + text[found.end() :]
    return text.strip("\n")


def body_form(body: str) -> Form:
    """How a body says that it shows its plan."""
    found = _NOTICE.search(newlines(body))
    return "whole" if found is None else "short" if found[1] == "short" else "file-only"


def _escape(path: str) -> str:
    return _UNSAFE.sub(lambda m: "".join(f"%{ord(c):02X}" for c in m[0]), path)


def _unescape(path: str) -> str:
    return re.sub(r"%([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), path)
