"""The quality tables: `python -m models.evaluate lstm --pieces DIR_OR_ZIP… [--json OUT]`.

`vae --pieces DIR_OR_ZIP… [--json OUT]` judges the engine that varies and blends.
`gan --pieces DIR_OR_ZIP… [--json OUT]` judges the engine that writes phrases from nothing.
`fresh --pieces DIR_OR_ZIP… [--json OUT]` compares all engines that can write a melody from nothing.
`frames --set NAME --split FILE.json [--json OUT]` scores a set of piano rolls in nats a frame, as is published.
`recommend --data lastfm.zip [--unseen FILE.tsv] [--json OUT]` compares recommenders on real listeners.
`listeners --pieces DIR… [--json OUT]` lets simulated listeners use the shelf over a library of ABC and MIDI files.
Both write what the program shows of them with `--record FILE`, which is resources/recommenders.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from models.drummer import load as load_drummer
from models.engines import OFFERED
from models.errors import UserError
from models.evaluate import frames, transformer
from models.evaluate.answers import Answer, answer, take_figures
from models.evaluate.beats import beat_figures
from models.evaluate.chords import chord_figures, show_chords
from models.evaluate.copying import INDEX, copying_figures, load_index
from models.evaluate.drums import drum_figures, show_drums
from models.evaluate.foils import foil_figures
from models.evaluate.fresh import fresh_figures
from models.evaluate.fresh import show as show_fresh
from models.evaluate.gan import INDEX as GAN_INDEX
from models.evaluate.gan import gan_figures
from models.evaluate.gan import show as show_gan
from models.evaluate.grooves import groove_figures
from models.evaluate.likelihood import BASELINE, likelihood
from models.evaluate.listeners import listener_figures
from models.evaluate.overlap import overlap_figures, similarity_figures
from models.evaluate.recommend import recommend_figures
from models.evaluate.record import write_record
from models.evaluate.steering import steering_figures
from models.evaluate.tables import show, show_recommenders
from models.evaluate.tasting import whole
from models.evaluate.trials import trial_figures
from models.evaluate.vae import show as show_vae
from models.evaluate.vae import vae_figures
from models.gan import WEIGHTS as GAN_WEIGHTS
from models.gan import load as load_gan
from models.groove import load as load_groover
from models.lstm import WEIGHTS, load
from models.request import Verb, load_engine
from models.training.beats import recorded
from models.training.corpus import load_pieces
from models.training.drum_set import drum_set
from models.training.examples import melody_example
from models.training.groove import load_grooves
from models.training.patterns import patterns_of
from models.training.pieces import Piece, split
from models.vae import WEIGHTS as VAE_WEIGHTS
from models.vae import Vae, load_chords
from models.vae import load as load_vae


def main(argv: list[str] | None = None) -> int:
    """The command line; exit status 0 when the table was made, 2 when the pieces cannot be judged."""
    argv = sys.argv[1:] if argv is None else argv
    args = _parser().parse_args(argv)
    try:
        figures: dict[str, float] = args.judge(args)
        if getattr(args, "record", None):
            data = args.pieces if args.engine == "listeners" else [args.data]
            write_record(args.record, args.engine, figures, data, argv, date.today())
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.evaluate", description=__doc__)
    engines = parser.add_subparsers(dest="engine", required=True)
    lstm = engines.add_parser("lstm", help="the composer: bits a note, truth and foil, its takes")
    beats = engines.add_parser("beats", help="how well beats are found in POP909's recordings")
    rolls = engines.add_parser("frames", help="nats a frame on a set of piano rolls")
    vae = engines.add_parser("vae", help="what varies and blends: its reconstructions, prior, ways and sliders")
    gan = engines.add_parser("gan", help="what writes from nothing: its phrases beside real ones")
    fresh = engines.add_parser("fresh", help="melodies from nothing by every engine, beside real ones")
    for each in (lstm, beats, vae, gan, fresh):
        each.add_argument(
            "--pieces",
            type=Path,
            nargs="+",
            required=True,
            metavar="DIR_OR_ZIP",
            help="folders or zips of MIDI, ABC or MusicXML files",
        )
        each.add_argument("--only", choices=["train", "valid"], help="only the pieces that training put on this side")
    lstm.add_argument("--weights", type=Path, default=WEIGHTS)
    lstm.add_argument("--ngram", type=Path, default=BASELINE)
    lstm.add_argument(
        "--transformer", type=Path, default=transformer.WEIGHTS, help="left out where there are no weights"
    )
    lstm.add_argument("--runs", type=Path, default=INDEX, help="index of the runs in the training melodies")
    lstm.add_argument("--seed", type=int, default=0, help="chooses what is asked of truth and foil")
    lstm.add_argument("--questions", type=int, default=400, help="of truth and foil, at most")
    lstm.add_argument("--prompts", type=int, default=200, help="contexts to answer, at most two a piece")
    lstm.add_argument("--takes", type=int, default=10_000, help="takes with random settings, to look for violations")
    rolls.add_argument("--set", required=True, metavar="NAME", help="the set on which the network was trained")
    rolls.add_argument(
        "--split", type=Path, required=True, metavar="FILE", help="JSON: pieces of frames of sounding MIDI pitches"
    )
    rolls.add_argument("--weights", type=Path, help="other weights than the set's")
    taste = engines.add_parser("recommend", help="recommenders on real listeners: NDCG, recall, times")
    taste.add_argument(
        "--data", type=Path, required=True, metavar="ZIP_OR_TSV", help="a table of listener, artist, number of plays"
    )
    taste.add_argument(
        "--unseen", type=Path, metavar="FILE.tsv", help="listeners for the test only; else a tenth of the others"
    )
    taste.add_argument("--rounds", type=int, default=1, help="how often each hyper-parameter is tuned; 0: not at all")
    crowd = engines.add_parser("listeners", help="the shelf with simulated listeners: cold starts, sittings, bubbles")
    crowd.add_argument("--pieces", type=Path, nargs="+", required=True, metavar="DIR", help="folders of ABC and MIDI")
    crowd.add_argument("--listeners", type=int, default=40)
    crowd.add_argument("--phrases", type=int, default=8000, help="of the library, at most")
    crowd.add_argument(
        "--takes", type=Path, nargs="+", default=[], metavar="DIR_OR_ZIP", help="pieces for the LSTM to answer: its "
        "takes are ranked by taste; those kept aside from training are taken",
    )  # fmt: skip
    crowd.add_argument("--requests", type=int, default=100, help="that the LSTM answers, at most")
    crowd.add_argument("--seed", type=int, default=0, help="chooses phrases and listeners")
    for each in (taste, crowd):
        each.add_argument("--record", type=Path, metavar="FILE", help="put the figures into the file that ships")
    vae.add_argument("--weights", type=Path, default=VAE_WEIGHTS)
    vae.add_argument("--chords", type=Path, metavar="FILE", help="weights of the network for chords, to judge too")
    vae.add_argument("--grooves", type=Path, metavar="ZIP", help="the Groove MIDI Dataset, to judge played drums")
    vae.add_argument("--seed", type=int, default=0, help="chooses what is judged")
    vae.add_argument("--cells", type=int, default=2000, help="windows of two bars to reconstruct, at most")
    vae.add_argument("--phrases", type=int, default=60, help="phrases of four bars to vary and blend, at most")
    gan.add_argument("--weights", type=Path, default=GAN_WEIGHTS)
    gan.add_argument("--index", type=Path, default=GAN_INDEX, help="sketches of the training phrases")
    gan.add_argument("--seed", type=int, default=0, help="chooses what is judged")
    gan.add_argument("--phrases", type=int, default=1000, help="phrases to write, at most")
    gan.add_argument("--drums", type=Path, metavar="DIR", help="groove.zip and drumpatterns.zip, to judge its drums")
    fresh.add_argument("--seed", type=int, default=0, help="chooses what is judged")
    fresh.add_argument("--phrases", type=int, default=300, help="phrases to write by each engine, at most")
    judges = {
        lstm: _lstm,
        beats: _beats,
        vae: _vae,
        rolls: _frames,
        taste: _recommend,
        crowd: _listeners,
        gan: _gan,
        fresh: _fresh,
    }
    for each, judge in judges.items():
        each.set_defaults(judge=judge)
        each.add_argument("--json", type=Path, metavar="OUT", help="also write the figures here, as one flat object")
    return parser


def _pieces(args: argparse.Namespace) -> list[Piece]:
    """The pieces that are to be judged; raises UserError where there are none."""
    pieces = [piece for piece in load_pieces(args.pieces) if args.only in (None, split(piece))]
    if not pieces:
        raise UserError("There is no melody to judge in these folders; give folders of MIDI, ABC or MusicXML.")
    return pieces


def _lstm(args: argparse.Namespace) -> dict[str, float]:
    """The table of the composer."""
    pieces, engine = _pieces(args), load(args.weights)
    network = engine.network
    beside = transformer.load(args.transformer) if args.transformer.exists() else None
    figures = likelihood(network, pieces, args.ngram, beside)
    figures |= foil_figures(network, [melody_example(piece) for piece in pieces], args.seed, args.questions)
    answers = answer(engine, pieces, args.seed, args.prompts)
    figures |= take_figures(answers) | overlap_figures(answers, args.seed) | similarity_figures(answers)
    figures |= copying_figures(answers, load_index(args.runs))
    figures |= steering_figures(engine, pieces, args.seed, args.prompts)
    figures |= trial_figures(engine, args.takes, args.seed)
    show(figures)
    return figures


def _frames(args: argparse.Namespace) -> dict[str, float]:
    """Nats a frame of one set's network on any split of it."""
    nats, count = frames.nats_frame(
        frames.load(args.weights or frames.weights(args.set)), frames.load_split(args.split)
    )
    print(f"{args.set}: {nats:.3f} nats a frame over {count:,} frames")
    return {"nats_frame": nats, "frames": count}


