"""Time the first resolving of a config of 100 components and 1,000 parameters.

Writes the CPU time in milliseconds. Imports have been paid for by resolving a small
experiment first; nothing about the large one has been read before.
"""

import importlib.util
import json
import sys
import time
from pathlib import Path


OUTER = 10
INNER = 9
PARAMETERS = 10

HEAD = """
import forge

@forge.experiment
def little(a=1):
    pass
"""


def source() -> str:
    """Write the module: ten models with nine models in each, ten values everywhere."""
    values = ", ".join(f"p_{k}={k}.5" for k in range(PARAMETERS))
    parts = [HEAD]
    for i in range(OUTER):
        names = [f"inner_{i}_{j}" for j in range(INNER)]
        parts += [f"@forge.model\ndef {name}({values}):\n    pass\n" for name in names]
        slots = ", ".join(f"part_{j}={name}" for j, name in enumerate(names))
        parts.append(f"@forge.model\ndef outer_{i}({slots}, {values}):\n    pass\n")
    slots = ", ".join(f"slot_{i}=outer_{i}" for i in range(OUTER))
    parts.append(f"@forge.experiment\ndef large({slots}):\n    pass\n")
    return "\n".join(parts)


def main(folder: Path, answer: Path) -> None:
    """Make the module in a folder, resolve, and write the answer to a file."""
    path = folder / "large_experiment.py"
    path.write_text(source(), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.little.configure(words=["a=2", "seed=1"])
    words = [f"slot_{i}.part_{i % INNER}.p_3={i}" for i in range(OUTER)]
    start = time.process_time()
    config = module.large.configure(words=[*words, "seed=1"])
    taken = time.process_time() - start
    values = [key for key in config if "p_" in key.rsplit(".", 1)[-1]]
    if len(values) != OUTER * (INNER + 1) * PARAMETERS:
        message = f"the config has {len(values)} values"
        raise SystemExit(message)
    answer.write_text(json.dumps(1000 * taken), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
