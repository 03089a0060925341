"""A process that stands for the window: asks for takes that never end and tells the composer's process id."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.compose.client import ComposeClient
from tests.app.compose.test_client import request_for
from tests.app.ui import scripted


def main(told: Path, engine: str) -> None:
    """Run until killed."""
    application = QCoreApplication([])
    client = ComposeClient(engine)

    def tell() -> None:
        partial = told.with_suffix(".part")
        partial.write_text(str(client.pid))
        partial.rename(told)

    client.note_came.connect(tell)
    client.ask(request_for(scripted.SLOW))
    application.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
