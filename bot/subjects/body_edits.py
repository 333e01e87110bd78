"""The edits of an issue's body that deliveries tell of, and the times at which it was read.

GitHub gives no history of a body, so it is put together from what each edit's delivery says: what
it replaced, what it left, and when (the issue's ``updated_at``, to the second; the same text may
stand there twice, so an edit is known by its time as well). A *jump* is an edit that goes back to
another write of ours than what it replaced: whoever made it had an old copy before them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby

from bot.edits import BodyEdit, Edits
from bot.memory import OpenDelivery, PlanMemory
from bot.plans.render import body_sha, version_of

_HASH = 16
_READS_KEPT = 40
_EDITS_KEPT = 60


@dataclass(frozen=True, slots=True)
class BodyClaim:
    """An edit as its claim tells of it: hashes of the body after and, where known, before.

    ``by_bot``: perhaps our own write. ``stale``: it was made on an older copy than it replaced.
    ``at`` is when, in seconds; 0 where nobody knows.
    """

    to: str
    former: str
    by_bot: bool
    stale: bool
    at: int

    @property
    def name(self) -> str:
        """What tells it from every other edit, also of the same texts; "" where that is unknown."""
        return f"{self.at}:{self.former[:_HASH]}:{self.to[:_HASH]}" if self.at else ""


@dataclass(frozen=True, slots=True)
class ClaimedEdit(BodyClaim):
    """An edit and the delivery that claims it."""

    delivery: OpenDelivery


def seconds(moment: datetime | None) -> int:
    """A time as it stands in claims; 0 for none."""
    return 0 if moment is None else int(moment.astimezone(UTC).timestamp())


def parse_claim(claim: str) -> BodyClaim | None:
    """The edit that a claim tells of; None where it tells of something else."""
    kind, to, former, *parts = (*claim.split(":"), "", "")
    if kind not in ("body", "echo"):
        return None
    times = [part[1:] for part in parts if part.startswith("@") and part[1:].isdigit()]
    at = int(times[0]) if times else 0
    return BodyClaim(to, former, kind == "echo", "stale" in parts, at)


def claimed_edits(deliveries: Sequence[OpenDelivery]) -> list[ClaimedEdit]:
    """The edits of the issue's body among the deliveries, in the order in which they came."""
    found = []
    for delivery in deliveries:
        edit = parse_claim(delivery.claim)
        if edit is not None and delivery.action == "edited":
            all_of_it = (edit.to, edit.former, edit.by_bot, edit.stale, edit.at)
            found.append(ClaimedEdit(*all_of_it, delivery))
    return found


def bodies_before(deliveries: Sequence[OpenDelivery], body: str) -> tuple[str, ...]:
    """Hashes of the bodies that became this one by edits that the deliveries tell of."""
    came_from = {edit.to: edit for edit in claimed_edits(deliveries)}
    found: dict[str, None] = {}
    edit = came_from.get(body)
    while edit is not None and edit.former and edit.former not in found:
        found[edit.former] = None
        edit = came_from.get(edit.former)
    return tuple(reversed(found))


@dataclass(frozen=True, slots=True)
class Read:
    """A body that was read and taken in, or written: when, and the beginning of its hash.

    The hash is "" where only the time is known. ``version`` is the write of ours that it went back
    to, ``blob`` the plan file whose text it showed; both are "" where that is not known.
    """

    at: int
    sha: str
    version: str = ""
    blob: str = ""

    def is_of(self, sha: str) -> bool:
        """Whether it is the body with this hash."""
        return bool(sha and self.sha) and sha.startswith(self.sha)


def note_read(
    memory: PlanMemory, at: int, sha: str, version: str = "", blob: str = ""
) -> tuple[str, ...]:
    """``memory.reads`` with one more, oldest first."""
    if not at:
        return memory.reads
    entry = f"{at}:{sha[:_HASH]}" + (f":{version}:{blob}" if blob else "")
    kept = {*memory.reads, entry}
    return tuple(sorted(kept, key=lambda one: int(one.partition(":")[0])))[-_READS_KEPT:]


def note_edits(memory: PlanMemory, names: Sequence[str]) -> tuple[str, ...]:
    """``memory.settled_edits`` with these as well."""
    return tuple(dict.fromkeys((*memory.settled_edits, *filter(None, names))))[-_EDITS_KEPT:]


def last_read(memory: PlanMemory, edit: BodyClaim) -> Read | None:
    """The body that was last read before the edit was made; None where nobody remembers.

    What was read in the same second was read before only if it is what the edit replaced.
    """
    if not edit.at:
        return None
    found = None
    for read in _reads(memory):
        earlier = read.at < edit.at or (read.at == edit.at and read.is_of(edit.former))
        found = read if earlier else found
    return found


def read_since(memory: PlanMemory, edit: BodyClaim) -> bool:
    """Whether the body was read after the edit was made."""
    return bool(edit.at) and any(
        read.at > edit.at or (read.at == edit.at and read.is_of(edit.to)) for read in _reads(memory)
    )


