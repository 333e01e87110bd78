"""The configuration of one repository: read when it may have changed, told where it is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.changes import Applied, Change, Decision, MakeLabels
from bot.checks import CHECK_NAME, CONFIG, external_id
from bot.config import CONFIG_PATH, ConfigMemory, RepoConfig
from bot.config_load import Loaded, load_config
from bot.edits import Edits
from bot.github.ports import GitHubReader
from bot.github.snapshots import CheckSnapshot
from bot.memory import OpenDelivery, SubjectKey, Trigger
from bot.plans.render import parse_plan_marker
from bot.subjects.check_report import report

MEMORY = ConfigMemory
LABELS = "labels"
"""What a delivery of our own says when somebody wants the labels that ask for a plan made."""


@dataclass(frozen=True, slots=True)
class ConfigFacts:
    """What was read. ``commit`` is the one that changed the file, "" where none is known.

    ``waiting`` are plans and requests that a dry run left as they were, ``missing`` the labels
    that somebody wants made, which a ``dry_run`` does not.
    """

    repository_id: int
    memory: ConfigMemory | None
    loaded: Loaded
    commit: str = ""
    rerun: bool = False
    existing: CheckSnapshot | None = None
    waiting: tuple[Trigger, ...] = ()
    missing: tuple[str, ...] = ()
    dry_run: bool = False


def is_known(claim: str, memory: ConfigMemory | None) -> bool:
    """True for the push that was taken in last."""
    return memory is not None and claim.startswith("commit:") and claim == memory.commit


def read(
    key: SubjectKey,
    reader: GitHubReader,
    memory: ConfigMemory | None,
    deliveries: Sequence[OpenDelivery],
    config: RepoConfig,
    edit_of: Edits,
) -> ConfigFacts:
    """The files as the default branches have them now."""
    loaded = load_config(reader)
    claims = [d.claim for d in deliveries if d.claim.startswith(("commit:", "rerun:"))]
    commit = claims[-1].partition(":")[2] if claims else ""
    facts = ConfigFacts(
        key.repository_id, memory, loaded, commit, any("rerun:" in c for c in claims)
    )
    if commit and (loaded.problems or facts.rerun or (memory and memory.problems)):
        facts = replace(facts, existing=reader.check(commit, CHECK_NAME))
    before = memory.config if memory else RepoConfig()
    after = loaded.over(memory, key.repository_id).config
    if before.dry_run and not after.dry_run:
        facts = replace(facts, waiting=_waiting(key.repository_id, reader, after))
    if any(delivery.action == LABELS for delivery in deliveries):
        there = {name.casefold() for name in reader.labels()}
        missing = tuple(name for name in after.labels if name.casefold() not in there)
        facts = replace(facts, missing=missing, dry_run=after.dry_run)
    return facts


def _waiting(repository_id: int, reader: GitHubReader, config: RepoConfig) -> tuple[Trigger, ...]:
    """Every plan and request of the repository: a dry run did nothing about them."""
    head = reader.head(reader.repository().default_branch)
    paths = (reader.paths(head) if head else None) or []
    keys = [SubjectKey(repository_id, "plan", path) for path in paths if config.adopts(path)]
    numbers: set[int] = set()
    for label in config.labels:
        for issue in reader.issues(labels=[label], state="open"):
            if parse_plan_marker(issue.body) is None:
                numbers.add(issue.number)
    keys += [SubjectKey(repository_id, "request", str(number)) for number in sorted(numbers)]
    return tuple(Trigger(key) for key in keys)


def decide(facts: ConfigFacts, config: RepoConfig) -> Decision:
    """Say on the commit what is wrong with the file, or that it is mended; make labels."""
    made: tuple[Change, ...] = ()
    told, note = _told(facts)
    if facts.missing and facts.dry_run:
        note = f"dry run: the labels {', '.join(facts.missing)} are not made; {note}"
    elif facts.missing:
        made = (MakeLabels(facts.missing, "The labels that ask for a plan are wanted"),)
    return Decision((*made, *told), forward=facts.waiting, note=note)


def _told(facts: ConfigFacts) -> tuple[tuple[Change, ...], str]:
    """The check run on the commit, where one is due, and how the configuration stands."""
    problems = facts.loaded.problems
    was_wrong = bool(facts.memory and facts.memory.problems)
    note = "the configuration is in force"
    if problems:
        first = problems[0]
        note = f"the last good configuration stays: {first.path}:{first.line}: {first.message}"
    if not facts.commit or not (problems or was_wrong or facts.rerun):
        return (), note
    made = report((), problems, RepoConfig(), with_config=True, remarks=(CONFIG_PATH,))
    there = facts.existing
    same = there is not None and there.external_id == external_id(CONFIG, made.digest)
    if same and there is not None and there.status == "completed":
        return (), note
    change = made.change(CONFIG, facts.commit, f"{CONFIG_PATH} was pushed: {made.title}")
    return (change,), note


def remember(
    facts: ConfigFacts, decision: Decision, applied: Sequence[Applied]
) -> tuple[ConfigMemory, ...]:
    """The configuration in force from now on."""
    kept = facts.loaded.over(facts.memory, facts.repository_id)
    commit = f"commit:{facts.commit}" if facts.commit and not facts.rerun else ""
    return (replace(kept, commit=commit or (facts.memory.commit if facts.memory else "")),)
