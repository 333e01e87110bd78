"""What goes on once the demo has played its steps: pages to look at, and people who go on."""

from __future__ import annotations

import itertools
import time
import webbrowser
from collections.abc import Callable

from bot.demo import Scene
from bot.emulator.api import ApiError
from bot.plans.document import parse_document

TICK_SECONDS = 20.0


def stay(
    scene: Scene,
    address: str,
    show: Callable[[str], None],
    *,
    wait: Callable[[float], object] = time.sleep,
) -> None:
    """Say where to look, and tick a box now and then, until Ctrl-C; ``wait`` takes seconds."""
    scene.say(_where(scene, address))
    show(f"{address}/plans")
    try:
        for place in itertools.count():
            wait(TICK_SECONDS)
            _go_on(scene, place)
    except KeyboardInterrupt:
        scene.say("\nEnding.")


def _go_on(scene: Scene, place: int) -> None:
    """Alice or Bob ticks the next box of the feature plan; nothing when it has none left."""
    number = int(scene.seen["feature"])
    who = (scene.alice, scene.bob)[place % 2]
    try:
        tasks = parse_document(scene.body(number)).tasks
        box = next((task.text for task in tasks if not task.checked), None)
        if box is None:
            return
        who.tick(number, box)
    except (LookupError, OSError, ApiError):
        # Whoever tries the demo changed the issue meanwhile, or took it away.
        return
    scene.say(f"{who.login} ticks “{box}” in #{number}.")


def show_in_browser(url: str) -> None:
    """Open an address in a browser with windows, where there is one; else do nothing."""
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return
    # What has no windows would take the terminal: it is of exactly this class.
    if type(found) is not webbrowser.GenericBrowser:
        found.open(url)


def _where(scene: Scene, address: str) -> str:
    api, token = scene.stage.front.url, scene.alice.api.token
    repository = scene.alice.repository
    number = scene.seen["feature"]
    return f"""
Everything stays up, and alice and bob go on ticking #{number}. Look at it:
  {address}/plans       every plan; sign in as alice, who operates too, or as bob
                        (links to issues, files and pull requests lead nowhere: this GitHub has
                        an API and a sign-in page, and no other pages)
  {address}/readyz      is it well?
  {address}/metrics     what it did

Try it yourself; first what stands there, then a new request:
  curl -s {api}/repos/{repository}/issues/{number} -H 'Authorization: Bearer {token}'
  curl -s {api}/repos/{repository}/contents/plan_docs/search.md \\
       -H 'Authorization: Bearer {token}'
  curl -s {api}/repos/{repository}/issues -H 'Authorization: Bearer {token}' \\
       -d '{{"title": "Wish list", "labels": ["plan:feature"]}}'

Ctrl+C ends it."""
