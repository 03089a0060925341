"""Start-up: builds the objects, connects them, runs. `antiphon [FILE]` opens the window."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from functools import partial
from pathlib import Path

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
    from app.library.offers import Shelf
    from app.library.refitting import Refitter
    from app.library.sources import sources
    from app.library.tallies import Tallies
    from app.player.client import Player
    from app.player.messages import Options
    from app.song.recovery import pending
    from app.ui import theme
    from app.ui.dialogs import Reporter
    from app.ui.recording import Recording
    from app.ui.seed_index import SeedIndex
    from app.ui.suggesting import method_of
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
    autosave = Autosave(document, paths.recovery_dir())

    def store(changed: settings.Settings) -> None:
        try:
            settings.save(changed)
        except OSError as error:
            reporter.tell(f"The settings could not be saved: {error.strerror}. They hold until you quit.")

    tallies = Tallies()
    record = Recording(
        history,
        tallies,
        document,
        learner.kept,
        paths.takes_dir(),
        reporter.tell,
        chosen.history_paused,
        chosen.left_out,
    )
    index = SeedIndex(
        paths.library_path(),
        partial(sources, seeds=paths.resource("seeds"), takes=paths.takes_dir()),
        chosen.seed_folders,
    )
    shelf = Shelf(paths.library_path(), method_of(chosen))
    window = MainWindow(document, player, client, learner, chosen, record, tallies, index, shelf, store, about_text)

    def stumbled(sentence: str) -> None:
        reporter.tell(sentence)
        window.suggesting.troubled.emit(sentence)

    refitter = Refitter(
        paths.library_path(), window.seeds.learned.emit, stumbled, window.suggesting.replayed.emit, method_of(chosen)
    )
    window.suggesting.chosen.connect(refitter.use)
    window.suggesting.replay_asked.connect(refitter.replay)
    window.suggesting.replay_left.connect(refitter.end_replay)
    index.changed.connect(refitter.ask)
    window.taste.learn_asked.connect(refitter.ask)
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
        QTimer.singleShot(_INDEXING_AFTER, index.start)

    QTimer.singleShot(0, begin)
    try:
        return application.exec()
    finally:
        player.close()  # first of all, silence
        # A loop that ended otherwise than by the user's leave, such as when the display dies, must not cost the song.
        autosave.close(keep=not window.finished)
        index.close()
        history.close()
        client.close()
        learner.close()
        refitter.close()
        uninstall()


if __name__ == "__main__":
    sys.exit(main())
