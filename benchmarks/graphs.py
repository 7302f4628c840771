"""The graphs that are measured."""

from collections.abc import Callable, Mapping, Sequence

__all__ = ["SHAPES", "Shape"]

Shape = tuple[Sequence[str], Mapping[str, Sequence[str]]]


def flat(size: int) -> Shape:
    """Return `size` operations that need nothing."""
    return [f"o{index}" for index in range(size)], {}


def chain(size: int) -> Shape:
    """Return `size` operations of which each needs the one before it."""
    names = [f"o{index}" for index in range(size)]
    return names, {names[index]: [names[index - 1]] for index in range(1, size)}


def layers(width: int) -> Shape:
    """Return `width` layers of `width` operations, each of which needs two of the layer before."""
    names = [f"o{layer}-{index}" for layer in range(width) for index in range(width)]
    needs = {
        f"o{layer}-{index}": [f"o{layer - 1}-{index}", f"o{layer - 1}-{(index + 1) % width}"]
        for layer in range(1, width)
        for index in range(width)
    }
    return names, needs


SHAPES: Mapping[str, Callable[[], Shape]] = {
    "1,000 independent": lambda: flat(1_000),
    "10,000 independent": lambda: flat(10_000),
    "chain of 1,000": lambda: chain(1_000),
    "100 x 100 layers": lambda: layers(100),
}
