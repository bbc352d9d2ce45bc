"""One execution of an experiment, from start to its final status."""
