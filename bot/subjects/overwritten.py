"""Edits of the issue's body that were replaced before anybody read them, and those to be held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest

from bot.edits import Edits
from bot.memory import OpenDelivery, PlanMemory
from bot.plans.merge import with_boxes
from bot.plans.render import body_sha, issue_plan_text, shown_text, version_of
from bot.subjects.body_edits import (
    BodyHistory,
    ClaimedEdit,
    Read,
    claimed_edits,
    is_settled,
    last_read,
    read_since,
)
from bot.subjects.plan_bases import goes_back_to, is_remembered
from bot.subjects.plan_snapshot import TextEdit

Blob = Callable[[str], str | None]


def overwritten_edits(
    deliveries: Sequence[OpenDelivery],
    memory: PlanMemory,
    edit_of: Edits,
    blob: Blob,
    now: str,
    refused: frozenset[str] = frozenset(),
) -> tuple[TextEdit, ...]:
    """Edits that were replaced by somebody who had not seen them; each body comes once.

    By us: our own edit's delivery says that it replaced another body than the one we had read. By a
    person: theirs goes back to another write of ours than the body it replaced, and that is not
    what we had read last by then. Boxes that somebody (but those ``refused``) set once more since
    are as in ``now``, the present body.
    """
    history = BodyHistory.of(deliveries, edit_of)
    found: dict[str, TextEdit] = {}
    times: dict[str, int] = {}
    for edit in history.edits:
        if edit.name and edit.name in memory.settled_edits:
            continue
        times[edit.former] = edit.at
        if believed := believed_of(edit, memory):
            found |= _named(edit.former, _cut_in(edit, believed, memory, history, blob))
        elif edit.stale:
            found |= _late_news(edit, memory, history, blob)
            if not is_settled(edit, memory):
                found |= _named(edit.former, _replaced(edit, memory, history, blob))
    writers = {edit.to: edit.delivery.actor_login for edit in history.edits}
    told = []
    for sha, one in found.items():
        if login := writers.get(sha, ""):
            left = _with_boxes_set_since(one, times.get(sha, 0), now, history, refused)
            told += [replace(left, login=login)] if left.after != left.before else []
        else:
            told.append(one)
    return tuple(told)


def _with_boxes_set_since(
    edit: TextEdit, at: int, now: str, history: BodyHistory, refused: frozenset[str]
) -> TextEdit:
    """An edit that was replaced then, with the boxes that people set once more as they are now."""
    steps = []
    for later in history.edits:
        by = later.delivery
        if not 0 < at < later.at or later.stale or by.actor_is_bot or by.actor_login in refused:
            continue
        before, after = history.before(later), history.after(later)
        if before is not None and after is not None:
            steps.append((issue_plan_text(before), issue_plan_text(after)))
    if edit.before is None or not steps:
        return edit
    after = with_boxes(edit.before, edit.after, steps, issue_plan_text(now))
    return replace(edit, after=after)


def _named(sha: str, edit: TextEdit | None) -> dict[str, TextEdit]:
    return {} if edit is None else {sha: edit}


def put_off(memory: PlanMemory) -> tuple[TextEdit, ...]:
    """The overwritten edits that were found while the plan was stopped."""
    texts, how = memory.put_off, memory.put_off_how
    return tuple(
        TextEdit("", before, after, unsure="unsure" in said, late="late" in said)
        for before, after, said in zip_longest(
            texts[::2], texts[1::2], how[: len(texts) // 2], fillvalue=""
        )
    )


def settled_by(deliveries: Sequence[OpenDelivery]) -> tuple[str, ...]:
    """Names of the edits with which nothing is left to do once the deliveries are worked off."""
    return tuple(e.name for e in claimed_edits(deliveries) if e.name and (e.stale or e.by_bot))


def believed_of(edit: ClaimedEdit, memory: PlanMemory) -> str:
    """The hash of the body that our write was made for, where it replaced another one."""
    if not edit.by_bot or not edit.former:
        return ""
    pairs = (pair.rstrip("?").partition(">") for pair in memory.wrote)
    believed = [before for before, _, left in pairs if left == edit.to]
    return "" if not believed or edit.former in (*believed, edit.to) else believed[-1]


def _cut_in(
    edit: ClaimedEdit, believed: str, memory: PlanMemory, history: BodyHistory, blob: Blob
) -> TextEdit | None:
    """What somebody wrote between our last look at the body and our write."""
    body = history.before(edit)
    if body is None:
        return None
    replaced = {body_sha(one): one for one in memory.overwrote}
    looked_at = replaced.get(believed) or history.body(believed)
    if looked_at is None or history.jump(edit.former, edit) is not None:
        found = _since_base(body, edit, None, memory, history, blob)
    else:
        found = _edit(issue_plan_text(looked_at), body)
    over = history.after(edit)
    if found is None or over is None:
        return found
    return replace(found, over=issue_plan_text(over))


def _replaced(
    edit: ClaimedEdit, memory: PlanMemory, history: BodyHistory, blob: Blob
) -> TextEdit | None:
    """What stood there when an old copy was saved over it."""
    body, read = history.before(edit), last_read(memory, edit)
    if body is None:
        return None
    if read is None and not _is_newer(version_of(body), memory, history):
        # What is older was dealt with before the memory was lost.
        return None
    return _since_base(body, edit, read, memory, history, blob)


def _is_newer(version: str, memory: PlanMemory, history: BodyHistory) -> bool:
    """Whether this write of ours is one that is remembered, or came after one."""
    known = {memory.body_base, *memory.body_bases}
    if version in known or version.partition(".")[0] == memory.base_blob:
        return True
    for edit in history.edits:
        before, after = history.before(edit), history.after(edit)
        if edit.by_bot and before and after and version_of(before) in known:
            known.add(version_of(after))
    return version in known


def _late_news(
    edit: ClaimedEdit, memory: PlanMemory, history: BodyHistory, blob: Blob
) -> dict[str, TextEdit]:
    """An old copy was saved over a write of ours that was thought not to have come through.

    Then what it lacks of the body before that write was taken for taken back.
    """
    if not read_since(memory, edit):
        return {}
    former, saved = history.before(edit), history.after(edit)
    if former is None or saved is None:
        return {}
    over = version_of(former).partition(".")[2]
    unlearned = [p for p in memory.wrote if p.endswith("?") and p[:-1] not in memory.wrote]
    replacing = [p.partition(">")[0] for p in unlearned if over and p.startswith(over)]
    if not replacing:
        return {}
    before = replacing[-1]
    replaced = {body_sha(one): one for one in memory.overwrote}
    body = history.body(before) or replaced.get(before)
    if body is None or version_of(body) != version_of(saved):
        # The hidden line said then already that the copy was an old one.
        return {}
    begun = goes_back_to(blob, memory, None, saved, body)
    if begun is None:
        return {}
    return _named(before, _edit(begun, body, late=True))


def _since_base(
    body: str,
    edit: ClaimedEdit,
    read: Read | None,
    memory: PlanMemory,
    history: BodyHistory,
    blob: Blob,
) -> TextEdit | None:
    """What a body that was replaced says since the one that its writer had begun with."""
    version, jump = version_of(body), history.jump(edit.former, edit)
    if jump is not None and (saved := history.after(jump)) is not None:
        newer = history.last_of(version_of(saved), jump, memory)
        begun = goes_back_to(blob, memory, None, saved, newer)
        if begun is not None:
            return _edit(begun, body)
    known = history.body(read.sha) if read and read.sha else None
    if known is not None and version_of(known) == version:
        return _edit(issue_plan_text(known), body)
    if read and read.blob and read.version == version:
        text = memory.base_text if read.blob == memory.base_blob else blob(read.blob)
        if text is not None:
            return _edit(shown_text(text), body)
    begun = goes_back_to(blob, memory, None, body)
    begun = begun or memory.issue_text or shown_text(memory.base_text)
    by_hash = read is not None and bool(read.sha)
    remembered = version in memory.body_bases or is_remembered(version, memory)
    # What was taken in before the memory was lost may be in it as well.
    late = read is not None and not by_hash
    return _edit(begun, body, unsure=not by_hash and not remembered, late=late)


def _edit(begun: str, body: str, *, unsure: bool = False, late: bool = False) -> TextEdit | None:
    written = issue_plan_text(body)
    return None if written == begun else TextEdit("", begun, written, unsure=unsure, late=late)


def refused_edits(
    deliveries: Sequence[OpenDelivery], refused: frozenset[str], edit_of: Edits
) -> tuple[TextEdit, ...]:
    """The edits by people who may not write, oldest first."""
    found = []
    for edit in claimed_edits(deliveries):
        if edit.delivery.actor_is_bot or edit.delivery.actor_login not in refused:
            continue
        bodies = edit_of(edit.delivery.id)
        if bodies is not None:
            before = None if bodies.before is None else issue_plan_text(bodies.before)
            found.append(TextEdit(edit.delivery.actor_login, before, issue_plan_text(bodies.after)))
    return tuple(found)


def echoes_of(deliveries: Sequence[OpenDelivery], memory: PlanMemory) -> tuple[str, ...]:
    """What edits by bots replaced and left, where that is no write as we remember it."""
    pairs = (f"{e.former}>{e.to}" for e in claimed_edits(deliveries) if e.by_bot and e.former)
    return tuple(pair for pair in dict.fromkeys(pairs) if pair not in memory.wrote)
