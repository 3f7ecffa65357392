"""The ecosystem walked agent by agent: a Mesa model over the same tables, rules and schedule as the compiled engine.

`Ecosystem` takes one step of SCHEDULE after another. A step of rows is taken by agents, each a view of its row (see `seedbed.agents.row`), in an
order drawn afresh in every quarter; a market's step runs over whole tables. Both walks leave the same bytes in every table, so what is seen
here is what batches compute. Batches use `seedbed.model.engine`, which is much faster.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from inspect import signature
from operator import methodcaller
from typing import Any, ClassVar

import mesa
import numpy as np
from mesa.discrete_space import Network

from seedbed.agents.city import SERIES
from seedbed.agents.draws import hash_u64
from seedbed.agents.entrepreneur import LEFT
from seedbed.agents.errors import BadInput
from seedbed.agents.money import FEN_PER_MILLION
from seedbed.agents.prospects import DESK
from seedbed.agents.references import LISTS
from seedbed.agents.row import KINDS, Row
from seedbed.agents.rule import as_rows, bind
from seedbed.agents.venture import HOLDERS

from .engine import check_run, open_run
from .history import History
from .network import Layout, graph
from .scenario import Scenario
from .schedule import SCHEDULE, Step
from .words import LETTERS
from .world import TICKS_PER_YEAR, World

__all__ = ["Ecosystem"]

IN_TABLE_ORDER = frozenset({"graduate", "welcome_newcomers", "disclose", "raise_fund"})
"""Steps that open rows: taken in the order of the table, so that newcomers stand in the same rows as in a compiled run."""

TABLE_OF = LISTS | {"due": "people"}
"""Tables of the rows that a step goes through, where it is not the table itself."""

LISTED = {"live": ("seekers", "residents"), "funds": ("open_funds",)}
"""Lists that must have as much room as another table."""

FIGURES = tuple(name for name in SERIES.names or () if name not in ("tick", "account", "imbalance"))
"""Figures of the series that are collected in every quarter."""

MONEY = frozenset(name for name in FIGURES if SERIES[name] == np.int64 and name != "jobs")
"""Those that are fen; they are collected in million RMB."""

KINDS_IN_NETWORK = {"person": "people", "venture": "ventures", "fund": "funds", "university": "universities"}

DISCLOSURES_AT_ONCE = 1024  # of one university in one quarter: far more than any parameters bring about


class Ecosystem(mesa.Model):
    """A city of innovation that can be watched, stopped and changed while it lives.

    scenario   name or path of a scenario, or a Scenario
    seed       whole number or its text; None draws one. `rng` is the same under Mesa's newer name, and wins over `seed`
    years      length of the run; `running` turns False at its end
    record     keep the event log
    shuffle    agents act in an order drawn afresh in every quarter; False: in the order of the table. The outcome is the same
    audit      sum all purses in every quarter (`series.imbalance`), not only in the last
    changes    settings that differ from the scenario, by dotted path: ``Ecosystem("baseline", **{"fund.life.market": 12})``

    The state is in `world`, a tuple of tables (see `seedbed.model.world`). `agents`, `agents_by_type` and `living` hold the agents alive,
    `view` gives the agent of any row, `datacollector` has the figures of each quarter, `history` tells what has happened.

    >>> town = Ecosystem("baseline", years=1, **{"city.graduates": 10, "city.newcomers": 5})
    >>> town.step()
    >>> town.now, town.running, len(town.living("universities"))
    (1, True, 3)
    """

    kinds: ClassVar[dict[str, type[Row]]] = KINDS
    """The class of agents for each table. A derived model may have others (see `seedbed.agents.row`)."""

    schedule: ClassVar[Sequence[Step]] = SCHEDULE
    """The steps of a quarter."""

    def __init__(
        self,
        scenario: str | Scenario = "baseline",
        seed: int | str | None = 1,
        years: int = 40,
        record: bool = True,
        shuffle: bool = True,
        audit: bool = False,
        rng: int | str | None = None,
        **changes: Any,
    ) -> None:
        number = _seed_of(seed if rng is None else rng)
        check_run(number, years)
        super().__init__(rng=number)
        self.settings = Scenario.load(scenario)
        if changes:
            self.settings = self.settings.with_(changes)
        self.seed = number
        self.years = years
        self.shuffle = shuffle
        self.world = open_run(self.settings, number, years, record=record, audit=audit)
        self.rules = {step.rule.__name__: bind(step.rule, self.world, *([0] if step.each else [])) for step in self.schedule}
        self._acts = {name: methodcaller(name) for name in self.rules}
        self._views: dict[str, list[Row | None]] = {table: [] for table in self.kinds}
        self._alive: dict[str, set[int]] = {"people": set(), "ventures": set(), "funds": set()}
        self._layout = Layout()
        self._meet()
        self.datacollector = mesa.DataCollector(model_reporters={name: _reporter(name) for name in FIGURES})

    # --- The world ----------------------------------------------------------------------------------------------------

    @property
    def world(self) -> World:
        """All tables. When it is set to others (larger ones, a state kept before), the agents are views of those."""
        return self._world

    @world.setter
    def world(self, world: World) -> None:
        self._world = world
        self.rows = {name: np.asarray(table).view(np.ndarray) for name, table in zip(world._fields, world, strict=True)}
        clock = self.rows["clock"]
        self._count = {name[2:]: memoryview(clock[name]) for name in clock.dtype.names if name.startswith("n_")}

    @property
    def now(self) -> int:
        """The quarter that comes next, counted from 0: as many have been lived through."""
        return int(self.rows["clock"]["now"][0])

    @property
    def year(self) -> float:
        """Years since the start."""
        return self.now / TICKS_PER_YEAR

    @property
    def line(self) -> np.void:
        """The last quarter's line of the series; before the first quarter, a line of zeros."""
        return self.rows["series"][max(0, self.now - 1)]

    # --- The agents ---------------------------------------------------------------------------------------------------

    def living(self, table: str) -> Any:
        """Mesa's set of the agents of a table that are alive: people with an idea ahead or a venture, ventures and funds not ended."""
        self._check_table(table, "living")
        kind = self.kinds[table]
        return self.agents_by_type[kind] if kind in self.agents_by_type else self.agents.select(at_most=0)

    def view(self, table: str, row: int) -> Row:
        """The agent of a row, alive or not. One that has ended can still be read, but is in no set of agents."""
        self._check_table(table, "view")
        views = self._views[table]
        if not 0 <= row < len(views):
            raise BadInput(what=f"row of {table}", given=row, allowed=f"a row in use, of which there are {len(views)}", where="view")
        agent = views[row]
        if agent is None:
            agent = views[row] = self.kinds[table](self, row)
            agent.remove()
        return agent

    def _check_table(self, table: str, where: str) -> None:
        if table not in self.kinds:
            raise BadInput(what="table of agents", given=table, allowed=list(self.kinds), where=where)

    def _meet(self) -> None:
        """Agents for the rows opened since the last call. Somebody who leaves the pool on arrival never acts, and has none."""
        for table, views in self._views.items():
            first, number = len(views), self._in_use(table)
            if first == number:
                continue
            kind = self.kinds[table]
            new = range(first, number)
            if table == "people":
                new = (first + np.flatnonzero(self.rows["people"]["status"][first:number] != LEFT)).tolist()
            views.extend([None] * (number - first))
            for row in new:
                views[row] = kind(self, row)
            if table in self._alive:
                self._alive[table].update(new)

    def _part(self) -> None:
        """Agents whose row has ended are removed from the model."""
        rows, count = self.rows, self._count
        live = rows["live"][: count["live"][0]]
        stay = {
            "ventures": live,
            "funds": np.flatnonzero(rows["funds"]["ended"][: count["funds"][0]] < 0),
            "people": np.concatenate([rows["agenda"]["row"][: count["agenda"][0]], rows["ventures"]["founder"][live]]),
        }
        for table, alive in self._alive.items():
            gone = alive.difference(stay[table].tolist())
            for row in gone:
                self.view(table, row).remove()
            alive -= gone

    def _in_use(self, table: str) -> int:
        """Rows of a table that have been opened."""
        return int(self._count[table][0]) if table in self._count else len(self.rows[table])

    def space(self, layers: Sequence[str] | None = None) -> Any:
        """Mesa's network space of the agents alive and their relations, as they are now; each agent is put into its cell.

        A cell's coordinate is the agent's id (V123), so `agent.cell.neighborhood` is whom it is related to. Cells keep their places from one
        call to the next. `layers`: relations that count, see `seedbed.model.network`.
        """
        table_of = {LETTERS[name]: table for name, table in KINDS_IN_NETWORK.items()}
        whole = graph(self.world, layers=layers)
        places = {node: (table_of.get(node[0], ""), whole.nodes[node]["row"]) for node in whole}
        net = whole.subgraph(
            node for node, (table, row) in places.items() if table and (table not in self._alive or row in self._alive[table])
        ).copy()
        extra = {"layout": self._layout.place(net)} if "layout" in signature(Network).parameters else {}
        space = Network(net, random=self.random, **extra)
        for node in net:
            self.view(*places[node]).cell = space[node]
        return space

    def history(self) -> History:
        """What has happened so far, in the form in which `simulate` returns a run."""
        return History.of(self.world, self.settings, self.seed, self.years)

    # --- A quarter ----------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """One quarter of everybody's life. Nothing happens once the run is over."""
        if self.now >= self.years * TICKS_PER_YEAR:
            return
        self._make_room()
        for step in self.schedule:
            if step.each:
                self._take_turns(step)
            else:
                self.rules[step.rule.__name__](self.world)
            self._meet()
        self._check_room()
        self.rows["clock"]["now"] += 1
        self._part()
        self.datacollector.collect(self)
        self.running = self.now < self.years * TICKS_PER_YEAR

    def takers(self, step: Step) -> np.ndarray:
        """Rows that take a step, in the order of the compiled run."""
        rows, count = self.rows, self._count
        if step.each in LISTS:
            return rows[step.each][: count[step.each][0]].copy()
        if step.each == "due":
            agenda = rows["agenda"][: count["agenda"][0]]
            return agenda["row"][agenda["tick"] == self.now]
        return np.arange(self._in_use(step.each))

    def turns(self, step: Step, rows: np.ndarray) -> np.ndarray:
        """Places of `rows` in the order in which they act: by a hash of the quarter and of who they are. Nothing may depend on it."""
        if not self.shuffle or step.rule.__name__ in IN_TABLE_ORDER:
            return np.arange(len(rows))
        keys = self.rows[TABLE_OF.get(step.each, step.each)]["key"][rows]
        return np.argsort(_stir(keys ^ np.uint64(hash_u64(self.now, self.seed))))

    def _take_turns(self, step: Step) -> None:
        """The agents of the rows that take a step act, one after another.

        The event log keeps the order of the table, whatever the order of acting.
        """
        rows = self.takers(step)
        turns = self.turns(step, rows)
        views = self._views[TABLE_OF.get(step.each, step.each)]
        act = self._acts[step.rule.__name__]
        agents = [views[row] for row in rows[turns].tolist()]
        if not self.rows["clock"]["recording"][0]:
            for agent in agents:
                act(agent)
            return
        lines = self._count["events"]
        ends = [lines[0]]
        for agent in agents:
            act(agent)
            ends.append(lines[0])
        if ends[0] < ends[-1]:
            log = self.rows["events"][ends[0] : ends[-1]]
            log[:] = log[np.argsort(np.repeat(turns, np.diff(ends)), kind="stable")]

    # --- Room ---------------------------------------------------------------------------------------------------------

    def _make_room(self) -> None:
        """Tables that could run full in the next quarter are replaced by larger ones. Nothing depends on their size."""
        p, managers = self.rows["p"], len(self.rows["managers"])
        arrivals = int(p["city_newcomers"].sum()) + sum(int(p["city_graduates"][c]) + DISCLOSURES_AT_ONCE for c in self.rows["universities"]["city"])
        founders, holdings = self._in_use("agenda") + arrivals, HOLDERS * self._in_use("live")
        room = {"people": arrivals, "agenda": arrivals, "ventures": founders, "live": founders, "deals": holdings + 2 * founders, "funds": managers,
                "awards": DESK * len(self.rows["programmes"])}  # fmt: skip
        if self.rows["clock"]["recording"][0]:
            room["events"] = 5 * (holdings + HOLDERS * founders) + arrivals + 2 * self._in_use("funds") + 100
        larger = {}
        for name, needed in room.items():
            if self._in_use(name) + needed <= len(self.rows[name]):
                continue
            length = max(2 * len(self.rows[name]), self._in_use(name) + needed)
            for table in (name, *LISTED.get(name, ())):
                old = self.rows[table]
                new = np.zeros(length, old.dtype)
                new[: len(old)] = old
                larger[table] = new if new.dtype.names is None else as_rows(new)
        if larger:
            self.world = self.world._replace(**larger)

    def _check_room(self) -> None:
        if self.rows["clock"]["full"][0] or self._in_use("events") > len(self.rows["events"]) and self.rows["clock"]["recording"][0]:
            raise RuntimeError("more happened in a quarter than its tables have room for; the run cannot go on")


def _seed_of(given: int | str | None) -> int:
    """A seed as a whole number: a web page hands it over as text, a notebook perhaps as numpy's."""
    if given is None:
        return secrets.randbits(63)
    try:
        return given if isinstance(given, (bool, float)) else int(given)
    except (TypeError, ValueError):
        raise BadInput(what="the seed", given=given, allowed="a whole number from 0 to 2^64 - 1", where="seed") from None


def _reporter(name: str) -> Callable[[Ecosystem], float]:
    """A figure of the series' last line for Mesa's data collector."""
    if name in MONEY:
        return lambda model: int(model.line[name]) / FEN_PER_MILLION
    return lambda model: model.line[name].item()


def _stir(bits: np.ndarray) -> np.ndarray:
    """Well-stirred numbers from whole numbers, one to one (the finaliser of SplitMix64)."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
