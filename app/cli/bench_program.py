"""The real window with its real processes, in folders of its own, to be measured."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.cli.bench_loop import application, wait
from app.compose.client import ComposeClient
from app.compose.learning import Learner
from app.document import Document
from app.library.history import History
from app.library.offers import Shelf
from app.library.sources import Source
from app.library.tallies import Tallies
from app.player.client import Player
from app.player.measure import sent_messages
from app.player.messages import Options
from app.settings import Settings
from app.ui.recording import Recording
from app.ui.seed_index import SeedIndex
from app.ui.window import MainWindow


@dataclass(frozen=True)
class Running:
    """The program, whose player makes no sound and writes down what it sends."""

    document: Document
    player: Player
    window: MainWindow
    library: Path
    record: Path

    def sent(self) -> int:
        """How far the player has written down what it sent, in bytes."""
        return self.record.read_bytes().rfind(b"\n") + 1

    def sounded(self, before: int, pitch: int | None = None) -> float | None:
        """When the first note was struck, of that pitch, after it had got that far; None where there was none."""
        sent = sent_messages(self.record, before)
        struck = (at for at, data, _ in sent if data[0] & 0xF0 == 0x90 and (pitch is None or data[1] == pitch))
        return next(struck, None)


@contextmanager
def running(fill: Callable[[Path], list[Source]] = lambda _: []) -> Iterator[Running]:
    """The program with an empty song, when both processes are ready; `fill` makes a library at a path first, and says
    its sources."""
    app = application()
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "sent.txt"
        library = Path(folder) / "library.sqlite"
        sources = fill(library)
        document = Document()
        player = Player(Options(audio=False, record=str(record), log=f"{folder}/log.txt"))
        client = ComposeClient()
        learner = Learner(Path(folder) / "styles", Path(folder) / "kept")
        tallies, history = Tallies(), History(library)
        recording = Recording(history, tallies, document, learner.kept, Path(folder) / "takes", print)
        index = SeedIndex(library, lambda _: sources)
        shelf = Shelf(history.path)
        window = MainWindow(
            document, player, client, learner, Settings(), recording, tallies, index, shelf, lambda _: None, str
        )
        window.show()
        player.start()
        client.start()
        if sources:
            index.start()
        try:
            wait(lambda: client.state == "ready" and record.exists(), "the processes to start")
            yield Running(document, player, window, history.path, record)
        finally:
            player.close()
            client.close()
            index.close()
            history.close()
            document.mark_saved(document.song, Path(folder) / "bench.mid")  # so that closing asks nothing
            window.close()
            window.deleteLater()
            app.processEvents()
