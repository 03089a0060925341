"""The song as an immutable value, and its edits. No Qt."""
