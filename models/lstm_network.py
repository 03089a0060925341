"""The network of the LSTM composer: one recurrent step a note, then small heads in cascade.

Each note is predicted as: how many bars on (advance), where in that bar (position), which pitch there, how long, how
loud; every head sees what the earlier ones decided. Notes that begin together come one after the other, from the lowest
up. Beside the recurrent state the heads see

- what stands 1, 2, 4 and 8 bars before the very place that is being written, and where the music goes on behind a gap
  2, 4 and 8 bars after it (`models.lookback`), as input and as a learned vote for repeating it, in the manner of a
  pointer network (Vinyals et al. 2015);
- what stood in the part when its state was like the present one (`models.recall`);
- what other parts sound there (`models.surroundings`);
- the first note behind the gap, how far it is, and a second LSTM's reading of all that follows, backwards, after the
  Anticipation-RNN (Hadjeres and Nielsen 2018);
- style, role and the soft controls (`models.controls`), each of which may be left open.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.controls import BINS, CONTROLS
from models.layers import (
    Mlp,
    interval_index,
    log_probability,
    moved_pitch,
    phase_features,
    products_by_kind,
    step_index,
)
from models.lookback import LOOKS, MAX_INTERVAL
from models.recall import VOTED, Recall
from models.roles import ROLES, STYLES
from models.tokens import (
    MAX_ADVANCE,
    MAX_BAR_STEPS,
    MAX_DURATION,
    NO_CHORD,
    NO_PITCH,
    VELOCITY_BINS,
)

FIELDS = ("advance", "position", "pitch", "duration", "velocity")
UNTILS = 18  # bars to the wall: 0 to 16, and none
_LOOKS = len(LOOKS)
ABOUT = 24 + 12 + 12 + 16  # of a note, for the memory: pitch, interval, duration, position
PLACE, HARMONY, SOUND, ASKED = 16 + 9 + 8 + 4, 6 + 12 + 12, 12 + 8 + 8, 6 + 6 + 6 * len(CONTROLS)


@dataclass(frozen=True)
class Config:
    """Sizes of the network; kept in its checkpoint."""

    hidden: int = 256
    layers: int = 2
    dropout: float = 0.25
    head: int = 192
    place: int = 48
    behind: int = 96
    recall: int = 0  # heads of the memory (`models.recall`), 0: none

    def to_dict(self) -> dict[str, int | float]:
        return asdict(self)


class Network(nn.Module):
    """Scores of the fields of every next note, given the notes before it and what else is visible.

    All inputs come as a dict of tensors of shape (batch, notes + 1, ...), as `models.training.dataset` makes them:
    entry t is the input of step t and the target of step t - 1.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        hidden, head, behind = config.hidden, config.head, config.behind
        self.pitch = nn.Embedding(NO_PITCH + 1, 24)
        self.interval = nn.Embedding(2 * MAX_INTERVAL + 2, 12)
        self.duration = nn.Embedding(MAX_DURATION + 1, 12)
        self.position = nn.Embedding(MAX_BAR_STEPS, 16)
        self.velocity = nn.Embedding(VELOCITY_BINS, 6)
        self.root = nn.Embedding(NO_CHORD + 1, 6)
        self.advance = nn.Embedding(MAX_ADVANCE + 1, 6)
        self.bar = nn.Embedding(MAX_BAR_STEPS + 1, 8)
        self.beat = nn.Embedding(MAX_BAR_STEPS + 1, 4)
        self.extreme = nn.Embedding(NO_PITCH + 1, 8)
        self.until = nn.Embedding(UNTILS, 8)
        self.style = nn.Embedding(len(STYLES), 6)
        self.role = nn.Embedding(len(ROLES), 6)
        self.controls = nn.ModuleList(nn.Embedding(BINS + 1, 6) for _ in CONTROLS)
        self.lstm = nn.LSTM(
            24 + 12 + 12 + 6 + 6 + PLACE + HARMONY + SOUND + ASKED,
            hidden,
            config.layers,
            batch_first=True,
            dropout=config.dropout,
        )
        self.behind = nn.LSTM(24 + 12 + PLACE + HARMONY, behind, batch_first=True)
        self.nothing_behind = nn.Parameter(torch.zeros(behind))
        gap = 8 + behind  # bars to the wall, what stands behind it
        self.advance_head = Mlp(hidden + ASKED + gap + 6 + PLACE + HARMONY, head, MAX_ADVANCE + 1 + 1)
        self.position_head = Mlp(
            hidden + ASKED + gap + 6 + 16 + 8 + 4 + HARMONY + 16 + SOUND, head, config.place + _LOOKS + 1 + 1 + 1
        )
        self.place_key = nn.Linear(9 + 8 + 4, config.place)
        self.place_table = nn.Embedding(MAX_BAR_STEPS, config.place)
        self.place_bias = nn.Embedding(MAX_BAR_STEPS, 1)
        self.pitch_head = Mlp(
            hidden + ASKED + gap + PLACE + HARMONY + SOUND + 24 + 12 + 1 + _LOOKS * (12 + 12 + 12 + 1),
            256,
            128 + 12 + (2 * MAX_INTERVAL + 1) + 2 * _LOOKS,
        )
        self.duration_head = Mlp(
            hidden + ASKED + gap + PLACE + HARMONY + SOUND + 24 + 12 + 12 + 1 + _LOOKS * (12 + 1),
            head,
            MAX_DURATION + 1 + _LOOKS,
        )
        self.velocity_head = Mlp(hidden + ASKED + PLACE + 24 + 12 + 12 + 6 + 1, 96, VELOCITY_BINS)
        self.recall = Recall(hidden, config.recall, ABOUT) if config.recall else None
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

    def sound(self, x: dict[str, Tensor]) -> Tensor:
        """Features of what the other parts sound, (..., 28)."""
        return torch.cat([x["sound"], self.extreme(x["low"]), self.extreme(x["high"])], -1)

    def asked(self, x: dict[str, Tensor]) -> Tensor:
        """Features of style, role and controls, (..., 42)."""
        values = [control(x["controls"][..., i]) for i, control in enumerate(self.controls)]
        return torch.cat([self.style(x["style"]), self.role(x["role"]), *values], -1)

    def read(
        self, x: dict[str, Tensor], state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The recurrent output after each note, (batch, notes, hidden), and the state after the last."""
        inputs = torch.cat(
            [
                self.pitch(x["pitch"]),
                self.interval(interval_index(x["pitch"], x["previous_pitch"])),
                self.duration(x["duration"]),
                self.velocity(x["velocity"]),
                self.advance(x["advance"]),
                self.place(x),
                self.harmony(x),
                self.sound(x),
                self.asked(x),
            ],
            -1,
        )
        return self.recur(inputs, state)

    def recur(self, inputs: Tensor, state: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The recurrent part alone: outputs (batch, notes, hidden) and the state after the last note."""
        outputs, after = self.lstm(inputs, state)
        return outputs.float(), after

    def read_behind(self, x: dict[str, Tensor]) -> Tensor:
        """What has been read from the end back to each note, itself included, (batch, notes, behind)."""
        inputs = torch.cat([self.pitch(x["pitch"]), self.duration(x["duration"]), self.place(x), self.harmony(x)], -1)
        # What pads a shorter segment carries no music, but it is read first; the state it leaves is learned around.
        return self.behind(inputs.flip(1))[0].flip(1).float()

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Log-probability (nats) of each field of each next note, every field given those before it; (batch, notes)."""
        x = {name: value[:, :-1] for name, value in batch.items()}
        y = {name: value[:, 1:] for name, value in batch.items()}
        h, votes = self.remember(self.read(x)[0], x)
        logits = self.scores(self.drop(h), x, y, self.walls(batch), votes)
        return {name: log_probability(logits[name], y[name]) for name in FIELDS}

    def remember(self, h: Tensor, x: dict[str, Tensor]) -> tuple[Tensor, tuple[Tensor, ...] | None]:
        """The recurrent output with what the memory finds, and its votes for position, pitch, interval and duration."""
        if self.recall is None:
            return h, None
        found, votes = self.recall(h, self.about(x), x["bar"], self.marks(x))
        return found, votes.split(VOTED, -1)

    def about(self, x: dict[str, Tensor]) -> Tensor:
        """What the memory keeps of each note, (..., 64)."""
        interval = self.interval(interval_index(x["pitch"], x["previous_pitch"]))
        kept = [self.pitch(x["pitch"]), interval, self.duration(x["duration"]), self.position(x["position"])]
        return torch.cat(kept, -1)

    @staticmethod
    def marks(x: dict[str, Tensor]) -> Tensor:
        """Each note's indices into VOTED, (..., 4)."""
        interval = interval_index(x["pitch"], x["previous_pitch"])
        return torch.stack([x["position"], x["pitch"], interval, x["duration"]], -1)

    def walls(self, batch: dict[str, Tensor]) -> Tensor:
        """What stands behind the gap of each target, (batch, notes, behind)."""
        wall = batch["wall"][:, 1:]
        if not (wall >= 0).any():
            return self.nothing_behind.expand(*wall.shape, -1)
        read = self.read_behind(batch)
        chosen = read.gather(1, wall.clamp(min=0).unsqueeze(-1).expand(-1, -1, read.shape[-1]))
        return torch.where((wall >= 0).unsqueeze(-1), chosen, self.nothing_behind)

    def scores(
        self,
        h: Tensor,
        x: dict[str, Tensor],
        y: dict[str, Tensor],
        behind: Tensor,
        votes: tuple[Tensor, ...] | None = None,
    ) -> dict[str, Tensor]:
        """Logits of each field, given the output h, the last notes x, the notes y that are being scored, what has been
        read behind the gap, and what the memory votes for."""
        position, pitch, interval, duration = votes or (None, None, None, None)
        asked = self.asked(y)
        common = torch.cat([h, asked, self.until(y["until"]), behind], -1)
        return {
            "advance": self.score_advance(torch.cat([h, asked, self.until(y["until_advance"]), behind], -1), x),
            "position": self.score_position(common, x, y, position),
            "pitch": self.score_pitch(common, x, y, pitch, interval),
            "duration": self.score_duration(common, x, y, duration),
            "velocity": self.score_velocity(torch.cat([h, asked], -1), x, y),
        }

    def score_advance(self, common: Tensor, x: dict[str, Tensor]) -> Tensor:
        """Bars from the last onset to the next, (..., 16); the bar in which the last note ends has a vote."""
        out = self.advance_head(torch.cat([common, self.advance(x["end_advance"]), self.place(x), self.harmony(x)], -1))
        return out[..., :-1] + out[..., -1:] * F.one_hot(x["end_advance"], MAX_ADVANCE + 1)

    def score_position(
        self, common: Tensor, x: dict[str, Tensor], y: dict[str, Tensor], found: Tensor | None = None
    ) -> Tensor:
        """Steps from the bar line, (..., 192); impossible ones are -inf.

        Onsets in the bars looked at, those of other parts, the last end, the last onset and what was `found` vote.
        """
        bar, beat = y["bar_steps"], y["beat_steps"]
        out = self.position_head(
            torch.cat(
                [
                    common,
                    self.advance(y["advance"]),
                    self.position(x["position"]),
                    self.bar(bar),
                    self.beat(beat),
                    self.harmony(x),
                    self.position(y["wall_position"]) * (y["wall_pitch"] != NO_PITCH).unsqueeze(-1),
                    self.sound(x),
                ],
                -1,
            )
        )
        query, votes, end_vote, again_vote = out.split([self.config.place, _LOOKS + 1, 1, 1], -1)
        steps = torch.arange(MAX_BAR_STEPS, device=out.device)
        # Keys depend on the metre alone: made once for each metre in the batch.
        metres, which = torch.unique(torch.stack([bar, beat], -1).flatten(0, -2), dim=0, return_inverse=True)
        lengths = metres[:, :, None].expand(-1, -1, MAX_BAR_STEPS)
        phases = phase_features(steps.expand(len(metres), -1), lengths[:, 0], lengths[:, 1])
        keys = self.place_key(torch.cat([phases, self.bar(lengths[:, 0]), self.beat(lengths[:, 1])], -1))
        keys = keys + self.place_table(steps)
        which = which.reshape(bar.shape)
        logits = products_by_kind(query, keys, which)
        logits = logits + self.place_bias(steps).squeeze(-1)
        logits = logits + (votes.unsqueeze(-2) @ y["look_onsets"].to(votes.dtype)).squeeze(-2).float()
        if found is not None:
            logits = logits + found
        at_end = (y["advance"] == x["end_advance"]).unsqueeze(-1) & (steps == x["end_position"].unsqueeze(-1))
        logits = logits + end_vote * at_end
        same_bar = (y["advance"] == 0).unsqueeze(-1)
        again = same_bar & (steps == x["last_position"].unsqueeze(-1))
        logits = logits + again_vote * again
        too_early = same_bar & (steps < x["last_position"].unsqueeze(-1)) | again & ~y["several"].bool().unsqueeze(-1)
        return logits.masked_fill(too_early | (steps >= bar.unsqueeze(-1)), -torch.inf)

    def looks(self, x: dict[str, Tensor], y: dict[str, Tensor]) -> Tensor:
        """What was found LOOKS bars away, seen from the last pitch; (..., 259)."""
        to_it = interval_index(y["look_pitch"], x["pitch"].unsqueeze(-1))
        return torch.cat(
            [
                self.interval(to_it).flatten(-2),
                self.interval(step_index(y["look_interval"])).flatten(-2),
                self.duration(y["look_duration"]).flatten(-2),
                y["look_exact"].to(torch.float32),
            ],
            -1,
        )

    def score_pitch(
        self,
        common: Tensor,
        x: dict[str, Tensor],
        y: dict[str, Tensor],
        found: Tensor | None = None,
        reached: Tensor | None = None,
    ) -> Tensor:
        """The pitch at the chosen place, (..., 128): as a pitch, a pitch class, an interval, and as a repeat.

        Pitches `found` in the memory vote, and the intervals by which they were `reached`. Above a note that begins
        together with it only higher ones are possible.
        """
        stacked = y["stacked"].bool().unsqueeze(-1)
        wall = self.interval(interval_index(y["wall_pitch"], x["pitch"]))
        out = self.pitch_head(
            torch.cat(
                [
                    common,
                    self.place(y),
                    self.harmony(y),
                    self.sound(y),
                    self.pitch(x["pitch"]),
                    wall,
                    stacked.float(),
                    self.looks(x, y),
                ],
                -1,
            )
        )
        absolute, pitch_class, step, repeat, sequence = out.split([128, 12, 2 * MAX_INTERVAL + 1, _LOOKS, _LOOKS], -1)
        pitches = torch.arange(128, device=out.device)
        logits = absolute + pitch_class[..., pitches % 12]
        steps = pitches - x["pitch"].unsqueeze(-1) + MAX_INTERVAL
        if reached is not None:
            step = step + reached[..., :-1]
        near = (steps >= 0) & (steps <= 2 * MAX_INTERVAL) & (x["pitch"] != NO_PITCH).unsqueeze(-1)
        logits = logits + step.gather(-1, steps.clamp(0, 2 * MAX_INTERVAL)) * near
        if found is not None:
            logits = logits + found[..., :NO_PITCH]
        # Slot 128 collects the votes for pitches that do not exist.
        votes = torch.zeros(*logits.shape[:-1], NO_PITCH + 1, device=out.device)
        votes = votes.scatter_add(-1, y["look_pitch"], repeat)
        moved = moved_pitch(x["pitch"].unsqueeze(-1), y["look_interval"])
        logits = logits + votes.scatter_add(-1, moved, sequence)[..., :NO_PITCH]
        return logits.masked_fill(stacked & (pitches <= x["pitch"].unsqueeze(-1)), -torch.inf)

    def score_duration(
        self, common: Tensor, x: dict[str, Tensor], y: dict[str, Tensor], found: Tensor | None = None
    ) -> Tensor:
        """The duration in steps of the chosen note, (..., 193); 0 is impossible."""
        exact = y["look_exact"]
        out = self.duration_head(
            torch.cat(
                [
                    common,
                    self.place(y),
                    self.harmony(y),
                    self.sound(y),
                    self.pitch(y["pitch"]),
                    self.interval(interval_index(y["pitch"], x["pitch"])),
                    self.duration(x["duration"]),
                    y["stacked"].float().unsqueeze(-1),
                    self.duration(y["look_duration"]).flatten(-2),
                    exact.float(),
                ],
                -1,
            )
        )
        logits, votes = out[..., : MAX_DURATION + 1], out[..., MAX_DURATION + 1 :]
        logits = logits + torch.zeros_like(logits).scatter_add(-1, y["look_duration"], votes * exact)
        if found is not None:
            logits = logits + found
        impossible = torch.zeros(MAX_DURATION + 1, dtype=torch.bool, device=out.device)
        impossible[0] = True
        return logits.masked_fill(impossible, -torch.inf)

    def score_velocity(self, common: Tensor, x: dict[str, Tensor], y: dict[str, Tensor]) -> Tensor:
        """The velocity bin of the chosen note, (..., 32)."""
        return self.velocity_head(
            torch.cat(
                [
                    common,
                    self.place(y),
                    self.pitch(y["pitch"]),
                    self.interval(interval_index(y["pitch"], x["pitch"])),
                    self.duration(y["duration"]),
                    self.velocity(x["velocity"]),
                    y["stacked"].float().unsqueeze(-1),
                ],
                -1,
            )
        )
