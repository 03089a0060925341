"""Roles and styles as the network knows them, by index; 0 stands for "not said"."""

from __future__ import annotations

from models.music.notes import Role

STYLES = ("", "pop", "folk", "song", "lied", "chorale", "quartet")
ROLES = ("", Role.MELODY, Role.BASS, Role.CHORDS, Role.VOICE)
STYLE_OF = {"pop909": "pop", "nottingham": "folk", "openewld": "song", "lieder": "lied", "chorales": "chorale",
            "quartets": "quartet"}  # fmt: skip


def style_index(source: str) -> int:
    """The style of a training source; 0 where it is none."""
    return STYLES.index(STYLE_OF.get(source, ""))


def role_index(role: Role) -> int:
    """The role's index; 0 for roles the network does not write."""
    return ROLES.index(role) if role in ROLES else 0
