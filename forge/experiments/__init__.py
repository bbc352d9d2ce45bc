"""Experiments: definitions, runs and what is loaded from records."""
