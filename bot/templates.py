"""Where the files under ``templates/`` are read, in a checkout and in an installed wheel alike."""

from __future__ import annotations

import re
from importlib.resources import files
from importlib.resources.abc import Traversable

_KIND = re.compile(r"[a-z]+")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def read_template(kind: str, name: str) -> str:
    """The text of ``templates/<kind>/<name>``, line ends as they stand in the file.

    ``kind`` is ``plans``, ``comments`` or ``pages``; ``name`` has its extension. Raises
    ``FileNotFoundError`` when there is no such template and ``ValueError`` for a name that is not
    a plain file name.
    """
    if not _KIND.fullmatch(kind) or not _NAME.fullmatch(name):
        raise ValueError(f"{kind}/{name} does not name a template")
    return _folder().joinpath(kind, name).read_bytes().decode("utf-8")


def template_names(kind: str) -> list[str]:
    """The names of the templates of one kind, sorted; [] for a kind that has none."""
    if not _KIND.fullmatch(kind):
        raise ValueError(f"{kind} is no kind of template")
    folder = _folder().joinpath(kind)
    return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []


def _folder() -> Traversable:
    # A wheel carries the folder inside the package; in a checkout it stands beside it.
    packaged = files("bot").joinpath("_templates")
    return packaged if packaged.is_dir() else files("bot").joinpath("..", "templates")
