"""From G to the first note that is seen and the first that sounds, in the real window with its real processes."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from app.cli.bench_compose import song_with_phrase
from app.cli.bench_loop import application, pause, wait
from app.cli.measured import Measured, measured
from app.compose.client import ComposeClient
from app.compose.learning import Learner
from app.document import Document
from app.library.history import History
from app.library.offers import Shelf
from app.library.tallies import Tallies
from app.player.client import Player
from app.player.measure import sent_messages
from app.player.messages import Options
from app.settings import Settings
from app.song.selection import Selection
from app.ui.recording import Recording
from app.ui.seed_index import SeedIndex
from app.ui.window import MainWindow

RUNS = 30
SETTLED = 0.5  # seconds after a change until the engine has read the context


def pressing() -> Iterator[Measured]:
    """Press G on one phrase after another, at once and after a rest."""
    app = application()
    with tempfile.TemporaryDirectory() as folder:
        sent = Path(folder) / "sent.txt"
        document = Document()
        player = Player(Options(audio=False, record=str(sent), log=f"{folder}/log.txt"))
        client = ComposeClient()
        learner = Learner(Path(folder) / "styles", Path(folder) / "kept")
        tallies, history = Tallies(), History(Path(folder) / "library.sqlite")
        record = Recording(history, tallies, document, learner.kept, Path(folder) / "takes", print)
        index = SeedIndex(history.path, lambda _: [])
        shelf = Shelf(history.path)
        window = MainWindow(
            document, player, client, learner, Settings(), record, tallies, index, shelf, lambda _: None, str
        )
        window.show()
        player.start()
        client.start()
        try:
            wait(lambda: client.state == "ready" and sent.exists(), "the processes to start")
            bench = _Bench(document, player, window, sent)
            bench.press(0, 0)  # what happens only once is not measured
            cold = [bench.press(number, 0) for number in range(1, RUNS + 1)]
            settled = [bench.press(number, SETTLED) for number in range(RUNS + 1, 2 * RUNS + 1)]
        finally:
            player.close()
            client.close()
            index.close()
            history.close()
            document.mark_saved(document.song, Path(folder) / "bench.mid")  # so that closing asks nothing
            window.close()
            window.deleteLater()
            app.processEvents()
    yield measured("G to the first new note on screen, settled", [seen for seen, _ in settled], 100, "ms")
    yield measured("G to the first new note on screen, cold", [seen for seen, _ in cold], 300, "ms")
    heard = [sound for _, sound in settled]
    yield measured("G to the first sound of an audition", heard, 150, "ms")


class _Bench:
    """The window and what it is watched by."""

    def __init__(self, document: Document, player: Player, window: MainWindow, record: Path) -> None:
        self._document, self._player, self._window, self._record = document, player, window, record

    def press(self, number: int, rest: float) -> tuple[float, float]:
        """Milliseconds from G to the first ghost note painted and to the first note sent."""
        song = song_with_phrase(number)
        track = song.tracks[0]
        self._document.edit("Phrase", song, Selection(track.id, frozenset(note.id for note in track.notes())))
        pause(rest)
        composing, roll = self._window.composing, self._window.roll
        before = len(sent_messages(self._record))
        started = time.monotonic()
        composing.generate()
        wait(lambda: composing.shown is not None and any(composing.shown.notes), "a note")
        roll.viewport().repaint()
        seen = time.monotonic() - started
        wait(lambda: self._sounded(before) is not None, "a sound")
        heard = (self._sounded(before) or 0) - started
        wait(lambda: not composing.making, "takes")
        composing.dismiss()
        wait(lambda: not self._player.playing, "silence")
        return seen * 1000, heard * 1000

    def _sounded(self, before: int) -> float | None:
        sent = sent_messages(self._record)[before:]
        return next((at for at, data, _ in sent if data[0] & 0xF0 == 0x90), None)
