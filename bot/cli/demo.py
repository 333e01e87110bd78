"""``plansync demo``: the main job before your eyes."""

from __future__ import annotations

import sys

import click


@click.command()
@click.option("--once", is_flag=True, help="End after the last step instead of staying up.")
@click.option(
    "--without-worker",
    is_flag=True,
    help="Start the web process alone: every step then fails, and says so.",
)
@click.option("--browser/--no-browser", default=True, help="Open the plans page afterwards.")
def demo(once: bool, without_worker: bool, browser: bool) -> None:
    """Play the main job on a GitHub that runs on this machine.

    A plan is requested, ticked, pushed to and merged; after each step what GitHub then holds is
    printed. Then the plans page is opened in a browser, and people go on ticking until Ctrl-C.
    Exit code 0: every step was seen to happen; 1: one was not; 2: no emulator here.

    Example: plansync demo --once
    """
    from bot.demo import NotSeen, run
    from bot.demo_up import show_in_browser
    from bot.emulator.install import EmulatorUnavailable

    def say(line: str) -> None:
        click.echo(line)
        sys.stdout.flush()

    try:
        shown = show_in_browser if sys.stdout.isatty() and browser else lambda url: None
        sys.exit(run(once=once, without_worker=without_worker, say=say, show=shown))
    except NotSeen as missing:
        click.echo(f"FAILED: {missing}", err=True)
        sys.exit(1)
    except EmulatorUnavailable as missing:
        click.echo(str(missing), err=True)
        sys.exit(2)
