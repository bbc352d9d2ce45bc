"""Scripts made of the cells of a notebook."""

import textwrap

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forge.run.slicing import HEADER, slice_cells
from forge.run.statements import Cell


def cut(*texts, roots=("train",), **options):
    """Slice cells that may be indented."""
    cells = [Cell(n, textwrap.dedent(text)) for n, text in enumerate(texts, 1)]
    return slice_cells(cells, roots, **options)


def lines(found):
    """The script without empty lines and the header."""
    first, *rest = [line for line in found.text.split("\n") if line]
    assert first == HEADER
    return rest


def problems(found):
    return [str(problem) for problem in found.problems]


def test_only_what_is_reached_is_kept():
    found = cut(
        "import os, sys\nimport json",
        "A = 1\nB = 2",
        "def helper(): return A\ndef other(): return B",
        "def train(x=sys.maxsize): return helper()",
        "train()\nprint(json)",
    )
    assert lines(found) == [
        "import os, sys",
        "A = 1",
        "def helper(): return A",
        "def train(x=sys.maxsize): return helper()",
    ]
    assert not found.problems


def test_decorators_and_kinds_survive():
    found = cut(
        "import forge\nfrom forge import kind as k",
        "optimizer = forge.kind('optimizer')\nloss = k('loss')",
        "@optimizer(name='s')\ndef sgd(): pass\n@loss\ndef mse(): pass",
        "@forge.experiment(goal='max a')\ndef train(a=sgd, b=mse): pass",
    )
    assert not found.problems
    assert lines(found)[2:4] == [
        "optimizer = forge.kind('optimizer')",
        "loss = k('loss')",
    ]
    assert "@optimizer(name='s')\ndef sgd(): pass" in found.text
    assert "@forge.experiment(goal='max a')\ndef train" in found.text


def test_the_last_definition_wins_and_stands_where_it_is_needed():
    found = cut(
        "def model(): return 1",
        "def train(model=model): pass",
        "def model(): return helper()",
        "def helper(): return 2",
    )
    assert lines(found) == [
        "def model(): return helper()",
        "def train(model=model): pass",
        "def helper(): return 2",
    ]


def test_running_a_cell_again_changes_nothing():
    cells = ["import os", "LR = 0.1", "def train(lr=LR): return os, LR"]
    once = cut(*cells)
    assert cut(*cells, "import os", "LR = 0.1").text == once.text
    assert cut(*cells, *cells).text == once.text


def test_a_default_has_the_value_of_its_moment():
    found = cut("A = 1", "B = A", "A = 5", "def train(): return A, B")
    assert lines(found) == ["A = 1", "B = A", "A = 5", "def train(): return A, B"]


def test_a_name_may_be_built_on_its_own_former_value():
    found = cut(
        "x = [1]", "x = x + [2]", "x += [3]", "x[0] = 9", "def train(): return x"
    )
    assert lines(found)[:4] == ["x = [1]", "x = x + [2]", "x += [3]", "x[0] = 9"]


def test_definitions_that_wait_for_each_other_keep_the_order_of_execution():
    found = cut(
        "class A: pass",
        "class B(A): pass",
        "class A(B): pass",
        "class train(A): pass",
    )
    assert lines(found) == [
        "class A: pass",
        "class B(A): pass",
        "class A(B): pass",
        "class train(A): pass",
    ]


def test_what_is_registered_with_the_experiment_comes_along():
    found = cut(
        "@train.preset\ndef lost(): return {}",
        "def train(): pass",
        "@train.preset\ndef tiny(): return {'n': 1}",
        "@train.command(record=False)\ndef show(): return plot",
        "def plot(): pass\ndef other(): pass",
        "train.command(other)\ntrain.run()",
        "@train.preset\ndef tiny(): return {'n': 2}",
        owners=["train"],
    )
    assert lines(found) == [
        "def train(): pass",
        "@train.preset",
        "def tiny(): return {'n': 2}",
        "@train.command(record=False)",
        "def show(): return plot",
        "def plot(): pass",
        "def other(): pass",
        "train.command(other)",
    ]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("vocab = build()", "computed in cell 2 (vocab = build())"),
        ("vocab = data.vocab()", "computed in cell 2 (vocab = data.vocab())"),
        ("for w in 'ab': vocab = w", "computed in cell 2 (for w in 'ab': vocab = w)"),
        (
            "with open('f') as vocab: pass",
            "computed in cell 2 (with open('f') as vocab: …",
        ),
        ("vocab = await build()", "computed in cell 2 (vocab = await build())"),
        (
            "vocab = [build(w) for w in 'ab']",
            "computed in cell 2 (vocab = [build(w) f…",
        ),
    ],
)
def test_a_computed_name_is_a_problem(cell, text):
    found = cut("def build(): pass", cell, "def train(): return vocab")
    (problem,) = problems(found)
    start, _, end = problem.partition(text.rstrip("…"))
    assert (start, end[-20:]) == ("'vocab' is ", ", and used by 'train'"[-20:])
    assert lines(found) == ["def train(): return vocab"]


def test_values_made_by_the_standard_library_are_no_problem():
    found = cut(
        "import re\nfrom pathlib import Path\nimport logging as log",
        "ROOT = Path('data') / 'x'\nWORD = re.compile('w+')\nLOG = log.getLogger('x')",
        "ALL = sorted({*range(3)})\nTABLE = dict(a=len(ALL))",
        "def train(): return ROOT, WORD, LOG, TABLE",
    )
    assert not found.problems
    assert len(lines(found)) == 9


