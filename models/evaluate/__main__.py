"""The quality tables: `python -m models.evaluate lstm --pieces DIR_OR_ZIP… [--json OUT]`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from models.errors import UserError
from models.evaluate.foils import foil_figures
from models.evaluate.likelihood import BASELINE, FIELDS, likelihood
from models.lstm import WEIGHTS, load
from models.training.corpus import load_pieces, split
from models.training.examples import melody_example


def main(argv: list[str] | None = None) -> int:
    """The command line; exit status 0 when the table was made, 2 when the pieces cannot be judged."""
    parser = argparse.ArgumentParser(prog="python -m models.evaluate", description=__doc__)
    parser.add_argument("engine", choices=["lstm"])
    parser.add_argument(
        "--pieces",
        type=Path,
        nargs="+",
        required=True,
        metavar="DIR_OR_ZIP",
        help="folders or zips of MIDI, ABC or MusicXML files",
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="also write the figures here, as one flat object")
    parser.add_argument("--only", choices=["train", "valid"], help="only the pieces that training put on this side")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--ngram", type=Path, default=BASELINE)
    parser.add_argument("--seed", type=int, default=0, help="chooses what is asked of truth and foil")
    parser.add_argument("--questions", type=int, default=400, help="of truth and foil, at most")
    args = parser.parse_args(argv)
    try:
        pieces = [piece for piece in load_pieces(args.pieces) if args.only in (None, split(piece))]
        if not pieces:
            raise UserError("There is no melody to judge in these folders; give folders of MIDI, ABC or MusicXML.")
        network = load(args.weights).network
        figures = likelihood(network, pieces, args.ngram)
        figures |= foil_figures(network, [melody_example(piece) for piece in pieces], args.seed, args.questions)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    print(
        f"{figures['pieces']:.0f} pieces, {figures['notes']:.0f} notes, "
        f"{figures['unrepresentable']:.2%} of the notes do not fit the grid"
    )
    print(f"{'bits a note':12}{'LSTM':>9}{'n-gram':>9}")
    for field in (*FIELDS, "note"):
        print(
            f"{'all' if field == 'note' else field:12}{figures[f'bits_{field}']:9.3f}"
            f"{figures[f'bits_{field}_ngram']:9.3f}"
        )
    if "bits_with_others" in figures:
        print(
            f"what other parts play is worth {figures['bits_without_others'] - figures['bits_with_others']:.3f} bits a "
            f"note: {figures['bits_with_others']:.3f} instead of {figures['bits_without_others']:.3f}"
        )
    for name, bars in (("foil", "the next four bars"), ("fill_foil", "the two bars of a gap")):
        if f"{name}_accuracy" in figures:
            print(
                f"told {bars} from those of another piece: {figures[f'{name}_accuracy']:.3f} "
                f"({figures[f'{name}_questions']:.0f} asked; mean reciprocal rank among ten "
                f"{figures[f'{name}_mrr']:.3f})"
            )
    if "fill_foil_accuracy" in figures:
        print(f"the same gap without sight of what follows: {figures['fill_foil_accuracy_past_only']:.3f}")
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
