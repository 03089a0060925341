"""Music in, music out: values, files, engines. No Qt, no audio, nothing of the application."""
