"""The application: window, player, composer and library around the music of models."""
