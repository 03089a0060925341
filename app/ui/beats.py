"""Bars for music that was played freely: found on request, tapped or nudged; each is one undo step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from app.document import Document
from app.player.client import Player
from app.song import beatmap
from app.song.beatmap import FEWEST_TAPS, BeatMap
from app.song.song import Song
from app.ui.tasks import Tasks, sentence
from models.request import Span

TAPPED = 1800  # milliseconds without a tap, after which the taps are done
NUDGE = 0.01  # seconds
_METRES = "This song has metres of its own, so its bar lines stay; Find the beats lays new ones."


class Beats(QObject):
    """Lays the document's song over other beats, while everything in it goes on sounding when it did."""

    told = Signal(str)
    offered = Signal(str)  # a sentence about a song whose bars are not those of its music
    withdrawn = Signal(str)  # that sentence holds no longer
    laid = Signal(int)  # bars have moved under the music; where the playhead belongs now

    def __init__(self, document: Document, player: Player, tasks: Tasks, window: QObject) -> None:
        super().__init__(window)
        self._document, self._player, self._tasks = document, player, tasks
        self._sentence = ""
        self._taps: list[float] = []
        self._tapped = QTimer(self, singleShot=True, interval=TAPPED)
        self._tapped.timeout.connect(self._taps_done)

    def look(self) -> None:
        """Say so where the notes of the song ignore its bars."""
        song = self._document.song
        self._withdraw()

        def done(free: bool) -> None:
            if free and self._document.song is song:
                name = f"“{song.title}”" if song.title else "This song"
                self._sentence = (
                    f"{name} was played freely: its notes do not follow the bars. "
                    "With its own beats found, G answers in the player's time."
                )
                self.offered.emit(self._sentence)

        self._tasks.run(lambda: beatmap.played_freely(song), done, self._failed)

    def find(self) -> None:
        """Lay bars over the beats that are heard."""
        if not self._document.song.note_count:
            self.told.emit("There is no music yet in which beats could be found: open a MIDI file or record something.")
            return
        self.told.emit("Listening for the beats …")

        def said(beats: BeatMap) -> str:
            return (
                f"{len(beats.times)} beats found, {beats.beats_a_bar} to a bar. Play, and mend them in the Beats menu "
                "where they are off; Ctrl+Z takes them back."
            )

        self._lay("Find the beats", beatmap.find, said)

    def tap(self) -> None:
        """A beat, now."""
        player = self._player
        if not player.playing:
            self.told.emit("Press Space, then tap T on every beat, beginning with the first of a bar.")
            return
        self._taps.append(self._document.song.tempos.seconds(player.position()))
        missing = FEWEST_TAPS - len(self._taps)
        self.told.emit(
            f"Beat {len(self._taps)}; {missing} more …"
            if missing > 0
            else f"Beat {len(self._taps)}; pause to take them."
        )
        self._tapped.start()

    def bar_lines(self, by: int) -> None:
        """Move the bar lines by some beats."""
        word = "later" if by > 0 else "earlier"
        self._nudge(f"Bar lines a beat {word}", lambda beats: beatmap.later(beats, by))

    def nudge(self, seconds: float) -> None:
        """Move all beats by some seconds."""
        word = "later" if seconds > 0 else "earlier"
        self._nudge(f"Beats {abs(seconds) * 1000:.0f} ms {word}", lambda beats: beatmap.shifted(beats, seconds))

    def twice(self) -> None:
        """Count twice as many beats."""
        self._nudge("Twice as many beats", beatmap.twice)

    def half(self) -> None:
        """Count half as many beats."""
        self._nudge("Half as many beats", beatmap.half)

    def _nudge(self, label: str, change: Callable[[BeatMap], BeatMap]) -> None:
        if beatmap.own_metres(self._document.song):
            self.told.emit(_METRES)
            return
        self._lay(label, lambda song: change(beatmap.beat_map(song)), lambda _: f"{label}.")

    def _taps_done(self) -> None:
        taps, self._taps = self._taps, []
        self._lay("Tap the beats", lambda song: beatmap.tapped(song, taps), lambda _: "The bars follow your taps.")

    def _lay(self, label: str, beats_of: Callable[[Song], BeatMap], said: Callable[[BeatMap], str]) -> None:
        song = self._document.song

        def work() -> tuple[Song, BeatMap]:
            beats = beats_of(song)
            return beatmap.conform(song, beats), beats

        def done(found: tuple[Song, BeatMap]) -> None:
            laid, beats = found
            if self._document.song is not song:
                self.told.emit("The song has changed meanwhile, so its bars were left; try again.")
                return
            self._show(label, laid)
            self.told.emit(said(beats))

        self._tasks.run(work, done, self._failed)

    def _show(self, label: str, laid: Song) -> None:
        before, player = self._document.song, self._player

        def moved(tick: float) -> int:
            return round(laid.tempos.tick(before.tempos.seconds(tick)))

        position, loop = player.position(), player.loop
        self._withdraw()
        self._document.edit(label, laid, replace(self._document.selection, span=None))
        if loop is not None:
            player.set_loop(Span(moved(loop.start), moved(loop.end)))
        self.laid.emit(moved(position))

    def _withdraw(self) -> None:
        self.withdrawn.emit(self._sentence)
        self._sentence = ""

    def _failed(self, error: Exception) -> None:
        self.told.emit(sentence(error))
