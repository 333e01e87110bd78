"""``plansync merge-driver``: git's merge of a plan file, by what its lines say."""

from __future__ import annotations

import sys
from pathlib import Path

import click

# Above 128 git takes the driver for broken and stops the merge.
# https://git-scm.com/docs/gitattributes#_defining_a_custom_merge_driver
_BROKEN = 129


@click.command("merge-driver")
@click.argument("base", metavar="%O", type=click.Path(path_type=Path))
@click.argument("ours", metavar="%A", type=click.Path(path_type=Path))
@click.argument("theirs", metavar="%B", type=click.Path(path_type=Path))
@click.argument("marker_size", metavar="[%L]", required=False, type=int, default=7)
@click.argument("path", metavar="[%P]", required=False, default="")
def merge_driver(base: Path, ours: Path, theirs: Path, marker_size: int, path: str) -> None:
    """Merge a plan file for git: ticks, rows and neighbouring lines are no conflict.

    Git calls it with the base (%O), our version (%A), which the result replaces, their version
    (%B), the length of conflict markers (%L) and the file's path (%P). docs/merge-driver.md has the
    lines for .gitattributes and git config.

    Exit code 0: merged; 1: conflict markers stand in the file; 129: a file cannot be read or
    written.

    Example: git config merge.plansync.driver "plansync merge-driver %O %A %B %L %P"
    """
    from bot.plans.file_merge import MARKER_SIZE, merge_files

    try:
        texts = [_read(each) for each in (base, ours, theirs)]
        merged = merge_files(
            texts[0],
            texts[1],
            texts[2],
            marker_size=marker_size if 0 < marker_size <= 100 else MARKER_SIZE,
        )
        if merged.text != texts[1]:
            ours.write_bytes(merged.text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        click.echo(f"plansync: {error.filename}: {error.strerror}", err=True)
        sys.exit(_BROKEN)
    where = path or ours.name
    for kept in merged.kept:
        click.echo(f"{where}: kept what one side deleted and the other changed: {kept}", err=True)
    if not merged.clean:
        click.echo(f"{where}: both sides changed the same; look for the markers", err=True)
        sys.exit(1)


def _read(path: Path) -> str:
    """The text; bytes that are no UTF-8 come out again as they were."""
    return path.read_bytes().decode("utf-8", "surrogateescape")
