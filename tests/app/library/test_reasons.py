"""The sentence that says why something is suggested."""

from __future__ import annotations

from app.library.reasons import Part, reason

TITLES = {"a": "Kettle", "b": "Window", "c": "Window"}


def _because(*events: tuple[str, str]) -> str:
    parts = [Part("event", 2.0 - number / 10, phrase, done) for number, (phrase, done) in enumerate(events)]
    return reason(parts, TITLES, (), ())


def test_what_was_done_with_two_phrases_is_said_once() -> None:
    assert _because(("a", "starred 5"), ("b", "starred 5")) == "because you gave “Kettle” and “Window” five stars"
    assert _because(("b", "kept"), ("a", "replayed")) == "because you kept “Window” and replayed “Kettle”"


def test_two_phrases_of_one_title_are_named_once() -> None:
    assert _because(("b", "kept"), ("c", "kept")) == "because you kept “Window”"
