"""An implementation plan together with the files beside it whose boxes are its own.

The plan itself has no boxes: those of ``tasks.md`` and of its two checklists are shown in its issue
too, each below a hidden line that names its file. One text holds them all, in an issue as well as
wherever plansync compares, merges and remembers; a commit takes it apart again.

>>> feature = Feature("# Plan\\n", {"tasks.md": "- [ ] T001 Begin\\n"}, ("research.md",))
>>> parse_feature(render_feature(feature)) == feature
True
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot.errors import UserProblem
from bot.plans.gitids import git_blob_id

TASKS = "tasks.md"
REQUIREMENTS = "checklists/requirements.md"
PLAN_GATE = "checklists/PlanQualityGate.md"
COMPANIONS = (TASKS, REQUIREMENTS, PLAN_GATE)
"""The files beside an implementation plan that its issue shows too, in this order."""

OUTPUT_FILES = ("research.md", "data-model.md", "quickstart.md", "contracts/")
"""What Phases 0 and 1 yield; that one is there is progress, what it says is not mirrored."""

PLAN_NAME = "impl-plan.md"

_NAMES = "|".join(re.escape(name) for name in COMPANIONS)
_PART = re.compile(rf'(?:\A|\n)<!-- plansync:part file="({_NAMES})" -->[ \t]*(?=\n|\Z)')
_OUTPUTS = re.compile(r"\n<!-- plansync:outputs ([a-z./ -]*) -->\Z")
_OWN = re.compile(r"^[ \t]*<!-- plansync:(?:part|outputs)\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Feature:
    """A plan, its companions' texts by name, and which outputs of its phases are there."""

    plan: str
    files: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()

    def beside(self, path: str) -> dict[str, str]:
        """What is beside the plan at ``path``, by path; outputs have no text."""
        folder = folder_of(path)
        return {folder + name: "" for name in self.outputs} | {
            folder + name: text for name, text in self.files.items()
        }


def folder_of(path: str) -> str:
    """The folder of a plan, with a final slash unless it is the top."""
    head, slash, _ = path.rpartition("/")
    return head + slash


def has_companions(path: str) -> bool:
    """Whether the plan at ``path`` is one whose companions are shown with it."""
    return path.rpartition("/")[2] == PLAN_NAME


def plan_of_companion(path: str) -> str | None:
    """Where the plan would stand that a file is a companion of; None for any other file."""
    for name in COMPANIONS:
        if path == name or path.endswith(f"/{name}"):
            return path.removesuffix(name) + PLAN_NAME
    return None


def plans_around(path: str) -> tuple[str, ...]:
    """Where the plans would stand to whose folder a file belongs, other than that file."""
    folder = folder_of(path)
    found = [folder + PLAN_NAME]
    for inner in ("checklists/", "contracts/"):
        above, inside, _ = path.rpartition(f"/{inner}")
        if inside:
            found.append(f"{above}/{PLAN_NAME}")
    return tuple(plan for plan in found if plan != path)


def marker(name: str) -> str:
    """The hidden line above what the file ``name`` says."""
    return f'<!-- plansync:part file="{name}" -->'


def part_begun(line: str) -> str:
    """The name of the file that begins below a line; "" for any other line."""
    found = _PART.fullmatch(line)
    return found[1] if found else ""


def is_feature(text: str) -> bool:
    """Whether a text holds more than the plan."""
    return "<!-- plansync:" in text and bool(_PART.search(text) or _OUTPUTS.search(text))


def parse_feature(text: str) -> Feature:
    """What a text holds; any text without a hidden line of ours is a plan alone."""
    if not is_feature(text):
        return Feature(text)
    outputs = _OUTPUTS.search(text)
    if outputs is not None:
        text = text[: outputs.start()]
    pieces = _PART.split(text)
    found: dict[str, str] = {}
    for name, said in zip(pieces[1::2], pieces[2::2], strict=True):
        said = said.removeprefix("\n")
        # Whoever copied a part has all of it below the first line.
        found[name] = f"{found[name]}\n{said}" if name in found else said
    files = {name: found[name] for name in COMPANIONS if name in found}
    return Feature(pieces[0], files, tuple(outputs[1].split()) if outputs else ())


