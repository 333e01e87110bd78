"""The main job before your eyes: a GitHub on this machine, plansync beside it, people at work.

Each step is an act of a person on the emulated GitHub and what has to be seen there afterwards;
nothing of plansync is called, only what it did to GitHub is looked at.
"""

from __future__ import annotations

import difflib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.emulator.people import Person
from bot.emulator.stage import Stage, open_stage
from bot.plans.document import parse_document
from bot.plans.render import issue_plan_text, parse_plan_marker

# The emulated GitHub takes any client; on its sign-in page one chooses who to be.
SIGN_IN = {
    "GITHUB_CLIENT_ID": "demo",
    "GITHUB_CLIENT_SECRET": "there is no secret in the demo",
    "OPERATORS": "alice,olivia",
}
STEP_SECONDS = 15.0
START_SECONDS = 30.0
_POLL_SECONDS = 0.05

Say = Callable[[str], None]


class NotSeen(Exception):
    """A step's effect was not seen in time; the message says which and what was looked for."""


@dataclass(slots=True)
class Scene:
    """The people, the repository, and what was last seen in it; ``patience`` is in seconds."""

    stage: Stage
    say: Say
    alice: Person
    bob: Person
    patience: float = STEP_SECONDS
    seen: dict[str, str] = field(default_factory=dict)

    def call(self, suffix: str) -> Any:
        return self.alice.api.call("GET", f"/repos/{self.alice.repository}{suffix}")

    def issues(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.alice.api.pages(
            f"/repos/{self.alice.repository}/issues", state="all"
        )
        return found

    def plan_issue(self, path: str) -> dict[str, Any] | None:
        """The issue whose hidden marker names this plan file."""
        for issue in self.issues():
            marker = parse_plan_marker(issue["body"] or "")
            if marker and marker.path == path:
                return issue
        return None

    def body(self, number: int) -> str:
        return issue_plan_text(self.call(f"/issues/{number}")["body"])

    def comments(self, number: int) -> list[str]:
        return [comment["body"] for comment in self.call(f"/issues/{number}/comments")]

    def wait(self, what: str, look: Callable[[], Any]) -> Any:
        """What ``look`` gives as soon as it is something; raises NotSeen after ``patience``."""
        start = time.monotonic()
        while True:
            found = look()
            if found:
                self.say(f"    seen after {time.monotonic() - start:.2f} s: {what}")
                return found
            if time.monotonic() - start > self.patience:
                raise NotSeen(f"{what} was not seen within {self.patience:.0f} s")
            time.sleep(_POLL_SECONDS)

    def diff(self, name: str, text: str) -> None:
        """Print what changed in a text since it was last shown."""
        before, self.seen[name] = self.seen.get(name, ""), text
        lines = difflib.unified_diff(before.splitlines(), text.splitlines(), lineterm="", n=0)
        for line in list(lines)[2:]:
            if not line.startswith("@@"):
                self.say(f"      {name}  {line}")

    def remember(self, name: str, text: str) -> None:
        self.seen[name] = text


def request_feature(scene: Scene) -> None:
    """Alice opens an issue with the label plan:feature."""
    number = scene.alice.open_issue("Search", "Find things by name.", ("plan:feature",))
    path = "plan_docs/search.md"
    answer = scene.wait(
        f"a comment on #{number} that links file and issue",
        lambda: next((c for c in scene.comments(number) if path in c), None),
    )
    issue = scene.plan_issue(path)
    if issue is None:
        raise NotSeen(f"an issue for {path}")
    labels = ", ".join(label["name"] for label in issue["labels"])
    people = ", ".join(person["login"] for person in issue["assignees"])
    scene.say(f"      #{issue['number']} “{issue['title']}”, labels {labels}, assigned to {people}")
    scene.say(f"      {answer.splitlines()[1]}")
    text = scene.alice.read_file(path)
    scene.say(f"      {path}: {len(text.splitlines())} lines, {_count(text)} boxes")
    scene.remember(path, text)
    scene.remember(f"#{issue['number']}", scene.body(issue["number"]))
    scene.remember("feature", str(issue["number"]))


def tick_three(scene: Scene) -> None:
    """Alice ticks three boxes in the plan issue."""
    number, path = int(scene.seen["feature"]), "plan_docs/search.md"
    names = [task.text for task in parse_document(scene.body(number)).tasks[:3]]
    for name in names:
        scene.alice.tick(number, name)
    text = scene.wait(f"three ticked boxes in {path}", lambda: _if(scene.alice.read_file(path), 3))
    scene.diff(path, text)
    message = scene.call(f"/commits?path={path}&per_page=1")[0]["commit"]["message"]
    scene.say(f"      the commit: {message.splitlines()[0]}")
    scene.remember(f"#{number}", scene.body(number))


def push_an_edit(scene: Scene) -> None:
    """Bob pushes an edit of the plan file: another tick and a task of his own."""
    number, path = int(scene.seen["feature"]), "plan_docs/search.md"
    mark = "- [ ] Backend/API changes"

    def edit(text: str) -> str:
        return text.replace(
            mark, mark.replace("[ ]", "[x]") + "\n- [ ] Index the catalogue nightly"
        )

    scene.bob.edit_file(path, edit, "Split the backend work")
    body = scene.wait(
        f"the pushed edit in #{number}",
        lambda: next((b for b in [scene.body(number)] if "catalogue nightly" in b), None),
    )
    scene.diff(f"#{number}", body)
    scene.remember(path, scene.alice.read_file(path))


def request_story(scene: Scene) -> None:
    """Alice asks for a user story, and Bob writes its two tasks into the file."""
    number = scene.alice.open_issue("Checkout", "", ("plan:story",))
    issue = scene.wait(
        "a plan issue for the user story",
        lambda: next((i for i in scene.issues() if _answers(i, number)), None),
    )
    marker = parse_plan_marker(issue["body"])
    path = marker.path if marker else ""
    scene.wait("the status comment", lambda: scene.comments(issue["number"]))
    scene.bob.edit_file(path, _with_rows, "Plan the work")
    body = scene.wait(
        f"both tasks in #{issue['number']}",
        lambda: next((b for b in [scene.body(issue["number"])] if "Show the form" in b), None),
    )
    scene.remember("story", path)
    scene.remember("story issue", str(issue["number"]))
    scene.remember(path, scene.alice.read_file(path))
    scene.remember(f"#{issue['number']}", body)


def open_and_merge(scene: Scene) -> None:
    """Bob opens a pull request that names task 1, and merges it."""
    number, path = scene.seen["story issue"], scene.seen["story"]
    scene.bob.create_branch("handler")
    scene.bob.push_file("src/handler.py", "def handle() -> None: ...\n", "Handle", "handler")
    body = f"Plan: #{number}\nTask: 1\nDevloop: docs/devloop/handler.md\n"
    pull = scene.bob.open_pull("handler", "Write the handler", body)
    for act, word in ((None, "In Progress"), (scene.bob.merge_pull, "Complete")):
        if act is not None:
            act(pull)
        text = scene.wait(
            f"task 1 is {word} in {path} and in #{number}",
            partial(_tracked, scene, path, int(number), pull, word),
        )
        scene.diff(path, text)


def _tracked(scene: Scene, path: str, number: int, pull: int, word: str) -> str | None:
    text = scene.alice.read_file(path)
    both = _row(text, pull, word) and _row(scene.body(number), pull, word)
    return text if both else None


STEPS: tuple[Callable[[Scene], None], ...] = (
    request_feature,
    tick_three,
    push_an_edit,
    request_story,
    open_and_merge,
)


def run(
    *, once: bool, without_worker: bool, say: Say, show: Callable[[str], None] = lambda url: None
) -> int:
    """Play every step; 0 when each was seen to happen, 1 when one was not.

    ``once`` ends afterwards, otherwise everything stays up until it is interrupted.
    ``without_worker`` starts the web process alone, to see what a missing worker looks like.
    ``show`` is given the address of the plans page while all is up.
    Raises EmulatorUnavailable where the emulator cannot be had.
    """
    began = time.monotonic()
    say("Starting a GitHub on this machine (the first time it is fetched from npm) …")
    with tempfile.TemporaryDirectory(prefix="plansync-demo-") as folder, open_stage() as stage:
        say(f"    GitHub's API answers at {stage.front.url}")
        command = "web" if without_worker else "serve"
        with running(stage, Path(folder), command, more=SIGN_IN) as plansync:
            address = plansync.address
            say(f"    plansync answers at {address}\n")
            scene = Scene(stage, say, stage.person("alice"), stage.person("bob"))
            for place, step in enumerate(STEPS, 1):
                say(f"{place}. {step.__doc__}")
                try:
                    step(scene)
                except NotSeen as missing:
                    say(f"\nFAILED: {missing}.\nThe end of plansync's log:")
                    say(_tail(Path(folder) / "log"))
                    return 1
                say("")
            say(f"All {len(STEPS)} steps were seen to happen in {time.monotonic() - began:.0f} s.")
            if not once:
                from bot.demo_up import stay

                stay(scene, address, show)
    return 0


@dataclass(frozen=True, slots=True)
class Running:
    """A ``plansync`` process, where it answers, and where it keeps its data and its ``log``."""

    pid: int
    address: str
    folder: Path


@contextmanager
def running(
    stage: Stage,
    folder: Path,
    command: str,
    *,
    settle_seconds: float = 0.3,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Running]:
    """``plansync serve`` (or web) on this stage, ready, and sent the stage's webhooks.

    ``more`` are further variables of its environment.

    Raises NotSeen with the end of its log when it does not become ready.
    """
    port = _free_port()
    # What is not set here must not come from the shell that this is started in.
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder)}
    environment |= stage.environment()
    environment |= {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PLANSYNC_DATA_DIR": str(folder),
        "PLANSYNC_SETTLE_SECONDS": str(settle_seconds),
        "LOG_FORMAT": "console",
    }
    environment |= more
    address = f"http://127.0.0.1:{port}"
    with (folder / "log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", command], env=environment, stdout=log, stderr=log
        )
        try:
            _await_ready(child, address, folder)
            stage.relay.target = f"{address}/webhooks/github"
            yield Running(child.pid, address, folder)
        finally:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(timeout=12)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _await_ready(child: subprocess.Popen[bytes], address: str, folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2):  # noqa: S310
                return
        except (OSError, urllib.error.HTTPError):
            time.sleep(_POLL_SECONDS)
    raise NotSeen(f"plansync did not become ready:\n{_tail(folder / 'log')}")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _tail(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()[-15:]
    return "\n".join(f"    {line}" for line in lines)


def _count(text: str) -> int:
    return len(parse_document(text).tasks)


def _if(text: str, ticked: int) -> str | None:
    done = sum(task.checked for task in parse_document(text).tasks)
    return text if done == ticked else None


def _answers(issue: dict[str, Any], request: int) -> bool:
    marker = parse_plan_marker(issue["body"] or "")
    return marker is not None and marker.request == request


def _with_rows(text: str) -> str:
    tables = [t for t in parse_document(text).tables if t.section[-1:] == ("Implementation Plan",)]
    start, end = tables[0].rows[0].span.start, tables[0].rows[-1].span.end
    rows = (
        "| 1 | Write the handler | backend | — | code | Pending |\n"
        "| 2 | Show the form | frontend | 1 | code | Pending |"
    )
    return text[:start] + rows + text[end:]


def _row(text: str, pull: int, word: str) -> bool:
    return any(
        f"[#{pull}]" in line and line.rstrip(" |").endswith(word) for line in text.splitlines()
    )
