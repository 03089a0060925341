"""Where the player process begins: the window names this, and does not load what only that process needs."""

from __future__ import annotations

from multiprocessing.connection import Connection
from typing import Any

from app.player.messages import Options


def run(connection: Connection, shared: Any, options: Options) -> None:
    """Be the player until the pipe ends."""
    from app.player.worker import run

    run(connection, shared, options)
