"""The LSTM composer: one recurrent step a note, then small heads in cascade for onset, pitch, duration and velocity.

Each note is predicted as: how many bars on (advance), where in that bar (position), which pitch there, how long, how
loud; every head sees what the earlier ones decided. Beside the recurrent state the heads see what stood 1, 2, 4 and 8
bars before the very place that is being written (`models.lookback`), as input and as a learned vote for repeating
it, in the manner of a pointer network (Vinyals et al. 2015).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import checkpoint
from models.constraints import allowed_pitch_classes, pitch_mask, verify
from models.errors import UserError
from models.lookback import NO_INTERVAL, event_fields
from models.melody import Melodies, Page
from models.music.notes import Note
from models.music.time import MetreMap
from models.request import Request, Take, Verb
from models.stepper import State, Stepper
from models.tokens import (
    LOOK_BACK,
    MAX_ADVANCE,
    MAX_BAR_STEPS,
    MAX_DURATION,
    NO_CHORD,
    NO_PITCH,
    STEPS_PER_QUARTER,
    VELOCITY_BINS,
    Encoded,
    encode_notes,
    melody_line,
    shift_for,
)

MAX_INTERVAL = 24
FIELDS = ("advance", "position", "pitch", "duration", "velocity")
LOOKS = len(LOOK_BACK)
WEIGHTS = Path(__file__).parent.parent / "resources" / "checkpoints" / "lstm.safetensors"
_KEPT_CONTEXTS = 4


@dataclass(frozen=True)
class Config:
    """Sizes of the network; kept in its checkpoint."""

    hidden: int = 256
    layers: int = 2
    dropout: float = 0.25
    head: int = 192
    place: int = 48

    def to_dict(self) -> dict[str, int | float]:
        return asdict(self)


def phase_features(position: Tensor, bar_steps: Tensor, beat_steps: Tensor) -> Tensor:
    """Where in bar, beat and quarter a position lies, as sines and cosines; shape (..., 9)."""
    position, bar, beat = position.float(), bar_steps.float().clamp(min=1), beat_steps.float().clamp(min=1)
    turns = torch.stack(
        [position / bar, position / beat, position / STEPS_PER_QUARTER, 2 * position / STEPS_PER_QUARTER], -1
    ) * (2 * torch.pi)
    on_beat = (torch.remainder(position, beat) == 0).float().unsqueeze(-1)
    return torch.cat([turns.sin(), turns.cos(), on_beat], -1)


def interval_index(pitch: Tensor, previous: Tensor) -> Tensor:
    """The step from `previous` to `pitch`, clipped to MAX_INTERVAL, as an index; the last index where there is none."""
    steps = (pitch - previous).clamp(-MAX_INTERVAL, MAX_INTERVAL) + MAX_INTERVAL
    return torch.where((pitch == NO_PITCH) | (previous == NO_PITCH), 2 * MAX_INTERVAL + 1, steps)


class Network(nn.Module):
    """Scores of the fields of every next note, given the notes before it.

    All inputs come as a dict of tensors of shape (batch, notes + 1, ...), the fields of
    `models.lookback.event_fields`: entry t is the input of step t and the target of step t - 1.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        hidden, head = config.hidden, config.head
        self.pitch = nn.Embedding(NO_PITCH + 1, 24)
        self.interval = nn.Embedding(2 * MAX_INTERVAL + 2, 12)
        self.duration = nn.Embedding(MAX_DURATION + 1, 12)
        self.position = nn.Embedding(MAX_BAR_STEPS, 16)
        self.velocity = nn.Embedding(VELOCITY_BINS, 6)
        self.root = nn.Embedding(NO_CHORD + 1, 6)
        self.advance = nn.Embedding(MAX_ADVANCE + 1, 6)
        self.bar = nn.Embedding(MAX_BAR_STEPS + 1, 8)
        self.beat = nn.Embedding(MAX_BAR_STEPS + 1, 4)
        place = 16 + 9 + 8 + 4  # position, phase, bar and beat length
        harmony = 6 + 12 + 12  # root, chord tones, scale
        self.lstm = nn.LSTM(
            24 + 12 + 12 + 6 + 6 + place + harmony, hidden, config.layers, batch_first=True, dropout=config.dropout
        )
        looks = LOOKS * (12 + 12 + 12 + 1)  # interval to it, its own interval, its duration, exact
        self.advance_head = _mlp(hidden + 6 + place + harmony, head, MAX_ADVANCE + 1 + 1)
        self.position_head = _mlp(hidden + 6 + 16 + 8 + 4 + harmony, head, config.place + LOOKS + 1 + 1)
        self.place_key = nn.Linear(9 + 8 + 4, config.place)
        self.place_table = nn.Embedding(MAX_BAR_STEPS, config.place)
        self.place_bias = nn.Embedding(MAX_BAR_STEPS, 1)
        self.pitch_head = _mlp(
            hidden + place + harmony + 24 + looks, 256, 128 + 12 + (2 * MAX_INTERVAL + 1) + 2 * LOOKS
        )
        self.duration_head = _mlp(hidden + place + harmony + 24 + 12 + LOOKS * (12 + 1), head, MAX_DURATION + 1 + LOOKS)
        self.velocity_head = _mlp(hidden + place + 24 + 12 + 12 + 6, 96, VELOCITY_BINS)
        self.drop = nn.Dropout(config.dropout)

    def place(self, x: dict[str, Tensor]) -> Tensor:
        """Features of positions in their bars, (..., 37)."""
        return torch.cat(
            [
                self.position(x["position"]),
                phase_features(x["position"], x["bar_steps"], x["beat_steps"]),
                self.bar(x["bar_steps"]),
                self.beat(x["beat_steps"]),
            ],
            -1,
        )

    def harmony(self, x: dict[str, Tensor]) -> Tensor:
        """Features of chord and key, (..., 30)."""
        return torch.cat([self.root(x["root"]), x["tones"], x["scale"]], -1)

    def read(
        self, x: dict[str, Tensor], state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The recurrent output after each note, (batch, notes, hidden), and the state after the last."""
        previous = x["previous_pitch"]
        inputs = torch.cat(
            [
                self.pitch(x["pitch"]),
                self.interval(interval_index(x["pitch"], previous)),
                self.duration(x["duration"]),
                self.velocity(x["velocity"]),
                self.advance(x["advance"]),
                self.place(x),
                self.harmony(x),
            ],
            -1,
        )
        return self.lstm(inputs, state)

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Log-probability (nats) of each field of each next note, every field given those before it; (batch, notes)."""
        x = {name: value[:, :-1] for name, value in batch.items()}
        y = {name: value[:, 1:] for name, value in batch.items()}
        h, _ = self.read(x)
        h = self.drop(h)
        logits = self.scores(h, x, y)
        target = {name: y[name] for name in FIELDS}
        return {name: _log_probability(logits[name], target[name]) for name in FIELDS}

    def scores(self, h: Tensor, x: dict[str, Tensor], y: dict[str, Tensor]) -> dict[str, Tensor]:
        """Logits of each field, given the output h, the last notes x and the notes y that are being scored."""
        return {
            "advance": self.score_advance(h, x),
            "position": self.score_position(h, x, y),
            "pitch": self.score_pitch(h, x, y),
            "duration": self.score_duration(h, x, y),
            "velocity": self.score_velocity(h, x, y),
        }

    def score_advance(self, h: Tensor, x: dict[str, Tensor]) -> Tensor:
        """Bars from the last onset to the next, (..., 16); the bar in which the last note ends has a vote."""
        out = self.advance_head(torch.cat([h, self.advance(x["end_advance"]), self.place(x), self.harmony(x)], -1))
        return out[..., :-1] + out[..., -1:] * F.one_hot(x["end_advance"], MAX_ADVANCE + 1)

    def score_position(self, h: Tensor, x: dict[str, Tensor], y: dict[str, Tensor]) -> Tensor:
        """Steps from the bar line, (..., 192); impossible ones are -inf. Earlier bars' onsets and the last end vote."""
        bar, beat = y["bar_steps"], y["beat_steps"]
        out = self.position_head(
            torch.cat(
                [
                    h,
                    self.advance(y["advance"]),
                    self.position(x["position"]),
                    self.bar(bar),
                    self.beat(beat),
                    self.harmony(x),
                ],
                -1,
            )
        )
        query, votes, end_vote, _ = out.split([self.config.place, LOOKS, 1, 1], -1)
        steps = torch.arange(MAX_BAR_STEPS, device=h.device)
        # Keys depend on the metre alone: made once for each metre in the batch.
        metres, which = torch.unique(torch.stack([bar, beat], -1).flatten(0, -2), dim=0, return_inverse=True)
        lengths = metres[:, :, None].expand(-1, -1, MAX_BAR_STEPS)
        phases = phase_features(steps.expand(len(metres), -1), lengths[:, 0], lengths[:, 1])
        keys = self.place_key(torch.cat([phases, self.bar(lengths[:, 0]), self.beat(lengths[:, 1])], -1))
        keys = keys + self.place_table(steps)
        which = which.reshape(bar.shape)
        logits = query @ keys[0].T if len(metres) == 1 else self._by_metre(query, keys, which)
        logits = logits + self.place_bias(steps).squeeze(-1)
        logits = logits + (votes.unsqueeze(-2) @ y["look_onsets"].to(votes.dtype)).squeeze(-2)
        at_end = (y["advance"] == x["end_advance"]).unsqueeze(-1) & (steps == x["end_position"].unsqueeze(-1))
        logits = logits + end_vote * at_end
        too_early = (y["advance"] == 0).unsqueeze(-1) & (steps <= x["last_position"].unsqueeze(-1))
        return logits.masked_fill(too_early | (steps >= bar.unsqueeze(-1)), -torch.inf)

    @staticmethod
    def _by_metre(query: Tensor, keys: Tensor, which: Tensor) -> Tensor:
        logits = query.new_empty(*query.shape[:-1], MAX_BAR_STEPS)
        for index in range(len(keys)):
            rows = which == index
            logits[rows] = query[rows] @ keys[index].T
        return logits

    def looks(self, x: dict[str, Tensor], y: dict[str, Tensor]) -> Tensor:
        """What was found 1, 2, 4, 8 bars before, seen from the last pitch; (..., 148)."""
        to_it = interval_index(y["look_pitch"], x["pitch"].unsqueeze(-1))
        own = torch.where(
            y["look_interval"] == NO_INTERVAL,
            2 * MAX_INTERVAL + 1,
            y["look_interval"].clamp(-MAX_INTERVAL, MAX_INTERVAL) + MAX_INTERVAL,
        )
        return torch.cat(
            [
                self.interval(to_it).flatten(-2),
                self.interval(own).flatten(-2),
                self.duration(y["look_duration"]).flatten(-2),
                y["look_exact"].to(torch.float32),
            ],
            -1,
        )

    def score_pitch(self, h: Tensor, x: dict[str, Tensor], y: dict[str, Tensor]) -> Tensor:
        """The pitch at the chosen place, (..., 128): as a pitch, a pitch class, an interval, and as a repeat."""
        out = self.pitch_head(
            torch.cat([h, self.place(y), self.harmony(y), self.pitch(x["pitch"]), self.looks(x, y)], -1)
        )
        absolute, pitch_class, step, repeat, sequence = out.split([128, 12, 2 * MAX_INTERVAL + 1, LOOKS, LOOKS], -1)
        pitches = torch.arange(128, device=h.device)
        logits = absolute + pitch_class[..., pitches % 12]
        steps = pitches - x["pitch"].unsqueeze(-1) + MAX_INTERVAL
        near = (steps >= 0) & (steps <= 2 * MAX_INTERVAL) & (x["pitch"] != NO_PITCH).unsqueeze(-1)
        logits = logits + step.gather(-1, steps.clamp(0, 2 * MAX_INTERVAL)) * near
        # Slot 128 collects the votes for pitches that do not exist.
        votes = torch.zeros(*logits.shape[:-1], NO_PITCH + 1, device=h.device)
        votes = votes.scatter_add(-1, y["look_pitch"], repeat)
        moved = x["pitch"].unsqueeze(-1) + y["look_interval"]
        none = (
            (y["look_interval"] == NO_INTERVAL) | (x["pitch"] == NO_PITCH).unsqueeze(-1) | (moved < 0) | (moved > 127)
        )
        return logits + votes.scatter_add(-1, moved.masked_fill(none, NO_PITCH), sequence)[..., :128]

    def score_duration(self, h: Tensor, x: dict[str, Tensor], y: dict[str, Tensor]) -> Tensor:
        """The duration in steps of the chosen note, (..., 193); 0 is impossible."""
        exact = y["look_exact"]
        out = self.duration_head(
            torch.cat(
                [
                    h,
                    self.place(y),
                    self.harmony(y),
                    self.pitch(y["pitch"]),
                    self.interval(interval_index(y["pitch"], x["pitch"])),
                    self.duration(y["look_duration"]).flatten(-2),
                    exact.to(torch.float32),
                ],
                -1,
            )
        )
        logits, votes = out.split([MAX_DURATION + 1, LOOKS], -1)
        logits = logits.scatter_add(-1, y["look_duration"], votes * exact)
        return torch.cat([torch.full_like(logits[..., :1], -torch.inf), logits[..., 1:]], -1)

    def score_velocity(self, h: Tensor, x: dict[str, Tensor], y: dict[str, Tensor]) -> Tensor:
        """The velocity bin of the chosen note, (..., 32)."""
        return self.velocity_head(
            torch.cat(
                [
                    h,
                    self.place(y),
                    self.pitch(y["pitch"]),
                    self.interval(interval_index(y["pitch"], x["pitch"])),
                    self.duration(y["duration"]),
                    self.velocity(x["velocity"]),
                ],
                -1,
            )
        )


def _mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.SiLU(), nn.Linear(hidden, outputs))


