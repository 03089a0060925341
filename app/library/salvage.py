"""What can be saved of a damaged library: the history, row by row, out of the bytes of its pages.

SQLite gives up at the first page that makes no sense. The rows of a table lie in leaf pages that can be read each by
itself ("Database File Format", sqlite.org/fileformat2.html, sections 1.6 and 2.1), whatever has become of the schema
and of the pages above them; so every page is looked at, and what is a row of the history is kept. The pages that the
write-ahead log holds count instead of those in the file (section 4). The catalogue needs no saving: it is read anew
from the folders. What the user deleted does not come back, because the library overwrites what it deletes.
"""

from __future__ import annotations

import json
import os
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from app.library.database import Damaged, NotNow, open_library, set_aside, trouble
from models.errors import UserError

HISTORY_COLUMNS = ("at", "kind", "content_hash", "role", "from_tick", "to_tick", "seconds", "asked_for", "context")
_TYPES = ((float, int), str, str, str, int, int, (float, int), int, str)
_LEAF, _FILE_HEADER = 0x0D, 100
_PAGE_SIZES = {1 << power for power in range(9, 17)}
_USUAL_PAGE = 4096
_WAL_HEADER, _FRAME_HEADER = 32, 24
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}

Value = None | int | float | str | bytes


def begin_again(path: Path) -> tuple[sqlite3.Connection, str | None]:
    """Save the history of the damaged library into a new one, set the damaged one aside and open the new one in its
    place; and a sentence about that. It stays where it is until all of that can be done.

    Where another process has done so meanwhile its library is opened, and there is no sentence. Raises UserError.
    """
    with suppress(Damaged):
        return open_library(path), None
    fresh = path.with_name(f"{path.name}.new-{os.getpid()}")
    try:
        _remove(fresh)
        with closing(open_library(fresh)) as connection:
            saved = save_history(path, connection)
        with suppress(Damaged):
            return open_library(path), None
        aside = set_aside(path)
        os.replace(fresh, path)
        connection = open_library(path)
    except NotNow as error:
        raise _no_room(path) from error
    except sqlite3.Error as error:
        raise _no_room(path) if isinstance(trouble(path, error), NotNow) else _stuck(path) from error
    except (OSError, Damaged) as error:
        raise _stuck(path) from error
    finally:
        with suppress(OSError):  # where nothing can be written nothing was made
            _remove(fresh)
    rows = f"{saved:,} of its rows were saved" if saved else "nothing in it could be saved"
    return connection, f"The history was damaged; it was kept as {aside.name} and a new one begun: {rows}."


