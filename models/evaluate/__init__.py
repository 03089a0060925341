"""The quality tables."""
