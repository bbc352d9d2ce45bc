"""PyTorch modules, optimizers, schedulers, scalers, generators and tensors."""

import copy as copying
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from forge.checkpoints.adapter import TreeAdapter, holding
from forge.checkpoints.base import Prepared, Refused, Stored
from forge.checkpoints.difference import Difference, Variable, compare
from forge.checkpoints.tree import flatten, read_tree


#: The learning rates that optimizers were made with, one for each group.
_given: "WeakKeyDictionary[Any, list[float]]" = WeakKeyDictionary()


#: What its trees say.
_HELD = "the state of a PyTorch object"


class TorchCheckpointer(TreeAdapter):
    """Saves what `state_dict` gives, without pickle.

    A wrapper made by `torch.compile` or for several devices is looked through, so that
    what was saved with it is restored without it.
    """

    name = "torch"

    def version(self) -> str:
        """Name the version of PyTorch.

        Returns:
            Such as `torch 2.13.0`.
        """
        return f"torch {sys.modules['torch'].__version__}"

    def matches(self, obj: Any) -> bool:
        """Say whether the object is one of PyTorch.

        Args:
            obj: Any object.

        Returns:
            Whether it is a tensor, a generator, or gives its state as PyTorch's do.
        """
        torch = sys.modules.get("torch")
        if torch is None or isinstance(obj, type):
            return False
        if isinstance(obj, (torch.Tensor, torch.Generator)):
            return True
        family = any(c.__module__.split(".")[0] == "torch" for c in type(obj).__mro__)
        return family and hasattr(obj, "state_dict") and hasattr(obj, "load_state_dict")

    def has_state(self, obj: Any) -> bool:
        """Say whether there is anything to save.

        Args:
            obj: An object of PyTorch.

        Returns:
            False for a module without parameters and buffers.
        """
        return not _is(obj, "nn.Module") or bool(obj.state_dict())

    def built(self, obj: Any) -> bool:
        """Say whether the object's parameters exist.

        Args:
            obj: An object of PyTorch.

        Returns:
            False for a lazy module that has seen no input.
        """
        held = (obj.parameters, obj.buffers) if _is(obj, "nn.Module") else ()
        return not any(_is_lazy(tensor) for each in held for tensor in each())

    def notice(self, obj: Any) -> None:
        """Remember the learning rates that an optimizer was made with.

        Args:
            obj: An object of PyTorch that was not restored yet.
        """
        if _is(obj, "optim.Optimizer"):
            groups = obj.param_groups
            # A schedule has changed the rate by now, and says what it was.
            rates = [float(g.get("initial_lr", g.get("lr", 0.0))) for g in groups]
            _given.setdefault(obj, rates)

    def facts(
        self, obj: Any, snapshot: Any, others: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Record the learning rates that an optimizer was made with.

        Args:
            obj: An object of PyTorch.
            snapshot: What `snapshot` returned.
            others: Every object of the same checkpoint.

        Returns:
            The rates; nothing for other objects: the tree says everything.
        """
        rates = _given.get(obj) if _is(obj, "optim.Optimizer") else None
        return {"learning_rates": rates} if rates else {}

    def snapshot(self, obj: Any, *, copy: bool) -> Any:
        """Take the state apart; what is one memory is stored once.

        Args:
            obj: An object of PyTorch.
            copy: Whether to copy tensors to the host now.

        Returns:
            What `flatten` gives.

        Raises:
            Refused: When the object is not built, or holds what has no stored form.
        """
        if not self.built(obj):
            raise Refused(
                f"its {type(obj).__name__} has lazy parameters without values yet",
                "Build it first: call it once on a batch.",
                "checkpoint-unbuilt",
            )
        state = {"state": _plain(_state(unwrapped(obj)))}
        if _is(obj, "optim.Optimizer"):
            state |= {"class": type(obj).__name__, "parameters": _parameters(obj)}
        return flatten(state, copy=copy)

    def prepare(self, obj: Any, stored: Stored) -> Prepared:
        """Compare names, shapes and types, which PyTorch itself would not all refuse.

        Args:
            obj: An object of PyTorch.
            stored: The entry.

        Returns:
            The difference, and how to put the state back.
        """
        tree, wanted = read_tree(stored.folder), unwrapped(obj)
        with holding(_HELD):
            state = tree["state"]
        if _is(wanted, "nn.Module"):
            return _prepare_module(obj, wanted, state)
        if _is(wanted, "optim.Optimizer"):
            self.notice(wanted)
            return _prepare_optimizer(wanted, tree, stored.facts)
        if isinstance(wanted, (_torch().Tensor, _torch().Generator)):
            return _prepare_tensor(wanted, state)
        return _prepare_object(wanted, state, Difference(fitting=("state",)))


def unwrapped(obj: Any) -> Any:
    """Look through what PyTorch wraps a module in.

    Args:
        obj: Any object.

    Returns:
        The module inside `torch.compile`, `DistributedDataParallel` or `DataParallel`;
        every other object as it is.
    """
    torch = sys.modules.get("torch")
    module = getattr(getattr(torch, "nn", None), "Module", None)
    while module is not None and isinstance(obj, module):
        wrappers = (
            torch.nn.DataParallel,  # type: ignore[union-attr]
            torch.nn.parallel.DistributedDataParallel,  # type: ignore[union-attr]
        )
        inner = getattr(obj, "_orig_mod", None)
        if inner is None and isinstance(obj, wrappers):
            inner = obj.module
        if inner is None:
            return obj
        obj = inner
    return obj


def _torch() -> Any:
    """Return PyTorch, which is imported when there are objects of it."""
    return sys.modules["torch"]


def _is(obj: Any, kind: str) -> bool:
    """Say whether an object is of a class of PyTorch, given as `nn.Module`."""
    found = _torch()
    for part in kind.split("."):
        found = getattr(found, part)
    return isinstance(obj, found)


def _is_lazy(tensor: Any) -> bool:
    """Say whether a parameter or buffer waits for its shape."""
    return bool(_torch().nn.parameter.is_lazy(tensor))


def _state(obj: Any) -> Any:
    """Read an object's state, nothing of it copied."""
    if isinstance(obj, _torch().Tensor):
        return obj
    return obj.get_state() if _is(obj, "Generator") else obj.state_dict()


def _plain(x: Any) -> Any:
    """Turn the classes that PyTorch derives from containers into the containers."""
    if isinstance(x, dict):
        return {_plain(k): _plain(v) for k, v in x.items()}
    if isinstance(x, tuple):
        return tuple(map(_plain, x))
    return [*map(_plain, x)] if isinstance(x, list) else x


def _like(living: Any, stored: Any) -> Any:
    """Give stored containers the classes that the living ones have."""
    if not isinstance(stored, dict) or not isinstance(living, dict):
        return stored
    found = {k: _like(living.get(k), v) for k, v in stored.items()}
    if type(living) is dict:
        return found
    # Such as the Counter of milestones; a copy keeps what else its class holds.
    other = copying.copy(living)
    other.clear()
    other.update(found)
    return other


def _variable(path: str, x: Any) -> Variable:
    """Describe an entry of a state."""
    if isinstance(x, _torch().Tensor):
        return Variable(path, tuple(x.shape), str(x.dtype).removeprefix("torch."))
    return Variable(path, (), type(x).__name__)


def _prepare_module(obj: Any, module: Any, state: Mapping[str, Any]) -> Prepared:
    """Match the parameters and buffers of a module with stored ones."""
    now = module.state_dict()
    with holding(_HELD):
        saved = {k: _variable(k, v) for k, v in state.items()}
    # A lazy parameter takes any shape.
    here = {
        k: saved.get(k, _variable(k, 0)) if _is_lazy(v) else _variable(k, v)
        for k, v in now.items()
    }
    # What `set_extra_state` takes may be of any class.
    extra = {k for k in saved if k.endswith("_extra_state") and k in here}
    difference = compare(saved, here | {k: saved[k] for k in extra})
    fitting = {k: _like(now[k], state[k]) for k in difference.fitting}
    # Copying values that fit cannot fail; what a class of the user does can.
    fallible = bool(extra) or any(map(_has_hooks, module.modules()))
    valued = {k: v for k, v in now.items() if not _is_lazy(v)}
    former = copying.deepcopy(valued) if fallible else {}

    def apply() -> Any:
        module.load_state_dict(fitting, strict=not difference)
        return obj

    def undo() -> None:
        if former:
            module.load_state_dict(former, strict=False)

    return Prepared(difference, apply, undo, fallible=fallible)


def _has_hooks(module: Any) -> bool:
    """Say whether a module runs code of its own when it takes its state."""
    base = _torch().nn.Module
    return bool(
        module._load_state_dict_pre_hooks  # noqa: SLF001 - nothing public tells
        or module._load_state_dict_post_hooks  # noqa: SLF001
        or type(module).load_state_dict is not base.load_state_dict
        or (
            type(module)._load_from_state_dict is not base._load_from_state_dict  # noqa: SLF001
            and not type(module).__module__.startswith("torch.")
        )
    )


def _prepare_object(obj: Any, state: Any, difference: Difference) -> Prepared:
    """Restore an object through its own method, which replaces what it holds."""
    former = obj.state_dict()

    def apply() -> Any:
        # Of an object that does not fit, no part would be of use.
        if not difference:
            obj.load_state_dict(_like(former, state))
        return obj

    return Prepared(
        difference, apply, lambda: obj.load_state_dict(former), fallible=True
    )


def _prepare_optimizer(
    obj: Any, tree: Mapping[str, Any], facts: Mapping[str, Any]
) -> Prepared:
    """Restore an optimizer; a learning rate that is given anew wins."""
    with holding(_HELD):
        difference = _trained(obj, tree)
        # What PyTorch would stumble over, when it is too late.
        dict(tree["state"]["state"])
        [dict(group) for group in tree["state"]["param_groups"]]
    found = _prepare_object(obj, tree["state"], difference)
    before, now = facts.get("learning_rates"), _given[obj]
    if before is None or before == now or found.difference:
        return found
    text = ", ".join(f"{rate:g}" for rate in now)
    began = ", ".join(f"{rate:g}" for rate in before)
    if any("initial_lr" in group for group in obj.param_groups):
        note = (
            f"the learning rate goes on as it was saved, because a schedule sets it; "
            f"{text} is given now, and what was saved began with {began}"
        )
        return replace(found, note=note)

    def apply() -> Any:
        found.apply()
        for group, rate in zip(obj.param_groups, now, strict=True):
            if isinstance(group["lr"], _torch().Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate
        return obj

    note = f"the learning rate is {text}, as it is given now; what was saved "
    return replace(found, apply=apply, note=f"{note}began with {began}")


def _prepare_tensor(obj: Any, value: Any) -> Prepared:
    """Restore a tensor or a generator."""
    if _is(obj, "Generator"):
        difference = Difference(fitting=("state",))
    else:
        difference = compare(
            {"value": _variable("value", value)}, {"value": _variable("value", obj)}
        )

    def apply() -> Any:
        if _is(obj, "Generator"):
            obj.set_state(value)
        elif not difference:
            with _torch().no_grad():
                obj.copy_(value)
        return obj

    return Prepared(difference, apply)


def _parameters(optimizer: Any) -> list[list[list[int]]]:
    """List the shapes of what each group of an optimizer trains."""
    return [[list(p.shape) for p in g["params"]] for g in optimizer.param_groups]


def _trained(optimizer: Any, tree: Mapping[str, Any]) -> Difference:
    """Compare what an optimizer trains with what the stored one did."""
    mine, theirs = type(optimizer).__name__, tree.get("class")
    if mine != theirs:
        return Difference(different=(f"it is {mine}, saved as {theirs}",))
    here, saved = (
        {
            path: Variable(path, tuple(shape), "parameter")
            for i, group in enumerate(groups)
            for j, shape in enumerate(group)
            for path in (f"group {i} parameter {j}",)
        }
        for groups in (_parameters(optimizer), tree["parameters"])
    )
    return compare(saved, here)
