"""ABC tunes (abc notation standard 2.1, abcnotation.com) to melodies: fast and small, for tune books of hundreds.

Read are the fields X T R M L Q K V and %-comments; notes with accidentals, octaves, lengths, broken rhythms, tuplets
and ties; rests, chords (their highest note), chord symbols; repeats and their endings; changes of key and length within
a tune. Grace notes, decorations, slurs, lyrics and further voices are passed over. `scores` reads the same through
music21, with every part, many times slower. Where the two differ (a repeat without a sign at its beginning after a
first one, an accidental that holds to the end of its bar) this one does what the standard says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from models.errors import UserError
from models.music.notes import ChordSpan, Note, Phrase, Role
from models.music.theory import LETTERS, Chord, Key, parse_chord
from models.music.time import MetreChange, MetreMap, TempoChange, TempoMap

TICKS_PER_QUARTER = 480
_WHOLE = 4 * TICKS_PER_QUARTER
_VELOCITY = 80
_MOST_BARS = 4000  # of an expanded tune: nested repeats of a damaged file end somewhere
_MODES = {
    "maj": "major", "ion": "major", "min": "minor", "m": "minor", "aeo": "minor", "dor": "dorian", "phr": "phrygian",
    "lyd": "lydian", "mix": "mixolydian", "loc": "locrian",
}  # fmt: skip
_SHARPS_FEWER = {"major": 0, "minor": 3, "dorian": 2, "phrygian": 4, "lydian": -1, "mixolydian": 1, "locrian": 5}
_SHARPENED, _FLATTENED = "FCGDAEB", "BEADGCF"
_ACCIDENTALS = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
_TUPLETS = {2: 3, 3: 2, 4: 3, 5: 2, 6: 2, 7: 2, 8: 3, 9: 2}
_TOKEN = re.compile(
    r"""(?P<symbol>"[^"]*")|(?P<field>\[[A-Za-z]:[^\]]*\])|(?P<grace>\{[^}]*\})|(?P<mark>![^!\s]*!|\+[^+\s]*\+)
    |(?P<tuplet>\(\d(?::\d*){0,2})
    |(?P<bar>:*\|[\]|:]*|::+|\[\||\|\])\s*(?:\[?(?P<ending>\d[\d,\-]*))?
    |\[(?P<alternative>\d[\d,\-]*)
    |(?P<chord>\[[^\]|]*\])(?P<chordlength>\d*/*\d*)(?P<chordtie>-?)
    |(?P<accidental>\^\^?|__?|=)?(?P<letter>[A-Ga-g])(?P<octave>[,']*)(?P<length>\d*/*\d*)(?P<tie>-?)
    |(?P<rest>[zxZX])(?P<restlength>\d*/*\d*)|(?P<broken>>+|<+)|(?P<other>.)""",
    re.VERBOSE,
)
_NOTE = re.compile(r"(\^\^?|__?|=)?([A-Ga-g])([,']*)(\d*/*\d*)")


@dataclass(frozen=True)
class Tune:
    """One tune of a book: its melody, and what its head says of rhythm ("reel") and transcriber."""

    phrase: Phrase
    rhythm: str = ""
    transcriber: str = ""


@dataclass
class _Bar:
    notes: list[tuple[int, int, int, bool]] = field(default_factory=list)  # at, ticks, pitch, tied to the next
    symbols: list[tuple[int, Chord | None]] = field(default_factory=list)
    length: int = 0
    opens: bool = False  # a repeat
    closes: bool = False
    ending: frozenset[int] = frozenset()
    last_of_ending: bool = False


@dataclass
class _State:
    """What holds at a place of the tune."""

    unit: Fraction
    sharps: dict[str, int]
    altered: dict[tuple[str, int], int] = field(default_factory=dict)
    tuplet: tuple[int, Fraction] = (0, Fraction(1))  # notes left, factor
    broken: Fraction | None = None  # the factor of the next note


def read_tunes(text: str, name: str) -> list[Tune]:
    """The tunes of a book that have notes; raises UserError where it has none."""
    found = [tune for source in _split(text) if (tune := _tune(source, name)) is not None]
    if not found:
        raise UserError(f"{name} holds no tune that can be read.")
    return found


def _split(text: str) -> Iterator[str]:
    pieces = re.split(r"(?m)^(?=X:)", text.replace("\r\n", "\n").replace("\r", "\n"))
    head = "\n".join(line for line in pieces[0].split("\n") if re.match(r"[LMQ]:", line))
    if len(pieces) == 1:
        yield text
    for piece in pieces[1:]:
        yield f"{head}\n{piece}" if head else piece


def _tune(text: str, name: str) -> Tune | None:
    heads: dict[str, str] = {}
    body: list[str] = []
    in_body = False
    voice = first_voice = ""
    for raw in text.split("\n"):
        line = re.sub(r"(?<!\\)%.*", "", raw).rstrip()
        match = re.match(r"([A-Za-z]):\s*(.*)", line)
        if match and not line.startswith(("|", ":")):
            letter, value = match[1], match[2].strip()
            if letter == "V":
                voice = value.split()[0] if value else ""
                first_voice = first_voice or voice
            elif in_body and letter in "KLM":
                body.append(f"[{letter}:{value}]")
            elif not in_body:
                if letter not in heads or letter not in "TRZ":
                    heads[letter] = value
                in_body = letter == "K"
        elif in_body and line.strip() and voice == first_voice:
            body.append(line.removesuffix("\\"))
    metre = _metre(heads.get("M", ""))
    key = _key(heads.get("K", ""))
    bars = _bars("\n".join(body), _State(_unit(heads.get("L"), metre), _signature(heads.get("K", ""))))
    phrase = _phrase(_played(bars), metre, key, _tempo(heads.get("Q", ""), metre), heads.get("T", "") or name)
    return Tune(phrase, heads.get("R", "").lower(), heads.get("Z", "")) if phrase.notes else None


def _bars(body: str, state: _State) -> list[_Bar]:
    bars, bar = [], _Bar()
    ending: frozenset[int] = frozenset()
    for match in _TOKEN.finditer(body):
        kind = match.lastgroup
        if match["bar"] or match["alternative"]:
            sign = match["bar"] or ""
            if bar.length:
                bar.ending = ending
                bars.append(bar)
                bar = _Bar(opens=False)
                state.altered.clear()
            if bars and (sign.startswith(":")):
                bars[-1].closes = True
            if sign.endswith(":"):
                bar.opens = True
            named = match["ending"] or match["alternative"]
            if ending and bars and (named or sign not in ("|", "")):
                bars[-1].last_of_ending = True
                ending = frozenset()
            if named:
                ending = frozenset(int(each) for each in re.findall(r"\d", named))
        elif match["letter"]:
            pitch = _pitch(state, match["accidental"], match["letter"], match["octave"])
            _add(bar, state, match["length"], pitch, bool(match["tie"]))
        elif match["chord"]:
            inner = [_pitch(state, *each.group(1, 2, 3)) for each in _NOTE.finditer(match["chord"])]
            lengths = _NOTE.search(match["chord"])
            if inner and lengths:
                _add(bar, state, match["chordlength"] or lengths[4], max(inner), bool(match["chordtie"]))
        elif match["rest"]:
            _add(bar, state, match["restlength"], None, False)
        elif match["symbol"]:
            _symbol(bar, match["symbol"][1:-1])
        elif match["tuplet"]:
            state.tuplet = _tuplet(match["tuplet"])
        elif kind == "broken":
            _break(bar, state, match["broken"])
        elif match["field"]:
            letter, value = match["field"][1], match["field"][3:-1].strip()
            if letter == "K":
                state.sharps = _signature(value)
            elif letter == "L":
                state.unit = _unit(value, (4, 4))
    if bar.length:
        bar.ending = ending
        bars.append(bar)
    return bars


def _add(bar: _Bar, state: _State, length: str, pitch: int | None, tie: bool) -> None:
    quantity = state.unit * _length(length)
    left, factor = state.tuplet
    if left:
        quantity *= factor
        state.tuplet = left - 1, factor
    if state.broken is not None:
        quantity, state.broken = quantity * state.broken, None
    ticks = round(quantity * _WHOLE)
    if pitch is not None and ticks:
        bar.notes.append((bar.length, ticks, pitch, tie))
    bar.length += ticks


def _break(bar: _Bar, state: _State, sign: str) -> None:
    """A>B: the note before lasts longer by half, the next is shorter by as much; < the other way round."""
    if not bar.notes or bar.notes[-1][0] + bar.notes[-1][1] != bar.length:
        return
    short = Fraction(1, 2 ** len(sign))
    own, state.broken = (2 - short, short) if sign[0] == ">" else (short, 2 - short)
    at, ticks, pitch, tie = bar.notes[-1]
    changed = round(ticks * own)
    bar.notes[-1] = at, changed, pitch, tie
    bar.length += changed - ticks


def _pitch(state: _State, accidental: str | None, letter: str, octave: str) -> int:
    upper = letter.upper()
    height = 5 if letter.isupper() else 6
    height += octave.count("'") - octave.count(",")
    if accidental:
        state.altered[upper, height] = _ACCIDENTALS[accidental]
    change = state.altered.get((upper, height), state.sharps.get(upper, 0))
    return min(max(12 * height + LETTERS[upper] + change, 0), 127)


def _length(text: str) -> Fraction:
    if not text:
        return Fraction(1)
    above, slashes, below = re.fullmatch(r"(\d*)(/*)(\d*)", text).groups()  # pyright: ignore[reportOptionalMemberAccess]
    divisor = int(below or 0) or 2 ** len(slashes)
    return Fraction(int(above) if above else 1, divisor)


def _tuplet(text: str) -> tuple[int, Fraction]:
    figures = [int(each) if each else 0 for each in text[1:].split(":")]
    count = figures[0]
    time = (figures[1] if len(figures) > 1 else 0) or _TUPLETS.get(count, 2)
    notes = (figures[2] if len(figures) > 2 else 0) or count
    return notes, Fraction(time, max(count, 1))


def _symbol(bar: _Bar, text: str) -> None:
    if text[:1] in "^_<>@":
        return
    try:
        bar.symbols.append((bar.length, parse_chord(text)))
    except UserError:
        return  # a remark, not a chord


def _played(bars: list[_Bar]) -> list[_Bar]:
    """The bars in the order in which they are played."""
    played: list[_Bar] = []
    start, turn, index = 0, 1, 0
    while index < len(bars) and len(played) < _MOST_BARS:
        bar = bars[index]
        if bar.opens and turn == 1:
            start = index
        if bar.ending and turn not in bar.ending:
            index += 1
            continue
        played.append(bar)
        if bar.closes and turn == 1:
            turn, index = 2, start
            continue
        if turn == 2 and (bar.closes or bar.last_of_ending):
            start, turn = index + 1, 1
        index += 1
    return played


def _phrase(bars: list[_Bar], metre: tuple[int, int], key: Key, microseconds: int, title: str) -> Phrase:
    full = _WHOLE * metre[0] // metre[1]
    tick = full - bars[0].length if bars and bars[0].length < full else 0
    notes: list[Note] = []
    symbols: list[tuple[int, Chord | None]] = []
    tied = False
    for bar in bars:
        for at, ticks, pitch, tie in bar.notes:
            if tied and notes[-1].pitch == pitch and notes[-1].end == tick + at:
                before = notes.pop()
                notes.append(Note(before.onset, before.duration + ticks, pitch, _VELOCITY))
            else:
                notes.append(Note(tick + at, ticks, pitch, _VELOCITY))
            tied = tie
        symbols += [(tick + at, chord) for at, chord in bar.symbols]
        tick += bar.length
    length = -(-tick // full) * full
    ends = [*[at for at, _ in symbols], length][1:]
    chords = tuple(ChordSpan(at, end, chord) for (at, chord), end in zip(symbols, ends, strict=True) if end > at)
    return Phrase(
        tuple(notes), length, TICKS_PER_QUARTER,
        MetreMap(TICKS_PER_QUARTER, (MetreChange(0, *metre),)),
        TempoMap(TICKS_PER_QUARTER, (TempoChange(0, microseconds),)), chords, key, Role.MELODY, title)  # fmt: skip


def _metre(text: str) -> tuple[int, int]:
    if text.startswith("C|"):
        return 2, 2
    match = re.match(r"(\d+)(?:\+\d+)*/(\d+)", text)
    if match is None:
        return 4, 4
    above, below = int(match[1]), int(match[2])
    return (above, below) if 0 < above <= 64 and below in (1, 2, 4, 8, 16, 32, 64) else (4, 4)


def _unit(text: str | None, metre: tuple[int, int]) -> Fraction:
    match = re.match(r"(\d+)/(\d+)", text or "")
    if match and int(match[1]) and int(match[2]):
        return Fraction(int(match[1]), int(match[2]))
    return Fraction(1, 16) if metre[0] / metre[1] < 0.75 else Fraction(1, 8)


def _tempo(text: str, metre: tuple[int, int]) -> int:
    """Microseconds a quarter; where none is said, 120 quarters a minute, or 105 dotted ones or halves where those are
    the beats."""
    match = re.search(r"(?:(\d+)/(\d+)\s*=\s*)?(\d+)", text)
    if match and int(match[3]) and (match[2] is None or int(match[2])):
        beat = Fraction(int(match[1] or 1), int(match[2] or 4))
        return min(max(round(60e6 / (int(match[3]) * float(beat) * 4)), 60_000), 4_000_000)
    compound = metre[1] >= 8 and metre[0] > 3 and metre[0] % 3 == 0
    return round(60e6 / (105 * 1.5)) if compound else round(60e6 / 210) if metre[1] == 2 else 500_000


def _spelled(text: str) -> tuple[str, int, str] | None:
    """Letter, accidental and mode of a key; the Highland pipes' "Hp" is A mixolydian, None where no key is named."""
    if text.startswith("Hp"):
        return "A", 0, "mixolydian"
    match = re.match(r"([A-G])([#b]?)\s*([A-Za-z]*)", text)
    if match is None:
        return None
    mode = match[3].lower()
    return match[1], {"#": 1, "b": -1, "": 0}[match[2]], _MODES.get("m" if mode == "m" else mode[:3], "major")


def _key(text: str) -> Key:
    named = _spelled(text)
    return Key((LETTERS[named[0]] + named[1]) % 12, named[2]) if named else Key(0)


def _signature(text: str) -> dict[str, int]:
    """What the key signature alters, by letter, counted along the circle of fifths."""
    named = _spelled(text)
    if named is None:
        return {}
    letter, accidental, mode = named
    sharps = _SHARPENED.index(letter) - 1 + 7 * accidental - _SHARPS_FEWER[mode]
    return dict.fromkeys(_SHARPENED[:sharps] if sharps > 0 else _FLATTENED[: -sharps or 0], 1 if sharps > 0 else -1)