def test_a_builtin_that_a_cell_replaced_is_a_call_like_any_other():
    found = cut("def len(x): return 1", "n = len('abc')", "def train(): return n")
    assert problems(found) == [
        "'n' is computed in cell 2 (n = len('abc')), and used by 'train'"
    ]


def test_a_builtin_that_a_later_cell_replaces_is_used_as_it_was():
    found = cut("largest = max", "max = 3", "def train(): return largest, max")
    assert lines(found) == [
        "largest = max",
        "max = 3",
        "def train(): return largest, max",
    ]
    found = cut("n = len('abc')", "def len(x): return n", roots=["len"])
    assert not found.problems
    assert lines(found) == ["n = len('abc')", "def len(x): return n"]


def test_definitions_that_wait_for_each_other_need_what_came_before_them():
    found = cut("a = b + 1", "b = a", roots=["a", "b"], namespace={"a", "b"})
    assert problems(found) == ["'b' is defined by no executed cell, and used by 'a'"]


def test_values_of_different_moments_are_a_problem_when_no_order_gives_both():
    found = cut(
        "a = b = 1",
        "a = b = 2",
        "class train: c = a, b",
        holds=lambda name, s: name == ("b" if s.cell.number == 2 else "a"),
    )
    assert problems(found)[:2] == [
        "'a' has changed since cell 2 (a = b = 2)",
        "'b' has changed since cell 2 (a = b = 2)",
    ]


def test_optional_imports_and_plain_branches_are_kept():
    cell = "try:\n    import numpy as np\nexcept ImportError:\n    np = None"
    assert lines(cut(cell, "def train(): return np"))[:4] == cell.split("\n")


def test_a_name_that_no_cell_defines_is_a_problem_only_if_it_exists():
    text = "def train(): return helper, missing, print, __name__"
    assert problems(cut(text, namespace={"helper"})) == [
        "'helper' is defined by no executed cell, and used by 'train'"
    ]
    assert problems(cut("x = 1", roots=["gone"], namespace={"gone"})) == [
        "'gone' is defined by no executed cell"
    ]


def test_star_imports_may_define_what_nothing_else_does():
    found = cut("from a import *", "def train(): return Dense", namespace={"Dense"})
    assert lines(found) == ["from a import *", "def train(): return Dense"]


def test_what_notebooks_give_is_imported():
    found = cut("def train(): display(1)", namespace={"display"})
    assert lines(found)[0] == "from IPython.display import display"


def test_future_imports_come_first():
    found = cut(
        "x = 1", "from __future__ import annotations", "def train(a: T): return x"
    )
    assert lines(found)[0] == "from __future__ import annotations"


def test_further_names_are_left_out_when_they_cannot_be_had():
    found = cut(
        "v = build()",
        "def train(): pass",
        "def good(): return w",
        "w = 1",
        "def bad(): return v",
        extra=["good", "bad"],
    )
    assert not found.problems
    assert lines(found) == ["def train(): pass", "def good(): return w", "w = 1"]


def test_a_definition_of_a_failed_cell_does_not_count():
    def holds(name, statement):
        return statement.cell.number == 1 if statement.is_definition else None

    found = cut("def train(): return 1", "def train(): return 2", holds=holds)
    assert lines(found) == ["def train(): return 1"]


def test_a_value_that_has_changed_since_is_a_problem():
    found = cut(
        "seen = []",
        "def train(): return seen",
        holds=lambda name, s: False if name == "seen" else None,
    )
    assert problems(found) == [
        "'seen' has changed since cell 1 (seen = []), and used by 'train'"
    ]


NAMES = ["a", "b", "c"]


@st.composite
def cells(draw):
    """Cells that can be executed one after the other, with functions to be called."""
    found, values, functions = [], [], []
    for _ in range(draw(st.integers(1, 12))):
        name = draw(st.sampled_from(NAMES))
        form = draw(st.sampled_from(["number", "sum", "add", "function", "again"]))
        known = st.sampled_from(values) if values else st.just("0")
        if form == "again" and found:
            found.append(draw(st.sampled_from(found)))
            continue
        if form == "function":
            inner = f" + {draw(st.sampled_from(functions))}()" if functions else ""
            name = f"f{len(functions)}"
            functions.append(name)
            found.append(
                f"def {name}(x={draw(known)}): return x + {draw(known)}{inner}"
            )
            continue
        if form == "add" and name in values:
            found.append(f"{name} += {draw(known)}")
        elif form == "sum":
            found.append(f"{name} = {draw(known)} + {draw(known)} * 2")
        else:
            found.append(f"{name} = {draw(st.integers(0, 9))}")
        values.append(name)
    return found


@given(cells())
@example(
    [
        *("c = 0", "a = c + c * 2", "c += a"),
        *(["a = 0"] * 5),
        *("a = c + c * 2", "c = 0"),
    ]
)
@example(["a = max(1, 2)", "max = a"])
def test_a_script_gives_its_names_the_values_they_had(texts):
    live, again = {}, {}
    for text in texts:
        exec(text, live)
    del live["__builtins__"]
    found = cut(*texts, roots=sorted(live))
    assert not found.problems
    exec(found.text, again)
    for name, value in live.items():
        if callable(value):
            assert again[name]() == value()
        else:
            assert again[name] == value


@given(st.lists(st.text("ab=()[]:\n def1@x.+", max_size=30), max_size=4))
def test_no_cell_whatsoever_is_an_error(texts):
    compile(cut(*texts, roots=["a", "x"]).text, "notebook.py", "exec")
