"""The GAN: phrases of four bars from nothing but the controls and the chord lane, sixteen in one pass.

Each phrase is a melody, chords and a bass that were written together; the parts that are asked for are handed over.
Drums, where asked for, are written to the accents of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models import checkpoint
from models.choosing import choose
from models.constraints import allowed_pitch_classes, check, insist, pitch_mask, polyphony
from models.errors import UserError
from models.fresh_frame import Block, asked, blocks, heights, opened, part_of
from models.gan_drums import WEIGHTS as DRUM_WEIGHTS
from models.gan_drums import Drums, hits_to_notes
from models.gan_drums import load as load_drums
from models.gan_network import GanConfig, Writer
from models.music.notes import Note, Role, sort_notes
from models.music.theory import Key
from models.open_cells import INTERVAL, NO_LEANINGS, NUMBERS, Leanings, Open, Scores, choose_cells, leaned, leanings_of
from models.pedal import pedalled
from models.request import Request, Take, Verb
from models.rolls import Rolls, Wishes, as_notes, notes_of, slots_used

ENGINE = "gan"
WEIGHTS = Path(__file__).parent.parent / "resources" / "checkpoints" / "gan.safetensors"
MOST_BARS = 16
_AROUND = 0.45  # how far the kin of a take lie from it
_ALIKE = np.float32(0.8)  # how near later blocks of four bars lie to the first
_VOICES = 6
_ACCENTS = (88, 80, 72)  # velocities on a bar's first beat, on beats, between them
_QUIETER = {Role.MELODY: 0, Role.CHORDS: -14, Role.BASS: -6}


class Gan:
    """The engine behind `models.request.Composer`."""

    name = ENGINE
    verbs = frozenset({Verb.FRESH})

    def __init__(
        self, writer: Writer, bank: Wishes, leanings: Leanings = NO_LEANINGS, drums: Drums | None = None
    ) -> None:
        self.writer, self.bank, self.leanings, self.drums = writer.eval(), bank, leanings, drums

    def prepare(self, request: Request) -> None:
        """There is nothing to read ahead: a fresh phrase has no context."""

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]
    ) -> tuple[Take, ...]:
        """The takes for `request`, their parts in `Take.parts`; every note obeys the hard controls.

        The range and the polyphony asked for are those of the first part. Where the request brings a point along, the
        first take lies there and the others around it. Raises UserError for a request that cannot be served.
        """
        if request.verb not in self.verbs:
            raise UserError(f"The GAN engine cannot {request.verb}: it writes phrases from nothing.")
        roles = request.roles if len(request.roles) > 1 else (request.context.role,)
        roles = sorted(roles, key=lambda role: role is Role.DRUMS)  # which follow the other parts
        if roles[0] is Role.DRUMS:
            raise UserError("The GAN writes drums to other parts; ask for a melody, chords or a bass with them.")
        if Role.DRUMS in roles and self.drums is None:
            raise UserError("The weights of the GAN's drums are missing; reinstall Antiphon, or leave the drums out.")
        request = replace(request, context=replace(request.context, role=roles[0]))
        check(request)
        key, allowed = allowed_pitch_classes(request)
        pitch_mask(request, allowed)
        frame = blocks(request, MOST_BARS)
        if cancelled():
            return ()
        # A point that was brought along is wanted as it is; otherwise some lines more are written, to choose among.
        spare = 0 if request.latent else (request.takes + 3) // 4
        points, banks = self._points(request, frame, key, request.takes + spare)
        lines = self._lines(request, roles, frame, points, banks, key, allowed)
        numbers = list(range(len(lines)))
        if spare:
            numbers, _ = choose([line[0] for line in lines], [0.0] * len(lines), request)
        takes: list[Take] = []
        for index, number in enumerate(numbers):
            if cancelled():
                break
            line = lines[number]
            for place, (role, notes) in enumerate(zip(roles, line, strict=True)):
                if role is Role.DRUMS:
                    continue  # no rule for pitches holds for them
                insist(notes, self._rules(request, role, place), allowed, number)
            for note in line[0]:
                emit(index, note)
            takes.append(
                Take(
                    line[0], self.name, request.seed, index, request.controls, request.span, key, allowed,
                    pedal=pedalled(request), line=index, latent=(*points[number].ravel().tolist(), banks[number]),
                    parts=tuple(zip(roles, line, strict=True)) if len(roles) > 1 else (),
                )
            )  # fmt: skip
        return tuple(takes)

    @torch.inference_mode()
    def scores(self, latent: NDArray[np.float32], wishes: Wishes) -> Scores:
        """What the writer says of every cell; `latent` (n, latent)."""
        cells = self.writer(
            torch.from_numpy(np.ascontiguousarray(latent)),
            torch.from_numpy(wishes.whole),
            torch.from_numpy(wishes.halves),
            torch.from_numpy(slots_used(wishes.whole)),
        )
        return Scores(cells.melody.numpy(), cells.chords.numpy(), cells.bass.numpy())

    def write(self, latent: NDArray[np.float32], wishes: Wishes, open_: Open, voices: int = _VOICES) -> Rolls:
        """Phrases for these points and wishes, where only open pitches are struck."""
        scores = leaned(self.scores(latent, wishes), self.leanings, wishes.halves, latent)
        intervals = self.leanings.of(latent)[:, INTERVAL:]
        return choose_cells(scores, open_, slots_used(wishes.whole), voices, intervals)

    def _points(
        self, request: Request, frame: Sequence[Block], key: Key, count: int
    ) -> tuple[NDArray[np.float32], list[int]]:
        """For each line its points (lines, blocks, latent) and the number of the wishes it borrows from the bank."""
        size = self.writer.config.latent
        random = np.random.default_rng([request.seed & 0xFFFFFFFF, 13])
        latent = random.standard_normal((count, len(frame), size), np.float32)
        if request.latent:
            if len(request.latent) % size != 1:
                raise UserError("This take is from another engine or version; ask that engine for more like it.")
            brought = np.array(request.latent[:-1], np.float32).reshape(-1, size)
            brought = brought[np.arange(len(frame)) % len(brought)]
            around = np.full((count, 1, 1), _AROUND, np.float32)
            around[:1] = 0
            points = np.sqrt(1 - around**2) * brought + around * latent[:, :1]
            return points.astype(np.float32), [int(request.latent[-1]) % len(self.bank)] * count
        latent[:, 1:] = _ALIKE * latent[:, :1] + np.sqrt(1 - _ALIKE**2) * latent[:, 1:]
        latent *= np.float32(min(max(request.controls.temperature, 0.3), 1.5))
        fitting = asked(self.bank, request, frame[0], key)
        return latent, random.choice(fitting, count).tolist()

    def _lines(
        self, request: Request, roles: Sequence[Role], frame: Sequence[Block], points: NDArray[np.float32],
        banks: Sequence[int], key: Key, allowed: frozenset[int],
    ) -> list[list[tuple[Note, ...]]]:  # fmt: skip
        """The notes of each line's parts, in the song's ticks."""
        shifts = heights(request, key, allowed)
        pitched = [role for role in roles if role is not Role.DRUMS]
        lines: list[list[list[Note]]] = [[[] for _ in roles] for _ in points]
        voices = polyphony(request) if roles[0] is Role.CHORDS else _VOICES
        for number, block in enumerate(frame):
            wishes = block.wishes(self.bank.take(np.array(banks)), request, key)
            rolls = self.write(points[:, number], wishes, opened(request, block, key, allowed, shifts), voices)
            if self.drums is not None and Role.DRUMS in roles:
                hits = self.drums.write_to(rolls, [part_of(role) for role in pitched], points[:, number])
                for line, mine in zip(lines, hits, strict=True):
                    line[-1] += hits_to_notes(mine, block, request.span.end)
            for index, line in enumerate(lines):
                for place, role in enumerate(pitched):
                    part = part_of(role)
                    rows = [(at, n, pitch + shifts[part]) for at, n, pitch in notes_of(rolls, index, part)]
                    line[place] += as_notes(rows, block.length, block.step, block.start, 80)
        return [
            [tuple(notes) if role is Role.DRUMS else _finished(notes, self._rules(request, role, place))
             for place, (role, notes) in enumerate(zip(roles, line, strict=True))]
            for line in lines
        ]  # fmt: skip

    @staticmethod
    def _rules(request: Request, role: Role, place: int) -> Request:
        """The request as it holds for one of several parts: range, voices and locked notes are the first one's."""
        context = replace(request.context, role=role)
        if not place:
            return replace(request, context=context)
        controls = replace(request.controls, low=0, high=127, polyphony=None)
        return replace(request, context=context, controls=controls, locked=())


