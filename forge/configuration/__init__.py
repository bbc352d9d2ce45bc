"""The configuration of a run: types, layers, keys and the resolved values."""
