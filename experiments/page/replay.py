"""A run, or a run and its twin, as one file to pass around: it opens in any browser, needs no network, and asks for nothing.

    replay(film("baseline", seed=1), out="replay.html")
    replay(film("baseline"), film(Scenario.load("baseline").with_("fund.tolerance.market=7")), out="twins.html")

The file holds every quarter as it was, each still as what changed since the one before (`coded`), the numbers beside it, the lives of the ventures that people
will ask for, and all words in English and Chinese. What was run and how to run it again stands in the file.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import shlex
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.agents.errors import BadInput
from seedbed.model.history import History
from seedbed.model.language import LANGUAGES, check_language, say
from seedbed.model.scenario import Scenario
from seedbed.model.world import TICKS_PER_YEAR

from .frames import VENTURE, Camera, drawing_words, film

__all__ = ["MOST_BYTES", "coded", "decoded", "replay"]

FOLDER = Path(__file__).resolve().parent
MOST_BYTES = 6_000_000
COLUMNS = ("x", "y", "size", "look", "flags")  # of a node, that change; the rest stays
NAMED = 2000  # ventures of each world that have a name in the file: those that were largest
TOLD = 160  # ventures of each world whose lives are told at first; fewer if the file would grow too large
LISTED = 400  # pairs of twins that the file lists by name


# ------------------------------------------------------------------------------------------------ stills as what changed


def coded(stills: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Stills in the order of time, each as the difference from the one before.

    nodes: id, kind, key and form of every node, numbered in the order of appearance. quarters, one for each still: tick, living, left_out; `gone` and
    `there`, numbers of nodes that left and that came (back), these with their columns; for each column that changed its numbers and values; edges that went and came.
    Ascending numbers are written as steps from one to the next, edges as three columns.
    """
    numbers: dict[str, int] = {}
    constant: dict[str, list[Any]] = {"id": [], "kind": [], "key": [], "form": []}
    shown: dict[int, tuple[int, ...]] = {}
    tied: set[tuple[int, int, int]] = set()
    quarters = []
    for still in stills:
        nodes, edges = still["nodes"], still["edges"]
        for place, name in enumerate(nodes["id"]):
            if name not in numbers:
                numbers[name] = len(numbers)
                for column, values in constant.items():
                    values.append(nodes[column][place])
        order = [numbers[name] for name in nodes["id"]]
        now = dict(zip(order, zip(*(nodes[column] for column in COLUMNS), strict=True), strict=True))
        lines = {(order[a], order[b], layer) for a, b, layer in zip(edges["a"], edges["b"], edges["layer"], strict=True)}
        quarters.append(
            {
                "tick": still["tick"], "living": still["living"], "left_out": still["left_out"],
                "gone": _steps(sorted(shown.keys() - now.keys())), **_came(shown, now), "changed": _changes(shown, now),
                "untied": _ties(tied - lines), "tied": _ties(lines - tied),
            }
        )  # fmt: skip
        shown, tied = now, lines
    return {"nodes": constant, "quarters": quarters}


def _came(before: dict[int, tuple[int, ...]], now: dict[int, tuple[int, ...]]) -> dict[str, Any]:
    new = sorted(now.keys() - before.keys())
    return {"there": _steps(new), "as": [[now[number][place] for number in new] for place in range(len(COLUMNS))]}


def _changes(before: dict[int, tuple[int, ...]], now: dict[int, tuple[int, ...]]) -> list[list[list[int]]]:
    stayed = sorted(now.keys() & before.keys())
    found = []
    for place in range(len(COLUMNS)):
        other = [number for number in stayed if now[number][place] != before[number][place]]
        found.append([_steps(other), [now[number][place] for number in other]])
    return found


def _ties(lines: set[tuple[int, int, int]]) -> list[list[int]]:
    """Edges as three columns, ordered by their first node, whose numbers are steps."""
    ordered = sorted(lines)
    return [_steps([a for a, _, _ in ordered]), [b for _, b, _ in ordered], [layer for _, _, layer in ordered]]


def _steps(ascending: Sequence[int]) -> list[int]:
    return np.diff(np.array([0, *ascending], dtype=np.int64)).tolist()


def decoded(film_: dict[str, Any]) -> list[dict[str, Any]]:
    """The stills of `coded` again: nodes by their ids, edges as a set of pairs of ids with their layer. The page does the same; this tells how."""
    constant = film_["nodes"]
    shown: dict[int, list[int]] = {}
    tied: set[tuple[int, int, int]] = set()
    stills = []
    for quarter in film_["quarters"]:
        for number in np.cumsum(quarter["gone"]).tolist():
            del shown[number]
        for number, *values in zip(np.cumsum(quarter["there"]).tolist(), *quarter["as"], strict=True):
            shown[number] = values
        for place, (steps, values) in enumerate(quarter["changed"]):
            for number, value in zip(np.cumsum(steps).tolist(), values, strict=True):
                shown[number][place] = value
        went, came = (set(zip(np.cumsum(lines[0]).tolist(), lines[1], lines[2], strict=True)) for lines in (quarter["untied"], quarter["tied"]))
        tied = (tied - went) | came
        ids = constant["id"]
        stills.append(
            {
                "tick": quarter["tick"], "living": quarter["living"], "left_out": quarter["left_out"],
                "nodes": {ids[number]: dict(zip(COLUMNS, values, strict=True)) for number, values in shown.items()},
                "edges": {(ids[a], ids[b], layer) for a, b, layer in tied},
            }
        )  # fmt: skip
    return stills
