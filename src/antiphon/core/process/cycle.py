"""Circles in a graph, by Tarjan's strongly connected components, without recursion: a chain of ten thousand is long."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

Edge: TypeAlias = tuple[str, str, int]  # from, to, and a label


def in_cycles(edges: Sequence[Edge]) -> Iterator[list[int]]:
    """For each set of nodes that lead to one another, the labels of the edges among them."""
    component = _components(edges)
    labels: dict[int, list[int]] = {}
    for source, target, label in edges:
        if component[source] == component[target]:
            labels.setdefault(component[source], []).append(label)
    yield from labels.values()


def _components(edges: Sequence[Edge]) -> dict[str, int]:
    """The number of each node's component."""
    after: dict[str, list[str]] = {}
    for source, target, _ in edges:
        after.setdefault(source, []).append(target)
        after.setdefault(target, [])
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    component: dict[str, int] = {}
    open_nodes: list[str] = []
    for root, targets in after.items():
        if root in order:
            continue
        path = [(root, iter(targets))]
        order[root] = low[root] = len(order)
        open_nodes.append(root)
        while path:
            node, rest = path[-1]
            found = next(rest, None)
            if found is None:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == order[node]:
                    _close(node, open_nodes, component)
            elif found not in order:
                order[found] = low[found] = len(order)
                open_nodes.append(found)
                path.append((found, iter(after[found])))
            elif found not in component:
                low[node] = min(low[node], order[found])
    return component


def _close(node: str, open_nodes: list[str], component: dict[str, int]) -> None:
    number = len(component)
    while True:
        member = open_nodes.pop()
        component[member] = number
        if member == node:
            return
