"""What the library's processes share: begun by an order, begun again after a death, troubles as sentences."""

from __future__ import annotations

import os
import queue
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

import pytest

from app.library.behind import OnOrder, Trouble, attempt
from models.errors import UserError


def answer(connection: Connection, greeting: str) -> None:
    """Says the greeting to every order, and which process it is; dies of the order "die"."""
    while (order := connection.recv()) is not None:
        if order == "die":
            os._exit(3)
        connection.send((greeting, os.getpid()))


@pytest.fixture
def told() -> queue.Queue[Any]:
    return queue.Queue()


@pytest.fixture
def process(told: queue.Queue[Any]) -> Iterator[OnOrder]:
    made = OnOrder("answerer", answer, ("hello",), told.put, told.put)
    yield made
    made.close()


def test_the_first_order_begins_it_and_the_first_after_a_death_does_again(
    process: OnOrder, told: queue.Queue[Any]
) -> None:
    assert process.pid is None
    process.send("order")
    greeting, first = told.get(timeout=20)
    assert (greeting, first) == ("hello", process.pid)
    process.send("die")
    assert told.get(timeout=20) == 3
    assert process.pid is None
    process.send("order")
    _, second = told.get(timeout=20)
    assert second == process.pid != first


def test_one_that_was_closed_tells_of_no_death_and_is_not_taken_for_the_next(
    process: OnOrder, told: queue.Queue[Any]
) -> None:
    process.send("order")
    _, first = told.get(timeout=20)
    process.send("die")
    process.close(wait=False)
    process.send("order")
    _, second = told.get(timeout=20)  # and no exit code
    assert second == process.pid != first
    process.close()
    assert told.empty()
    assert process.pid is None


def test_what_goes_wrong_is_a_sentence_and_a_bug_has_its_trace() -> None:
    def users() -> int:
        raise UserError("The folder is gone; choose another.")

    def bug() -> int:
        raise KeyError("said")

    assert attempt(lambda: 3, "It stumbled.") == 3
    assert attempt(users, "It stumbled.") == Trouble("The folder is gone; choose another.")
    trouble = attempt(bug, "It stumbled.")
    assert isinstance(trouble, Trouble)
    assert trouble.sentence == "It stumbled."
    assert "KeyError: 'said'" in trouble.bug
