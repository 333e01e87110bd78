"""Commands that make a plan, scan for expertise, and say where a feature's files are."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

import click

from bot.cli.planfiles import (
    Fault,
    git,
    read_document,
    read_text,
    repository_path,
    repository_root,
    shown,
    walk,
    write_new,
    write_text,
)
from bot.config import FORMATS_BY_LABEL
from bot.plans.document import parse_document
from bot.plans.experts import (
    excerpts_name,
    is_source,
    plan_keywords,
    render_excerpts,
    render_expertise,
    scan_knowledge,
)
from bot.plans.formats import recognise
from bot.plans.model import Severity
from bot.plans.paths import PATH_PATTERNS, placed
from bot.plans.requested import PlanValues, key_name, value_name, values_from_request
from bot.plans.scaffold import (
    SIBLING_TEMPLATES,
    Scaffold,
    known_values,
    scaffold,
    scaffold_paths,
    template_path,
)
from bot.templates import read_template

# ``feature`` for ``feature-plan``: the second half of the labels that ask for a plan.
_SHORT = {label.partition(":")[2]: name for label, name in FORMATS_BY_LABEL.items()}
_LARGEST_SOURCE = 1024 * 1024


class _FormatName(click.ParamType[str]):
    name = "format"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The format's name; the short names of the labels count too."""
        found = _SHORT.get(value.casefold(), value.casefold())
        if found not in PATH_PATTERNS:
            self.fail(f"{value!r} is not one of {', '.join(PATH_PATTERNS)}.", param, ctx)
        return found

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """How the argument is shown in the usage line."""
        return "FORMAT"


