"""From G to a kept take: connects the document, the composer, the player, the roll and the panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.compose.client import ComposeClient
from app.compose.intent import Plan, harmony_plan, plan, with_replaced
from app.compose.takes import Fate, TakeGroup, accept
from app.document import Document
from app.player.client import Player
from app.song.selection import Selection
from app.ui.accepted import Accepted
from app.ui.compose_panel import ComposePanel, checked_controls
from app.ui.groove_fields import drum_plan
from app.ui.hearing import Hearing, Record
from app.ui.kept_takes import KeptTakes, Which
from app.ui.roll.view import RollView
from models.music.notes import Note
from models.request import Take

SETTLED = 120  # milliseconds without a change before the engine reads the context


# Puts the answers to a request into order, the best first.
Order = Callable[[TakeGroup, tuple[Take, ...]], tuple[Take, ...]]


class Composing(QObject):
    """Holds the takes of this sitting and which of them is shown."""

    told = Signal(str)  # a sentence for the status line
    warned = Signal(str)  # a sentence for the message bar
    planned = Signal(str)  # what G would do now
    began = Signal()  # takes are asked for, or looked at again

    def __init__(
        self,
        document: Document,
        client: ComposeClient,
        player: Player,
        roll: RollView,
        panel: ComposePanel,
        record: Record,
        accepted: Accepted,
        order: Order,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._document, self._client, self._roll, self._panel = document, client, roll, panel
        self._hearing, self._accepted, self._order = Hearing(player, roll, record, self), accepted, order
        self._groups: list[TakeGroup] = []
        self._shown: TakeGroup | None = None
        self._kept = KeptTakes(document)
        self._in_song: frozenset[Which] = frozenset()  # the kept takes that are in the song now
        self._seen: set[int] = set()  # the takes of the shown group that were looked at
        self._plan: Plan | None = None
        self._settle = QTimer(self, singleShot=True, interval=SETTLED)
        self._settle.timeout.connect(self._settled)
        self._shortcuts = [
            self._shortcut(window, keys, action)
            for keys, action in (
                ("Tab", self.next_take),
                ("Shift+Tab", self.previous_take),
                ("Backtab", self.previous_take),
                ("Return", self.keep),
                ("Enter", self.keep),
                ("Escape", self.dismiss),
            )
        ]
        self._claim_keys()
        for signal in (
            document.changed,
            document.selection_changed,
            roll.playhead_moved,
            panel.controls_changed,
            player.changed,
        ):
            signal.connect(lambda *_: self._settle.start())
        document.changed.connect(self._look_for_kept)
        client.note_came.connect(self._note_came)
        client.takes_came.connect(self._takes_came)
        client.failed.connect(self._failed)
        client.state_changed.connect(self._show_state)
        panel.take_chosen.connect(self._choose_from_list)
        panel.list.rated.connect(self._rate)
        self._settle.start()

    @property
    def shown(self) -> TakeGroup | None:
        """The takes that are shown in the roll."""
        return self._shown

    @property
    def making(self) -> bool:
        """Whether the engine is at work on takes."""
        return self._shown is not None and not self._shown.finished

    # --- what the actions call

    def generate(self) -> None:
        """Ask for takes; what G does is what the panel says."""
        self.ask(self._make_plan)

    def harmonise(self) -> None:
        """Ask for chords under the melody."""
        self.ask(self._make_harmony_plan)

    def ask(self, make: Callable[[int], Plan]) -> None:
        """Ask for the takes of the plan that is made with a seed, or say why there is none."""
        if self._client.state == "failed":
            self._client.start()
        made = make(self._panel.seed.value())
        if made.request is None:
            self.told.emit(made.tooltip)
            return
        request = self._panel.engine.applied(replace(made.request, seed=self._panel.next_seed()))
        self._put_away()
        self.began.emit()
        song = self._document.song
        request_id = self._client.ask(request)
        self._shown = TakeGroup.start(request_id, made.track_id, request, song)
        self._roll.show_span(request.span)
        if self._client.state in ("starting", "restarting"):
            self.told.emit("The composer is still starting; your takes come in a moment.")
        self._show()

    def next_take(self) -> None:
        """Look at the next take."""
        self._step(1)

    def previous_take(self) -> None:
        """Look at the one before."""
        self._step(-1)

    def keep(self) -> None:
        """Put the shown take into the song, as one undo step."""
        group = self._shown
        if group is None or not group.finished or group.take is None:
            self.told.emit("The takes are still being made." if self.making else "There is no take to keep: press G.")
            return
        take = group.take
        if all(track.id != group.track_id for track in self._document.song.tracks):
            self.warned.emit("The track this take was made for is gone; undo its removal, or press G on another track.")
            return
        song, ids = accept(self._document.song, group.track_id, take, self._panel.layer)
        self._shown = group.mark(group.current, Fate.KEPT)
        self._store(self._shown)
        self._put_away(dismissed=False)
        fact = partial(self._hearing.fact, take=take, verb=group.request.verb, stars=group.stars[group.current])
        fact("kept")
        if take.chords:
            step = self._document.edit(f"Keep the chords of take {group.current + 1}", song)
            self.told.emit("The chords are in the lane: G on another track writes over them. Ctrl+Z takes them back.")
        else:
            selection = Selection(group.track_id, frozenset(ids))
            step = self._document.edit(f"Keep take {group.current + 1}", song, selection)
            self.told.emit(f"Take {group.current + 1} is in the song. Ctrl+Z takes it back, G goes on from it.")
        self._kept.add(group, step, frozenset(ids))
        self._accepted.add(step, group.track_id, ids, fact)
        self._look_for_kept()

    def dismiss(self) -> None:
        """Put the takes away; while they are being made, stop making them."""
        if self._roll.busy:
            return
        if self.making:
            self._client.cancel()
        if self._shown is None:
            self.told.emit("There are no takes to dismiss.")
            return
        stopped = self.making
        self._put_away()
        self.told.emit("Stopped." if stopped else "The takes are put away; the list can show them again.")

    def rate(self, stars: int) -> None:
        """Give the take that is looked at stars; 0 takes them away."""
        group = self._shown
        if group is None or group.take is None:
            self.told.emit("There is no take to give stars to: press G, or choose one in the list.")
        else:
            self._rate(group.request_id, group.current, stars)

    def _rate(self, request_id: int, index: int, stars: int) -> None:
        group = self.group(request_id)
        if group is None:
            return
        group = group.rate(index, stars)
        self._store(group)
        self._hearing.fact("starred", group.takes[index], group.request.verb, stars=stars)
        if self._shown is not None and self._shown.request_id == request_id:
            self._shown = group
        self._show()
        given = f"has {stars} {'star' if stars == 1 else 'stars'}" if stars else "has no stars any more"
        self.told.emit(f"Take {index + 1} {given}.")

    def forget(self) -> None:
        """Let go of all takes: they belong to a song that is not open any more."""
        if self.making:
            self._client.cancel()
        self._put_away()
        self._groups.clear()
        self._kept.clear()
        self._show()

    def close(self) -> None:
        """Put the takes away at the end."""
        self._settle.stop()
        self._put_away()

    # --- what comes back

    def _note_came(self, request_id: int, index: int, note: Note) -> None:
        group = self._shown
        if group is None or group.request_id != request_id:
            return
        self._shown = group.with_note(index, note)
        self._show_ghosts()
        if index == self._shown.current:
            self._hearing.hear(self._shown, changed=False)
            self._audition()

    def _takes_came(self, request_id: int, takes: tuple[Take, ...]) -> None:
        group = self._shown
        if group is None or group.request_id != request_id:
            return
        if not takes:
            self._put_away(dismissed=False)
            return
        self._shown = group.finish(self._order(group, takes))
        self._groups.append(self._shown)
        self._show()
        self._hearing.hear(self._shown, changed=False)
        count = len(takes)
        self.told.emit(
            f"{count} takes: Tab next, Enter keeps, Esc dismisses."
            if count > 1
            else "One take: Enter keeps it, Esc dismisses it."
        )

    def _failed(self, request_id: int, sentence: str) -> None:
        if self._shown is not None and self._shown.request_id == request_id:
            self._put_away(dismissed=False)
        self.warned.emit(sentence)

    def _show_state(self) -> None:
        if self._client.state == "failed" and self._client.sentence:
            self.warned.emit(self._client.sentence)
        self._show_button()

    # --- showing and sounding

    def _step(self, by: int) -> None:
        if self._shown is None:
            self.told.emit("There are no takes yet: press G.")
            return
        group = self._shown.choose(self._shown.current + by)
        self._look_at(group)
        self.told.emit(f"Take {group.current + 1} of {len(group.notes)}: Enter keeps it, Tab goes on to the next.")

    def _choose_from_list(self, request_id: int, index: int) -> None:
        group = self.group(request_id)
        if group is None:
            return
        if self._shown is None or self._shown.request_id != request_id:
            self._put_away(dismissed=False)
        self._look_at(group.choose(index))
        self._roll.show_span(group.span)

    def group(self, request_id: int) -> TakeGroup | None:
        """The takes of a request, once they are finished."""
        return next((each for each in self._groups if each.request_id == request_id), None)

    def carried(self, request_id: int, index: int) -> None:
        """A take was handed over to another program."""
        group = self.group(request_id)
        if group is not None:
            fact = self._hearing.fact
            fact("dragged", group.takes[index], group.request.verb, stars=group.stars[index])

    def _look_at(self, group: TakeGroup) -> None:
        """Show another take, and hear it from its context on at once."""
        self.began.emit()
        self._hearing.hear(group, asked=True)
        self._shown = group
        self._store(group)
        self._show()
        self._audition(again=True)

    def _audition(self, again: bool = False) -> None:
        if self._panel.listen.isChecked():
            self._hearing.audition(self._document.song.metres, again)

    def _show(self) -> None:
        self._show_ghosts()
        self._panel.list.show_groups(self._groups, self._shown, self._in_song)
        self._show_button()
        self._claim_keys()

    def _show_ghosts(self) -> None:
        group = self._shown
        if group is None or not group.notes:
            self._roll.set_ghosts([], 0, group.span if group is not None else None)
        else:
            self._seen.add(group.current)
            chords = group.take.chords if group.take is not None else ()
            self._roll.set_ghosts(list(group.notes), group.current, group.span, chords)

    def _show_button(self) -> None:
        starting = self._client.state in ("starting", "restarting")
        word = "Composing …" if self.making else "Starting …"
        self._panel.show_busy(self.making or starting, word)

    def _put_away(self, dismissed: bool = True) -> None:
        """Hide the takes and end the audition; they stay in the list."""
        self._hearing.end()
        group, self._shown = self._shown, None
        if group is not None and dismissed and group.take is not None and Fate.KEPT not in group.fates:
            for index, fate in enumerate(group.fates):
                if fate is Fate.OPEN:
                    group = group.mark(index, Fate.DISMISSED)
                    if index in self._seen:
                        take, stars = group.takes[index], group.stars[index]
                        self._hearing.fact("dismissed", take, group.request.verb, stars=stars)
            self._store(group)
        self._seen.clear()
        self._show()

    # --- inside

    def _look_for_kept(self) -> None:
        found = self._kept.in_song(self._groups)
        if found != self._in_song:
            self._in_song = found
            self._panel.list.show_groups(self._groups, self._shown, found)

    def _store(self, group: TakeGroup) -> None:
        self._groups = [group if each.request_id == group.request_id else each for each in self._groups]

    def _make_plan(self, seed: int) -> Plan:
        document = self._document
        controls, wrong = checked_controls(self._panel)
        if controls is None:
            return Plan(document.selection.track_id, None, wrong, wrong=True)
        takes = self._panel.takes.value()
        if document.song.track(document.selection.track_id).is_drums:
            return drum_plan(document, self._panel.groove, controls, seed, takes, self._hearing.playhead)
        made = plan(
            document.song,
            document.selection,
            self._hearing.playhead,
            controls,
            seed,
            takes,
            self._panel.bars.value() or None,
            self._panel.role,
        )
        return made if self._panel.layer else with_replaced(made, document.song)

    def _make_harmony_plan(self, seed: int) -> Plan:
        document = self._document
        controls, wrong = checked_controls(self._panel)
        if controls is None:
            return Plan(document.selection.track_id, None, wrong, wrong=True)
        return harmony_plan(document.song, document.selection, controls, seed, self._panel.takes.value())

    def _settled(self) -> None:
        """Say what G would do, and let the engine read the context meanwhile."""
        made = self._make_plan(self._panel.seed.value())
        key = made.key if made.request is not None and made.request.controls.key is None else None
        verb = made.request.verb if made.request is not None else None
        self._panel.harmonise.setToolTip(f"{self._make_harmony_plan(self._panel.seed.value()).tooltip} (H)")
        self._panel.show_plan(made.tooltip, made.wrong, key, verb)
        self.planned.emit(made.tooltip)
        before = self._plan.request if self._plan is not None else None
        if made.request is not None and (before is None or before.context is not made.request.context):
            self._client.prepare(self._panel.engine.applied(made.request))
        self._plan = made

    def _shortcut(self, window: QWidget, keys: str, action: Callable[[], None]) -> QShortcut:
        shortcut = QShortcut(QKeySequence(keys), window)
        shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
        shortcut.activated.connect(action)
        return shortcut

    def _claim_keys(self) -> None:
        """Tab, Enter and Esc belong to the takes while there are some, and to the window's fields otherwise."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(self._shown is not None)
