"""The file-based way of working of the 2018 Forge: configs by path, flags, load."""
