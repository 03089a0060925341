"""Start-up: builds the objects, connects them, runs. `antiphon [FILE]` opens the window."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.document import Document
    from app.library.history import History, Kind
    from app.library.tallies import Tallies
    from app.ui.hearing import Record
    from models.music.notes import Note

STARTED = time.monotonic()
_EXPOSED_WITHIN = 2.0  # seconds: a window that is shown minimised is never exposed, and begins all the same
_INDEXING_AFTER = 3000  # milliseconds: what plays and what answers start first
USAGE = """usage: antiphon [FILE.mid]
       antiphon continue IN.mid -o OUT.mid [--bars 4] [--takes 4] [--seed 1] …
       antiphon vary IN.mid -o OUT.mid [--amount .4] …
       antiphon blend A.mid B.mid -o OUT.mid [--steps 8] …
       antiphon groove IN.mid -o OUT.mid [--amount .8] …
       antiphon fresh -o OUT.mid [--chords "Am F C G"] …
       antiphon learn FOLDER --name NAME
       antiphon seeds [WORD …] [--add FOLDER] [--like FILE.mid] …
       antiphon check
       antiphon bench [--json]

You play a phrase; it answers. Without a command the window opens; `antiphon COMMAND --help` says more.

options:
  -h, --help            show this help and exit
  --version             show the version and exit
  --ready-file PATH     write the seconds until the window was usable to PATH, and quit
