"""Components rebuilt from the sources that a run stored."""
