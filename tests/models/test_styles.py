"""Styles of the user's own: their files, and the engine that answers in them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models import checkpoint
from models.errors import UserError
from models.music.notes import Note
from models.music.time import MetreMap, TempoMap
from models.request import Composer, Context, Controls, Request, Span, Verb
from models.styles import OwnStyle, Styled, delete, listed, named, path_of


def _save(folder: Path, name: str, **fields: float) -> OwnStyle:
    style = OwnStyle(name, 9, 2, 5.0, 4.5, "2025-01-31")
    checkpoint.save(path_of(folder, name), {"w": torch.zeros(1)}, "lstm", {}, style.about())
    return style


@pytest.mark.parametrize("name", ["Waltzes", "a/b", "..", "Ünïcode ♪", "100% mine", "con.txt"])
def test_any_name_is_a_file_in_the_folder(tmp_path: Path, name: str) -> None:
    style = _save(tmp_path, named(name))
    assert path_of(tmp_path, name).parent == tmp_path
    assert [path.parent for path in tmp_path.iterdir()] == [tmp_path]
    assert listed(tmp_path) == [style]
    assert style.better == pytest.approx(0.1)
    delete(tmp_path, name)
    assert listed(tmp_path) == []
    with pytest.raises(UserError, match="no style of your own"):
        delete(tmp_path, name)


def test_files_that_are_no_styles_are_passed_over(tmp_path: Path) -> None:
    style = _save(tmp_path, "Mine")
    (tmp_path / "junk.safetensors").write_bytes(b"junk")
    checkpoint.save(tmp_path / "bare.safetensors", {"w": torch.zeros(1)}, "lstm", {})
    checkpoint.save(tmp_path / "odd.safetensors", {"w": torch.zeros(1)}, "lstm", {}, {"shoe": 43})
    assert listed(tmp_path) == [style]
    assert listed(tmp_path / "nowhere") == []


class _Engine:
    name, verbs = "one", frozenset(Verb)

    def __init__(self, path: Path | None = None) -> None:
        if path is not None and path.stem == "Broken":
            raise UserError("damaged")
        self.path = path
        self.asked: list[Request] = []

    def prepare(self, request: Request) -> None:
        self.asked.append(request)

    def compose(self, request: Request, emit: object, cancelled: object) -> tuple:
        self.asked.append(request)
        return (self.path,)


def _request(style: str, verb: Verb = Verb.CONTINUE) -> Request:
    context = Context((Note(0, 480, 60),), (), 480, MetreMap(480), TempoMap(480))
    return Request(verb, context, Span(1920, 3840), Controls(style=style))


def test_each_request_is_answered_in_its_style(tmp_path: Path) -> None:
    made: list[_Engine] = []

    def load(path: Path) -> Composer:
        made.append(_Engine(path))
        return made[-1]  # type: ignore[return-value]

    base = _Engine()
    styled = Styled(base, tmp_path, load)  # type: ignore[arg-type]

    def answer(style: str, verb: Verb = Verb.CONTINUE) -> object:
        (path,) = styled.compose(_request(style, verb), lambda *_: None, lambda: False)
        return path

    for name in ("A", "B", "C", "Broken"):
        _save(tmp_path, name)
    assert answer("") is None
    assert answer("folk") is None
    assert answer("A", Verb.HARMONISE) is None
    styled.prepare(_request("A"))
    assert answer("A") == path_of(tmp_path, "A")
    assert len(made) == 1
    assert len(made[0].asked) == 2
    answer("B")
    answer("C")
    answer("B")
    assert len(made) == 3
    answer("A")  # three are too many to keep
    assert len(made) == 4
    path_of(tmp_path, "A").touch()
    answer("A")  # learned anew
    assert len(made) == 5
    with pytest.raises(UserError, match="learn it again"):
        answer("Broken")
    delete(tmp_path, "A")
    with pytest.raises(UserError, match="any more"):
        answer("A")
