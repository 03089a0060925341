"""Writing files: the new one whole, or the old one as it was and a sentence."""

from __future__ import annotations

import os
import resource
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.song.files import write_checked
from models.errors import UserError

OLD, NEW = b"the old file", b"the new file, which is longer" * 1000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is to be replaced."""
    path = tmp_path / "song.mid"
    path.write_bytes(OLD)
    return path


@contextmanager
def file_size_limit(limit: int) -> Iterator[None]:
    """Files of this process cannot grow beyond `limit` bytes: writes come back short, then fail."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Permissions count, even where the tests are run by root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def assert_untouched(path: Path) -> None:
    assert path.read_bytes() == OLD
    assert list(path.parent.iterdir()) == [path]


def test_replaces_a_file_and_keeps_its_permissions(path: Path) -> None:
    path.chmod(0o640)
    write_checked(path, NEW)
    assert path.read_bytes() == NEW
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(path.parent.iterdir()) == [path]


def test_new_files_are_the_users_or_private(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_checked(tmp_path / "open.mid", b"")
        write_checked(tmp_path / "closed.mid", NEW, private=True)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "open.mid").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "closed.mid").stat().st_mode) == 0o600
    assert (tmp_path / "open.mid").read_bytes() == b""


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.mid"
    link.symlink_to(path)
    write_checked(link, NEW)
    assert link.is_symlink()
    assert path.read_bytes() == NEW


def test_a_full_disk_leaves_the_old_file(path: Path) -> None:
    with file_size_limit(4096), pytest.raises(UserError, match=r"song\.mid could not be saved"):
        write_checked(path, NEW)
    assert_untouched(path)


def test_a_read_only_folder_leaves_the_old_file() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:  # a folder that an ordinary user can reach
        folder = Path(name)
        path = folder / "song.mid"
        path.write_bytes(OLD)
        folder.chmod(0o555)
        with ordinary_user(), pytest.raises(UserError, match="Permission denied"):
            write_checked(path, NEW)
        assert_untouched(path)
        folder.chmod(0o755)


def test_a_disk_that_takes_nothing_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda handle, data: 0)
    with pytest.raises(UserError, match="No space left"):
        write_checked(path, NEW)
    assert_untouched(path)


def test_a_disk_that_garbles_is_found_out(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, bytes(len(data))))
    with pytest.raises(UserError, match="garbled"):
        write_checked(path, NEW)
    assert_untouched(path)


def test_short_writes_are_completed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:1000]))
    write_checked(path, NEW)
    assert path.read_bytes() == NEW


def test_syncs_the_file_before_renaming_and_the_folder_after(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    fsync, rename = os.fsync, os.replace

    def synced(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def renamed(old: Path, new: Path) -> None:
        done.append("rename")
        rename(old, new)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    write_checked(path, NEW)
    assert done == ["file", "rename", "folder"]


def test_a_folder_or_device_of_that_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "folder.mid").mkdir()
    pipe = tmp_path / "pipe.mid"
    os.mkfifo(pipe)
    for path in (tmp_path / "folder.mid", pipe):
        with pytest.raises(UserError, match="choose another"):
            write_checked(path, NEW)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file or directory"):
        write_checked(tmp_path / "gone" / "song.mid", NEW)
