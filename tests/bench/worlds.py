"""Worlds to measure on: a moment in the middle of a run, kept, copied, made many times as large, or put on disk for another process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from seedbed.agents.draws import hash_u64
from seedbed.agents.fund import ROSTER
from seedbed.agents.programme import GUIDANCE, PROGRAMME_HOLDER
from seedbed.agents.references import LISTS, REFERENCES
from seedbed.agents.rule import as_rows
from seedbed.agents.venture import UNIVERSITY_HOLDER
from seedbed.model.engine import open_run
from seedbed.model.scenario import Scenario
from seedbed.model.schedule import quarters
from seedbed.model.world import TICKS_PER_YEAR, World, in_use

GROWING = ("people", "agenda", "ventures", "live", "seekers", "deals", "awards", "funds", "open_funds")
"""Tables of a run without a log of which the clock says how many rows are in use."""

REPEATED = (*GROWING, "managers", "universities")
"""Tables that a larger city has more rows of. There is one office, with its programmes, and one city."""


def after(scenario: Scenario | str, seed: int, years: int, *, record: bool = False) -> World:
    """A run's world after some years, with room for as many again."""
    world = open_run(scenario, seed, 2 * years, record=record)
    quarters(world, years * TICKS_PER_YEAR)
    if world.clock[0].full:
        raise RuntimeError("a table of the world to measure on is too small")
    return world


def living(world: World) -> int:
    return in_use(world, "live")


def _plain(table: Any) -> np.ndarray:
    return np.asarray(table).view(np.ndarray)


def _bytes(table: Any) -> np.ndarray:
    return _plain(table).view(np.uint8)


def restore(world: World, kept: World, tables: tuple[str, ...] = World._fields) -> None:
    """Make a world again what it was, with what stands between fields, which numpy's own copying of records leaves as it finds it."""
    for name in tables:
        np.copyto(_bytes(getattr(world, name)), _bytes(getattr(kept, name)))


def _empty(rows: int, dtype: np.dtype) -> Any:
    new = np.zeros(rows, dtype)
    return new if dtype.names is None else as_rows(new)


def copied(world: World) -> World:
    new = World(*(_empty(len(table), _plain(table).dtype) for table in world))
    restore(new, world)
    return new


def same(one: World, other: World) -> bool:
    """Whether two worlds have the same bytes in every table."""
    return all(_plain(a).tobytes() == _plain(b).tobytes() for a, b in zip(one, other, strict=True))


def _shifted(name: str, rows: np.ndarray, copy: int, size: dict[str, int]) -> None:
    """Let the rows of one copy refer to each other, and give them keys of their own."""
    if rows.dtype.names is None:
        rows += np.int32(copy * size[LISTS[name]])
        return
    if "key" in rows.dtype.names and copy:
        rows["key"] ^= np.uint64(hash_u64(copy, 1))
    for path, target in REFERENCES.items():
        table, field = path.split(".")
        if table != name or target not in size:
            continue
        values = rows[field]
        values[values >= 0] += copy * size[target]
        if path == "ventures.holder":
            values[(values <= UNIVERSITY_HOLDER) & (values > PROGRAMME_HOLDER)] -= copy * size["universities"]


def grown(world: World, times: int, ahead: int) -> World:
    """The same city many times as large: every person, venture, fund, manager and university as often, each with another key, those of
    one copy tied to each other. Room is left for some quarters ahead."""
    size = {name: in_use(world, name) for name in REPEATED}
    tables = dict(copied(world)._asdict())
    for name in REPEATED:
        old = _plain(getattr(world, name))[: size[name]]
        most = max(size[name], size[LISTS.get(name, name)])
        room = times * (most - size[name] + most * ahead // 20 + 64) if name in GROWING else 0
        new = _empty(times * size[name] + room, old.dtype)
        for copy in range(times):
            part = _plain(new)[copy * size[name] : (copy + 1) * size[name]]
            np.copyto(part.view(np.uint8), old.view(np.uint8))
            _shifted(name, part, copy, size)
        tables[name] = new
    larger = World(**tables)
    clock = larger.clock[0]
    for name in GROWING:
        clock[f"n_{name}"] = times * size[name]
    larger.p.city_newcomers *= times
    larger.accounts.cash *= times
    larger.accounts.committed *= times
    for name in ("paid", "called", "returned", "committed"):
        larger.programme_accounts[name][larger.programmes.instrument == GUIDANCE] *= times
    larger.accounts.cash[-1] += (times - 1) * int(larger.programme_accounts.cash.sum())  # the one office is not repeated
    if times > 1:
        roster = larger.cities[0].roster
        met = np.repeat(np.arange(len(larger.managers)), larger.managers.reach)
        roster[roster >= 0] = np.random.default_rng(1).choice(met, ROSTER)[roster >= 0]
    return larger


def write(world: World, folder: Path) -> None:
    for name, table in world._asdict().items():
        np.save(folder / f"{name}.npy", _plain(table))


def read(folder: Path) -> World:
    tables = {name: np.load(folder / f"{name}.npy") for name in World._fields}
    return World(**{name: table if table.dtype.names is None else as_rows(table) for name, table in tables.items()})
