"""Constant expressions of Python, evaluated without running any code."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final


#: Longer texts and larger numbers are nobody's default.
_LONGEST: Final = 100_000
_HIGHEST_POWER: Final = 256

_BINARY: Final[Mapping[type, Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: Final[Mapping[type, Callable[[Any], Any]]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
_CALLS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "list": list,
    "tuple": tuple,
}


class NotConstantError(ValueError):
    """The expression is computed, and only running it would tell."""


def constant(node: ast.expr, names: Mapping[str, ast.expr] | None = None) -> Any:
    """Evaluate an expression if it is made of constants only.

    Args:
        node: The expression.
        names: What names stand for, such as the constants of the module.

    Returns:
        Its value.

    Raises:
        NotConstantError: It is not, or it makes no sense.
    """
    try:
        return _Evaluation(names or {}).value(node)
    except NotConstantError:
        raise
    except (ArithmeticError, TypeError, ValueError, RecursionError) as error:
        raise NotConstantError(str(error)) from None


class _Evaluation:
    """Evaluates one expression; names lead to others, never in a circle."""

    def __init__(self, names: Mapping[str, ast.expr]) -> None:
        self._names = names
        self._inside: list[str] = []

    def value(self, node: ast.expr) -> Any:
        """Evaluate a part."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.List | ast.Tuple):
            items = [self.value(item) for item in node.elts]
            return items if isinstance(node, ast.List) else tuple(items)
        if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
            return _UNARY[type(node.op)](self.value(node.operand))
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            return self._binary(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        raise NotConstantError(ast.dump(node)[:80])

    def _named(self, name: str) -> Any:
        """Evaluate what a name stands for."""
        if name not in self._names or name in self._inside:
            raise NotConstantError(name)
        self._inside.append(name)
        try:
            return self.value(self._names[name])
        finally:
            self._inside.pop()

    def _binary(self, node: ast.BinOp) -> Any:
        """Calculate, but nothing that takes long."""
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Pow):
            _refuse(max(abs(left), abs(right)) > _HIGHEST_POWER)
        for one in (left, right):
            _refuse(isinstance(one, int) and abs(one) > 1 << 256)
            sized = isinstance(one, str | list | tuple | bytes)
            _refuse(sized and len(one) > _LONGEST)
        if isinstance(node.op, ast.Mult):
            for one, other in ((left, right), (right, left)):
                sized = isinstance(one, str | list | tuple | bytes)
                _refuse(sized and len(one) * max(int(other), 0) > _LONGEST)
        if isinstance(node.op, ast.Mod):
            _refuse(isinstance(left, str | bytes))
        return _BINARY[type(node.op)](left, right)

    def _call(self, node: ast.Call) -> Any:
        """Convert, as in `int(1e3)`."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        only = len(node.args) == 1 and not node.keywords
        if name not in _CALLS or name in self._names or not only:
            raise NotConstantError(name)
        return _CALLS[name](self.value(node.args[0]))


def _refuse(is_too_much: bool) -> None:  # noqa: FBT001 - reads like a condition
    """Give up on what would take long, or much memory."""
    if is_too_much:
        raise NotConstantError("too large")
