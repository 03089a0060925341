"""Reading a command's arguments."""

from __future__ import annotations

import argparse
from typing import NoReturn

from models.errors import UserError


class Parser(argparse.ArgumentParser):
    """Argument parser whose complaints are one sentence, like every other error the user is told."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message[:1].upper()}{message[1:]}; see {self.prog} --help.")
