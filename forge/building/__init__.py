"""Objects built from a config: each once, in the order their inputs need."""
