"""The colour and dash of a run, the same on every page."""

from hashlib import sha256
from typing import Final, NamedTuple


#: Colours that people with any kind of colour vision tell apart: the muted scheme of
#: Paul Tol, "Colour Schemes" (SRON technical note, 2021).
COLOURS: Final = (
    "#332288",
    "#88ccee",
    "#44aa99",
    "#117733",
    "#999933",
    "#ddcc77",
    "#cc6677",
    "#882255",
    "#aa4499",
    "#777777",
)

#: Dashes as SVG spells them; the first is a whole line.
DASHES: Final = ("", "6 3", "2 2", "8 3 2 3")


class Stroke(NamedTuple):
    """How a run is drawn.

    Attributes:
        colour: As `#rrggbb`.
        dash: Lengths of dashes and gaps; empty for a whole line.
    """

    colour: str
    dash: str


def strokes(ids: list[str]) -> list[Stroke]:
    """Choose how runs are drawn.

    Args:
        ids: Their ids.

    Returns:
        A stroke for each. The colour comes from the id; of runs on one page that share
        it, each further one has another dash.
    """
    seen: dict[str, int] = {}
    found = []
    for run in ids:
        digest = sha256(run.encode("utf-8", "surrogateescape")).digest()
        colour = COLOURS[digest[0] % len(COLOURS)]
        turn = seen[colour] = seen.get(colour, -1) + 1
        found.append(Stroke(colour, DASHES[turn % len(DASHES)]))
    return found
