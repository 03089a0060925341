"""The tags and comments that the user gave to phrases, as words to find them by."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from app.library import history

KINDS: tuple[history.Kind, ...] = ("tagged", "commented")


def remarks(path: Path) -> dict[str, str]:
    """All that was said of each phrase, by its content hash, in small letters; raises UserError."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for kind in KINDS:
        for row in history.rows(path, kind):
            found[row.content_hash].append(str(row.context.get("words") or "").casefold())
    return {music: " ".join(words) for music, words in found.items()}
