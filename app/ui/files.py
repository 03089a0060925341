"""Opening, saving and closing: never on the window's thread, never without asking about unsaved music."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.document import Document
from app.song.midi import open_mended, save_midi
from app.song.recovery import Recovered, reopen
from app.song.song import Song
from app.ui.tasks import Tasks, sentence

FILTER = "MIDI files (*.mid *.midi *.smf *.rmi *.kar);;All files (*)"
WRITABLE = (".mid", ".midi", ".smf")
SUFFIXES = (*WRITABLE, ".rmi", ".kar")
Then = Callable[[], None]


def music_folder() -> str:
    """Where a user who has opened nothing yet would look for music."""
    places = QStandardPaths.StandardLocation
    for place in (places.MusicLocation, places.DocumentsLocation):
        folder = QStandardPaths.writableLocation(place)
        if folder and Path(folder).is_dir():
            return folder
    return str(Path.home())


class Files(QObject):
    """The document's way to disk and back."""

    opened = Signal()
    recovered = Signal(object)  # the copy the open song came from
    saved = Signal(object)  # path
    told = Signal(str)
    warned = Signal(str)

    def __init__(self, document: Document, tasks: Tasks, folder: str, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._tasks, self._window = document, tasks, window
        self._folder = folder  # where the user last opened or saved something
        self._saving = False

    def new(self) -> None:
        """Begin an empty song."""
        self.when_safe(lambda: self._take(Song.empty(), None))

    def ask_open(self) -> None:
        """Let the user choose a file to open."""
        name, _ = QFileDialog.getOpenFileName(self._window, "Open a MIDI file", self._folder, FILTER)
        if name:
            self.open(Path(name))

    def open(self, path: Path) -> None:
        """Open a file; the song that is there stays until the new one is read."""
        self.when_safe(lambda: self._read(path))

    def recover(self, found: Recovered) -> None:
        """Open the copy of a song that was not saved; it counts as unsaved."""
        self.when_safe(lambda: self._reopen(found))

    def _reopen(self, found: Recovered) -> None:
        def done(song: Song) -> None:
            self._document.open(song, found.path, saved=False)
            self.opened.emit()
            self.recovered.emit(found.copy)
            self.told.emit("Your last song is back; save it to keep it.")

        self._tasks.run(lambda: reopen(found), done, self._refused)

    def save(self, then: Then | None = None) -> None:
        """Save to the song's own file; ask for one where it has none."""
        if self._document.path is None:
            self.save_as(then)
        else:
            self._write(self._document.path, then)

    def save_as(self, then: Then | None = None) -> None:
        """Ask for a name and save under it."""
        suggested = self._document.path or Path(self._folder) / f"{self._document.song.title or 'Song'}.mid"
        name, _ = QFileDialog.getSaveFileName(self._window, "Save the song as a MIDI file", str(suggested), FILTER)
        path = Path(name)
        if name and path.suffix.lower() not in WRITABLE:
            path = path.with_name(f"{path.name}.mid")
            if path.exists() and not self._may_replace(path):
                return
        if name:
            self._write(path, then)

    def _may_replace(self, path: Path) -> bool:
        """Whether a file may go that the user did not name in full."""
        question = f"{path.name} is there already. Replace it?"
        return QMessageBox.question(self._window, "Save", question) == QMessageBox.StandardButton.Yes

    def when_safe(self, then: Then) -> None:
        """Do `then` once unsaved music has been saved or given up; not at all where the user changes their mind."""
        if not self._document.modified:
            then()
            return
        buttons = QMessageBox.StandardButton
        box = QMessageBox(
            QMessageBox.Icon.Question,
            "Unsaved music",
            f"{self._name()} has changes that are not saved.",
            buttons.Save | buttons.Discard | buttons.Cancel,
            self._window,
        )
        box.setInformativeText("Save them first?")
        box.setDefaultButton(buttons.Save)
        answer = box.exec()
        if answer == buttons.Save:
            self.save(lambda: self.when_safe(then))  # more may be played while the disk is at work
        elif answer == buttons.Discard:
            then()

    def _name(self) -> str:
        return self._document.path.name if self._document.path else "The song"

    def _read(self, path: Path) -> None:
        self.told.emit(f"Opening {path.name} …")
        before = self._document.song

        def take(song: Song, mended: str) -> None:
            self._take(song, path)
            self._folder = str(path.parent)
            self.told.emit(
                f"{path.name}: {song.note_count:,} notes on {len(song.tracks)} "
                f"{'track' if len(song.tracks) == 1 else 'tracks'}."
            )
            if mended:
                self.warned.emit(mended)

        def done(found: tuple[Song, str]) -> None:
            if self._document.song is before:
                take(*found)
            else:  # something was played or drawn while the file was read
                self.when_safe(lambda: take(*found))

        self._tasks.run(lambda: open_mended(path), done, self._refused)

    def _take(self, song: Song, path: Path | None) -> None:
        # RIFF and karaoke files are read but not written under their own name.
        writable = path if path is not None and path.suffix.lower() in WRITABLE else None
        self._document.open(song, writable)
        self.opened.emit()

    def _write(self, path: Path, then: Then | None) -> None:
        if self._saving:
            self.told.emit("The song is just being saved.")
            return
        self._saving = True
        song = self._document.song

        def done(_: None) -> None:
            self._saving = False
            self._document.mark_saved(song, path)
            self._folder = str(path.parent)
            self.saved.emit(path)
            self.told.emit(f"Saved as {path}.")
            if then is not None:
                then()

        def failed(error: Exception) -> None:
            self._saving = False
            self._refused(error)

        self._tasks.run(lambda: save_midi(song, path), done, failed)

    def _refused(self, error: Exception) -> None:
        self.told.emit("")
        self.warned.emit(sentence(error))
