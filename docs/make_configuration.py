"""Make docs/configuration.md and the JSON Schema that ships with plansync, from the models.

``python docs/make_configuration.py`` writes both; a test holds them equal to what it would write.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bot.config_schema import OTHER_CODES, json_schema, schema_text

PAGE = Path(__file__).with_name("configuration.md")
SCHEMA = PAGE.parent.parent / "templates" / "config" / "plansync.schema.json"

HEAD = """# Configuration

Made by `docs/make_configuration.py` from the schema of the file.

A repository chooses in `.github/plansync.yml` on its **default branch**; nothing has to be chosen.

```yaml
{example}```

- **Where it comes from.** A repository without the file has that of `OWNER/.github` (same path),
  where the App is installed on that repository too. With the file, nothing else counts but what it
  `_extends`: its own keys win, groups such as `checks` are put together key by key, lists replace
  each other. Only files of the same owner can be extended, at most three deep, never in a circle.
- **When it counts.** As soon as it is pushed to the default branch, here or where it comes from; it
  is looked for again once a day. A tick costs no request for it.
- **When it is wrong.** The pull request that makes it so gets a failing check with a remark on each
  wrong line, and so does a commit that was pushed directly; `plansync check .github/plansync.yml`
  says the same beforehand. What held before stays in force until the file is mended.
- **What it may hold.** Plain YAML of at most 64 KB: no anchors, aliases, tags or merge keys, no key
  twice; `on`, `off`, `yes` and `no` are words, only `true` and `false` are switches.
- **In editors.** `plansync schema > .github/plansync.schema.json` writes the JSON Schema beside the
  file; the first line above names it.

## Keys

| Key | Type | Default | What it does |
|---|---|---|---|
"""

EXAMPLE = """\
# yaml-language-server: $schema=plansync.schema.json
_extends: .github
labels:
  rfc: track-spec
  plan: feature-plan
adopt:
  - docs/plans/**/*.md
statuses:
  pending: todo
  in_progress: doing
  complete: done
checks:
  fail_on: error
  severity:
    story.requirement-uncovered: error
    plan.bare-na: off
"""

CHECKS = """
## The check run `plansync`

Every open pull request that changes a plan file, names a plan, or changes this file gets the check
run `plansync` on its newest commit. It has a remark on each line where something is wrong, a list
of what to do about it, and how far each plan is.

| Conclusion | When |
|---|---|
| failure | there is a finding that `checks.fail_on` names, or a worse one |
| neutral | no plan is touched or named, but an answer was asked for or given before |
| neutral | there are errors, and `checks.fail_on` is `never` |
| success | anything else |

- In a plan that the pull request **changes**, every finding counts. In one that it only **names**,
  only what stops work does: a failed validation, a stop token, a critical question, a story whose
  predecessor's exit checklist is open.
- A plan named without a task is no mistake: the check lists the open tasks that it could be.
- A pull request that touches and names no plan is not answered at all; that costs one request. Set
  `checks.every_pull` where branch protection requires the check, because it would wait for ever.
- *Re-run* on GitHub looks at everything again. The same outcome is never written twice.
- Merge queues: give the App the permission *Merge queues: read-only* and subscribe it to *Merge
  group*; each group is then answered, by what every pull request in it changes and says.

Beside the findings of [plans](checks.md) there are these:

| Code | Severity | Meaning |
|---|---|---|
"""

PEOPLE = """
## People and teams

`people` says whom a name or role in a plan stands for: a login, or a team as `@org/team`. What is
written as `@ada` or `@acme/backend` in a plan needs no entry.

| In the plan | A login | A team |
|---|---|---|
| the Name of an approver, or a role without one | may `/plan approve` | every member may |
| a name in `>Assignees:` | is assigned | is mentioned once: GitHub assigns no teams |
| anywhere else | is text | is text |

Membership is asked for only when somebody approves for a team, at most once in five minutes; an
invitation that is not accepted does not count, and only teams of the repository's own organisation
do. That takes the organisation permission *Members: read-only*, which `app.yml` does not ask for:
add it to the App under “Permissions & events” and let the organisation accept it. Without it the
command is answered with just that, and an admin can still approve; `plansync doctor` says so too.
"""

DRY_RUN = """
## Trying it out

With `dry_run: true` plansync writes nothing but one comment on a plan's issue (on the request's,
where there is no plan yet) that lists what it would do and why, edited in place. Labels
that ask for a plan are not made either. Switched off again, everything that waited is done.
"""


def _type(one: dict[str, Any], whole: dict[str, Any]) -> str:
    if "$ref" in one:
        return "keys below"
    if "anyOf" in one:
        return " or ".join(_type(each, whole) for each in one["anyOf"] if each["type"] != "null")
    if "enum" in one:
        return " or ".join(f"`{word}`" for word in one["enum"])
    if one["type"] == "array":
        return "list of globs"
    if one["type"] == "object":
        return f"key: {_type(one['additionalProperties'], whole)}"
    return {"string": "text", "boolean": "`true` or `false`", "number": "number"}[one["type"]]


def _default(one: dict[str, Any]) -> str:
    value = one.get("default")
    if value is None or (isinstance(value, dict) and not value) or "$ref" in one:
        return ""
    if isinstance(value, dict):
        return "<br>".join(f"`{key}: {word}`" for key, word in value.items())
    if isinstance(value, list):
        return "<br>".join(f"`{word}`" for word in value)
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value)}`"


def _rows(part: dict[str, Any], whole: dict[str, Any], prefix: str = "") -> list[str]:
    rows: list[str] = []
    for name, one in part["properties"].items():
        group = whole["$defs"][one["$ref"].rpartition("/")[2]] if "$ref" in one else {}
        told = one.get("description") or group.get("description", "")
        told = told.replace("|", "\\|")
        rows.append(f"| `{prefix}{name}` | {_type(one, whole)} | {_default(one)} | {told} |")
        if group:
            rows += _rows(group, whole, f"{prefix}{name}.")
    return rows


def render() -> str:
    """The whole page."""
    whole = json_schema()
    keys = "\n".join(_rows(whole, whole))
    codes = "\n".join(f"| `{c}` | {s} | {text} |" for c, (s, text) in OTHER_CODES.items())
    return f"{HEAD.format(example=EXAMPLE)}{keys}\n{CHECKS}{codes}\n{PEOPLE}{DRY_RUN}"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    SCHEMA.write_text(schema_text(), encoding="utf-8")
