"""The LSTM composer: continues a part, fills a gap in it, writes a part that goes with others, or one from nothing."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models import checkpoint, harmony
from models.asking import due, measured, otherwise, wanted
from models.choosing import choose
from models.compiled import fastest
from models.constraints import allowed_pitch_classes, check, insist, pitch_mask, polyphony
from models.desk import Desk, Scenes, State
from models.errors import UserError
from models.feel import Feel, feel_of, on_beat, played, swing_of, written
from models.lookback import event_fields
from models.lstm_network import Config, Network
from models.music.notes import Note, Role
from models.music.theory import Key
from models.music.time import MetreMap
from models.page import Page
from models.pedal import pedalled
from models.request import Request, Take, Verb
from models.surroundings import MOST_PARTS, roll, sounding
from models.tokens import (
    CENTRE,
    MAX_ADVANCE,
    MAX_BAR_STEPS,
    STEPS_PER_QUARTER,
    Encoded,
    Frame,
    chord_fields,
    encode_notes,
    frame_of,
    melody_line,
    relative_scale,
    shift_for,
)
from models.writing import Writing

WEIGHTS = Path(__file__).parent.parent / "resources" / "checkpoints" / "lstm.safetensors"
_KEPT_CONTEXTS = 4
_REGISTERS = {
    Role.MELODY: 67,
    Role.BASS: 41,
    Role.CHORDS: 60,
    Role.VOICE: 62,
}  # where a part lies that has no notes yet
_NOTES_BEHIND = 96
_MOST_HEARD = 1024  # notes: sixteen bars have fewer, but for what is no music
_FEWEST_FELT = 12  # notes of the part itself; with fewer the other parts tell how it is played
_RETRIES, _SPARES = 2, 2  # how often lines that will do are looked for, and how many a time
_GUIDANCE = 2.0  # how much further than the network itself the soft controls are followed


@dataclass(frozen=True)
class _Read:
    """A request's context as the network has read it."""

    page: Page
    state: State
    feel: Feel | None


