"""What people did, and what therefore must still be there: the oracle of the model test.

Kept from what each person saw and wrote, never from what plansync thinks. A word that a person
wrote is owed until a person who saw it takes it out: it stands in the plan, or plansync has said it
in a comment. A task has the state that the last person on one of the sides gave it. What nobody
touched is as it was.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.model.plan_text import WORD, is_another, made_from, places, task_count, tasks, words


@dataclass(slots=True)
class Ledger:
    """``settled``: each task's state when both sides were last seen to agree.

    ``arrived``: of each task the sides whose last state plansync has brought to the other side.
    ``stood``: where each task stood then, and ``another`` those that went elsewhere with so few of
    their words that nobody can say they are the same. ``written`` is on which side each word came.
    """

    settled: dict[str, bool]
    owed: set[str]
    stood: dict[str, tuple[str, str]] = field(default_factory=dict)
    another: set[str] = field(default_factory=set)
    written: dict[str, set[str]] = field(default_factory=lambda: {"file": set(), "issue": set()})
    released: set[str] = field(default_factory=set)
    states: dict[str, dict[str, bool]] = field(default_factory=dict)
    touched: dict[str, set[str]] = field(default_factory=dict)
    deleted: dict[str, dict[str, bool]] = field(default_factory=dict)
    arrived: dict[str, set[str]] = field(default_factory=dict)
    fragile: set[str] = field(default_factory=set)
    excused: set[str] = field(default_factory=set)
    maybe: dict[str, set[bool]] = field(default_factory=dict)
    blurred: set[str] = field(default_factory=set)
    overwritten: dict[str, set[bool]] = field(default_factory=dict)
    returned: set[str] = field(default_factory=set)
    ticked_may_win: bool = False

    @classmethod
    def of(cls, text: str) -> Ledger:
        """The ledger of a plan on which both sides agree."""
        return cls(settled=tasks(text), owed=words(text), stood=places(text))

    def record(self, side: str, seen: str, before: str, after: str) -> None:
        """Somebody who saw ``seen`` wrote ``after`` over ``before``.

        What stood there unseen is theirs to answer for only when nothing in the text they wrote
        could tell that they had not seen it: no write of plansync's lies between the two.
        """
        could_not_know = made_from(before) != made_from(seen)
        blamed = [seen] if could_not_know else [seen, before]
        if could_not_know:
            self.expose(before, after)
            # What is in neither may have been taken out before it was replaced.
            self.fragile |= {name for name, sides in self.deleted.items() if "issue" in sides}
            unseen = set(before.split("\n")) ^ set(seen.split("\n"))
            unseen |= set(before.split("\n")) - set(after.split("\n"))
            for name in tasks("\n".join(unseen)):
                self.touched.setdefault(name, set()).add("unseen")
            for name, state in tasks(after).items():
                # An untick in an old copy may be taken for a box never seen ticked.
                self.maybe.setdefault(name, set()).update({state, True})
                if state != tasks(before).get(name, state):
                    # Whoever sees this has not seen what was there.
                    self.blurred.add(name)
        # What an old copy brings back may stand beside what became of it.
        back = (words(after) & words(seen)) - words(before)
        self.returned |= {
            word for line in after.split("\n") if words(line) & back for word in words(line)
        }
        self.excused |= (tasks(after).keys() & tasks(seen).keys()) - tasks(before).keys()
        if not could_not_know:
            self._answer(side, tasks(before), tasks(after))
        self.owed |= words(after) - words(seen)
        self.written[side] |= words(after) - words(seen)
        for known in blamed:
            self.released |= words(known) - words(after)
            self._record_tasks(side, tasks(known), tasks(after), knew=not could_not_know)
        for name, place in places(after).items():
            if is_another(self.stood.setdefault(name, place), place):
                self.another.add(name)
        changed = set(after.split("\n")) ^ set(seen.split("\n"))
        for name in tasks("\n".join(changed)):
            self.touched.setdefault(name, set()).add(side)

    def _record_tasks(
        self, side: str, old: dict[str, bool], new: dict[str, bool], *, knew: bool
    ) -> None:
        for name in old.keys() | new.keys():
            if name not in new:
                self.deleted.setdefault(name, {})[side] = old[name]
                said = self.states.get(name, {})
                if knew or said.get(side) == old[name]:
                    # Also what came from the other side since is what the deleter saw.
                    said.pop(side, None)
                continue
            if name not in old:
                self.deleted.get(name, {}).pop(side, None)
            if old.get(name) != new[name]:
                self.states.setdefault(name, {})[side] = new[name]
                self.arrived.get(name, set()).discard(side)

    def rewind(self, before: str, after: str) -> None:
        """The branch was put back to ``after``: what people wrote in the file since may be gone.

        What came from the issue is owed still. What comes back of the file is no mistake.
        """
        self.released |= (words(before) - words(after)) & self.written["file"]
        self.excused |= tasks("\n".join(set(before.split("\n")) ^ set(after.split("\n")))).keys()

    def bring(self, side: str, before: str, after: str) -> None:
        """plansync changed a side: what was said on the other one can be seen there now."""
        old, new = tasks(before), tasks(after)
        other = "file" if side == "issue" else "issue"
        for name, state in new.items():
            if old.get(name) != state and self.states.get(name, {}).get(other) == state:
                self.arrived.setdefault(name, set()).add(other)

    def _answer(self, side: str, old: dict[str, bool], new: dict[str, bool]) -> None:
        """Who changes what was brought to their side has seen it: their word is the last."""
        other = "file" if side == "issue" else "issue"
        for name, state in old.items():
            if new.get(name) == state or other not in self.arrived.get(name, ()):
                continue
            if self.states.get(name, {}).get(other) == state:
                del self.states[name][other]
                self.arrived[name].discard(other)

    def expose(self, before: str, after: str) -> None:
        """What stood in ``before`` is replaced unseen: only its delivery still has it.

        When that is heard of after what people did since was taken in, it has the last word, and
        is told.
        """
        self.fragile |= words(before) - words(after)
        old, new = tasks(before), tasks(after)
        for name, state in old.items():
            if new.get(name) != state:
                self.overwritten.setdefault(name, set()).add(state)
        self.fragile |= {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}

    def lose_database(self) -> None:
        """With it goes what only a delivery still had; and where nobody knows, ticked wins."""
        self.ticked_may_win = True
        self.released |= self.fragile
        self.excused |= self.fragile

    def agree(self, text: str, told: str) -> None:
        """Both sides say ``text`` although not all has arrived: who acts now has seen it."""
        now = tasks(text)
        for name in self.states.keys() | self.deleted.keys() | self.touched.keys():
            if name in self.fragile or self._problems_of(name, now.get(name), told):
                continue
            if (
                self.ticked_may_win
                and now.get(name)
                and False in self.states.get(name, {}).values()
            ):
                # A box that is ticked because nobody knew better is unticked when somebody does.
                continue
            if name in now:
                self.settled[name] = now[name]
            else:
                self.settled.pop(name, None)
            for known in (self.states, self.deleted, self.touched, self.arrived):
                known.pop(name, None)

    def settle(self, text: str) -> None:
        """Both sides agree on ``text``; what rightly stands there twice goes on to."""
        self.settled, self.stood = tasks(text), places(text)
        self.returned |= {word for word, count in Counter(WORD.findall(text)).items() if count > 1}
        self.another.clear()
        self.states.clear()
        self.touched.clear()
        self.deleted.clear()
        self.arrived.clear()
        self.fragile.clear()
        self.excused.clear()
        self.maybe.clear()
        self.blurred.clear()
        self.overwritten.clear()
        self.ticked_may_win = False

    def problems(self, text: str, told: str) -> list[str]:
        """Everything that is lost, doubled or made up in a plan on which both sides agree."""
        # A task that is another one now stays where it was too, and so does one that was taken out
        # when several edits of it are found to be lost; that is told.
        known = (self.another & words(told)) | _kept_twice(told)
        twice = {word for line in text.split("\n") if words(line) & known for word in words(line)}
        found = [
            f"the word {word} is lost"
            for word in sorted(self.owed - self.released - words(text) - words(told))
        ]
        found += [
            f"the word {word} stands {count} times"
            for word, count in Counter(WORD.findall(text)).items()
            if count > 1 and word not in self.returned and word not in twice
        ]
        now = tasks(text)
        for name in sorted(self.settled.keys() | self.states.keys() | now.keys()):
            if name not in self.excused | known:
                found += self._problems_of(name, now.get(name), told)
            if task_count(text, name) > 1 and name not in self.returned | known:
                found.append(f"the task {name} stands {task_count(text, name)} times")
        return found

    def _problems_of(self, name: str, now: bool | None, told: str) -> list[str]:
        said = self.states.get(name, {})
        deleted = self.deleted.get(name, {})
        if now is None:
            seen = {*deleted.values(), self.settled.get(name)}
            if self.ticked_may_win:
                seen.add(False)
            unseen = [value for value in said.values() if value not in seen]
            if not deleted and name in self.settled:
                return [f"the task {name} is gone though nobody deleted it"]
            if unseen and name not in words(told) | self.blurred:
                return [f"the task {name} is gone with a state that its deleter never saw"]
            return []
        # What is kept and told is no loss, whoever else touched it.
        kept = self.ticked_may_win or name in words(told)
        if deleted and not (self.touched.get(name, set()) - set(deleted)) and not kept:
            return [f"the task {name} is back though only its deleter touched it"]
        if name in self.blurred or (deleted and name in words(told)):
            # A line that was taken out and kept is told as it stands.
            return []
        allowed = {*said.values(), *deleted.values(), *self.maybe.get(name, set())}
        if self.ticked_may_win:
            allowed.add(True)
        if name in words(told):
            allowed |= self.overwritten.get(name, set())
        if not said and name in self.settled:
            allowed.add(self.settled[name])
        if (not said and name not in self.settled) or now in allowed:
            return []
        return [f"the task {name} is {now}, and nobody who acted last wanted that"]


def _kept_twice(told: str) -> set[str]:
    """The tasks that comments say to have been taken out and kept more than once.

    And lines of prose that are kept at all: they have so much in common that one is easily taken
    for an edit of another, which then stands where it stood too.
    """
    kept = [part.partition("They stay:")[2] for part in told.split("<!-- plansync:conflict")]
    counts = Counter(word for part in kept for word in WORD.findall(part))
    return {word for word, count in counts.items() if count > 1 or word.startswith("n")}