def _recommend(args: argparse.Namespace) -> dict[str, float]:
    """Recommenders against each other on real listeners."""
    figures = recommend_figures(args.data, args.unseen, lambda line: print(line, flush=True), args.rounds)
    show_recommenders(figures)
    return figures


def _listeners(args: argparse.Namespace) -> dict[str, float]:
    """How the shelf serves simulated listeners, and how their taste ranks the LSTM's takes."""
    answers: list[Answer] = []
    if args.takes:
        aside = [piece for piece in load_pieces(args.takes) if split(piece) == "valid"]
        answers = whole(answer(load(), aside, args.seed, args.requests))
    return listener_figures(
        args.pieces, args.listeners, args.phrases, lambda line: print(line, flush=True), args.seed, answers
    )


def _vae(args: argparse.Namespace) -> dict[str, float]:
    """The table of the engine that varies and blends."""
    engine, pieces = load_vae(args.weights), _pieces(args)
    figures = vae_figures(engine, pieces, args.seed, args.phrases, args.cells)
    if args.chords is not None:
        hand = load_chords(args.chords)
        figures |= chord_figures(hand, Vae(engine.network, hand), pieces, args.seed, args.phrases, args.cells)
    drums = args.grooves or next((path for path in args.pieces if path.name == "groove.zip"), None)
    if drums is not None:
        played = load_grooves(drums, "validation")
        figures |= groove_figures(load_groover(), played, args.seed)
        figures |= drum_figures(load_drummer(load_groover()), patterns_of(played), args.seed)
    show_vae(figures)
    show_chords(figures)
    show_drums(figures)
    return figures