def _finished(notes: Sequence[Note], request: Request) -> tuple[Note, ...]:
    """The notes inside the span, accented, none of them above the number of voices or on a locked note."""
    span, metres, voices = request.span, request.context.metres, polyphony(request)
    channel = request.context.part[0].channel if request.context.part else 0
    kept: list[Note] = list(request.locked)
    out: list[Note] = []
    for note in sort_notes(tuple(notes)):
        end = min(note.end, span.end)
        # A locked note that begins meanwhile is not touched: what stands before it ends there.
        coming = [each.onset for each in request.locked if note.onset < each.onset < end]
        if coming and (voices == 1 or any(each.pitch == note.pitch for each in request.locked)):
            end = min(coming)
        sounding = [each for each in kept if each.onset < end and each.end > note.onset]
        if note.onset >= span.end or end <= note.onset or len(sounding) >= voices:
            continue
        if any(each.pitch == note.pitch for each in sounding):
            continue
        within = note.onset - metres.bar_start(metres.bar(note.onset))
        accent = 0 if not within else 1 if within % metres.beat_ticks(note.onset) == 0 else 2
        velocity = _ACCENTS[accent] + _QUIETER[part_of(request.context.role)]
        made = replace(note, duration=end - note.onset, velocity=velocity, channel=channel)
        kept.append(made)
        out.append(made)
    return tuple(out)


def load(path: Path = WEIGHTS, drums: Path = DRUM_WEIGHTS) -> Gan:
    """The engine with the weights at `path`, and with those of the `drums` where they are there; raises UserError where
    they cannot be used."""
    torch.set_num_threads(1)  # more threads cost more than they bring at this size, and music may be playing
    weights, config = checkpoint.load(path, ENGINE)
    extra = [weights.pop(name, torch.zeros(0)).float().numpy() for name in ("bank.whole", "bank.halves", "leanings")]
    writer = Writer(GanConfig(**config))
    checkpoint.fill(writer, path, weights)
    if not all(map(len, extra)) or len(extra[2]) != NUMBERS:
        raise UserError(f"The weights at {path} lack what belongs to them; reinstall Antiphon.")
    whole, halves, leanings = extra
    beside = load_drums(drums) if drums.exists() else None
    return Gan(writer, Wishes(whole, halves), leanings_of(leanings), beside)
