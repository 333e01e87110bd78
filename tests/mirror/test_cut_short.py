"""Nobody learned whether a write came through: what people did next still counts."""

from __future__ import annotations

import pytest

from bot.errors import Retryable
from tests.fake_github import Crash
from tests.mirror.conftest import Pair

ERRORS = [Crash(), Retryable("502 Bad Gateway")]
# The call that fails, and whether GitHub did it all the same.
PLACES = [("put_file", False), ("put_file", True), ("edit_issue", False), ("edit_issue", True),
          ("edit_comment", False), ("edit_comment", True)]  # fmt: skip


@pytest.mark.parametrize("pushed", [False, True])
@pytest.mark.parametrize(("call", "after"), PLACES)
@pytest.mark.parametrize("error", ERRORS, ids=["crash", "502"])
def test_an_untick_after_a_write_cut_short_stays(
    pair: Pair, error: BaseException, call: str, after: bool, pushed: bool
) -> None:
    pair.world.alice.tick(pair.issue, "list")
    pair.push("- [ ] find", "- [x] find")
    pair.world.send()
    pair.world.github.interrupt(error, calls=call, after=after)
    pair.work()
    pair.world.alice.untick(pair.issue, "list")
    if pushed:
        pair.push("- [ ] show", "- [x] show")
    pair.settle()
    assert "- [ ] list" in pair.file
    assert "- [x] find" in pair.file
    assert ("- [x] show" in pair.file) == pushed


@pytest.mark.parametrize(("call", "after"), PLACES[2:])
@pytest.mark.parametrize("error", ERRORS, ids=["crash", "502"])
def test_a_tick_after_the_file_went_back_to_what_the_body_was_made_from_stays(
    pair: Pair, error: BaseException, call: str, after: bool
) -> None:
    pair.world.alice.tick(pair.issue, "list")
    pair.settle()
    pair.push("- [x] list", "- [ ] list")
    pair.world.github.interrupt(error, calls=call, after=after)
    pair.work()
    if "- [x] list" in pair.body:
        pair.world.alice.untick(pair.issue, "list")
        pair.world.alice.tick(pair.issue, "list")
        wanted = "- [ ] list"
    else:
        pair.world.alice.tick(pair.issue, "list")
        wanted = "- [x] list"
    pair.settle()
    assert wanted in pair.file


@pytest.mark.parametrize(("call", "after"), PLACES)
@pytest.mark.parametrize("error", ERRORS, ids=["crash", "502"])
def test_words_after_a_write_cut_short_are_the_last_ones(
    pair: Pair, error: BaseException, call: str, after: bool
) -> None:
    pair.reword("Some words.", "Some new words.")
    pair.push("- [ ] find", "- [x] find")
    pair.world.send()
    pair.world.github.interrupt(error, calls=call, after=after)
    pair.work()
    pair.reword("Some new words.", "Some words.")
    pair.settle()
    assert "Some words." in pair.file
    assert pair.told == ""
