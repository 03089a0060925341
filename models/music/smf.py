"""Standard MIDI Files: reading and writing, lossless, tolerant and bounded (RP-001, "Standard MIDI Files 1.0").

What is kept: every note with its channel, velocity and release velocity; every other event as its bytes (controllers,
programmes, bends, aftertouch, sysex with its continuations, all meta events, known or not, with texts in whatever
encoding they came); the order of events within a tick, before or after its note-ons; the end of every track, and with
it silence; format 0 or 1; chunks that are not tracks. What is not kept, because it is not music: running status, the
spelling of lengths, the RIFF wrapping, bytes between chunks.

What was decided, once:

- Equal notes (one pitch, one channel, one track) that overlap: the first to begin is ended by the first release. A
  note *inside* an equal one cannot be said in MIDI; the writer makes the two overlap (`pair_equal_notes`).
- Notes never released end with their track. Releases of notes that do not sound are left out. A note-on of velocity 0
  is a release of velocity 64. Notes of length zero stay.
- Running status is understood, also across meta and sysex events; the writer never uses it.
- Bytes that belong to no event, and live system messages (0xF1 to 0xF6, 0xF8 to 0xFE), are left out. Values over 127
  become 127; an event whose pitch or controller number is over 127 is left out.
- Several changes of tempo, metre or key at one tick: the last counts. A tempo of 0, a metre without beats or finer
  than sixty-fourths and an impossible key stay as events, and the maps pass over them.
- Division 0 means 480 ticks a quarter. Film frames (SMPTE) become beats at 120 a minute, tick for tick; the tempo
  events of such a file, which mean nothing, are replaced by one that gives a tick its length.
- Type 2 (separate songs in one file) is refused with a sentence. A type 0 with several tracks, and a type over 2, are
  read as type 1.
- A file that breaks off is read up to the break. A track whose stated length is wrong is read to its end mark, or to
  the next track. Tracks may be more or fewer than announced. RIFF MIDI files are unwrapped; junk before the header and
  between chunks is passed over.
- Refused with a sentence: no MIDI header in the first 64 KB, no track, more than 64 MB, 5 million events or 24 hours,
  a delta of more than four bytes.
- Within a tick the writer puts releases first, then early events, then note-ons (a note of length zero with its
  release), then late events. An event is late where, in its tick, note-ons precede it and none follows on its channel
  (for meta and sysex: on any channel).

Everything mended is told in `MidiFile.warnings`.
"""

from __future__ import annotations

from models.music.smf_read import MAX_BYTES, MAX_EVENTS, MAX_HOURS, read, read_file
from models.music.smf_values import (
    Chunk,
    Event,
    KeyChange,
    Marker,
    MidiFile,
    MidiTrack,
    decode_text,
    key_changes,
    markers,
    metre_map,
    tempo_map,
    track_name,
)
from models.music.smf_write import normalise, pair_equal_notes, write

__all__ = [
    "MAX_BYTES",
    "MAX_EVENTS",
    "MAX_HOURS",
    "Chunk",
    "Event",
    "KeyChange",
    "Marker",
    "MidiFile",
    "MidiTrack",
    "decode_text",
    "key_changes",
    "markers",
    "metre_map",
    "normalise",
    "pair_equal_notes",
    "read",
    "read_file",
    "tempo_map",
    "track_name",
    "write",
]