class Lstm:
    """The engine behind `models.request.Composer`."""

    name = "lstm"
    verbs = frozenset({Verb.CONTINUE, Verb.FILL, Verb.ACCOMPANY, Verb.HARMONISE, Verb.FRESH})

    def __init__(self, network: Network) -> None:
        self.network = network.eval()
        weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
        self._stepper = fastest(weights, network.config.layers)
        self._read: dict[Hashable, _Read] = {}
        self._harmoniser: harmony.Harmoniser | None = None

    def prepare(self, request: Request) -> None:
        """Read the request's context ahead of time."""
        if request.verb is Verb.HARMONISE:
            self._harmony()
        else:
            swing = swing_of(request)
            self._stepper.frame(self._context(swing.without(request) if swing else request).page.desk)

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]
    ) -> tuple[Take, ...]:
        """The takes for `request`; every note obeys the hard controls, or it is an error of ours.

        Raises UserError for a request that cannot be served, with what to change.
        """
        if request.verb not in self.verbs:
            raise UserError(f"The LSTM engine cannot {request.verb} yet.")
        check(request)
        if request.verb is Verb.HARMONISE:
            return self._harmony().compose(request, emit, cancelled)
        swing, asked = swing_of(request), request
        if swing is not None:
            request = swing.without(request)
        key, allowed = allowed_pitch_classes(request)
        read = self._context(request)
        stopped = False

        def stop() -> bool:
            nonlocal stopped
            stopped = stopped or cancelled()
            return stopped

        lines: list[list[Note]] = []
        fits: list[float] = []
        unfinished: set[int] = set()

        def write(more: int) -> None:
            """Write so many more lines, side by side; those of the takes that are asked for are told as they grow."""
            first = len(lines)
            # Each line is drawn from a stream of its own, so that it stays the same whatever the others are.
            seeds = [(request.seed & 0xFFFFFFFF, first + number) for number in range(more)]
            page = read.page
            if first and len(page.past):  # where nothing was said before, nothing can be said again
                page = replace(page, desk=otherwise(page.desk))
            writing = Writing(self._stepper, read.state, page, request.controls, seeds)

            def told(number: int, note: Note) -> None:
                if first + number < request.takes:
                    emit(first + number, note if swing is None else swing.notes([note], asked, swing.swung)[0])

            for line, cost in zip(writing.write(told, stop), writing.bits / np.maximum(writing.counts, 1), strict=True):
                line = _make_room(line, request)
                if swing is not None:
                    line = _make_room(list(swing.notes(line, asked, swing.swung)), asked)
                if read.feel is not None:
                    line = played(line, asked, read.feel, np.random.default_rng([*seeds[len(lines) - first], 1]))
                lines.append(line)
                fits.append(-float(cost))
            unfinished.update(first + number for number in writing.unfinished)

        write(request.takes + (request.takes + 4) // 8)
        pool = len(lines)
        chosen, missing = choose(lines, fits, asked)
        for _ in range(_RETRIES):
            if stopped or not missing:
                break
            write(_SPARES * missing)
            if not stopped:
                chosen, missing = choose(lines, fits, asked)
        if stopped:
            chosen = [number for number in chosen if number not in unfinished]
        takes, pedal = [], pedalled(asked)
        for index, number in enumerate(chosen):
            line = lines[number]
            insist(line, asked, allowed, number)
            takes.append(
                Take(
                    tuple(line),
                    self.name,
                    request.seed,
                    index,
                    request.controls,
                    request.span,
                    key,
                    allowed,
                    -fits[number],
                    pedal=pedal,
                    line=number,
                    retried=number >= pool,
                )
            )
        return tuple(takes)

    def _harmony(self) -> harmony.Harmoniser:
        """Chords have a network of their own, read when it is first needed."""
        if self._harmoniser is None:
            self._harmoniser = harmony.load()
        return self._harmoniser

    def _context(self, request: Request) -> _Read:
        """The page to write on and the state after the context; the last few are kept."""
        controls = replace(request.controls, temperature=1.0, top_p=1.0)
        identity = (request.context, request.span, request.locked, controls)
        if identity not in self._read:
            while len(self._read) >= _KEPT_CONTEXTS:
                del self._read[next(iter(self._read))]
            self._read[identity] = self._read_context(request)
        return self._read[identity]

    @torch.inference_mode()
    def _read_context(self, request: Request) -> _Read:
        context, span = request.context, request.span
        key, allowed = allowed_pitch_classes(request)
        metres, voices = context.metres, polyphony(request)
        before = melody_line(context.part) if voices == 1 else list(context.part)
        target = metres.bar(span.start)
        before = _closer([note for note in before if note.onset < span.start], metres, target)[-_MOST_HEARD:]
        after = [note for note in context.after if note.onset >= span.end]
        after = (melody_line(after) if voices == 1 else after)[:_NOTES_BEHIND]
        first_bar = min(metres.bar(before[0].onset), target) if before else target
        # Some bars more than the span, so that a take ends by placing its next note behind it.
        last_bar = metres.bar(max([span.end - 1, span.start, *(note.onset for note in after)]))
        bars = last_bar + 1 - first_bar + MAX_ADVANCE + 1
        frame, origin = frame_of(metres, first_bar, bars), metres.bar_start(first_bar)
        heard = before if len(before) >= _FEWEST_FELT else [*before, *context.heard]
        per_step = context.ticks_per_quarter / STEPS_PER_QUARTER
        onsets = np.array(sorted({note.onset for note in heard if origin <= note.onset < span.start}), float)
        feel = feel_of((onsets - origin) / per_step, frame)
        others = [part for part in context.others if part]
        if feel is not None:
            before, *others = (written(part, context.ticks_per_quarter, frame, origin) for part in (before, *others))
            before = [note for note in (melody_line(before) if voices == 1 else before) if note.onset < span.start]
        pitches = pitch_mask(request, allowed)
        shift = _shift(request, key, before, after, pitches)
        encode = [
            encode_notes(notes, context.ticks_per_quarter, metres, first_bar, bars, context.chords, key, shift)
            for notes in (before, [*request.locked, *after])
        ]
        past, fixed = encode
        rolls = [roll(part, context.ticks_per_quarter, frame, origin) for part in others][:MOST_PARTS]
        asked, left = wanted(request)

        fields = event_fields(past)
        step = np.concatenate([past.step[:1] if len(past) else np.zeros(1, np.int64), past.step])
        fields |= sounding(rolls, step, key.tonic, shift)
        size = len(past) + 1
        fields |= {
            "style": np.full(size, asked[0]),
            "role": np.full(size, asked[1]),
            "controls": measured(past, asked[2:], target - first_bar),
        }
        read = {name: torch.from_numpy(values[None]) for name, values in fields.items()}
        outputs, (hidden, cell) = self.network.read(read)
        heard = None
        if self._stepper.recaller is not None:
            marks = self.network.marks(read)[0, 1:].T.numpy()
            heard = self._stepper.recaller.heard(outputs[0].numpy(), past.bar, marks)
        behind = self.network.nothing_behind[None].numpy()
        if len(fixed):
            later = {name: torch.from_numpy(values[None, 1:]) for name, values in event_fields(fixed).items()}
            behind = np.concatenate([self.network.read_behind(later)[0].numpy(), behind])
        scenes, scene, start = _scenes(request, past, frame, origin, rolls, key, shift)
        lengths: np.ndarray = np.minimum(np.stack([frame.bar_steps, frame.beat_steps], 1), MAX_BAR_STEPS)
        desk = Desk(
            tuple((int(bar), int(beat)) for bar, beat in np.unique(lengths, axis=0)),
            relative_scale(key),
            scenes,
            asked,
            left,
            behind,
            np.append(fixed.position, -1),
            len(fixed) > 0,
            _GUIDANCE,
        )
        begins = np.zeros((bars, MAX_BAR_STEPS), bool)
        for each in rolls:
            begins |= np.unpackbits(each.onsets, axis=1).astype(bool)
        page = Page(
            metres,
            first_bar,
            span,
            past,
            fixed,
            int((fixed.step < _steps(span.end, origin, context.ticks_per_quarter)).sum()),
            desk,
            scene,
            start,
            begins,
            pitches,
            scenes.tones[:, np.arange(128) % 12] > 0 if request.controls.strong_chord_tones else None,
            voices,
            context.part[0].channel if context.part else 0,
            due(request, *(_steps(tick, origin, context.ticks_per_quarter) for tick in (span.start, span.end))),
            heard,
        )
        return _Read(page, State(hidden.numpy(), cell.numpy()), feel)


def _scenes(request: Request, past: Encoded, frame: Frame, origin: int, rolls: list, key: Key, shift: int):
    """The kinds of surroundings from the last note before the span on, and which holds at each step from there."""
    context = request.context
    start, end = int(past.step[-1]) if len(past) else 0, int(frame.starts[-1]) + MAX_BAR_STEPS
    steps = np.arange(start, end)
    spans = [span for span in context.chords if span.chord is not None]
    chord = np.zeros(end - start, np.int64)
    for number, span in enumerate(spans, 1):
        first, last = (_steps(tick, origin, context.ticks_per_quarter) - start for tick in (span.onset, span.end))
        chord[max(first, 0) : max(last, 0)] = number
    root, tones = chord_fields(context.chords, [span.onset for span in spans], key.tonic)
    root = np.concatenate([[12], root])
    tones = np.concatenate([np.zeros((1, 12), np.float32), tones])
    around = sounding(rolls, steps, key.tonic, shift)
    classes = around["sound"].astype(np.int64) @ (1 << np.arange(12))
    kinds, first, scene = np.unique(
        np.stack([chord, classes, around["low"], around["high"]], 1), axis=0, return_index=True, return_inverse=True
    )
    found = Scenes(root[kinds[:, 0]], tones[kinds[:, 0]], around["sound"][first], kinds[:, 2], kinds[:, 3])
    return found, scene.reshape(-1), start


def _steps(tick: int, origin: int, ticks_per_quarter: int) -> int:
    return round((tick - origin) * STEPS_PER_QUARTER / ticks_per_quarter)


def _shift(request: Request, key: Key, before: list[Note], after: list[Note], pitches: NDArray[np.bool_]) -> int:
    """What is added to relative pitches: by the part's own notes, else by where a part of its role lies; but so that
    some of the `pitches` (128,) asked for can be reached."""
    controls = request.controls
    own = [note.pitch for note in (*before, *request.locked, *after)]
    if not own:
        middle = (max(controls.low, 36) + min(controls.high, 96)) // 2
        wanted = _REGISTERS.get(request.context.role, CENTRE)
        own = [wanted if controls.low <= wanted <= controls.high else middle]
    shift, asked = shift_for(key, own), np.flatnonzero(pitches)
    while not ((asked >= shift) & (asked < shift + 128)).any():
        shift -= 12 if shift > 0 else -12
    return shift


def _make_room(line: list[Note], request: Request) -> list[Note]:
    """The notes, cut where they touch locked ones: those need not lie on the grid, so that rounding makes them meet."""
    voices, step = polyphony(request), request.context.ticks_per_quarter / STEPS_PER_QUARTER
    for locked in request.locked:
        kept = []
        for note in line:
            shared = min(note.end, locked.end) - max(note.onset, locked.onset)
            if shared > 0 and (note.pitch == locked.pitch or voices == 1 or shared <= step):
                if note.onset < locked.onset:
                    note = replace(note, duration=locked.onset - note.onset)
                elif request.controls.strong_chord_tones and on_beat(locked.end, request.context.metres):
                    continue  # it was chosen for a place between the beats
                else:
                    note = replace(note, onset=locked.end, duration=note.end - locked.end)
            if note.duration > 0:
                kept.append(note)
        line = kept
    return line


def _closer(line: list[Note], metres: MetreMap, target: int) -> list[Note]:
    """The context moved by whole bars where it ended so long ago that the network has no word for the gap."""
    if not line:
        return line
    gap = target - metres.bar(line[-1].onset)
    if gap <= MAX_ADVANCE - 4:
        return line
    bars = gap - 1
    return [
        replace(
            note,
            onset=note.onset
            + metres.bar_start(metres.bar(note.onset) + bars)
            - metres.bar_start(metres.bar(note.onset)),
        )
        for note in line
    ]


def load(path: Path = WEIGHTS) -> Lstm:
    """The engine with the weights at `path`; raises UserError where they cannot be used."""
    torch.set_num_threads(1)  # more threads cost more than they bring at this size, and music may be playing
    weights, config = checkpoint.load(path, "lstm")
    network = Network(Config(**config))
    checkpoint.fill(network, path, weights)
    return Lstm(network)
