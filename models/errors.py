"""The one error that is told to the user."""


class UserError(Exception):
    """Something the user can act on: one plain sentence that says what happened and what to do next."""
