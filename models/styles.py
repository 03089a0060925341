"""Styles of the user's own: weights that were fine-tuned on their music, one file a style, and what is known of each.

No torch: the window lists and deletes them. `Styled` answers a request in the style it asks for.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from safetensors import SafetensorError, safe_open

from models.errors import UserError
from models.music.notes import Note
from models.request import Composer, Request, Take, Verb
from models.roles import STYLES

LONGEST_NAME = 40
_SUFFIX = ".safetensors"
_KEPT = 2  # own styles that stay loaded


@dataclass(frozen=True)
class OwnStyle:
    """What is known of a style: how many pieces it learned from, how many were kept aside, and how well those are
    foretold before and after, in bits a note."""

    name: str
    pieces: int
    aside: int
    before: float
    after: float
    made: str = ""  # the day, as 2025-01-31

    def about(self) -> dict[str, Any]:
        """As it is kept in the file."""
        return asdict(self)

    @property
    def better(self) -> float:
        """By which share of the bits a note the pieces kept aside are foretold better."""
        return (self.before - self.after) / self.before if self.before else 0.0


def path_of(folder: Path, name: str) -> Path:
    """The file of a style, whatever characters its name has."""
    return folder / (quote(name, safe=" ") + _SUFFIX)


def named(name: str) -> str:
    """A name fit for a style; raises UserError where it is not."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UserError(f"Give the style a name of 1 to {LONGEST_NAME} characters.")
    if name.lower() in (*STYLES, "any"):
        raise UserError(f"“{name}” is a style that ships with Antiphon; choose another name.")
    return name


def listed(folder: Path) -> list[OwnStyle]:
    """The styles in `folder`, by name; files that are none are passed over."""
    found = []
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        try:
            with safe_open(path, framework="numpy") as file:
                about = json.loads((file.metadata() or {})["about"])
            found.append(OwnStyle(**{**about, "name": unquote(path.name.removesuffix(_SUFFIX))}))
        except (SafetensorError, OSError, KeyError, TypeError, ValueError):
            continue
    return found


def delete(folder: Path, name: str) -> None:
    """Delete a style; raises UserError where that cannot be done."""
    try:
        path_of(folder, name).unlink()
    except FileNotFoundError as error:
        raise UserError(f"There is no style of your own called “{name}”.") from error
    except OSError as error:
        raise UserError(f"The style “{name}” cannot be deleted: {error.strerror}.") from error


class Styled:
    """An engine that answers in the styles that ship with it, and loads weights of the user's own for the others."""

    def __init__(self, base: Composer, folder: Path, load: Callable[[Path], Composer]) -> None:
        self._base, self._folder, self._load = base, folder, load
        self.name, self.verbs = base.name, base.verbs
        self._own: dict[tuple[str, int], Composer] = {}

    def prepare(self, request: Request) -> None:
        """Read the request's context ahead of time."""
        self._engine(request).prepare(request)

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]
    ) -> tuple[Take, ...]:
        """The takes for `request`; raises UserError where its style is gone."""
        return self._engine(request).compose(request, emit, cancelled)

    def _engine(self, request: Request) -> Composer:
        name = request.controls.style
        if name in STYLES or request.verb is Verb.HARMONISE:
            return self._base
        path = path_of(self._folder, name)
        try:
            identity = (name, path.stat().st_mtime_ns)  # a style that was learned anew is loaded anew
        except OSError as error:
            raise UserError(f"There is no style called “{name}” any more; choose another under Style.") from error
        if identity not in self._own:
            while len(self._own) >= _KEPT:
                del self._own[next(iter(self._own))]
            try:
                self._own[identity] = self._load(path)
            except UserError as error:
                raise UserError(
                    f"The style “{name}” was not made by this version of Antiphon or is damaged; learn it again."
                ) from error
        return self._own[identity]