def _remove(library: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{library}{suffix}").unlink(missing_ok=True)


def _no_room(path: Path) -> NotNow:
    return NotNow(
        f"The history in {path} is damaged, and there is no room to save it into a new one; free some space on the "
        "disk and it goes on by itself."
    )


def _stuck(path: Path) -> UserError:
    return UserError(
        f"The history in {path} is damaged and cannot be moved away; make its folder writable and start again."
    )


def save_history(damaged: Path, connection: sqlite3.Connection) -> int:
    """Copy the rows of the history that can be read in the file `damaged` into a library; returns how many."""
    try:
        rows = dict(history_rows(damaged))
    except OSError:
        return 0
    saved = 0
    connection.execute("BEGIN IMMEDIATE")
    for number in sorted(rows):
        with suppress(sqlite3.IntegrityError):  # a kind that there is none of any more
            connection.execute(
                f"INSERT INTO history ({', '.join(HISTORY_COLUMNS)}) VALUES ({', '.join('?' * len(HISTORY_COLUMNS))})",
                rows[number],
            )
            saved += 1
    connection.execute("COMMIT")
    return saved


def history_rows(path: Path) -> Iterator[tuple[int, tuple[Value, ...]]]:
    """Row number and columns of every row of a history found in a library's pages; raises OSError."""
    data = path.read_bytes()
    size = int.from_bytes(data[16:18])
    size = 65_536 if size == 1 else size
    if not data.startswith(b"SQLite format 3\0") or size not in _PAGE_SIZES:
        size = _USUAL_PAGE
    pages = {number + 1: data[number * size : (number + 1) * size] for number in range(len(data) // size)}
    log = Path(f"{path}-wal")
    if log.exists():
        pages.update(_logged(log.read_bytes(), size))
    for number in sorted(pages):
        for row_number, payload in _cells(pages[number], _FILE_HEADER if number == 1 else 0, pages, size):
            with suppress(IndexError, ValueError, struct.error):
                row = _record(payload)
                if _is_history(row):
                    yield row_number, row[1:]


def _logged(data: bytes, size: int) -> dict[int, bytes]:
    """The pages in a write-ahead log, as the last transaction that was finished left them."""
    done: dict[int, bytes] = {}
    waiting: dict[int, bytes] = {}
    if len(data) < _WAL_HEADER or int.from_bytes(data[8:12]) != size:
        return done
    for at in range(_WAL_HEADER, len(data) - _FRAME_HEADER - size + 1, _FRAME_HEADER + size):
        if data[at + 8 : at + 16] != data[16:24]:
            break  # of an earlier log
        waiting[int.from_bytes(data[at : at + 4])] = data[at + _FRAME_HEADER : at + _FRAME_HEADER + size]
        if int.from_bytes(data[at + 4 : at + 8]):
            done.update(waiting)
            waiting.clear()
    return done


def _cells(page: bytes, start: int, pages: dict[int, bytes], size: int) -> Iterator[tuple[int, bytes]]:
    """Row numbers and payloads of the cells of a leaf of a table; nothing for any other page."""
    if len(page) <= start + 8 or page[start] != _LEAF:
        return
    count = int.from_bytes(page[start + 3 : start + 5])
    for index in range(min(count, size // 4)):
        with suppress(IndexError):
            at = int.from_bytes(page[start + 8 + 2 * index : start + 10 + 2 * index])
            length, at = _varint(page, at)
            row, at = _varint(page, at)
            local = length
            if length > size - 35:  # the rest lies in other pages
                least = (size - 12) * 32 // 255 - 23
                local = least + (length - least) % (size - 4)
                local = local if local <= size - 35 else least
            payload = page[at : at + local]
            if local < length:
                payload += _overflow(int.from_bytes(page[at + local : at + local + 4]), length - local, pages)
            if len(payload) == length:
                yield row, payload


def _overflow(number: int, length: int, pages: dict[int, bytes]) -> bytes:
    found = b""
    for _ in range(len(pages)):
        page = pages.get(number)
        if page is None or len(found) >= length:
            break
        found += page[4:]
        number = int.from_bytes(page[:4])
    return found[:length]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(9):
        byte = data[at + place]
        if place == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + place + 1
    raise AssertionError("a varint has at most nine bytes")


def _record(payload: bytes) -> tuple[Value, ...]:
    """The values of a row; raises IndexError, ValueError or struct.error where it is none."""
    header, at = _varint(payload, 0)
    types = []
    while at < header:
        kind, at = _varint(payload, at)
        types.append(kind)
    values: list[Value] = []
    at = header
    for kind in types:
        length = _INTEGERS.get(kind, 8 if kind == 7 else max(kind - 12, 0) // 2)
        raw = payload[at : at + length]
        if len(raw) < length:
            raise IndexError
        if kind in _INTEGERS:
            values.append(int.from_bytes(raw, signed=True))
        elif kind == 7:
            values.append(struct.unpack(">d", raw)[0])
        elif kind in (8, 9):
            values.append(kind - 8)
        elif kind >= 12:
            values.append(raw.decode("utf-8") if kind % 2 else raw)
        else:
            values.append(None)
        at += length
    return tuple(values)


def _is_history(row: tuple[Value, ...]) -> bool:
    if len(row) != 1 + len(HISTORY_COLUMNS) or row[0] is not None:
        return False
    if not all(isinstance(value, kind) for value, kind in zip(row[1:], _TYPES, strict=True)):
        return False
    with suppress(ValueError, RecursionError):
        return isinstance(json.loads(str(row[-1])), dict)
    return False
