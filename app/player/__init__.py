"""Transport, synthesiser and MIDI ports in a process of their own."""
