"""The history as a file: CSV for a spreadsheet, JSON for another of your machines; both can be read back."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.library.history import KINDS, Row
from models.errors import UserError

FORMAT = "antiphon history"
VERSION = 1
MOST_BYTES = 256 * 1024 * 1024
_COLUMNS = tuple(field.name for field in fields(Row) if field.name != "id")
_WHEN = "when"  # beside `at`, for people
_MOST_TICK = 2**62
_MOST_CONTEXT = 65_536  # a csv field of ours is never as long
_MOST_DIGITS = 19
_FIRST, _LAST = 0.0, 4_102_444_800.0  # Unix times from 1970 to 2100


@dataclass(frozen=True)
class Read:
    """What a file held: its rows, and how many lines made no sense."""

    rows: tuple[Row, ...]
    odd: int


def export(rows: Sequence[Row], path: Path) -> None:
    """Write rows as CSV where the name ends so, else as JSON; whole or not at all. Raises UserError."""
    text = _csv(rows) if path.suffix.lower() == ".csv" else _json(rows)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                file.write(text)  # as in the history: what has no encoding is left as an escape
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserError(f"{path} could not be written ({error.strerror}); choose another folder.") from error


def read(path: Path) -> Read:
    """The rows of a file that export() wrote, on this machine or another; raises UserError."""
    try:
        if not stat.S_ISREG((status := path.stat()).st_mode):  # a pipe would keep whoever reads waiting for ever
            raise UserError(f"{path} could not be read: it is not a file.")
        if status.st_size > MOST_BYTES:
            raise UserError(f"{path.name} is too large to be a history of Antiphon's.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"{path} could not be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path.name} is not a history that Antiphon exported.") from error
    try:
        rows = [_row(facts) for facts in _facts(text)]
    except (ValueError, RecursionError, csv.Error) as error:
        raise UserError(f"{path.name} is not a history that Antiphon exported; choose its JSON or CSV file.") from error
    return Read(tuple(row for row in rows if row is not None), rows.count(None))


def _json(rows: Iterable[Row]) -> str:
    listed = [{name: value for name, value in asdict(row).items() if name != "id"} for row in rows]
    return json.dumps({"format": FORMAT, "version": VERSION, "rows": listed}, ensure_ascii=False, indent=1) + "\n"


def _csv(rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((_WHEN, *_COLUMNS))
    for row in rows:
        when = datetime.fromtimestamp(row.at, UTC).isoformat(timespec="seconds")
        context = json.dumps(row.context, ensure_ascii=False, sort_keys=True)
        facts = row.kind, row.content_hash, row.role, row.from_tick, row.to_tick, repr(row.seconds), int(row.asked_for)
        writer.writerow((when, repr(row.at), *facts, context))
    return text.getvalue()


def _facts(text: str) -> Iterator[dict[str, Any]]:
    """The lines of a file, each a mapping; raises ValueError where it is none of ours."""
    if text.lstrip()[:1] == "{":
        held = json.loads(text, parse_int=_int)
        if held.get("format") != FORMAT or not isinstance(held.get("rows"), list):
            raise ValueError("another kind of JSON")
        for row in held["rows"]:
            yield row if isinstance(row, dict) else {}
        return
    reader = csv.DictReader(io.StringIO(text), strict=True)
    if not set(_COLUMNS) <= set(reader.fieldnames or ()):
        raise ValueError("other columns")
    for line in reader:
        yield {name: _value(name, line[name]) for name in _COLUMNS}


def _value(name: str, text: str | None) -> Any:
    """What a field of a CSV file means; None for what means nothing."""
    try:
        match name:
            case "at" | "seconds":
                return float(text or "")
            case "from_tick" | "to_tick":
                return int(text or "")
            case "asked_for":
                return {"0": False, "1": True}.get(text or "")
            case "context":
                return json.loads(text or "", parse_int=_int)
    except (ValueError, RecursionError):
        return None
    return text


def _row(facts: dict[str, Any]) -> Row | None:
    """A row, or None where something is missing or cannot be."""
    found: list[Any] = [facts.get(name) for name in _COLUMNS]
    at, kind, content_hash, role, from_tick, to_tick, seconds, asked_for, context = found
    fits = (
        all(type(value) in (int, float) and math.isfinite(value) for value in (at, seconds))
        and all(type(value) is int and abs(value) < _MOST_TICK for value in (from_tick, to_tick))
        and all(isinstance(value, str) and value and _encodable(value) for value in (content_hash, role))
        and kind in KINDS
        and isinstance(asked_for, bool)
        and isinstance(context, dict)
        and _FIRST <= at <= _LAST
        and _plain(context)
    )
    if not fits:
        return None
    return Row(float(at), kind, content_hash, role, from_tick, to_tick, float(seconds), asked_for, context)


def _int(text: str) -> int | float:
    """A whole number in JSON; one that no column holds is too large for arithmetic as well, and is none."""
    return int(text) if len(text) <= _MOST_DIGITS else math.inf


def _encodable(text: str) -> bool:
    return text.encode("utf-8", "replace").decode("utf-8") == text


def _plain(context: dict[str, Any]) -> bool:
    """Whether a context is not too long, and its numbers are numbers."""
    try:
        return len(json.dumps(context, allow_nan=False)) <= _MOST_CONTEXT
    except ValueError:
        return False
