"""The package that modules of stored runs are imported into, by private names.

It holds no module of its own. A process that was started to unpickle their objects
imports it first, and so learns how to find them.
"""

from forge.rebuild.importer import FINDER
from forge.rebuild.reopening import reopen


FINDER.reopen = reopen
FINDER.install()

#: Makes a package of it; what is in it is found by no folder.
__path__: list[str] = []
