"""Runs listed, found and compared, from what their folders hold and nothing else."""