def _gan(args: argparse.Namespace) -> dict[str, float]:
    """The table of the engine that writes from nothing."""
    patterns = drum_set(args.drums, "valid") if args.drums else None
    figures = gan_figures(load_gan(args.weights), _pieces(args), args.index, args.seed, args.phrases, patterns)
    show_gan(figures)
    return figures


def _fresh(args: argparse.Namespace) -> dict[str, float]:
    """All engines that write melodies from nothing."""
    engines = {name: load_engine(name) for name in OFFERED[Verb.FRESH]}
    figures = fresh_figures(engines, _pieces(args), args.seed, args.phrases)
    show_fresh(figures)
    return figures


def _beats(args: argparse.Namespace) -> dict[str, float]:
    """How well beats are found in POP909's recordings; `--only` takes the side on which training put their melodies."""
    names = {Path(piece.name).stem for piece in _pieces(args)}
    songs = [song for path in args.pieces for song in recorded(path) if song.name in names]
    if not songs:
        raise UserError("There is no recording with known beats in these folders; give POP909's.")
    figures = beat_figures(songs)
    print(
        f"{figures['songs']:.0f} songs: F-measure of the beats at 70 ms {figures['beat_f']:.3f}, of those that begin "
        f"bars {figures['downbeat_f']:.3f}; {figures['beat_good']:.0%} of the songs have .8 or more"
    )
    return figures


if __name__ == "__main__":
    sys.exit(main())