def _last_known(version: str, memory: PlanMemory) -> int:
    """When the last remembered body that goes back to this write of ours was read; -1 for none."""
    hashes = [body_sha(body) for body in memory.overwrote if version_of(body) == version]
    if not hashes:
        return -1
    reads = _reads(memory)
    times = [read.at for read in reads if any(map(read.is_of, hashes))]
    return max(times or [read.at for read in reads], default=0)


def _reads(memory: PlanMemory) -> list[Read]:
    parts = (entry.split(":") for entry in memory.reads)
    return [Read(int(at), *known) for at, *known in parts]


def is_settled(edit: BodyClaim, memory: PlanMemory) -> bool:
    """Whether nothing that an edit replaced unseen is still to be taken in."""
    if not edit.former or edit.name in memory.settled_edits:
        return True
    read = last_read(memory, edit) if edit.stale else None
    return edit.former in memory.seen_bodies if read is None else read.is_of(edit.former)


def _linked(edits: list[ClaimedEdit]) -> Iterator[ClaimedEdit]:
    """Edits of one second: each after the one that left what it replaced."""
    left = edits
    while left:
        made = {edit.to for edit in left if edit.to != edit.former}
        first = next((edit for edit in left if edit.former not in made), left[0])
        yield first
        left = [edit for edit in left if edit is not first]


def _steps_back(edits: Sequence[ClaimedEdit], sha: str) -> Iterator[ClaimedEdit]:
    """The edits that led to the body with this hash, newest first, as far as they are known."""
    for edit in reversed(edits):
        if edit.to == sha:
            yield edit
            sha = edit.former


@dataclass(slots=True)
class BodyHistory:
    """What became of the body, as far as the deliveries at hand tell."""

    edits: tuple[ClaimedEdit, ...]
    edit_of: Edits
    _bodies: dict[int, BodyEdit | None] = field(default_factory=dict)

    @classmethod
    def of(cls, deliveries: Sequence[OpenDelivery], edit_of: Edits) -> BodyHistory:
        """The history in order of time, as far as times are known."""
        edits = [edit for edit in claimed_edits(deliveries) if edit.former]
        by_time = groupby(sorted(edits, key=lambda edit: edit.at), lambda edit: edit.at)
        return cls(tuple(edit for _, same in by_time for edit in _linked(list(same))), edit_of)

    def before(self, edit: ClaimedEdit) -> str | None:
        """The body that an edit replaced."""
        found = self._edit(edit)
        return found.before if found else None

    def after(self, edit: ClaimedEdit) -> str | None:
        """The body that an edit left."""
        found = self._edit(edit)
        return found.after if found else None

    def _edit(self, edit: ClaimedEdit) -> BodyEdit | None:
        if edit.delivery.id not in self._bodies:
            self._bodies[edit.delivery.id] = self.edit_of(edit.delivery.id)
        return self._bodies[edit.delivery.id]

    def jump(self, sha: str, until: ClaimedEdit | None = None) -> ClaimedEdit | None:
        """The jump from which the body with this hash comes by edits that changed no version.

        ``until``: the edit that replaced this body. None where it comes from no jump that is known.
        """
        left = [e for e in self.edits if until is None or (e is not until and e.at <= until.at)]
        for step in _steps_back(left, sha):
            if step.by_bot or step.stale:
                return None if step.by_bot else step
        return None

    def first_of(self, body: str, memory: PlanMemory) -> str:
        """The first known body from which this one comes by edits that changed no version.

        Where the last edits are not known it is that of the last one that was not taken in.
        """
        left = [edit for edit in self.edits if not read_since(memory, edit)]
        sha, version = body_sha(body), version_of(body)
        last = max((read.at for read in _reads(memory)), default=0)
        if left and left[-1].at > last and all(edit.to != sha for edit in left):
            sha = left[-1].to
        for step in _steps_back(left, sha):
            for known in (self.after(step), self.before(step)):
                if known is None or version_of(known) != version:
                    return body
                body = known
        return body

    def last_of(self, version: str, before: ClaimedEdit, memory: PlanMemory) -> str | None:
        """The last body that goes back to this write of ours, when an earlier edit ended that.

        None where the memory has a later one.
        """
        known = _last_known(version, memory)
        for edit in reversed(self.edits[: self.edits.index(before)]):
            if edit.at <= known:
                break
            if not (edit.stale or edit.by_bot):
                continue
            body = self.before(edit)
            if body is not None and version_of(body) == version:
                return body
        return None

    def body(self, sha: str) -> str | None:
        """The body with this hash, or whose hash begins so, where a delivery has it."""
        for edit in self.edits:
            if edit.to.startswith(sha):
                return self.after(edit)
            if edit.former.startswith(sha):
                return self.before(edit)
        return None
