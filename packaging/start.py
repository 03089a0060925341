"""Where the frozen program starts: children of multiprocessing first, then Antiphon."""

from __future__ import annotations

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()
    from app.__main__ import main

    sys.exit(main(sys.argv[1:]))
