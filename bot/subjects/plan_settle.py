"""What a plan's file and issue are to say: every side's changes put together. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.config import RepoConfig
from bot.github.snapshots import FileSnapshot, IssueSnapshot
from bot.memory import PullMemory
from bot.plans.file_merge import take_over_file
from bot.plans.merge import Conflict, Merged, Tick, merge_texts, take_over
from bot.plans.render import issue_plan_text, plan_text, shown_text
from bot.subjects.issue_following import both_with_words, followed, with_its_words
from bot.subjects.plan_snapshot import PlanSnapshot, TextEdit
from bot.subjects.plan_take import Taken, open_conflicts, take_issue
from bot.subjects.pull_facts import apply_facts, pulls_now


@dataclass(frozen=True, slots=True)
class Settled:
    """The plan file and the plan text of the issue as they shall be.

    ``ticks`` and ``edited`` say what the issue brought to the file, ``reasons`` what pull requests
    moved, ``moved`` which of them.
    ``held`` is the issue's text beyond the plan, by ``holders``. ``news``: a person changed a side.
    ``settles``: somebody said which text stands after a conflict; ``untaken`` found no place then.
    ``issue_facts`` is what was applied of the issues that boxes stand for.
    """

    text: str
    shown: str
    ticks: tuple[Tick, ...] = ()
    edited: bool = False
    conflicts: tuple[Conflict, ...] = ()
    overwritten: tuple[TextEdit, ...] = ()
    reasons: tuple[str, ...] = ()
    pulls: tuple[PullMemory, ...] = ()
    moved: tuple[PullMemory, ...] = ()
    holders: tuple[str, ...] = ()
    news: bool = False
    settles: bool = False
    untaken: tuple[Conflict, ...] = ()
    issue_facts: tuple[str, ...] = ()

    def with_text(self, text: str, *said: str) -> Settled:
        """The same with another plan file, for the reasons ``said``; what the issue has beyond the
        plan stays."""
        was, now = shown_text(self.text), shown_text(text)
        shown = now if self.shown == was else merge_texts(was, now, self.shown).text
        return replace(self, text=text, shown=shown, reasons=(*self.reasons, *said))


def settle(
    snapshot: PlanSnapshot, file: FileSnapshot, issue: IssueSnapshot, config: RepoConfig
) -> Settled:
    """Both sides' changes since their bases, and the facts of pull requests, in one plan."""
    bases, body = snapshot.bases, issue_plan_text(issue.body)
    accepted = snapshot.ordered("accept") is not None
    steps = _own_side(snapshot, file)
    taken = taken_in(snapshot)
    was = shown_text(bases.agreed) if accepted and bases.agreed is not None else taken
    # They are older than what the issue says now, so that has the last word.
    steps += _lost_edits(snapshot, issue, steps[-1].text)
    kept = both_with_words(snapshot, issue, was, body, steps[-1].text)
    now = kept.now
    if kept.file != steps[-1].text:
        steps.append(Merged(kept.file, edited=True))
    steps.append(take_over(steps[-1].text, was, now, unsure=bases.unsure))
    taken_text = _taken_text(snapshot, steps[-1].text)
    moved = apply_facts(
        taken_text.text,
        snapshot.path,
        snapshot.memory.facts,
        now_linked(snapshot, config),
        config,
        before=bases.agreed or "",
        known=snapshot.memory.pulls,
    )
    closed = followed(snapshot, issue, moved.text, kept.issues)
    shown = shown_text(closed.text)
    holders: tuple[str, ...] = ()
    if not accepted and bases.agreed is not None and taken is not None:
        shown, holders = _with_held(snapshot, taken, now, closed.text)
    return Settled(
        text=closed.text,
        shown=shown,
        ticks=_ticks([tick for step in steps for tick in step.ticks]),
        edited=any(step.edited for step in steps),
        conflicts=tuple(conflict for step in steps for conflict in step.conflicts),
        overwritten=snapshot.overwritten,
        reasons=(*_said_by(snapshot, taken_text), *moved.reasons, *closed.reasons),
        pulls=moved.pulls,
        moved=moved.changed,
        holders=holders,
        news=_is_moved(snapshot, file) or body != was or bool(snapshot.overwritten),
        settles=bool(snapshot.ordered("take", "issue") or snapshot.ordered("take", "file")),
        untaken=taken_text.left,
        issue_facts=closed.facts,
    )