def _log_probability(logits: Tensor, target: Tensor) -> Tensor:
    return F.log_softmax(logits, -1).gather(-1, target.unsqueeze(-1)).squeeze(-1)


class Lstm:
    """The engine behind `models.request.Composer`: continues a melody inside the request's hard controls."""

    name = "lstm"
    verbs = frozenset({Verb.CONTINUE})

    def __init__(self, network: Network) -> None:
        self.network = network.eval()
        weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
        self._stepper = Stepper(weights, network.config.layers)
        self._read: dict[Hashable, tuple[Encoded, Page, State]] = {}

    def prepare(self, request: Request) -> None:
        """Read the request's context ahead of time."""
        self._context(request)

    def compose(
        self, request: Request, emit: Callable[[int, Note], None], cancelled: Callable[[], bool]
    ) -> tuple[Take, ...]:
        """The takes for `request`; every note obeys key, range and span, or it is an error of ours."""
        if request.verb not in self.verbs:
            raise UserError(f"The LSTM engine cannot {request.verb} yet.")
        key, allowed = allowed_pitch_classes(request)
        encoded, page, state = self._context(request)
        melodies = Melodies(self._stepper, state, encoded, page, request.controls, request.takes, request.seed)
        stopped = False

        def stop() -> bool:
            nonlocal stopped
            stopped = stopped or cancelled()
            return stopped

        lines = melodies.write(emit, stop)
        finished = [index for index in range(request.takes) if not stopped or index not in melodies.unfinished]
        takes = []
        for index in finished:
            broken = verify(lines[index], request, allowed)
            if broken:
                raise RuntimeError(f"take {index} of seed {request.seed} breaks its controls: {broken[0]}")
            takes.append(
                Take(
                    tuple(lines[index]),
                    self.name,
                    request.seed,
                    index,
                    request.controls,
                    request.span,
                    key,
                    allowed,
                    float(melodies.bits[index] / max(melodies.counts[index], 1)),
                )
            )
        return tuple(takes)

    def _context(self, request: Request) -> tuple[Encoded, Page, State]:
        """The encoded context, the page to write on and the state after the context; the last few are kept."""
        context = request.context
        identity = (context, request.span, request.controls.key, request.controls.low, request.controls.high)
        if identity not in self._read:
            while len(self._read) >= _KEPT_CONTEXTS:
                del self._read[next(iter(self._read))]
            self._read[identity] = self._read_context(request)
        return self._read[identity]

    @torch.inference_mode()
    def _read_context(self, request: Request) -> tuple[Encoded, Page, State]:
        context, span, controls = request.context, request.span, request.controls
        key, allowed = allowed_pitch_classes(request)
        metres = context.metres
        line = [note for note in melody_line(context.part) if note.onset < span.start]
        target = metres.bar(span.start)
        line = _closer(line, metres, target)
        first_bar = min(metres.bar(line[0].onset), target) if line else target
        # Some bars more than the span, so that a take ends by placing its next note behind it.
        bars = metres.bar(max(span.end - 1, span.start)) + 1 - first_bar + MAX_ADVANCE + 1
        pitches = [note.pitch for note in line] or [(max(controls.low, 48) + min(controls.high, 84)) // 2]
        encoded = encode_notes(
            line, context.ticks_per_quarter, metres, first_bar, bars, context.chords, key, shift_for(key, pitches)
        )
        fields = event_fields(encoded)
        inputs = {name: torch.from_numpy(values[None]) for name, values in fields.items()}
        _, (hidden, cell) = self.network.read(inputs)
        channel = context.part[0].channel if context.part else 0
        page = Page(metres, first_bar, span, context.chords, key.tonic, pitch_mask(request, allowed), channel)
        return encoded, page, State(hidden.numpy(), cell.numpy())


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
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise UserError(f"The weights at {path} do not fit the LSTM engine; reinstall Antiphon.") from error
    return Lstm(network)
