"""What it costs to have Forge in a script."""

import json
from pathlib import Path

from projects import Project


BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
HEAVY = """
import sys
import forge

@forge.dataset
def toy(n=1): return {}

@forge.model
def mlp(width=1): return 1

@forge.experiment
def train(dataset, model, lr=0.1): pass

train.configure(words=["lr=0.5", "width=3"])
heavy = (
    "msgspec numpy rich git difflib tempfile subprocess json jsonpickle psutil logging "
    "hashlib shlex asyncio tensorflow keras torch yaml absl"
)
print([name for name in heavy.split() if name in sys.modules])
"""


def test_a_config_is_resolved_without_heavy_imports(project: Project) -> None:
    project.write(HEAVY)
    assert project(fresh=True).stdout == "[]\n"


def test_a_large_config_is_resolved_quickly(project: Project) -> None:
    """The budget is 20 ms of CPU on an idle machine; tests seldom have one."""
    text = f"""
        import sys
        from pathlib import Path
        sys.path.insert(0, {str(BENCHMARKS)!r})
        import resolve
        resolve.main(Path("."), Path("answer.json"))
    """
    project.write(text, "go.py")
    best = 1_000.0
    for _ in range(3):
        project(script="go.py", fresh=True)
        best = min(best, json.loads((project.folder / "answer.json").read_text()))
    assert best < 100
