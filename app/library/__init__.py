"""The local database of what was heard and kept. No Qt."""
