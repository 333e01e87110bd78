"""Whom the names in a plan stand for: a login, or a team of an organisation. Pure.

``people:`` in a repository's configuration maps names and roles; ``@login`` and ``@org/team`` in a
plan count without it. A name that is neither stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from bot.plans.elements import fold
from bot.plans.model import Approval

_TEAM = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}/[A-Za-z0-9][A-Za-z0-9_.-]{0,254}")


def is_team(name: str) -> bool:
    """Whether a name, ``@`` left out, can be that of a team: ``org/team-slug``.

    https://docs.github.com/en/organizations/organizing-members-into-teams/about-teams
    """
    return _TEAM.fullmatch(name) is not None


def account_of(name: str, people: Mapping[str, str]) -> str:
    """The login or ``org/team`` that a name in a plan stands for; the name itself where nobody
    says, without ``@``."""
    plain = name.strip().strip("`").strip().lstrip("@")
    named = {fold(one): account for one, account in people.items()}
    return named.get(fold(plain), plain).lstrip("@")


def known_account(name: str, people: Mapping[str, str]) -> str:
    """The login or ``org/team`` where the plan says it is one, with ``@``, or the configuration
    whose it is; "" for any other name."""
    name = name.strip().strip("`").strip()
    listed = fold(name.lstrip("@")) in {fold(one.lstrip("@")) for one in people}
    return account_of(name, people) if listed or name.startswith("@") else ""


def signer_of(approval: Approval, people: Mapping[str, str]) -> str:
    """Who may sign for a role: whom its row names, else whom the configuration names for the role;
    "" for nobody. A name without ``@`` is nobody's login unless the configuration says whose."""
    if approval.name.strip():
        return known_account(approval.name, people)
    account = account_of(approval.role, people)
    return account if fold(account) != fold(approval.role) else ""


def teams_of(approvals: Iterable[Approval], people: Mapping[str, str]) -> tuple[str, ...]:
    """The teams that may sign for one of these, each once."""
    signers = (signer_of(approval, people) for approval in approvals)
    return tuple(dict.fromkeys(signer for signer in signers if is_team(signer)))