def render_feature(feature: Feature) -> str:
    """The one text of a plan with what is beside it; the plan's own text where nothing is."""
    pieces = [feature.plan]
    for name in COMPANIONS:
        if name in feature.files:
            pieces += [marker(name), feature.files[name]]
    if feature.outputs:
        pieces.append(f"<!-- plansync:outputs {' '.join(feature.outputs)} -->")
    return "\n".join(pieces)


def with_files(text: str, files: Mapping[str, str], path: str) -> str:
    """The one text of the plan at ``path`` with other texts of its companions, by path."""
    whole, folder = parse_feature(text), folder_of(path)
    said = {name: files.get(folder + name, was) for name, was in whole.files.items()}
    return render_feature(replace(whole, files=said))


def shown_feature(feature: Feature) -> str:
    """The same for an issue: the parts with a blank line between them, and no outputs."""
    pieces = [feature.plan]
    for name in COMPANIONS:
        if name in feature.files:
            pieces += [marker(name), feature.files[name]]
    return "\n\n".join(piece for one in pieces if (piece := one.strip("\n")))


def readable(text: str) -> str:
    """The same for a page: each file below its name, without hidden lines."""
    feature = parse_feature(text)
    pieces = [feature.plan.strip("\n")]
    for name, said in feature.files.items():
        pieces += ["---", f"`{name}`", said.strip("\n")]
    return "\n\n".join(pieces) + "\n" if feature.files else feature.plan


def shown_parts(text: str) -> Feature:
    """What ``shown_feature`` put together."""
    feature = parse_feature(text)
    files = {name: said.strip("\n") for name, said in feature.files.items()}
    return Feature(feature.plan.strip("\n"), files)


def plan_alone(text: str) -> str:
    """The text of the plan without its companions."""
    return parse_feature(text).plan


def has_own_lines(text: str) -> bool:
    """Whether a hidden line stands in a text that only plansync writes."""
    return "<!-- plansync:" in text and bool(_OWN.search(text))


def without_own_lines(text: str, kept: Iterable[str] = ()) -> str:
    """The text without the hidden lines that only plansync writes; those of ``kept`` files stay."""
    if not has_own_lines(text):
        return text
    names, left, gone = set(kept), list[str](), False
    for line in text.split("\n"):
        if _OWN.match(line) and part_begun(line.rstrip()) not in names:
            gone = True
        elif not (gone and not line.strip() and (not left or not left[-1].strip())):
            # Of the blank lines around it one is enough.
            left.append(line)
            gone = False
    return "\n".join(left)


def refuse_own_lines(path: str, text: str) -> None:
    """Raise UserProblem where a file has a line that only plansync writes, into issues alone."""
    found = _OWN.search(text)
    if found is not None:
        raise UserProblem(
            f"{path} has a line that plansync writes into plan issues alone.",
            "Take the line out; perhaps the text of an issue was pasted into the file.",
            path=path,
            line=text.count("\n", 0, found.start()) + 1,
        )


# The ids of all the files, so that GitHub gives back what a lost database knew.


def recipe_of(text: str) -> tuple[str, ...]:
    """The blob ids a text is made of: ``plan=<id>``, ``tasks.md=<id>`` …; () for a plan alone."""
    if not is_feature(text):
        return ()
    feature = parse_feature(text)
    found = [f"plan={git_blob_id(feature.plan.encode('utf-8'))}"]
    found += [f"{name}={git_blob_id(said.encode('utf-8'))}" for name, said in feature.files.items()]
    return (*found, *(f"{name}=there" for name in feature.outputs))


def ids_of(recipe: tuple[str, ...]) -> Mapping[str, str] | None:
    """The blob ids by name, the plan's under ``""``; None for what ``recipe_of`` never made."""
    found: dict[str, str] = {}
    for word in recipe:
        name, _, value = word.rpartition("=")
        if name == "plan" or name in COMPANIONS:
            if not re.fullmatch(r"[0-9a-f]{40}", value):
                return None
            found["" if name == "plan" else name] = value
    return found if "" in found else None


def outputs_of(recipe: tuple[str, ...]) -> tuple[str, ...]:
    """The outputs that a recipe names."""
    there = {word.removesuffix("=there") for word in recipe if word.endswith("=there")}
    return tuple(name for name in OUTPUT_FILES if name in there)
