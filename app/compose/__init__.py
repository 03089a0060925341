"""Asking the engines: what a key press means, the worker process, the takes."""
