"""The model's steps as a hypothesis state machine."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.model.mirror import Mirror, Start
from tests.model.plan_text import KINDS, Act

WHO = st.sampled_from(["alice", "bob"])
SMALL = st.integers(0, 12)
ACT = st.builds(Act, st.sampled_from(KINDS), SMALL, SMALL)
ACTS = st.lists(ACT, min_size=1, max_size=3)
ORDER = st.integers(0, 5)
NTH = st.integers(1, 8)
KIND = st.integers(0, 3)


@lru_cache(maxsize=1)
def start() -> Start:
    """Where every run begins; made once."""
    return Start(Path(tempfile.mkdtemp(prefix="plansync-model-")))


class MirrorMachine(RuleBasedStateMachine):
    """People work on both sides while webhooks, calls, processes and databases are lost."""

    def __init__(self) -> None:
        super().__init__()
        self.mirror = Mirror(start())

    def teardown(self) -> None:
        self.mirror.settle()

    @rule(who=WHO, acts=ACTS)
    def edit_issue(self, who: str, acts: list[Act]) -> None:
        for act in acts:
            self.mirror.edit_issue(who, act)

    @rule(who=WHO, acts=ACTS)
    def edit_file(self, who: str, acts: list[Act]) -> None:
        for act in acts:
            self.mirror.edit_file(who, act)

    @rule(here=ACTS, there=ACTS)
    def edit_both(self, here: list[Act], there: list[Act]) -> None:
        for act in here:
            self.mirror.edit_issue("alice", act)
        for act in there:
            self.mirror.edit_file("bob", act)

    @rule(count=st.integers(1, 6), order=ORDER)
    def deliver_and_work(self, count: int, order: int) -> None:
        self.mirror.deliver(count, order)
        self.mirror.work()

    @rule(count=st.integers(1, 6), nth=NTH, kind=KIND, after=st.booleans())
    def break_and_work(self, count: int, nth: int, kind: int, after: bool) -> None:
        self.mirror.deliver(count, 0)
        self.mirror.break_call(nth, kind, after)
        self.mirror.work()

    @rule(index=SMALL, again=st.booleans())
    def drop_or_repeat(self, index: int, again: bool) -> None:
        if again:
            self.mirror.repeat(index)
        else:
            self.mirror.drop(index)

    @rule()
    def open_page(self) -> None:
        self.mirror.open_page()

    @rule(act=ACT)
    def save_page(self, act: Act) -> None:
        self.mirror.save_page("alice", act)

    @rule(who=WHO, act=ACT)
    def race(self, who: str, act: Act) -> None:
        self.mirror.race(who, act)

    @rule(who=WHO)
    def close_or_open(self, who: str) -> None:
        self.mirror.close_or_open(who)

    @rule(who=WHO, happens=st.integers(0, 1))
    def remove_or_restore(self, who: str, happens: int) -> None:
        if happens:
            self.mirror.remove_or_restore(who)

    @rule(happens=st.integers(0, 3))
    def lose_database(self, happens: int) -> None:
        if happens == 3:
            self.mirror.lose_database()

    @rule(order=ORDER, happens=st.integers(0, 3))
    def settle(self, order: int, happens: int) -> None:
        if happens == 3:
            self.mirror.settle(order)
