"""Training the phrase GAN on a handful of songs: it learns, writes losses and sheets, and goes on where it was."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from models import checkpoint
from models.gan_network import Critic, GanConfig, Reader, Writer, one_hot
from models.music.notes import ChordSpan, Note, Phrase, Role, sort_notes
from models.music.theory import Chord, Key
from models.music.time import MetreMap, TempoMap
from models.open_cells import NUMBERS
from models.rolls import Wishes, chord_notes, line_notes, presence
from models.training.gan import LOSSES, _Trainer, wishes, written
from models.training.gan_leanings import find_leanings
from models.training.phrases import PhraseSet, cached_set, guess, phrase_set
from models.training.pieces import Piece
from models.training.sheets import curves, sheet, write_png

BAR = 1920
ROOTS = (0, 5, 7, 0)


def song(number: int, bars: int = 12) -> Piece:
    """A melody of chord tones in D major over a piano that plays the chords, a bass note under each."""
    random = np.random.default_rng(number)
    melody, piano, chords = [], [], []
    for bar in range(bars):
        root = 2 + ROOTS[bar % 4]
        chords.append(ChordSpan(bar * BAR, (bar + 1) * BAR, Chord(root % 12)))
        for beat in range(4):
            tick = bar * BAR + beat * 480
            melody.append(Note(tick, 480, 60 + root % 12 + int(random.choice([0, 4, 7]))))
            piano += [Note(tick, 470, 50 + (root + step) % 12) for step in (0, 4, 7)]
        piano.append(Note(bar * BAR, BAR, 36 + root % 12))
    metres, tempos = MetreMap(480), TempoMap(480)
    tune = Phrase(tuple(melody), bars * BAR, 480, metres, tempos, key=Key(2), chords=tuple(chords), source="pop909")
    under = Phrase(sort_notes(tuple(piano)), bars * BAR, 480, metres, tempos, role=Role.CHORDS, source="pop909")
    return Piece(str(number), str(number), tune, (under,))


@pytest.fixture(scope="module")
def phrases() -> PhraseSet:
    return phrase_set([song(number) for number in range(12)])


def test_phrases_are_moved_to_c_and_say_their_chords(phrases: PhraseSet) -> None:
    assert len(phrases) == 12 * 5  # of 12 bars, every second
    first = line_notes(phrases.rolls.melody[0], Role.MELODY)
    assert {pitch % 12 for *_, pitch in first} <= {0, 4, 7, 5, 9, 2, 11}
    assert [length for _, length, _ in first] == [4] * 16
    roots = phrases.wishes.halves[0, :, 12:].argmax(1)
    assert roots.tolist() == [root for root in ROOTS for _ in range(2)]
    assert chord_notes(phrases.rolls.chords[0])
    assert presence(phrases.wishes.whole).all()


def test_a_chord_without_a_symbol_is_the_one_that_sounds() -> None:
    placed = {Role.CHORDS: [(0, 8, 60), (0, 8, 64), (0, 8, 69)], Role.BASS: [(0, 8, 45)], Role.MELODY: []}
    row = guess(placed, 0, 8)
    assert row[12:].argmax() == 9
    assert set(np.flatnonzero(row[:12])) == {9, 0, 4}
    assert guess({Role.CHORDS: [], Role.BASS: [], Role.MELODY: []}, 0, 8)[12:].argmax() == 12


def test_the_set_is_kept(phrases: PhraseSet, tmp_path: Path) -> None:
    pieces = [song(number) for number in range(12)]
    made, kept = (cached_set(tmp_path / "set.npz", some) for some in (pieces, []))
    for each in (made, kept):
        assert (each.rolls.chords == phrases.rolls.chords).all()
        assert (each.wishes.halves == phrases.wishes.halves).all()
    with pytest.raises(ValueError, match="no phrase"):
        phrase_set([])


def test_chosen_cells_are_outright_and_lead_their_gradients_back() -> None:
    writer = Writer(GanConfig(8, 16))
    set_ = phrase_set([song(0)])
    asked = wishes(set_.wishes.whole[:2], set_.wishes.halves[:2])
    cells = writer(torch.randn(2, 8), *asked).chosen(1.0)
    for each in (cells.melody, cells.chords, cells.bass):
        assert torch.allclose(each.sum(1), torch.ones_like(each.sum(1)), atol=1e-5)
        assert ((each.detach() - each.detach().round()).abs() < 1e-5).all()
    Critic(GanConfig(8, 16))(cells, *asked).sum().backward()
    assert writer.out.weight.grad is not None
    assert writer.out.weight.grad.abs().max() > 0


def test_a_part_that_is_not_wished_for_is_not_judged() -> None:
    critic, reader = Critic(GanConfig(8, 16)).eval(), Reader(GanConfig(8, 16)).eval()
    set_ = phrase_set([song(0), song(1)]).take(np.array([0, 5]))
    whole = set_.wishes.whole.copy()
    whole[:, -1] = 0  # no bass
    asked = wishes(whole, set_.wishes.halves)
    rolls = set_.rolls
    with torch.no_grad():
        one = one_hot(*(torch.from_numpy(each) for each in (rolls.melody, rolls.chords, rolls.bass)))
        other = one_hot(*(torch.from_numpy(each) for each in (rolls.melody, rolls.chords, rolls.bass * 0)))
        assert torch.allclose(critic(one, *asked), critic(other, *asked), atol=1e-5)
        assert torch.allclose(reader(one, *asked)[0], reader(other, *asked)[0], atol=1e-5)


@pytest.mark.slow
def test_it_learns_both_ways_and_goes_on_where_it_was(phrases: PhraseSet, tmp_path: Path) -> None:
    trainer = _Trainer(GanConfig(16, 32), phrases, 0, 0.02, 1.0, 2e-3)
    first = [trainer.step(False) for _ in range(150)]
    given_back = LOSSES.index("given_back")
    assert np.mean([each[given_back] for each in first[-10:]]) < 0.6 * first[0][given_back]
    judged = [trainer.step(True) for _ in range(20)]
    losses = dict(zip(LOSSES, judged[-1], strict=True))
    assert losses["real"] > losses["written"]  # the critic tells them apart
    trainer.save(tmp_path / "state.pt")
    again = _Trainer(GanConfig(16, 32), phrases, 1, 0.02, 1.0, 2e-3)
    again.resume(tmp_path / "state.pt")
    assert again.steps == 170
    for mine, theirs in zip(trainer.writer.parameters(), again.writer.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    trainer.export(tmp_path / "gan.safetensors")
    weights, config = checkpoint.load(tmp_path / "gan.safetensors", "gan")
    assert config == {"latent": 16, "channels": 32}
    assert len(weights["bank.whole"]) == len(phrases)
    asked: Wishes = phrases.wishes.take(np.arange(16))
    rolls = written(trainer.average, asked.whole, asked.halves, 3)
    same = written(trainer.average, asked.whole, asked.halves, 3)
    assert (rolls.melody == same.melody).all()
    page = sheet(rolls, presence(asked.whole))
    write_png(tmp_path / "sheet.png", page)
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    assert len(np.unique(page.reshape(-1, 3), axis=0)) > 3
    assert curves([np.arange(10.0)]).shape == (240, 640, 3)


def test_the_adversarial_loss_alone_begins_at_once(phrases: PhraseSet) -> None:
    trainer = _Trainer(GanConfig(8, 16), phrases, 0, 0.0, 1.0, 2e-3)
    losses = dict(zip(LOSSES, trainer.step(True), strict=True))
    assert losses["given_back"] == 0
    assert losses["critic"] > 0


def test_losses_have_a_row_a_step(phrases: PhraseSet, tmp_path: Path) -> None:
    from models.training import train  # its table of engines names this one

    out, data = tmp_path / "run", tmp_path / "data"
    data.mkdir()
    out.mkdir()
    for side in ("train", "valid"):
        rolls, asked = phrases.rolls, phrases.wishes
        np.savez_compressed(
            out / f"phrases.{side}.npz", melody=rolls.melody, chords=rolls.chords, bass=rolls.bass, whole=asked.whole,
            halves=asked.halves, pieces=phrases.pieces)  # fmt: skip
    export = tmp_path / "gan.safetensors"
    command = ["gan", "--data", str(data), "--out", str(out), "--minutes", "0.03", "--warm", "0.01", "--channels", "16",
               "--threads", "1", "--export", str(export)]  # fmt: skip
    assert train.main(command) == 0
    rows = list(csv.DictReader((out / "losses.csv").read_text().splitlines()))
    assert [int(row["step"]) for row in rows] == list(range(1, len(rows) + 1))
    assert set(LOSSES) < set(rows[0])
    assert export.exists()
    assert list((out / "sheets").glob("*.png"))


def test_leanings_bring_phrases_to_the_data(phrases: PhraseSet, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    row = find_leanings(Writer(GanConfig(8, 16)).eval(), phrases, 0)
    assert row.shape == (NUMBERS,)
    assert np.isfinite(row).all()
    assert row[3] > 0  # the data's notes are quarters, those of a network that has not learned are short
    assert "of the measures hold" in capsys.readouterr().out
