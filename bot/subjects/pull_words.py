"""Facts as words: how the status comment's marker keeps them, and what is read back of them.

A fact reads ``41:merged:2,S-1/T-3~1a2b3c4d=S-1/T-2``: pull request 41 is merged and names the task
2, and the task of story S-1 whose text has that digest, which stood at another place when it was
named. ``?9`` names no task yet, ``-`` stands before one that is gone, ``!40`` reverts #40.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.memory import LinkedTask, PullMemory
from bot.plans.linked import TaskRef, parse_ref, quote

_STATES = frozenset(
    {"open", "draft", "merged", "closed", "waiting", "elsewhere", "reverted", "planning"}
)


def fact_of(pull: PullMemory) -> str:
    """The fact that a pull request makes, as the status comment's marker keeps it."""
    words = [_word(link) for link in with_links(pull).links]
    words += [f"!{number}" for number in pull.reverts]
    return f"{pull.number}:{pull.standing}:{','.join(words)}"


def facts_of(pulls: Sequence[PullMemory]) -> tuple[str, ...]:
    """The facts of every pull request that names a task or takes another one back."""
    return tuple(
        fact_of(pull)
        for pull in pulls
        if (pull.links or pull.tasks or pull.reverts) and pull.standing != "waiting"
    )


def _word(link: LinkedTask) -> str:
    if not link.address:
        return f"?{quote(link.named)}"
    word = ("-" if link.gone else "") + TaskRef(link.address, link.digest).render()
    differs = link.named and link.named.casefold() != link.address.casefold()
    return f"{word}={quote(link.named)}" if differs else word


def pulls_of_facts(facts: Sequence[str], repo_url: str) -> list[PullMemory]:
    """The pull requests of stored facts; where their tasks were named is not known any more."""
    pulls = []
    for fact in facts:
        number, _, rest = fact.partition(":")
        standing, _, words = rest.partition(":")
        if not number.isdecimal() or standing not in _STATES:
            continue
        links, reverts = [], []
        for word in filter(None, words.split(",")):
            if word.startswith("?"):
                ref = parse_ref(word[1:])
                links += [LinkedTask(ref.address)] if ref else []
            elif word.startswith("!"):
                reverts += [int(word[1:])] if word[1:].isdecimal() else []
            else:
                links += _of_word(word)
        state = "merged" if standing in ("elsewhere", "reverted") else standing
        pulls.append(
            PullMemory(
                number=int(number),
                state="open" if state == "waiting" else state,
                url=f"{repo_url}/pull/{number}",
                tasks=addresses_of(links),
                links=tuple(links),
                counts_as=standing if standing != state else "",
                reverts=tuple(reverts),
            )
        )
    return pulls


def _of_word(word: str) -> list[LinkedTask]:
    word, _, named = word.partition("=")
    ref, name = parse_ref(word.removeprefix("-")), parse_ref(named)
    if ref is None:
        return []
    named = name.address if name else ref.address
    return [LinkedTask(named, ref.address, ref.digest, word.startswith("-"))]


def with_links(pull: PullMemory) -> PullMemory:
    """What was remembered before links had places of their own has addresses alone."""
    if pull.links or not pull.tasks:
        return pull
    return replace(pull, links=tuple(LinkedTask("", address) for address in pull.tasks))


def addresses_of(links: Sequence[LinkedTask]) -> tuple[str, ...]:
    """The tasks that are there, each once."""
    return tuple(dict.fromkeys(link.address for link in links if link.address and not link.gone))
