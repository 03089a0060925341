"""Takes as they come, put into the order of how well they fit and how much they are expected to be liked."""

from __future__ import annotations

from app.compose.takes import TakeGroup
from app.library.offers import Shelf
from app.song.excerpt import phrase
from models.recommend.material import seed_of
from models.request import Take


def by_taste(shelf: Shelf, group: TakeGroup, takes: tuple[Take, ...]) -> tuple[Take, ...]:
    """The answers to `group`, the best first; as the engine has them where there is no taste for them."""
    if not all(take.notes for take in takes) or any(take.chords for take in takes):
        return takes
    song, track = group.song, group.song.track(group.track_id)
    role = group.request.context.role
    seeds = [seed_of(phrase(song, track, take.span, take.notes, role)) for take in takes]
    return tuple(takes[number] for number in shelf.order(seeds, [-take.bits_note for take in takes]))