def _lost_edits(snapshot: PlanSnapshot, issue: IssueSnapshot, text: str) -> list[Merged]:
    """The plan file with the edits that were overwritten, oldest first.

    Each is put into what was written over it, with the edits before it, and all into what was
    agreed on last: a task that was reworded or moved since is found from one to the next more
    surely than at once in a file that was edited once more.
    """
    agreed = snapshot.bases.agreed
    steps, there, conflicts = [Merged(text)], None, list[Conflict]()
    for edit in sorted(snapshot.overwritten, key=lambda edit: edit.over is None):
        after = with_its_words(snapshot, issue, edit.before, edit.after)
        if agreed is None or edit.before is None:
            steps.append(take_over(steps[-1].text, edit.before, after, unsure=edit.unsure))
            continue
        known = edit.over if edit.over is not None else shown_text(agreed)
        carried = _carried(there, known)
        merged = merge_texts(edit.before, carried.text, after, unsure=edit.unsure, alike=edit.late)
        there = known, merged.text
        conflicts += [*carried.conflicts, *merged.conflicts]
    if agreed is not None and there is not None:
        carried = _carried(there, shown_text(agreed))
        merged = take_over(steps[-1].text, shown_text(agreed), carried.text)
        told = (*conflicts, *carried.conflicts, *merged.conflicts)
        steps.append(replace(merged, conflicts=told))
    return steps[1:]


def _carried(changed: tuple[str, str] | None, known: str) -> Merged:
    """``known`` with what is ``changed`` between two other texts."""
    return Merged(known) if changed is None else merge_texts(changed[0], known, changed[1])


def _taken_text(snapshot: PlanSnapshot, text: str) -> Taken:
    """The plan file with what the issue had at a conflict, where somebody asked for that."""
    if snapshot.ordered("take", "issue") is None:
        return Taken(text)
    return take_issue(text, open_conflicts(snapshot))


def _said_by(snapshot: PlanSnapshot, taken: Taken) -> tuple[str, ...]:
    order = snapshot.ordered("take", "issue")
    if order is None or not taken.count:
        return ()
    return (f"Take the issue's text into {snapshot.path}, as {order.login} said",)


def _own_side(snapshot: PlanSnapshot, file: FileSnapshot) -> list[Merged]:
    """The file, with what was agreed since the version that it goes back to."""
    bases, waiting = snapshot.bases, snapshot.waiting
    if waiting is not None and waiting.agreed:
        steps = [Merged(file.text)]
        for was, now in waiting.steps:
            steps.append(take_over_file(steps[-1].text, was, now))
        return steps
    if bases.agreed is None or bases.file is None or bases.file == bases.agreed:
        return [Merged(file.text)]
    return [take_over(file.text, plan_text(bases.file), plan_text(bases.agreed))]


def _is_moved(snapshot: PlanSnapshot, file: FileSnapshot) -> bool:
    """Whether the file is another one than both sides agreed on, or than the branch had then."""
    waits = snapshot.waiting is not None and bool(snapshot.waiting.agreed)
    return file.text != (snapshot.bases.file if waits else snapshot.bases.agreed)


def _ticks(ticks: Sequence[Tick]) -> tuple[Tick, ...]:
    """What becomes of each box; one that was ticked and unticked again is not named."""
    found: list[Tick] = []
    for tick in ticks:
        back = replace(tick, checked=not tick.checked)
        if back in found:
            found.remove(back)
        else:
            found.append(tick)
    return tuple(found)


def taken_in(snapshot: PlanSnapshot) -> str | None:
    """What of the issue is taken in or held: its base, and every edit that is not taken over."""
    taken = snapshot.bases.issue
    if taken is None:
        return None
    for edit in snapshot.refused:
        # Without the text before, everything up to this edit is held: nothing is lost by that.
        taken = (
            edit.after if edit.before is None else merge_texts(edit.before, edit.after, taken).text
        )
    return taken


def _with_held(
    snapshot: PlanSnapshot, taken: str, now: str, text: str
) -> tuple[str, tuple[str, ...]]:
    """What the issue shows while an edit is held in it, and who wrote that."""
    agreed, shown = shown_text(snapshot.bases.agreed or ""), shown_text(text)
    by = dict.fromkeys((*snapshot.memory.held, *(edit.login for edit in snapshot.refused)))
    if not by or taken == agreed:
        return shown, ()
    # A body that goes back to an old copy lacks what came since, which nobody took out.
    before = agreed if snapshot.memory.held else snapshot.bases.issue
    held = merge_texts(before, shown, now).text
    return held, tuple(by) if held != shown else ()


def now_linked(snapshot: PlanSnapshot, config: RepoConfig | None = None) -> tuple[PullMemory, ...]:
    """Every pull request that the plan knows, as remembered or as just read."""
    url = snapshot.issue.url if snapshot.issue else ""
    return pulls_now(
        snapshot.memory,
        snapshot.pulls,
        snapshot.pull_details,
        snapshot.gone_pulls,
        snapshot.file.text if snapshot.file else "",
        config or RepoConfig(),
        url.partition("/issues/")[0],
        snapshot.undone,
    )


def without_commit(settled: Settled, file: FileSnapshot) -> Settled:
    """What is agreed on when the branch did not take the commit: the file as it stands."""
    left = merge_texts(shown_text(settled.text), shown_text(file.text), settled.shown).text
    return replace(settled, text=file.text, shown=left if settled.holders else "")
