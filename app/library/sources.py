"""Where seed material comes from, and how far its indexing is. Loads nothing: the window needs it at its start."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

OWN_LICENCE = "yours"
_CONTROL = {number: f"\\x{number:02x}" for number in (*range(32), 127)}
_TRANSCRIBED = "tune in the public domain; transcribed by volunteers, distributed with music21"
# Folders of music21's corpus, and what they are called.
_BOOKS = (
    ("oneills1850", "O'Neill's Music of Ireland", _TRANSCRIBED),
    ("ryansMammoth", "Ryan's Mammoth Collection", _TRANSCRIBED),
    ("airdsAirs", "Aird's Airs", "tune in the public domain; transcribed by Jack Campin, distributed with music21"),
)


def shown(path: str | Path) -> str:
    """A path as one line of text that can be stored, also where it is in no encoding that is known."""
    text = str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return text.translate(_CONTROL)


@dataclass(frozen=True)
class Source:
    """Where seed material comes from: a folder (`kind` folder), or what is built in (corpus, seeds) or kept (takes)."""

    kind: str
    path: Path
    title: str
    licence: str


@dataclass(frozen=True)
class Progress:
    """How far it is: a sentence, files read of those to be read, and the seconds left where they can be told."""

    sentence: str
    done: int = 0
    total: int = 0
    seconds_left: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What a round of looking through all sources has changed, or one of them where it is not finished yet."""

    read: int = 0
    removed: int = 0
    phrases: int = 0
    finished: bool = True

    @property
    def changed(self) -> bool:
        """Whether the catalogue is another than before."""
        return bool(self.read or self.removed)


def sources(folders: Iterable[str | Path], seeds: Path, takes: Path) -> list[Source]:
    """Everything to be indexed: the written seeds, the folk tunes, the takes that were kept, the user's folders."""
    found = [Source("seeds", seeds, "Antiphon", "CC0, written for Antiphon")]
    corpus = corpus_folder()
    if corpus is not None:
        found += [Source("corpus", corpus / folder, title, licence) for folder, title, licence in _BOOKS]
    found.append(Source("takes", takes, "Takes you kept", OWN_LICENCE))
    for folder in folders:
        path = Path(folder).absolute()
        found.append(Source("folder", path, shown(path.name or path), OWN_LICENCE))
    return found


def corpus_folder() -> Path | None:
    """Where music21 keeps its corpus, found without loading it; None where it has none."""
    found = importlib.util.find_spec("music21")
    for place in (found.submodule_search_locations or ()) if found is not None else ():
        if (Path(place) / "corpus" / _BOOKS[0][0]).is_dir():
            return Path(place) / "corpus"
    return None
