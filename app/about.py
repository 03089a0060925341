"""What the program says about itself: versions, and what its engine was trained on."""

from __future__ import annotations

from app.paths import resource
from app.report import versions


def about_text() -> str:
    """Rich text for the About box."""
    found = versions()
    card = "The model card comes with the weights."
    path = resource("checkpoints/lstm.md")
    if path.is_file():
        # The card's first paragraph is its summary.
        card = path.read_text(encoding="utf-8").split("\n\n")[1].replace("\n", " ")
    lines = "<br>".join(f"{name} {version}" for name, version in found.items() if version != "not installed")
    return (
        f"<h3>Antiphon {found['antiphon']}</h3><p>You play a phrase; it answers, on your own computer. "
        f"Nothing you play leaves it.</p><p>{card}</p><p style='color: #a9afbb'>{lines}</p>"
    )
