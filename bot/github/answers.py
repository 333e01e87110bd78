"""What an HTTP answer of GitHub means: a value, a refusal, a lost race, or try again later.

Nothing is taken on trust: a 200 may carry HTML, half a JSON document, or an object without the id
that proves that something was made. After a write such an answer says nothing of the effect.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from bot.errors import Retryable
from bot.github.ports import Refused, Stale
from bot.github.transport import Answer

UNKNOWN_LIMIT = timedelta(seconds=60)
LONGEST_LIMIT = timedelta(hours=24)

# A protected branch answers 409 or 422 as a lost race does; only the words tell them apart.
_PROTECTED = re.compile(
    r"protected branch|rule violation|must be made through a pull request|"
    r"approving review|status check|required signature|merge commits|could not (update|create) file"
    r"|not authorized to push|cannot (update|force)|branch is locked|archived",
    re.IGNORECASE,
)
_STALE_REFERENCE = re.compile(r"fast.?forward|reference does not exist", re.IGNORECASE)
_STALE_FILE = re.compile(r'"sha" wasn.t supplied|does not match|does not exist', re.IGNORECASE)


def ok(answer: Answer) -> bool:
    """Whether the status says success; 202 on what we ask means that there is no answer yet."""
    return 200 <= answer.status < 300 and answer.status != 202


def is_gone(answer: Answer) -> bool:
    """Whether the thing that was to be read is not there (any more), or not for us to see."""
    return answer.status in (404, 410)


def is_empty(answer: Answer) -> bool:
    """Whether a repository says that nothing was ever committed to it.

    https://docs.github.com/en/rest/git/refs#get-a-reference
    """
    return answer.status == 409 and "empty" in message(answer).lower()


def issues_are_off(answer: Answer) -> bool:
    """Whether there is no issue to see because the repository has none at all."""
    return answer.status == 410 and "disabled" in message(answer)


def message(answer: Answer) -> str:
    """GitHub's own words about an error, with those of its parts; one line, at most 300 letters."""
    try:
        data = json.loads(answer.text)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        return f"HTTP status {answer.status}"
    words = [str(data.get("message") or f"HTTP status {answer.status}")]
    errors = data.get("errors")
    for error in errors if isinstance(errors, list) else []:
        if isinstance(error, dict):
            parts = (error.get("message") or error.get("code"), error.get("field"))
            words.append(" ".join(str(part) for part in parts if part))
        else:
            words.append(str(error))
    return " ".join("; ".join(words).split())[:300]


def error_codes(answer: Answer) -> set[str]:
    """The ``code`` of each part of a validation error, such as ``already_exists``."""
    try:
        errors = json.loads(answer.text).get("errors") or []
    except (ValueError, AttributeError):
        return set()
    if not isinstance(errors, list):
        return set()
    return {str(error.get("code")) for error in errors if isinstance(error, dict)}


def rate_limited(answer: Answer, now: datetime) -> datetime | None:
    """When GitHub may be asked again, if this answer is a rate limit; else None.

    ``retry-after`` counts first, then an exhausted ``x-ratelimit-remaining``; a secondary limit
    without either is a minute.
    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
    """
    if answer.status not in (403, 429):
        return None
    after = _retry_after(answer.headers.get("retry-after", ""), now)
    if after is not None:
        return after
    if answer.headers.get("x-ratelimit-remaining", "").strip() == "0":
        reset = _number(answer.headers.get("x-ratelimit-reset", ""))
        until = datetime.fromtimestamp(reset, UTC) if reset is not None else now + UNKNOWN_LIMIT
        return _within(until, now)
    words = message(answer).lower()
    if answer.status == 429 or "rate limit" in words or "abuse detection" in words:
        return now + UNKNOWN_LIMIT
    return None


def failure(answer: Answer, now: datetime, *, what: str = "") -> Exception:
    """The exception for an answer that is no success. ``what`` was asked for, for people to read.

    Retryable, Stale or Refused, as in ``bot.github.ports``.
    """
    what = what or f"{answer.method} {answer.path}"
    status = answer.status
    until = rate_limited(answer, now)
    if until is not None:
        return Retryable(f"GitHub's rate limit stopped {what}: {message(answer)}", until)
    if status >= 500 or status in (202, 408) or 300 <= status < 400:
        after = _retry_after(answer.headers.get("retry-after", ""), now)
        return Retryable(f"GitHub could not do {what} (status {status}).", after)
    if status == 409 and not _PROTECTED.search(message(answer)):
        return Stale(f"{what}: {message(answer)}")
    return Refused(status, message(answer), what)


def file_failure(answer: Answer, now: datetime, *, what: str) -> Exception:
    """As ``failure``, for a write of a file: a 422 about the blob id is a lost race."""
    if answer.status == 422 and _STALE_FILE.search(message(answer)):
        return Stale(f"{what}: {message(answer)}")
    return failure(answer, now, what=what)


def reference_failure(answer: Answer, now: datetime, *, what: str) -> Exception:
    """As ``failure``, for moving a branch: a 422 about fast-forwarding is a lost race."""
    if answer.status == 422 and _STALE_REFERENCE.search(message(answer)):
        return Stale(f"{what}: {message(answer)}")
    return failure(answer, now, what=what)


def unreadable(answer: Answer) -> Retryable:
    """The exception for a success that does not carry what it must."""
    return Retryable(
        f"GitHub answered {answer.method} {answer.path} with something that is not an answer."
    )


def parsed(answer: Answer) -> Any:
    """The JSON of an answer; raises Retryable when it is none."""
    try:
        return json.loads(answer.text)
    except ValueError as error:
        raise unreadable(answer) from error


def mapping(answer: Answer) -> Mapping[str, Any]:
    """The JSON object of an answer; raises Retryable for anything else."""
    data = parsed(answer)
    if not isinstance(data, dict):
        raise unreadable(answer)
    return data


def objects(answer: Answer) -> list[Mapping[str, Any]]:
    """The JSON objects of a list; raises Retryable for anything else."""
    data = parsed(answer)
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise unreadable(answer)
    return data


def _retry_after(value: str, now: datetime) -> datetime | None:
    value = value.strip()
    if not value:
        return None
    seconds = _number(value)
    if seconds is not None:
        return _within(now + timedelta(seconds=min(seconds, LONGEST_LIMIT.total_seconds())), now)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return now + UNKNOWN_LIMIT
    return _within(moment if moment.tzinfo else moment.replace(tzinfo=UTC), now)


def _number(value: str) -> float | None:
    return float(value) if re.fullmatch(r"\d{1,12}(\.\d+)?", value.strip()) else None


def _within(until: datetime, now: datetime) -> datetime:
    return min(max(until.astimezone(UTC), now), now + LONGEST_LIMIT)