"""


def main(argv: list[str] | None = None) -> int:
    """The program; returns its exit status."""
    multiprocessing.freeze_support()  # a frozen child begins here too, and must go no further
    argv = sys.argv[1:] if argv is None else argv
    from app import cli

    if argv and argv[0] in cli.COMMANDS:
        return cli.run(argv[0], argv[1:])
    if argv and argv[0] in ("-h", "--help"):
        print(USAGE, end="")
        return 0
    if argv and argv[0] == "--version":
        from app.report import versions

        print(f"antiphon {versions()['antiphon']}")
        return 0
    ready_file = None
    if argv[:1] == ["--ready-file"] and len(argv) > 1:
        ready_file, argv = Path(argv[1]), argv[2:]
    if len(argv) > 1 or (argv and argv[0].startswith("-")):
        print(f"antiphon: {argv[0]} is not understood.\n{USAGE}", end="", file=sys.stderr)
        return cli.USAGE_ERROR
    return open_window(Path(argv[0]) if argv else None, ready_file)


def open_window(file: Path | None, ready_file: Path | None = None) -> int:
    """Open the window and run until it is closed."""
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        print(
            "antiphon: there is no screen here; use the command line: antiphon continue IN.mid -o OUT.mid",
            file=sys.stderr,
        )
        return 1
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from app import paths, report, settings
    from app.about import about_text
    from app.autosave import Autosave
    from app.compose.client import ComposeClient
    from app.compose.learning import Learner
    from app.document import Document
    from app.library.history import History
    from app.library.seeds import Callbacks, Seeds
    from app.library.sources import sources
    from app.library.tallies import Tallies
    from app.player.client import Player
    from app.player.messages import Options
    from app.song.recovery import pending
    from app.ui import theme
    from app.ui.dialogs import Reporter
    from app.ui.window import MainWindow

    application = QApplication(sys.argv[:1])
    application.setApplicationName("Antiphon")
    application.setDesktopFileName("antiphon")
    theme.apply(application)
    chosen = settings.load()
    document = Document()
    player = Player(
        Options(
            chosen.soundfont,
            chosen.midi_output,
            chosen.synth,
            os.environ.get("ANTIPHON_RECORD"),
            log=str(paths.data_dir() / "audio.log"),
        )
    )
    client = ComposeClient(styles=paths.styles_dir())
    learner = Learner(paths.styles_dir(), paths.kept_dir())
    reporter = Reporter()
    history = History(paths.library_path(), reporter.tell)
    seeds = Seeds(
        paths.library_path(),
        sources(chosen.seed_folders, paths.resource("seeds"), paths.takes_dir()),
        Callbacks(progressed=lambda progress: None, changed=lambda: None, trouble=reporter.tell),
    )
    autosave = Autosave(document, paths.recovery_dir())

    def store(changed: settings.Settings) -> None:
        try:
            settings.save(changed)
        except OSError as error:
            reporter.tell(f"The settings could not be saved: {error.strerror}. They hold until you quit.")

    tallies = Tallies()
    record = recorder(history, tallies, document, learner.kept, reporter.tell)
    record = seeding(record, document, paths.takes_dir(), seeds.look, reporter.tell)
    window = MainWindow(document, player, client, learner, chosen, record, tallies, store, about_text())
    window.files.recovered.connect(autosave.takes_over)
    uninstall = report.install(paths.log_path(), reporter.show, reporter.on_window_thread(autosave.write_now))
    reporter.attach(window, window.message.tell)
    window.show()

    shown = time.monotonic()

    def begin() -> None:
        # Only now that the window can be used: both children take their time.
        if not window.windowHandle().isExposed() and time.monotonic() - shown < _EXPOSED_WITHIN:
            QTimer.singleShot(1, begin)
            return
        player.start()
        client.start()
        tallies.read(paths.library_path())
        window.offer(pending(paths.recovery_dir()))
        if file is not None:
            window.files.open(file)
        if ready_file is not None:
            ready_file.write_text(f"{time.monotonic() - STARTED:.3f}\n")
            QTimer.singleShot(0, window.close)
        QTimer.singleShot(_INDEXING_AFTER, seeds.start)

    QTimer.singleShot(0, begin)
    try:
        return application.exec()
    finally:
        player.close()  # first of all, silence
        # A loop that ended otherwise than by the user's leave, such as when the display dies, must not cost the song.
        autosave.close(keep=not window.finished)
        history.close()
        client.close()
        learner.close()
        seeds.close()
        uninstall()


def recorder(history: History, tallies: Tallies, document: Document, kept: Path, tell: Callable[[str], None]) -> Record:
    """What turns the window's facts into rows of the history, and keeps the phrases that were kept."""
    from app.library.history import content_hash
    from app.library.kept import keep
    from models.music.notes import Role
    from models.request import Span

    def record(
        kind: Kind,
        notes: tuple[Note, ...],
        role: str,
        start: int,
        end: int,
        seconds: float,
        asked_for: bool,
        context: dict[str, Any],
    ) -> None:
        if kind == "kept" and role != Role.CHORDS:
            try:
                keep(kept, document.song, document.selection.track_id, Span(start, end), notes)
            except OSError as error:
                tell(f"The phrase is in the song, but could not be kept to learn from: {error.strerror}.")
        digest = partial(content_hash, notes, document.song.ticks_per_quarter)
        tallies.count(kind, context)
        history.record(kind, digest, role, start, end, seconds, asked_for, context)

    return record


def seeding(
    record: Record, document: Document, takes: Path, look: Callable[[], None], tell: Callable[[str], None]
) -> Record:
    """The same, and every take that is kept becomes seed material."""
    from app.library.takes import add_take, take_of

    def record_and_add(
        kind: Kind,
        notes: tuple[Note, ...],
        role: str,
        start: int,
        end: int,
        seconds: float,
        asked_for: bool,
        context: dict[str, Any],
    ) -> None:
        record(kind, notes, role, start, end, seconds, asked_for, context)
        if kind == "kept" and notes:
            title = f"Take of {time.strftime('%Y-%m-%d %H:%M')}"
            try:
                add_take(takes, take_of(document.song, start, end, notes, role, title))
            except OSError as error:
                tell(f"The take is in the song, but could not be added to the seeds: {error.strerror}.")
                return
            look()

    return record_and_add


if __name__ == "__main__":
    sys.exit(main())
