"""Configure, record, compare and load machine-learning experiments."""

__version__ = "0.1.0"
