"""A gate of a feature that passes or fails is noted in the files around its plan, in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.changes import FileEdit
from bot.github.ports import GitHubReader
from bot.github.snapshots import FileSnapshot, IssueSnapshot
from bot.plans.companions import is_feature, parse_feature, render_feature
from bot.plans.gate_notes import feature_name, gate_changes, may_change, note, noted_in, verdicts
from bot.plans.render import issue_plan_text
from bot.subjects.orders import Obeyed
from bot.subjects.plan_snapshot import PlanSnapshot
from bot.subjects.readable import readable_file
from bot.subjects.waiting import as_waiting


def read_around(
    snapshot: PlanSnapshot, reader: GitHubReader, file: FileSnapshot, issue: IssueSnapshot
) -> PlanSnapshot:
    """The snapshot with the files in which a gate is noted, where one may pass or fail now.

    Costs no request otherwise.
    """
    agreed = snapshot.bases.agreed
    if agreed is None or not is_feature(file.text):
        return snapshot
    shown = replace(
        parse_feature(issue_plan_text(issue.body)), outputs=parse_feature(file.text).outputs
    )
    if not snapshot.orders and not may_change(
        snapshot.path, (agreed, file.text, render_feature(shown))
    ):
        return snapshot
    read = (_file(reader, path, snapshot) for path in noted_in(snapshot.path))
    return replace(snapshot, around=tuple(one for one in read if one is not None))


def _file(reader: GitHubReader, path: str, snapshot: PlanSnapshot) -> FileSnapshot | None:
    # In a folder, or what is no text, there is no place for a note.
    return as_waiting(snapshot.waiting, readable_file(reader, path))


def with_gates(snapshot: PlanSnapshot, obeyed: Obeyed, at: str) -> Obeyed:
    """What the commands came to, with a note of every gate whose verdict changed. Pure."""
    agreed, text = snapshot.bases.agreed, obeyed.settled.text
    changes = gate_changes(snapshot.path, agreed, text) if agreed is not None else ()
    if not changes:
        return obeyed
    now = verdicts(snapshot.path, text)
    edits = [
        FileEdit(file.path, noted, file.blob_sha)
        for file in snapshot.around
        if (noted := note(file.path, file.text, snapshot.path, changes, now, at)) != file.text
    ]
    if not edits:
        return obeyed
    feature = feature_name(snapshot.path)
    said = _reasons([f"{c.gate} of {feature} {'passes' if c.passed else 'fails'}" for c in changes])
    settled = replace(obeyed.settled, reasons=(*obeyed.settled.reasons, *said))
    return replace(obeyed, settled=settled, beside=(*obeyed.beside, *edits))


def _reasons(said: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"Note that {one}" for one in said)