def _pairs(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    found = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not equals or not key.strip():
            raise click.BadParameter(f"{value!r} is not KEY=VALUE.", context, parameter)
        found[key.strip()] = text
    return found


@click.command()
@click.argument("format", type=_FormatName())
@click.argument("title")
@click.option(
    "values",
    "--set",
    multiple=True,
    metavar="KEY=VALUE",
    callback=_pairs,
    help="A value of the plan: owner, service, scope, epic, feature_id, track_id, branch, slug, "
    "project, number, or any field or section of the template that waits for words. "
    "May be repeated.",
)
@click.option(
    "folder",
    "--dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="The repository to write into; the one around the current folder by default.",
)
@click.option("as_json", "--json", is_flag=True, help="Print what was written as JSON.")
def new(
    format: str, title: str, values: dict[str, str], folder: Path | None, as_json: bool
) -> None:
    """Make a new plan, with everything that belongs beside it.

    FORMAT is feature-plan, user-story, task-plan, implementation-plan or track-spec. The template
    is .github/plansync/templates/FORMAT.md where the repository has one. Nothing that exists is
    overwritten: a path that is taken gets -2.

    \b
    Example:
      plansync new user-story "Find books by subject" --set participants="api, db"
    """
    if not title.strip():
        raise click.BadParameter("A plan needs a title.", param_hint="TITLE")
    if folder is not None and not folder.is_dir():
        raise Fault("There is no such folder.", "Make it first.", shown(folder))
    root = repository_root(folder or Path()) if folder is None else folder.resolve()
    ours, own = read_template("plans", f"{format}.md"), _own_template(root, format)
    siblings = {name: read_template("plans", name) for name in SIBLING_TEMPLATES.get(format, ())}
    known = known_values(format, ours if own is None else own, siblings.values())
    _refuse_unknown(format, values, known)
    given, defaulted = _values(root, format, title, values)
    if not given.owner and "owner" in known:
        defaulted.append("owner = nobody yet (--set owner=LOGIN, or git config github.user LOGIN)")
    path, given = placed(format, given, lambda name: (root / name).exists())
    made = scaffold(
        format,
        given,
        ours,
        override=own,
        siblings=siblings,
        existing=_existing(root, scaffold_paths(format, path)),
        path=path,
    )
    for problem in made.problems:
        fault = Fault(problem.message, problem.fix, problem.path, problem.line)
        if problem.severity is Severity.ERROR:
            raise fault
        click.echo(f"plansync: {fault}", err=True)
    _write(root, made)
    if as_json:
        click.echo(json.dumps({"path": path, "files": list(made.files), "defaulted": defaulted}))
        return
    for name in made.files:
        click.echo(name)
    if defaulted:
        click.echo("Defaults: " + "; ".join(defaulted), err=True)


@click.command("scan-experts")
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--include-source", is_flag=True, help="Search src/ too.")
@click.option("as_json", "--json", is_flag=True, help="Print the numbers as JSON.")
def scan_experts(plan: Path, include_source: bool, as_json: bool) -> None:
    """Look a task plan's keywords up in experts/, docs/, README*, CHANGELOG* and AGENTS.md files.

    The keywords stand under "Experts to Scan (keywords)", one a line. What is found goes into
    referenced-expertise.md and references/excerpts/ beside the plan. Build and vendored folders,
    keys and .env files are left out.

    \b
    Example:
      plansync scan-experts tasks/auth-refresh-20261121T101500Z/plan.md
    """
    plan = plan / "plan.md" if plan.is_dir() else plan
    document = read_document(plan)
    root = repository_root(plan)
    recognised = recognise(repository_path(root, plan), document)
    if recognised is None or recognised.format != "task-plan":
        what = f"a {recognised.format}" if recognised else "no plan"
        raise Fault(
            f"This is {what}, and only task plans name keywords.", "Name a task plan.", shown(plan)
        )
    keywords = plan_keywords(document)
    found = scan_knowledge(_sources(root, include_source), keywords)
    expertise = plan.parent / "referenced-expertise.md"
    before = read_text(expertise) if expertise.exists() else ""
    excerpts = plan.parent / "references" / "excerpts" / excerpts_name(plan.resolve().parent.name)
    for path, text in (
        (expertise, render_expertise(found, datetime.now(UTC), before)),
        (excerpts, render_excerpts(found)),
    ):
        if not path.exists():
            write_new(path, text)
        elif text != read_text(path):
            write_text(path, text)
    if as_json:
        summary = {
            "keywords": found.keywords,
            "defaulted": found.defaulted,
            "hits": len(found.hits),
            "top": [{"path": path, "hits": count} for path, count in found.top],
            "files": [shown(expertise), shown(excerpts)],
        }
        click.echo(json.dumps(summary, ensure_ascii=False))
        return
    note = " (the defaults: the plan names none)" if found.defaulted else ""
    click.echo(f"{len(found.keywords)} keywords{note}, {len(found.hits)} hits")
    for path_found, count in found.top:
        click.echo(f"{count:6} {shown(path_found)}")
    click.echo(f"written: {shown(expertise)}, {shown(excerpts)}")


@click.command("setup-plan")
@click.argument("feature", required=False)
@click.option("as_json", "--json", is_flag=True, help="Print one JSON object.")
def setup_plan(feature: str | None, as_json: bool) -> None:
    """Say where a feature's files are: FEATURE_SPEC, IMPL_PLAN, SPECS_DIR and BRANCH.

    FEATURE is the feature's folder or id. Without it, the feature is the one whose folder this is,
    or whose plan names the current branch, or the only one there is.

    \b
    Example:
      plansync setup-plan 007-full-text-search --json
    """
    root = repository_root(Path())
    branch = git(root, "symbolic-ref", "--short", "-q", "HEAD")
    folder = _feature(root, feature, branch)
    plan = folder / "impl-plan.md"
    named = ""
    if plan.is_file():
        field = parse_document(read_text(plan)).field("Branch")
        named = field.value.strip("` ") if field is not None else ""
    found = {
        "FEATURE_SPEC": str(folder / "spec.md"),
        "IMPL_PLAN": str(plan),
        "SPECS_DIR": str(folder),
        "BRANCH": named or branch,
    }
    if as_json:
        click.echo(json.dumps(found))
        return
    for key, value in found.items():
        click.echo(f"{key}: {value}")


def _values(
    root: Path, format: str, title: str, values: dict[str, str]
) -> tuple[PlanValues, list[str]]:
    """The values of a plan made here: from ``--set``, git, and the folder's name."""
    given = {key_name(key): value for key, value in values.items()}
    number = given.pop("number", "")
    if number and not number.isdecimal():
        raise click.BadParameter(f"number={number!r} is not a number.", param_hint="--set")
    author = git(root, "config", "github.user")
    remote = re.sub(r"\.git/?$", "", git(root, "config", "remote.origin.url"))
    repository = PurePosixPath(remote.replace(":", "/")).name or root.name
    commit, _, rest = git(root, "log", "-1", "--format=%H%x00%cI%x00%s").partition("\0")
    date, _, message = rest.partition("\0")

    def read(numbered: int | None) -> tuple[PlanValues, list[str]]:
        return values_from_request(
            title=title,
            body="",
            author=author,
            repository=repository,
            number=numbered,
            created_at=datetime.now(UTC),
            format=format,
            branch=git(root, "symbolic-ref", "--short", "-q", "HEAD"),
            commit=commit,
            commit_date=date,
            commit_message=message,
            extra=given,
        )

    found, defaulted = read(int(number) if number else None)
    if not remote:
        defaulted = [
            line.replace("the repository's name", "the folder's name") for line in defaulted
        ]
    if number or format != "implementation-plan" or "feature id" in given:
        return found, defaulted
    features = root / PurePosixPath(placed(format, found, lambda _: False)[0]).parent.parent
    epic = [line for line in defaulted if line.startswith("epic = ")]
    given.setdefault("epic", found.epic)
    found, defaulted = read(_next_number(features))
    return found, epic + defaulted


def _refuse_unknown(format: str, values: dict[str, str], known: tuple[str, ...]) -> None:
    unknown = [key for key in values if value_name(key) not in known]
    if not unknown:
        return
    names = ", ".join(repr(key) for key in unknown)
    near = {key: get_close_matches(value_name(key), known, n=1) for key in unknown}
    meant = ", ".join(found[0] for found in near.values() if found)
    raise click.BadParameter(
        f"{names}: nothing in a {format} is filled by that."
        + (f" Did you mean {meant}?" if meant else "")
        + f" Known: {', '.join(known)}.",
        param_hint="--set",
    )


def _next_number(features: Path) -> int:
    names = [path.name for path in features.iterdir()] if features.is_dir() else []
    taken = [int(match[1]) for name in names if (match := re.match(r"(\d{3,9})-", name))]
    return max(taken, default=0) + 1


def _own_template(root: Path, format: str) -> str | None:
    """The repository's own template of the format, None where it has none."""
    own = root / template_path(format)
    return read_text(own) if own.exists() else None


def _existing(root: Path, paths: tuple[str, ...]) -> dict[str, str | None]:
    there = {path: root / path for path in paths if (root / path).exists()}
    return {path: read_text(file) if path == "TASKS.md" else "" for path, file in there.items()}


def _write(root: Path, made: Scaffold) -> None:
    for path, text in made.files.items():
        target = root / path
        if path == "TASKS.md":
            write_text(target, text)
        else:
            write_new(target, text)


def _sources(root: Path, include_source: bool) -> dict[str, str]:
    found = {}
    for file in walk(root):
        path = repository_path(root, file)
        if not is_source(path, include_code=include_source) or not file.is_file():
            continue
        try:
            data = file.read_bytes() if file.stat().st_size <= _LARGEST_SOURCE else b"\0"
        except OSError:
            continue
        if b"\0" not in data[:8192]:
            found[path] = data.decode("utf-8", "replace")
    return found


def _feature(root: Path, feature: str | None, branch: str) -> Path:
    """The folder of the feature that is meant. Raises ``Fault`` when that is not clear."""
    if feature and Path(feature).is_dir():
        return Path(feature).resolve()
    if feature and Path(feature).is_file():
        return Path(feature).resolve().parent
    known = sorted(
        {
            file.parent
            for name in ("impl-plan.md", "spec.md")
            for file in (root / "plans").glob(f"*/*/*/features/*/{name}")
        }
    )
    here = Path().resolve()
    if feature:
        fitting = [folder for folder in known if folder.name == feature]
    else:
        fitting = (
            [folder for folder in known if here.is_relative_to(folder)]
            or [folder for folder in known if branch and branch in (folder.name, _branch(folder))]
            or known
        )
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(repository_path(root, folder) for folder in (fitting or known)[:5])
    if not known:
        raise Fault(
            "There is no feature under plans/*/*/*/features/.",
            'Make one: plansync new implementation-plan "TITLE"',
        )
    if not fitting:
        raise Fault(f"There is no feature {feature!r}.", f"There are: {names}")
    raise Fault("It is not clear which feature is meant.", f"Name one of: {names}")


def _branch(folder: Path) -> str:
    plan = folder / "impl-plan.md"
    field = parse_document(read_text(plan)).field("Branch") if plan.is_file() else None
    return field.value.strip("` ") if field is not None else ""
