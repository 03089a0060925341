"""Musical values, theory, files and analysis. No torch."""
