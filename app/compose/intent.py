"""What a press of G means, from the song, the selection and the playhead. Pure; the tooltip shows it beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.song.chords import chord_spans
from app.song.pedal import pedal_changes
from app.song.selection import Selection
from app.song.song import Song, Track
from models.constraints import allowed_pitch_classes, check, pitch_mask
from models.errors import UserError
from models.music.detect import detect_role
from models.music.notes import Note, Role, sort_notes
from models.music.theory import Key
from models.request import Context, Controls, Request, Span, Verb

CONTEXT_BARS = 16
FEWEST_BARS, MOST_BARS = 2, 16
DEFAULT_BARS = 4
MOST_HARMONISED = 64
_ROOM = 4  # semitones
_ROLES = {Role.MELODY: "a melody", Role.BASS: "a bass", Role.CHORDS: "chords", Role.VOICE: "a second voice"}


@dataclass(frozen=True)
class Plan:
    """The request that G would make on track `track_id`, and a sentence that says so; or none, and why."""

    track_id: int
    request: Request | None
    tooltip: str
    key: Key | None = None  # the key the answer would be in
    wrong: bool = False  # whether something that was asked for cannot be

    @property
    def span(self) -> Span | None:
        return self.request.span if self.request is not None else None


def plan(
    song: Song,
    selection: Selection,
    playhead: int,
    controls: Controls,
    seed: int,
    takes: int,
    length: int | None = None,
    role: Role | None = None,
) -> Plan:
    """What G does now. `length` is how many bars to write, None: as many as are selected, or four; `role` what the
    answer does in the music, None: what the track does already, or what the other tracks leave to be done."""
    track = song.track(selection.track_id)
    if track.is_drums:
        return Plan(track.id, None, "A groove for drum tracks is not there yet: choose a melodic track to continue.")
    if song.note_count == 0 and not song.chords:
        return _fresh(song, track, controls, seed, takes, length or DEFAULT_BARS, role)
    chosen = track.pick(selection.ids)
    if selection.span is not None and not chosen:
        return _for_region(song, track, selection.span, controls, seed, takes, role)
    if chosen:
        first, last = _bars(song, min(n.onset for n in chosen), max(_last_tick(song, n) for n in chosen))
        bars = length or min(max(last - first + 1, FEWEST_BARS), MOST_BARS)
        return continuation(song, track, last + 1, bars, controls, seed, takes, heard_from=first, role=role)
    first = _free_bar(song, track, playhead)
    if len(track) and not track.onsets(0, song.metres.bar_start(first)):
        # With the playhead before all the track plays, such as after opening a file, the answer goes behind it.
        first = song.metres.bar(_last_tick(song, max(track.notes(), key=lambda note: note.end)) - 1) + 1
    return continuation(song, track, first, length or DEFAULT_BARS, controls, seed, takes, role=role)


def harmony_plan(song: Song, selection: Selection, controls: Controls, seed: int, takes: int) -> Plan:
    """What H does: chords for the bars of the selected notes, of the region, or of all the track plays."""
    track = song.track(selection.track_id)
    if track.is_drums:
        return Plan(track.id, None, "Drums have no chords: choose the track of a melody, then press H.")
    chosen = track.pick(selection.ids) or list(track.notes())
    if selection.span is not None and not selection.ids:
        chosen = track.between(selection.span.start, selection.span.end)
    if not chosen:
        return Plan(
            track.id, None, f"{track.name} plays nothing here to find chords for: select the notes of a melody."
        )
    metres = song.metres
    first, last = _bars(song, min(n.onset for n in chosen), max(_last_tick(song, n) for n in chosen))
    if selection.span is not None and not selection.ids:
        first, last = _bars(song, selection.span.start, selection.span.end)
    if last - first >= MOST_HARMONISED:
        if selection:
            return Plan(
                track.id, None, f"More than {MOST_HARMONISED} bars are too many to harmonise at once: choose less."
            )
        last = first + MOST_HARMONISED - 1
    span = Span(metres.bar_start(first), metres.bar_end(last))
    start = metres.bar_start(max(first - CONTEXT_BARS, 0))
    heard = [sort_notes(track.onsets(start, span.end))]
    heard += [
        notes
        for other in song.tracks
        if other.id != track.id and not other.is_drums and not other.mute
        if (notes := sort_notes(other.onsets(start, span.end)))
    ]
    context = Context(
        (),
        tuple(heard),
        song.ticks_per_quarter,
        metres,
        song.tempos,
        chord_spans(song, start, span.start),
        Role.CHORDS,
    )
    what = f"Find chords for {bar_names(first, last)} of {track.name}"
    return checked(track, Request(Verb.HARMONISE, context, span, controls, seed, takes), what)


def phrase_range(song: Song, selection: Selection) -> tuple[int, int] | None:
    """The pitches an answer to the phrase would keep to: those of the selected notes, or of the track, and a third of
    room on either side; None where there are no notes."""
    track = song.track(selection.track_id)
    chosen = track.pick(selection.ids)
    if selection.span is not None and not chosen:
        chosen = track.between(selection.span.start, selection.span.end)
    pitches = [note.pitch for note in chosen or track.notes()]
    return (max(min(pitches) - _ROOM, 0), min(max(pitches) + _ROOM, 127)) if pitches else None


def locked_notes(song: Song, track: Track, span: Span) -> tuple[Note, ...]:
    """The notes of the track that stay as they are in the span, on its channel."""
    return tuple(replace(note, channel=track.channel) for note in sort_notes(song.locked_in(track.id, span)))


def with_replaced(made: Plan, song: Song) -> Plan:
    """The plan, its sentence saying how many notes of the track a kept answer would replace, if any."""
    if made.request is None or made.span is None or made.request.verb is Verb.HARMONISE:
        return made
    there = song.track(made.track_id).onsets(made.span.start, made.span.end)
    count = sum(note.id not in song.locked for note in there)
    if not count:
        return made
    said = f"{made.tooltip.removesuffix('.')}; replaces {count:,} {'note' if count == 1 else 'notes'}."
    return replace(made, tooltip=said)


def continuation(
    song: Song,
    track: Track,
    first_bar: int,
    bars: int,
    controls: Controls,
    seed: int,
    takes: int,
    heard_from: int | None = None,
    role: Role | None = None,
) -> Plan:
    """Continue `track` into `bars` bars from `first_bar` (counted from 0); `heard_from` is the first selected bar."""
    metres = song.metres
    span = Span(metres.bar_start(first_bar), metres.bar_start(first_bar + bars))
    oldest = max((first_bar if heard_from is None else heard_from) - CONTEXT_BARS, 0)
    context = _context(song, track, metres.bar_start(oldest), span, role)
    where = bar_names(first_bar, first_bar + bars - 1)
    chords = any(each.end > span.start for each in context.chords)
    if not context.part and not context.others and not chords:
        return Plan(
            track.id,
            None,
            f"There is nothing to continue before bar {first_bar + 1} of {track.name}: "
            "move the playhead behind a phrase, or select its notes.",
        )
    if context.part:
        heard = bar_names(*_bars(song, context.part[0].onset, context.part[-1].onset + 1))
        verb, what = Verb.CONTINUE, f"Continue {heard} of {track.name} into {where}"
    else:
        verb, what = Verb.ACCOMPANY, f"Write {where} of {track.name} as {_ROLES[context.role]}"
        if context.others:
            what += " to the other tracks"
    return checked(track, Request(verb, context, span, controls, seed, takes, locked_notes(song, track, span)), what)


def _fresh(song: Song, track: Track, controls: Controls, seed: int, takes: int, bars: int, role: Role | None) -> Plan:
    """A phrase from nothing but the controls, from the first bar on."""
    span = Span(0, song.metres.bar_start(bars))
    context = _context(song, track, 0, span, role)
    what = f"Write {bar_names(0, bars - 1)} of {track.name} as {_ROLES[context.role]} from nothing"
    return checked(track, Request(Verb.FRESH, context, span, controls, seed, takes), what)


def _for_region(
    song: Song, track: Track, span: Span, controls: Controls, seed: int, takes: int, role: Role | None
) -> Plan:
    metres = song.metres
    before = any(note.onset < span.start for note in track.notes())
    after = any(note.onset >= span.end for note in track.notes())
    if before and after:
        first, last = _bars(song, span.start, span.end)
        if last - first >= MOST_BARS:
            return Plan(track.id, None, f"A region of more than {MOST_BARS} bars is too long to fill: choose less.")
        context = _context(song, track, metres.bar_start(max(first - CONTEXT_BARS, 0)), span, role, behind=True)
        what = f"Fill {bar_names(first, last)} of {track.name} between what stands before and behind"
        request = Request(Verb.FILL, context, span, controls, seed, takes, locked_notes(song, track, span))
        return checked(track, request, what)
    first = _free_bar(song, track, span.start)
    bars = min(max(metres.bar(span.end - 1) - first + 1, 1), MOST_BARS)
    return continuation(song, track, first, bars, controls, seed, takes, role=role)


def checked(track: Track, request: Request, what: str, heard: Sequence[Note] = ()) -> Plan:
    """The plan to do `what`, with what it keeps to; or the sentence that says which controls bite each other.

    The key is the context's, or that of the notes that are `heard` instead.
    """
    try:
        check(request)
        listened = replace(request.context, part=tuple(heard), after=(), others=()) if heard else request.context
        key, allowed = allowed_pitch_classes(replace(request, context=listened))
        pitch_mask(request, allowed)
    except UserError as error:
        return Plan(track.id, None, str(error), wrong=True)
    found = " (auto)" if request.controls.key is None else ""
    if any(span.onset < request.span.end and span.end > request.span.start for span in request.context.chords):
        what += ", over the chords"
    if request.locked:
        count = len(request.locked)
        what += f", around {count} locked {'note' if count == 1 else 'notes'}"
    return Plan(track.id, request, f"{what}, in {key.name}{found}.", key)


def _context(song: Song, track: Track, start: int, span: Span, role: Role | None, behind: bool = False) -> Context:
    """What the engine may see; of the track itself what stands behind the span only where the answer leads there."""
    end = song.metres.bar_start(song.metres.bar(max(span.end - 1, 0)) + 1 + CONTEXT_BARS) if behind else span.end
    others = [
        sort_notes(other.onsets(start, end))
        for other in song.tracks
        if other.id != track.id and not other.is_drums and not other.mute
    ]
    others = [part for part in others if part]
    part = tuple(replace(note, channel=track.channel) for note in track.onsets(start, span.start))
    after = tuple(replace(note, channel=track.channel) for note in track.onsets(span.end, end)) if behind else ()
    return Context(
        part,
        tuple(others),
        song.ticks_per_quarter,
        song.metres,
        song.tempos,
        chord_spans(song, start, end),
        role=role or _role(track, [*part, *after], others),
        after=after,
        pedal=pedal_changes(track, start, span.start),
    )


def _role(track: Track, own: list[Note], others: list[tuple[Note, ...]]) -> Role:
    """What the track does; an empty one what the others leave to be done."""
    if own:
        return detect_role(own, track.programme or 0)
    role = detect_role([], track.programme or 0)
    if role is Role.MELODY and others and all(detect_role(part) is Role.MELODY for part in others):
        return Role.CHORDS
    return role


def _free_bar(song: Song, track: Track, tick: int) -> int:
    """The bar of `tick`, or the next where notes begin earlier in that bar: they are heard, not written over."""
    bar = song.metres.bar(tick)
    return bar + 1 if track.onsets(song.metres.bar_start(bar), tick) else bar


def _last_tick(song: Song, note: Note) -> int:
    """Where a note ends for the ear: what hangs over by less than half a beat was played so, not meant so."""
    return max(note.end - song.metres.beat_ticks(note.onset) // 2, note.onset + 1)


def _bars(song: Song, start: int, end: int) -> tuple[int, int]:
    """The bars that hold `start` and the tick before `end`."""
    return song.metres.bar(start), song.metres.bar(max(end - 1, start))


def bar_names(first: int, last: int) -> str:
    """Bars counted from 0, for a sentence."""
    return f"bar {first + 1}" if first == last else f"bars {first + 1}–{last + 1}"
