"""Run folders as a stranger or a bad disk would leave them, and all that reads them.

`damages` are what can befall a file, `folders` and `checkpoints` what needs more than
that; `readers` are the doors of Forge that a run folder comes in by. `survey` is a
program: it lets every reader loose on every damaged run, while the events that Python
audits are watched, and prints what came of it.
"""
