"""Every action of the window in one table: its text, shortcut, menu and tooltip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu


@dataclass(frozen=True)
class Entry:
    """One action. `hint` is a key that works while there are takes; it is shown, but not claimed for good."""

    name: str
    menu: str
    text: str
    tip: str
    keys: tuple[str, ...] = ()
    hint: str = ""
    checkable: bool = False


ENTRIES = (
    Entry("new", "File", "New", "Begin an empty song", ("Ctrl+N",)),
    Entry("open", "File", "Open…", "Open a MIDI file", ("Ctrl+O",)),
    Entry("save", "File", "Save", "Save the song as a MIDI file", ("Ctrl+S",)),
    Entry("save_as", "File", "Save as…", "Save the song under another name", ("Ctrl+Shift+S",)),
    Entry("quit", "File", "Quit", "Close Antiphon", ("Ctrl+Q",)),
    Entry("undo", "Edit", "Undo", "Take the last change back", ("Ctrl+Z",)),
    Entry("redo", "Edit", "Redo", "Do again what was taken back", ("Ctrl+Shift+Z", "Ctrl+Y")),
    Entry("cut", "Edit", "Cut", "Put the selected notes on the clipboard and delete them", ("Ctrl+X",)),
    Entry("copy", "Edit", "Copy", "Put the selected notes on the clipboard", ("Ctrl+C",)),
    Entry("paste", "Edit", "Paste", "Put the notes of the clipboard at the playhead", ("Ctrl+V",)),
    Entry("duplicate", "Edit", "Duplicate", "Repeat the selected notes right behind them", ("Ctrl+D",)),
    Entry("delete", "Edit", "Delete notes", "Delete the selected notes", ("Delete",)),
    Entry("select_all", "Edit", "Select all", "Select every note of the track", ("Ctrl+A",)),
    Entry("draw", "Edit", "Draw", "Press and drag on an empty place to draw notes", ("D",), checkable=True),
    Entry("metre", "Edit", "Metre…", "Change the metre from the playhead's bar on", ("Ctrl+M",)),
    Entry("tempo", "Edit", "Tempo…", "Change the tempo from the playhead's bar on", ("Ctrl+Shift+M",)),
    Entry(
        "generate", "Compose", "Continue", "Let Antiphon answer what is selected or comes before the playhead", ("G",)
    ),
    Entry("harmonise", "Compose", "Harmonise", "Find chords for the selected melody", ("H",)),
    Entry(
        "humanise",
        "Compose",
        "Humanise",
        "Play the selected notes as a musician would, in time and loudness alive",
        ("Shift+H",),
    ),
    Entry("vary", "Compose", "Vary", "Write the selected bars anew, as far from them as the slider says", ("V",)),
    Entry("blend_from", "Compose", "Blend from these", "Remember the selected bars to blend from", ("Shift+B",)),
    Entry(
        "fresh", "Compose", "Sixteen fresh phrases…", "Phrases from nothing, on a sheet to choose from", ("Shift+G",)
    ),
    Entry("map", "Compose", "Map of phrases…", "Phrases as points: play them, and what lies between", ("Shift+M",)),
    Entry("blend", "Compose", "Blend to these", "Steps from the remembered phrase to the selected bars", ("B",)),
    Entry(
        "lock",
        "Compose",
        "Lock notes",
        "Leave the selected notes as they are when G writes over their bars; again: let go",
        ("K",),
    ),
    Entry("styles", "Compose", "My styles…", "Let Antiphon learn from your own MIDI, or delete a style", ("Ctrl+L",)),
    Entry(
        "seeds", "Seeds", "Seeds beside the roll", "Show the phrases that are suggested, or Compose again", ("Ctrl+E",)
    ),
    Entry(
        "find_seeds",
        "Seeds",
        "Search the seeds",
        "Look for seeds by title, key, metre, source or your tags",
        ("Ctrl+F",),
    ),
    Entry(
        "alike",
        "Seeds",
        "Find seeds like these notes",
        "Look for seeds with the line of the selected notes, in any key and tempo",
        ("Ctrl+Shift+F",),
    ),
    Entry(
        "play_phrase",
        "Seeds",
        "Find by playing",
        "Play a phrase on the computer's keys or a MIDI keyboard, or tap its rhythm, and find what is like it",
        ("Ctrl+P",),
    ),
    Entry("remark", "Seeds", "Tags and comment…", "Note words on the chosen seed", ("Ctrl+Shift+E",)),
    Entry(
        "library",
        "Seeds",
        "Seed library…",
        "Folders of your music, how far the reading is, what could not be read",
        ("Ctrl+Shift+L",),
    ),
    Entry(
        "suggestions",
        "Seeds",
        "Suggestions…",
        "Who chooses the seeds, how each way was measured, and how it would have served you",
        ("Ctrl+Shift+R",),
    ),
    Entry(
        "history",
        "Seeds",
        "History…",
        "What Antiphon has noted of your listening and choosing: see it, delete it, stop it, take it with you",
        ("Ctrl+H",),
    ),
    Entry(
        "taste",
        "Seeds",
        "Your taste…",
        "What you like, drawn: a map, where you lean, how it moved; and corrected where it is wrong",
        ("Ctrl+Shift+H",),
    ),
    Entry("next_take", "Takes", "Next", "Next take", hint="Tab"),
    Entry("previous_take", "Takes", "Previous", "Previous take", hint="Shift+Tab"),
    Entry("keep_take", "Takes", "Keep", "Keep this take in the song", hint="Enter"),
    Entry("dismiss", "Takes", "Dismiss", "Put the takes away, or stop making them", hint="Esc"),
    Entry("stars_1", "Takes", "One star", "Give this take one star", ("Ctrl+1",)),
    Entry("stars_2", "Takes", "Two stars", "Give this take two stars", ("Ctrl+2",)),
    Entry("stars_3", "Takes", "Three stars", "Give this take three stars", ("Ctrl+3",)),
    Entry("stars_4", "Takes", "Four stars", "Give this take four stars", ("Ctrl+4",)),
    Entry("stars_5", "Takes", "Five stars", "Give this take five stars", ("Ctrl+5",)),
    Entry("stars_0", "Takes", "No stars", "Take this take's stars away", ("Ctrl+0",)),
    Entry("play", "Play", "Play", "Play or stop", ("Space",)),
    Entry("start", "Play", "Start", "Playhead to the start", ("Home",)),
    Entry("end", "Play", "To the end", "Playhead behind the last note", ("End",)),
    Entry(
        "loop", "Play", "Loop", "Repeat the selected region, or the bars of the selected notes", ("L",), checkable=True
    ),
    Entry("panic", "Play", "Panic", "Silence everything at once", ("Ctrl+.",)),
    Entry(
        "find_beats",
        "Beats",
        "Find the beats",
        "Lay bars over music that was played freely; every note sounds when it did",
        ("Ctrl+Shift+B",),
    ),
    Entry("tap", "Beats", "Tap a beat", "While it plays, tap every beat, beginning with the first of a bar", ("T",)),
    Entry("bars_later", "Beats", "Bar lines a beat later", "Let bars begin one beat later", ("Alt+Right",)),
    Entry("bars_earlier", "Beats", "Bar lines a beat earlier", "Let bars begin one beat earlier", ("Alt+Left",)),
    Entry("beats_later", "Beats", "Beats 10 ms later", "Move all beats a little later", ("Alt+Shift+Right",)),
    Entry("beats_earlier", "Beats", "Beats 10 ms earlier", "Move all beats a little earlier", ("Alt+Shift+Left",)),
    Entry("beats_twice", "Beats", "Twice as many beats", "Count twice as fast", ("Alt+Shift+Up",)),
    Entry("beats_half", "Beats", "Half as many beats", "Count half as fast", ("Alt+Shift+Down",)),
    Entry("add_track", "Track", "Add a track", "Add a track at the end", ("Ctrl+T",)),
    Entry("remove_track", "Track", "Remove the track", "Remove the current track", ("Ctrl+Shift+T",)),
    Entry("previous_track", "Track", "Previous track", "Show the track above", ("PgUp",)),
    Entry("next_track", "Track", "Next track", "Show the track below", ("PgDown",)),
    Entry("mute", "Track", "Mute", "Silence the current track, or let it be heard again", ("M",)),
    Entry("solo", "Track", "Solo", "Hear only the tracks with solo", ("S",)),
    Entry("zoom_in", "View", "Zoom in", "Zoom in in time (Ctrl+wheel)", ("Ctrl++", "Ctrl+=")),
    Entry("zoom_out", "View", "Zoom out", "Zoom out in time (Ctrl+wheel)", ("Ctrl+-",)),
    Entry("taller", "View", "Taller rows", "Zoom in in pitch (Ctrl+Shift+wheel)", ("Alt+Up",)),
    Entry("flatter", "View", "Flatter rows", "Zoom out in pitch (Ctrl+Shift+wheel)", ("Alt+Down",)),
    Entry("fit", "View", "Whole song", "Zoom so that the whole song is in view", ("F",)),
    Entry("follow", "View", "Follow the playhead", "Scroll along while playing", ("Shift+F",), checkable=True),
    Entry(
        "synth",
        "Settings",
        "Built-in synthesiser",
        "Sound through the built-in synthesiser; without it, only what the MIDI output leads to is heard",
        ("Ctrl+B",),
        checkable=True,
    ),
    Entry("soundfont", "Settings", "SoundFont…", "Choose the SoundFont that the synthesiser plays with", ("Ctrl+,",)),
    Entry("about", "Help", "About Antiphon", "Versions, and what the engine was trained on", ("F1",)),
)


def build(window: QMainWindow, handlers: Mapping[str, Callable[..., object]]) -> dict[str, QAction]:
    """The actions, in the window's menus; every entry of the table needs a handler and has one."""
    actions: dict[str, QAction] = {}
    menus: dict[str, QMenu] = {}
    for entry in ENTRIES:
        action = QAction(entry.text, window)
        keys = ", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in entry.keys[:1])
        shown = keys or entry.hint
        action.setToolTip(f"{entry.tip} ({shown})" if shown else entry.tip)
        action.setStatusTip(entry.tip)
        action.setShortcuts([QKeySequence(key) for key in entry.keys])
        action.setCheckable(entry.checkable)
        action.triggered.connect(handlers[entry.name])
        if entry.menu not in menus:
            menus[entry.menu] = window.menuBar().addMenu(f"&{entry.menu}")
            menus[entry.menu].setToolTipsVisible(True)
        if entry.hint:
            listed = QAction(f"{entry.tip}\t{entry.hint}", window)
            listed.triggered.connect(action.trigger)
            menus[entry.menu].addAction(listed)
        else:
            menus[entry.menu].addAction(action)
        window.addAction(action)
        actions[entry.name] = action
    return actions


def add_below(action: QAction, menu: QMenu) -> None:
    """Put a menu between an action and the next, in the menu that lists it."""
    for holder in action.associatedObjects():
        if isinstance(holder, QMenu):
            listed = holder.actions()
            holder.insertMenu(listed[listed.index(action) + 1], menu)
            return
