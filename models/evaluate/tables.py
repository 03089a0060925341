"""The figures as a reader wants them: a few sentences and one table."""

from __future__ import annotations

from collections.abc import Mapping

from models.controls import CONTROLS
from models.evaluate.likelihood import FIELDS
from models.evaluate.overlap import FEATURES, LAGS


def show(figures: Mapping[str, float]) -> None:
    """Print the figures of `python -m models.evaluate lstm`."""
    print(
        f"{figures['pieces']:.0f} pieces, {figures['notes']:.0f} notes, "
        f"{figures['unrepresentable']:.2%} of the notes do not fit the grid"
    )
    columns = {"LSTM": "", "n-gram": "_ngram", "Transformer": "_transformer"}
    columns = {title: end for title, end in columns.items() if f"bits_note{end}" in figures}
    print(f"{'bits a note':12}" + "".join(f"{title:>12}" for title in columns))
    for field in (*FIELDS, "note"):
        row = "".join(f"{figures[f'bits_{field}{end}']:12.3f}" for end in columns.values())
        print(f"{'all' if field == 'note' else field:12}{row}")
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
    _show_answers(figures)


def show_recommenders(figures: Mapping[str, float]) -> None:
    """Print the figures of `python -m models.evaluate recommend`."""
    names = [key.removeprefix("ndcg100_") for key in figures if f"seconds_{key.removeprefix('ndcg100_')}" in figures]
    for suffix, title in (("", "known listeners"), ("_unseen", "newcomers")):
        print(f"{title:18}{'NDCG@20':>9}{'NDCG@100':>9}{'recall@20':>10}{'seconds':>9}")
        for name in names:
            if name.endswith("_unseen") == bool(suffix):
                cells = [figures[f"{figure}_{name}"] for figure in ("ndcg20", "ndcg100", "recall20")]
                label = f"  {name.removesuffix('_unseen')}"
                print(f"{label:18}" + "".join(f"{v:9.4f}" for v in cells) + f"{figures[f'seconds_{name}']:10.2f}")
    cold = [key.removeprefix("ndcg100_factors_cold") for key in figures if key.startswith("ndcg100_factors_cold")]
    each = (
        f"{events}: {figures[f'ndcg100_factors_cold{events}']:.3f} ({figures[f'ndcg100_popularity_cold{events}']:.3f})"
        for events in cold
    )
    print(f"NDCG@100 after so many events, factors (popularity): {', '.join(each)}")


def _show_answers(f: Mapping[str, float]) -> None:
    if "overlap" in f:
        print(f"answers lie among real ones by {f['overlap']:.3f}, real ones by {f['overlap_real']:.3f}:")
        for name in FEATURES:
            print(f"  {name.replace('_', ' '):12}{f[f'overlap_{name}']:7.3f}{f[f'overlap_{name}_real']:7.3f}")
    similar = [lag for lag in LAGS if f"self_similarity_{lag}" in f and f"self_similarity_{lag}_real" in f]
    if similar:
        each = (f"{lag}: {f[f'self_similarity_{lag}']:.3f} ({f[f'self_similarity_{lag}_real']:.3f})" for lag in similar)
        print(f"what a bar has in common with the one so many bars before (in real pieces): {', '.join(each)}")
    if "copied" in f and "copied_human" in f:
        print(
            f"runs of twelve notes that stand in the training melodies: {f['copied']:.2%} of the answers', "
            f"{f['copied_human']:.2%} of the pieces' own"
        )
    if "distinct" in f:
        print(
            f"of eight takes {f['distinct']:.1%} differ from every other; {f['empty']:.2%} are empty, {f['thin']:.2%} "
            f"have less than half the notes of the piece, {f['retried']:.1%} were written again"
        )
    steered = [name for name in CONTROLS if f"steer_{name}" in f]
    if steered:
        each = (f"{name} {f[f'steer_{name}']:.2f}" for name in steered)
        print(f"rank correlation between what was asked and what came: {', '.join(each)}")
    print(
        f"{f['trial_takes']:.0f} takes with random settings: {f['violations']:.0f} violations, {f['empties']:.0f} "
        f"empty, {f['retries']:.0f} written again, {f['refused']:.0f} requests refused"
    )
