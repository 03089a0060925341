"""From the library to the roll: connects suggestions, search, hearing and the song."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.document import Document
from app.library import history
from app.library.catalogue import entries, seed_hash
from app.library.knowledge import Knowledge
from app.library.offers import Offer, Shelf, Wish
from app.library.search import Query, seed_line
from app.library.sources import Progress
from app.player.client import Player
from app.settings import Settings
from app.song.fitting import Placed, fit, last_phrase, put, selected, song_key
from app.song.selection import Selection
from app.ui.accepted import Accepted
from app.ui.compose_panel import ComposePanel, checked_controls
from app.ui.hovering import Hovering
from app.ui.recording import Recording
from app.ui.remark import ask_remark
from app.ui.roll.view import RollView
from app.ui.seed_hearing import SeedHearing
from app.ui.seed_index import SeedIndex
from app.ui.seeds_panel import SeedsPanel
from app.ui.tasks import Tasks
from models.errors import UserError
from models.music.theory import Key

_SETTLE = 500  # milliseconds without a change before the shelf is renewed
_FOUND = 50
_NOTHING = "There is nothing here yet: the library is being read. Open Library … to see how far it is."
_NONE_LEFT = "Nothing fits what you ask for: choose another mood, or add a folder of your music under Library …"


@dataclass(frozen=True)
class _Shown:
    offers: list[Offer]
    stars: dict[str, int]


class Seeds(QObject):
    """Holds what is shown, and what is asked for."""

    told = Signal(str)
    learned = Signal(object)  # knowledge.Knowledge, from whatever thread

    def __init__(
        self,
        document: Document,
        player: Player,
        roll: RollView,
        panel: SeedsPanel,
        compose: ComposePanel,
        recording: Recording,
        accepted: Accepted,
        index: SeedIndex,
        shelf: Shelf,
        settings: Settings,
        remember: Callable[..., None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._document, self._panel, self._compose = document, panel, compose
        self._recording, self._accepted, self._index, self._shelf = recording, accepted, index, shelf
        self._remember = remember
        self._tasks = Tasks(self)
        self._hearing = SeedHearing(document, player, roll, recording, self)
        self._offers: Sequence[Offer] = ()
        self._stars: dict[str, int] = {}
        self._pinned = settings.pinned
        self._seen: frozenset[str] = frozenset()  # what "Others" has put away
        self._look: Callable[[], list[Offer]] | None = None  # what was looked for; None: suggestions
        self._wish: Wish | None = None  # of what is shown
        self._asked = 0
        self._closed = self._put_while_carried = False
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE)
        self._settle.timeout.connect(self._renew_if_other)
        self._hovering = Hovering(self)
        self._connect(document, compose)

    def _connect(self, document: Document, compose: ComposePanel) -> None:
        panel = self._panel
        for signal in (document.changed, document.selection_changed, compose.controls_changed):
            signal.connect(lambda *_: self._settle.start())
        self._recording.recorded.connect(self._recorded)
        self._index.changed.connect(self._library_changed)
        self.learned.connect(self._learned)
        self._index.progressed.connect(self._show_progress)
        panel.searched.connect(self.search)
        panel.wish_changed.connect(self._wished)
        panel.renew_asked.connect(self.others)
        panel.back_asked.connect(self.back)
        panel.put_asked.connect(lambda: self.put(panel.list.number))
        panel.kin_asked.connect(lambda: self.more_like(panel.list.number))
        panel.refused.connect(lambda: self.refuse(panel.list.number))
        panel.pin_asked.connect(lambda: self.pin(panel.list.number))
        panel.list.hovered.connect(self._hovering.over)
        panel.list.silenced.connect(self.silence)
        self._hovering.rested.connect(self._rested)
        self._hovering.left.connect(self._hearing.end_unasked)
        panel.list.chosen.connect(self.choose)
        panel.list.taken.connect(self.put)
        panel.list.refused.connect(self.refuse)
        panel.list.rated.connect(self.rate)

    @property
    def offers(self) -> Sequence[Offer]:
        """What the list shows."""
        return self._offers

    # --- what to show

    def renew(self) -> None:
        """Show the suggestions, or what was looked for, as they are now."""
        wish = self._wish_now()
        self._wish = wish
        look = self._look or partial(self._shelf.suggest, wish)
        self._asked += 1
        asked, library, log = self._asked, self._index.library, self._recording.history

        def work() -> _Shown:
            log.flush(1.0)  # what was done just now counts
            if not library.exists():
                return _Shown([], {})
            stars = {row.content_hash: row.context.get("stars", 0) for row in history.rows(library, "starred")}
            return _Shown(look(), stars)

        if not self._closed:
            self._tasks.run(work, lambda shelf: self._show(shelf, asked), self._failed)

    def others(self) -> None:
        """Other suggestions than those that are shown."""
        self._seen |= {offer.entry.content_hash for offer in self._offers} - set(self._pinned)
        self.renew()

    def back(self) -> None:
        """From what was looked for to the suggestions."""
        self._look = None
        self._panel.show_found(None)
        self.renew()

    def search(self, text: str) -> None:
        """Look for words; none: back to the suggestions."""
        if text:
            self._find(Query(text, moods=self._moods, limit=_FOUND), "Found")
        elif self._look is not None:
            self.back()

    def search_selection(self) -> None:
        """Look for phrases with the line of the selected notes, in whatever key and tempo."""
        seed = selected(self._document.song, self._document.selection)
        if seed is None:
            self.told.emit("Select the notes first whose like you look for: three or more.")
            return
        self._find(Query(line=seed_line(seed), limit=_FOUND), "Like the selection")

    def more_like(self, number: int) -> None:
        """Look for phrases that are like a seed."""
        offer = self._offer(number)
        if offer is not None:
            seed = offer.entry.seed
            query = Query(like=seed, roles=frozenset((str(seed.role),)), limit=_FOUND)
            self._find(query, f"Like “{seed.title or offer.entry.source}”")

    # --- what to do with one

    def choose(self, number: int) -> None:
        """Show why it is there, and play it."""
        offer = self._offer(number)
        if offer is not None:
            self._hovering.stop()
            self._panel.why.setText(offer.reason[:1].upper() + offer.reason[1:] + ".")
            self._panel.pin.setChecked(offer.entry.content_hash in self._pinned)
            self._hear(offer, asked=True)

    def put(self, number: int, tick: int | None = None) -> None:
        """Put a seed into the song at the playhead's bar, or at that of `tick`, as one undo step."""
        offer = self._offer(number)
        if offer is None:
            return
        placed = self.placed(offer, tick)
        self.silence()
        song, ids = put(placed, self._compose.layer)
        entry = offer.entry
        step = self._document.edit(
            f"Put in {entry.seed.title or 'a seed'}", song, Selection(placed.track_id, frozenset(ids))
        )
        self._put_while_carried = True
        self._hearing.fact("dragged", entry)
        self._accepted.add(step, placed.track_id, ids, partial(self._hearing.fact, entry=entry))
        moved = f", {placed.said}" if placed.said else ""
        bar = song.metres.bar(placed.span.start) + 1
        self.told.emit(
            f"“{entry.seed.title or 'The seed'}” is in bar {bar}{moved}. Ctrl+Z takes it back, G answers it."
        )

    def placed(self, offer: Offer, tick: int | None = None) -> Placed:
        """A seed as it would stand in the song."""
        at = self._hearing.playhead if tick is None else tick
        return fit(offer.entry.seed, self._document.song, self._document.selection.track_id, at, self._key())

    def lift(self, number: int) -> Placed | None:
        """A seed begins to be carried; None for none."""
        offer = self._offer(number)
        self.silence()
        self._put_while_carried = False
        return self.placed(offer) if offer is not None else None

    def carried(self, tick: int) -> Placed | None:
        """How what is carried would stand in the roll."""
        offer = self._offer(self._panel.list.number, say=False)
        return self.placed(offer, tick) if offer is not None else None

    def handed_over(self, number: int) -> None:
        """A seed was dropped somewhere; in the roll it has been counted already."""
        offer = self._offer(number)
        if offer is not None and not self._put_while_carried:
            self._hearing.fact("dragged", offer.entry, to="another program")
            self.told.emit(f"“{offer.entry.seed.title}” was handed over.")

    def refuse(self, number: int) -> None:
        """Never offer a seed again."""
        offer = self._offer(number)
        if offer is None:
            return
        self.silence()
        music = offer.entry.content_hash
        if music in self._pinned:
            self._pin(music, False)
        self._hearing.fact("refused", offer.entry)
        self.told.emit(f"“{offer.entry.seed.title}” is not offered again; delete its row in the History to allow it.")

    def pin(self, number: int) -> None:
        """Keep a seed on the shelf, or let it go."""
        offer = self._offer(number)
        if offer is None:
            self._panel.pin.setChecked(False)
            return
        music = offer.entry.content_hash
        self._pin(music, music not in self._pinned)
        self._show_list()

    def rate(self, number: int, stars: int) -> None:
        """Give a seed stars; 0 takes them away."""
        offer = self._offer(number)
        if offer is not None:
            self._stars[offer.entry.content_hash] = stars
            self._hearing.fact("starred", offer.entry, stars=stars)
            self._show_list()

    def remark(self) -> None:
        """Ask for tags and a comment on the chosen seed, and note them."""
        offer = self._offer(self._panel.list.number)
        said = ask_remark(self._panel, offer.entry.seed.title) if offer is not None else None
        if offer is not None and said is not None:
            if said.tags:
                self._hearing.fact("tagged", offer.entry, words=said.tags)
            if said.comment:
                self._hearing.fact("commented", offer.entry, words=said.comment)

    def silence(self) -> None:
        """Stop what is played from the shelf."""
        self._hovering.stop()
        self._hearing.end()

    def close(self) -> None:
        """Stop at the end."""
        self._closed = True
        self._settle.stop()
        self.silence()
        self._tasks.close()

    # --- inside

    def _find(self, query: Query, title: str) -> None:
        index, library = self._index.index, self._index.library
        if index is None:
            self.told.emit("The library is still being read; look again in a moment.")
            return

        def look() -> list[Offer]:
            found = entries(library, [hit.id for hit in index.find(query)])
            own = query.like
            offers = [Offer(entry, entry.credit or "found in the library") for entry in found]
            return [each for each in offers if own is None or each.entry.seed.notes is not own.notes]

        self._look = look
        self._panel.show_found(title)
        self.renew()

    def _wish_now(self) -> Wish:
        key, phrase = self._key(), last_phrase(self._document.song, self._document.selection)
        return Wish(
            adventure=self._panel.adventurous,
            mood=self._panel.mood.currentData(),
            key=key.name if key is not None else "",
            phrase=phrase,
            music=seed_hash(phrase) if phrase is not None else "",
            pinned=self._pinned,
            barred=self._seen,
        )

    def _key(self) -> Key | None:
        controls, _ = checked_controls(self._compose)
        chosen = controls.key if controls is not None else None
        return chosen or song_key(self._document.song)

    @property
    def _moods(self) -> frozenset[str]:
        mood = self._panel.mood.currentData()
        return frozenset((mood,)) if mood else frozenset()

    def _wished(self) -> None:
        self._remember(adventure=self._panel.adventurous)
        if self._look is not None and self._panel.search.text():
            self.search(self._panel.search.text().strip())
        else:
            self.renew()

    def _renew_if_other(self) -> None:
        """The song has settled: what suits it may be something else now."""
        if self._look is None and self._wish_now() != self._wish:
            self.renew()

    def _library_changed(self) -> None:
        self._show_progress(None)
        self._show_list()
        if self._look is not None:
            self.renew()

    def _learned(self, knowledge: Knowledge) -> None:
        self._shelf.know(knowledge)
        self.renew()

    def _recorded(self, kind: str) -> None:
        if kind == "kept":
            self._index.look()  # the take is a seed too
        if kind not in ("played", "skipped"):  # what is merely heard does not stir the shelf under the mouse
            self.renew()

    def _show(self, shelf: _Shown, asked: int) -> None:
        if asked == self._asked:
            self._offers, self._stars = shelf.offers, shelf.stars
            self._show_list()

    def _show_list(self) -> None:
        empty = _NOTHING if not self._shelf.known and self._look is None else _NONE_LEFT
        self._panel.list.show_offers(self._offers, self._stars, self._pinned, empty)
        offer = self._offer(self._panel.list.number, say=False)
        if offer is None:
            self._panel.why.clear()
        self._panel.pin.setChecked(offer is not None and offer.entry.content_hash in self._pinned)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, UserError):
            raise error
        self.told.emit(str(error))

    def _offer(self, number: int, say: bool = True) -> Offer | None:
        if 0 <= number < len(self._offers):
            return self._offers[number]
        if say:
            self.told.emit("Choose a seed first, by a click in the list.")
        return None

    def _pin(self, music: str, on: bool) -> None:
        others = tuple(each for each in self._pinned if each != music)
        self._pinned = (*others, music) if on else others
        self._remember(pinned=self._pinned)

    def _rested(self, number: int) -> None:
        offer = self._offer(number, say=False)
        if offer is not None and self._panel.listen.isChecked() and offer.entry is not self._hearing.entry:
            self._hear(offer, asked=False)

    def _hear(self, offer: Offer, asked: bool) -> None:
        self._hearing.hear(offer.entry, self.placed(offer), asked)

    def _show_progress(self, progress: Progress | None) -> None:
        index = self._index.index
        if progress is not None:
            self._panel.show_progress(progress.sentence, progress.seconds_left)
        else:
            self._panel.show_progress(f"{len(index):,} phrases" if index is not None else "")
