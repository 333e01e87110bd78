"""An open issue that already holds the checklist joins the plan file instead of being doubled."""

from __future__ import annotations

from pathlib import Path

from bot.store import Store
from tests.orders.plans import PATHS, text_of
from tests.world import World

PATH = "docs/ideas/queue.md"


def answers(world: World, comment: int) -> list[str]:
    marker = f'<!-- plansync:told comment="{comment}" '
    return [c.body for c in world.repo.comments.values() if c.body.startswith(marker)]


def opened(world: World) -> int:
    text = text_of("feature-plan")
    body = text.replace("- [ ] Hall screen", "- [x] Hall screen")
    number = world.person("mallory").open_issue("Queue tickets", body)
    world.bob.push_file(PATH, text)
    world.settle()
    return number


def test_an_issue_joins_the_file_that_it_names(world: World, tmp_path: Path) -> None:
    number = opened(world)
    world.alice.comment(number, f"/plan adopt {PATH}")
    world.settle()
    assert len(world.repo.issues) == 1
    assert "- [x] Hall screen" in world.repo.text(PATH)
    assert f'path="{PATH}"' in world.repo.issues[number].body
    world.alice.tick(number, "Phone page behind")
    world.settle()
    assert "- [x] Phone page" in world.repo.text(PATH)
    world.store = Store(f"sqlite:///{tmp_path}/second.sqlite3")
    world.store.migrate()
    world.alice.comment(number, "/plan done 3.3")
    world.settle()
    assert "- [x] Desk key" in world.repo.text(PATH)
    assert len(world.repo.issues) == 1


def test_only_who_may_write_lets_an_issue_join(world: World) -> None:
    number = opened(world)
    world.person("mallory").comment(number, f"/plan adopt {PATH}")
    world.settle()
    assert "plansync:plan" not in world.repo.issues[number].body
    assert "- [ ] Hall screen" in world.repo.text(PATH)


def test_a_forged_marker_joins_nothing(world: World) -> None:
    opened(world)
    text = text_of("feature-plan")
    world.person("mallory").open_issue("Mine", f'<!-- plansync:plan path="{PATH}" -->\n\n{text}')
    world.bob.push_file("plan_docs/x.md", text)
    world.settle()
    before = world.repo.text(PATH)
    number = max(world.repo.issues)
    world.person("mallory").comment(number, "/plan done 3.1")
    world.settle()
    assert world.repo.text(PATH) == before


def test_a_file_that_has_its_issue_takes_no_second_one(world: World) -> None:
    world.bob.push_file(PATHS["feature-plan"], text_of("feature-plan"))
    world.settle()
    first = world.plan_issue(PATHS["feature-plan"])
    number = world.alice.open_issue("Another", "words")
    comment = world.alice.comment(number, f"/plan adopt {PATHS['feature-plan']}")
    world.settle()
    (answer,) = answers(world, comment)
    assert f"its issue already: #{first}" in answer
    assert world.repo.issues[number].body == "words"


def test_what_is_no_plan_file_is_told(world: World) -> None:
    number = world.alice.open_issue("A list", "- [ ] one")
    for path, said in (("README.md", "no plan format"), ("nowhere.md", "no plan file")):
        comment = world.alice.comment(number, f"/plan adopt {path}")
        world.settle()
        (answer,) = answers(world, comment)
        assert said in answer
    assert world.repo.issues[number].body == "- [ ] one"
