"""From the library to the roll: connects suggestions, search, hearing and the song."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.document import Document
from app.library import history
from app.library.catalogue import seed_hash
from app.library.offers import Offer, Shelf, Wish
from app.library.sources import Progress
from app.player.client import Player
from app.settings import Settings
from app.song.fitting import Placed, fit, last_phrase, put, song_key
from app.song.selection import Selection
from app.ui.accepted import Accepted
from app.ui.compose_panel import ComposePanel, checked_controls
from app.ui.hovering import Hovering
from app.ui.recording import Recording
from app.ui.remark import ask_remark
from app.ui.roll.view import RollView
from app.ui.seed_finding import Found, SeedFinding
from app.ui.seed_hearing import SeedHearing
from app.ui.seed_index import SeedIndex
from app.ui.seed_playing import SeedPlaying
from app.ui.seeds_panel import SeedsPanel
from app.ui.tasks import Tasks, sentence
from models.music.theory import Key

if TYPE_CHECKING:
    from app.library.knowledge import Knowledge

_SETTLE = 500  # milliseconds without a change before the shelf is renewed
_NOTHING = "There is nothing here yet: the library is being read. Open Library … to see how far it is."
_NONE_LEFT = "Nothing fits what you ask for: choose another mood, or add a folder of your music under Library …"


@dataclass(frozen=True)
class _Shown:
    offers: list[Offer]
    stars: dict[str, int]
    count: int = -1  # of all seeds that fit what is looked for; -1: nothing is


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
        self._wish: Wish | None = None  # of what is shown
        self._asked = 0
        self._closed = self._put_while_carried = False
        self._looking = self._again = False  # whether something is being looked for, and something else afterwards
        self.finding = SeedFinding(document, index, panel, self)
        self.playing = SeedPlaying(document, player, panel.pad, self.finding, panel.list, self)
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
        self.finding.changed.connect(self.renew)
        self.playing.began.connect(self.silence)
        for source in (self.finding, self.playing):
            source.told.connect(self.told)
        panel.wish_changed.connect(self._wished)
        panel.renew_asked.connect(self.others)
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
        look, subject = self.finding.look(), self.finding.subject
        self._asked += 1
        asked, library, log = self._asked, self._index.library, self._recording.history
        if self._closed or (look is not None and self._looks()):
            return

        def work() -> _Shown:
            log.flush(1.0)  # what was done just now counts
            if not library.exists():
                return _Shown([], {})
            found = look() if look is not None else Found(self._shelf.suggest(wish), -1)
            listed = [offer.entry.content_hash for offer in found.offers]
            return _Shown(found.offers, history.stars(library, listed), found.count)

        def done(shown: _Shown) -> None:
            wanted = asked == self._asked or (look is not None and subject == self.finding.subject)
            self._looked(look is not None)
            if wanted:
                self._show(shown)

        def failed(error: Exception) -> None:
            self._looked(look is not None)
            self.told.emit(sentence(error))

        self._tasks.run(work, done, failed)

    def others(self) -> None:
        """Other suggestions than those that are shown."""
        self._seen |= {offer.entry.content_hash for offer in self._offers} - set(self._pinned)
        self.renew()

    def more_like(self, number: int) -> None:
        """Look for phrases that are like a seed."""
        offer = self._offer(number)
        if offer is not None:
            self.finding.like(offer.entry)

    # --- what to do with one

    def choose(self, number: int) -> None:
        """Play it; the buttons are about it from now on."""
        offer = self._offer(number)
        if offer is not None:
            self._hovering.stop()
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
        self._panel.pad.give_up()
        self._settle.stop()
        self.silence()
        self._tasks.close()

    # --- inside

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

    def _wished(self) -> None:
        self._remember(adventure=self._panel.adventurous)
        self.renew()

    def _renew_if_other(self) -> None:
        """The song has settled: what suits it may be something else now."""
        if not self.finding.active and self._wish_now() != self._wish:
            self.renew()

    def _library_changed(self) -> None:
        self._show_progress(None)
        self._show_list()

    def _learned(self, knowledge: Knowledge) -> None:
        self._shelf.know(knowledge)
        self.renew()

    def _recorded(self, kind: str) -> None:
        if kind == "kept":
            self._index.look()  # the take is a seed too
        if kind not in ("played", "skipped"):  # what is merely heard does not stir the shelf under the mouse
            self.renew()

    def _looks(self) -> bool:
        """Whether something is being looked for; then what is asked for now is looked for afterwards, so that a handle
        that is dragged is followed and not overtaken."""
        self._again = self._looking
        self._looking = True
        return self._again

    def _looked(self, for_something: bool) -> None:
        if for_something:
            again, self._looking, self._again = self._again, False, False
            if again:
                self.renew()

    def _show(self, shown: _Shown) -> None:
        self._offers, self._stars = shown.offers, shown.stars
        if shown.count >= 0:
            self._panel.show_found(self.finding.title(shown.count))
        self._show_list()

    def _show_list(self) -> None:
        empty = _NOTHING if not self._shelf.known and not self.finding.active else _NONE_LEFT
        self._panel.list.show_offers(self._offers, self._stars, self._pinned, empty)
        offer = self._offer(self._panel.list.number, say=False)
        self._panel.pin.setChecked(offer is not None and offer.entry.content_hash in self._pinned)

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
