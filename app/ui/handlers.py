"""What each action of the window does: one table, name by name as in `actions`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from app.document import Document
from app.player.client import Player
from app.ui.beats import NUDGE
from app.ui.take_row import MOST_STARS

if TYPE_CHECKING:
    from app.ui.window import MainWindow


def handlers(window: MainWindow, document: Document, player: Player) -> Mapping[str, Callable[..., object]]:
    """The actions' functions; what they act on is looked up when they are called, and may be made later."""
    return {
        "new": lambda: window.files.new(), "open": lambda: window.files.ask_open(), "save": lambda: window.files.save(),
        "save_as": lambda: window.files.save_as(), "quit": window.close,
        "undo": lambda: window.again(document.undo_label, "undo", document.undo),
        "redo": lambda: window.again(document.redo_label, "redo", document.redo),
        "cut": lambda: window.clipboard.cut(), "copy": lambda: window.clipboard.copy(),
        "paste": lambda: window.clipboard.paste(), "duplicate": lambda: window.clipboard.duplicate(),
        "delete": lambda: window.roll.delete_selected(), "select_all": lambda: window.roll.select_all(),
        "metre": lambda: window.ruler_menu.ask_metre(window.roll.playhead),
        "tempo": lambda: window.ruler_menu.ask_tempo(window.roll.playhead),
        "draw": lambda on: window.roll.set_drawing(on),
        "generate": lambda: window.composing.generate(),
        "harmonise": lambda: window.composing.harmonise(), "next_take": lambda: window.composing.next_take(),
        "previous_take": lambda: window.composing.previous_take(), "keep_take": lambda: window.composing.keep(),
        "dismiss": lambda: window.composing.dismiss(), "lock": lambda: window.locks.toggle(),
        **{f"stars_{stars}": partial(window.rate, stars) for stars in range(MOST_STARS + 1)},
        "humanise": lambda: window.grooving.humanise(), "vary": lambda: window.varying.vary(),
        "blend": lambda: window.varying.blend(),
        "blend_from": lambda: window.varying.blend_from(), "fresh": window.open_sheet,
        "map": window.open_map,
        "play": lambda: window.playing.toggle(), "start": lambda: window.playing.seek(0),
        "end": lambda: window.playing.seek_end(), "loop": lambda on: window.playing.loop(on), "panic": player.panic,
        "find_beats": lambda: window.beats.find(), "tap": lambda: window.beats.tap(),
        "bars_later": lambda: window.beats.bar_lines(1), "bars_earlier": lambda: window.beats.bar_lines(-1),
        "beats_later": lambda: window.beats.nudge(NUDGE), "beats_earlier": lambda: window.beats.nudge(-NUDGE),
        "beats_twice": lambda: window.beats.twice(), "beats_half": lambda: window.beats.half(),
        "add_track": lambda: window.tracks.add_track(), "remove_track": lambda: window.tracks.remove_track(),
        "previous_track": lambda: window.tracks.step(-1), "next_track": lambda: window.tracks.step(1),
        "mute": lambda: window.tracks.toggle("mute"), "solo": lambda: window.tracks.toggle("solo"),
        "zoom_in": lambda: window.roll.zoom(1.25), "zoom_out": lambda: window.roll.zoom(0.8),
        "taller": lambda: window.roll.stretch(1.2), "flatter": lambda: window.roll.stretch(1 / 1.2),
        "fit": lambda: window.roll.fit(), "follow": lambda on: setattr(window.roll, "follow", on),
        "synth": lambda on: window.playing.use_synth(on), "soundfont": lambda: window.playing.choose_soundfont(),
        "styles": lambda: window.styles.open_beside(), "history": lambda: window.history.open_beside(),
        "taste": lambda: window.taste.open_beside(),
        "seeds": window.turn_side, "find_seeds": window.find_seeds, "alike": partial(_find_alike, window),
        "play_phrase": partial(_find_by_playing, window),
        "remark": lambda: window.seeds.remark(), "library": lambda: window.library.open_beside(),
        "suggestions": lambda: window.suggesting.open_beside(), "about": window.show_about,
    }  # fmt: skip


def _find_alike(window: MainWindow, _checked: bool = False) -> None:
    window.side.show_panel("Seeds")  # where what is found will be listed
    window.seeds.finding.like_selection()


def _find_by_playing(window: MainWindow, _checked: bool = False) -> None:
    window.side.show_panel("Seeds")
    window.seeds.playing.toggle()
