"""Components that only one test knows, in a registry of their own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from forge.building.builder import Builder
from forge.component import Component
from forge.configuration.growing import grow
from forge.configuration.layers import Layer, mapping_layer
from forge.configuration.resolve import resolve
from forge.configuration.tree import Choice, Tree
from forge.configuration.values import Config
from forge.registry import ComponentFunction, Registry, View


class World:
    """A registry with decorators, and experiments over what is in it."""

    def __init__(self) -> None:
        self.registry = Registry()

    def kind(self, name: str) -> Callable[[Callable[..., Any]], ComponentFunction]:
        """Make the decorator of a kind."""

        def register(function: Callable[..., Any]) -> ComponentFunction:
            component = Component.of(function, name)
            self.registry.add(component)
            return ComponentFunction(function, component)

        return register

    def model(self, function: Callable[..., Any]) -> ComponentFunction:
        """Register a model."""
        return self.kind("model")(function)

    def dataset(self, function: Callable[..., Any]) -> ComponentFunction:
        """Register a dataset."""
        return self.kind("dataset")(function)

    def view(self, root: Callable[..., Any]) -> View:
        """What the module of a function can name."""
        return self.registry.seen_from(root.__module__)

    def find(self, kind: str, name: str, root: Callable[..., Any]) -> Component:
        """Find the one component of a name."""
        (found,) = self.view(root).find(kind, name)
        return found

    def tree(
        self,
        root: Callable[..., Any],
        choices: Mapping[str, str] | None = None,
        inner: Sequence[Component] = (),
    ) -> Tree:
        """Lay out an experiment; choices name models by path."""
        chosen = {
            path: Choice(self.find("model", name, root), name)
            for path, name in (choices or {}).items()
        }
        component = Component.of(root, "experiment")
        return grow(component, self.view(root), chosen, inner)

    def config(
        self,
        root: Callable[..., Any],
        *words: str,
        layers: Sequence[Layer] = (),
        inner: Sequence[Component] = (),
        **values: Any,
    ) -> Config:
        """Resolve an experiment from words, or from values by name."""
        pairs = [tuple(word.split("=", 1)) for word in words]
        above = [*layers]
        if values:
            above.append(mapping_layer("run(config=)", values, short=True))
        if pairs:
            above.append(Layer("command line", pairs, text=True, short=True))
        component = Component.of(root, "experiment")
        return resolve(component, self.view(root), above, inner=inner)

    def build(self, root: Callable[..., Any], *words: str, **options: Any) -> Any:
        """Build the arguments of an experiment."""
        builder = Builder(self.config(root, *words), **options)
        builder.datasets(builder._tree.root)
        return builder.arguments(builder._tree.root, {})
