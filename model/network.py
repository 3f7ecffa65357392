"""The network of a city: who studied where, founded what, holds which stake, backs whom together, was supported, knows whom.

One layer for each kind of relation, as arrays (`relations`) or as a networkx graph with typed nodes and edges (`graph`), after any tick of a run:

    studied_at     person - university        since arrival in the pool of founders
    founded        person - venture
    spun_out       university - venture       shares that the university keeps, share of all shares
    invested_in    fund - venture             shares, share of all shares, cost (million RMB), and whether the fund still pays
    co_invested    fund - fund                hold stakes in the same venture at the same time; in how many ventures
    supported      programme - venture        grants, stakes and services, million RMB
    knows          person - person            acquaintances since university

What is so after the last tick is read from the records; what was so after an earlier one is read from the event log.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from seedbed.agents.accounts import GRANT, SERVED, STAKE
from seedbed.agents.entrepreneur import KINDS as PERSON_KINDS
from seedbed.agents.errors import BadInput
from seedbed.agents.fund import KINDS as FUND_KINDS
from seedbed.agents.money import FEN_PER_MILLION
from seedbed.agents.programme import INSTRUMENTS
from seedbed.agents.venture import BUILDING, FORMS, HOLDERS, ORIGINS, PUBLIC, SECTORS, SELLING, SPINOUT, STATUSES

from .replay import Ledger, check_tick, last_tick, replay, stakes_at
from .words import id_of, ids, named
from .world import TICKS_PER_YEAR, World

if TYPE_CHECKING:
    import networkx

__all__ = ["LAYERS", "Edges", "Layout", "graph", "relations"]

LAYERS = ("studied_at", "founded", "spun_out", "invested_in", "co_invested", "supported", "knows")
FROM_RECORDS = ("studied_at", "founded", "knows")  # known after any tick without the event log


class Edges(NamedTuple):
    """The relations of one layer: rows on either side, the ticks between which they hold (-1: unknown start, no end), and attributes."""

    kind: tuple[str, str]  # of the agents on either side
    source: np.ndarray
    target: np.ndarray
    start: np.ndarray
    end: np.ndarray
    attributes: dict[str, np.ndarray]

    def chosen(self, which: np.ndarray) -> Edges:
        """Those that a mask or an order of places names."""
        attributes = {name: values[which] for name, values in self.attributes.items()}
        return Edges(self.kind, self.source[which], self.target[which], self.start[which], self.end[which], attributes)


# -------------------------------------------------------------------------------------------------------------- layers


def relations(
    world: World, tick: int | None = None, *, layers: Iterable[str] | None = None, living: bool = True, ledger: Ledger | None = None
) -> dict[str, Edges]:
    """The relations after a tick (None: the last), by layer.

    `living`: only ventures, funds and stakes that have not ended by then. Looking back needs a run with its event log, but for the
    layers in FROM_RECORDS. `ledger`: the replayed log, if it is at hand.
    """
    chosen = check_layers(layers)
    needs_log = any(layer not in FROM_RECORDS for layer in chosen)
    at = check_tick(world, tick, "network", needs_log)
    if ledger is None and at < last_tick(world) and needs_log:
        ledger = replay(world)
    ventures = ventures_at(world, at, living)
    stakes = None
    if "invested_in" in chosen or "co_invested" in chosen:
        stakes = _stakes(world, at, living, ledger)
    found: dict[str, Edges] = {}
    for layer in chosen:
        if layer == "studied_at":
            found[layer] = _studied_at(world, at)
        elif layer == "founded":
            found[layer] = _founded(world, at, ventures)
        elif layer == "spun_out":
            found[layer] = _spun_out(world, at, ventures, ledger)
        elif layer == "invested_in" and stakes is not None:
            found[layer] = stakes
        elif layer == "co_invested" and stakes is not None:
            found[layer] = _co_invested(stakes)
        elif layer == "supported":
            found[layer] = _supported(world, at, ventures)
        elif layer == "knows":
            found[layer] = _knows(world, at)
    return found


def check_layers(layers: Iterable[str] | None) -> tuple[str, ...]:
    """The layers that are meant, in their order."""
    if layers is None:
        return LAYERS
    asked = [layers] if isinstance(layers, str) else list(layers)
    for layer in asked:
        if layer not in LAYERS:
            raise BadInput(what="the layer", given=layer, allowed=LAYERS, where="network")
    return tuple(layer for layer in LAYERS if layer in asked)


def ventures_at(world: World, tick: int, living: bool) -> np.ndarray:
    """Rows of the ventures founded by a tick; `living`: of those that had not ended."""
    v = world.ventures[: int(world.clock[0].n_ventures)]
    ended = np.asarray(v["ended"])
    return np.flatnonzero((v["founded"] <= tick) & ((ended < 0) | (ended > tick) | (not living)))


def funds_at(world: World, tick: int, living: bool) -> np.ndarray:
    """Rows of the funds raised by a tick; `living`: of those that had not ended."""
    f = world.funds[: int(world.clock[0].n_funds)]
    ended = np.asarray(f["ended"])
    return np.flatnonzero((f["raised"] <= tick) & ((ended < 0) | (ended > tick) | (not living)))


def _cut(end: np.ndarray, tick: int) -> np.ndarray:
    """Ends as they are known after a tick: -1 where they lie ahead."""
    return np.where((end >= 0) & (end <= tick), end, -1)


def _studied_at(world: World, tick: int) -> Edges:
    people = world.people[: int(world.clock[0].n_people)]
    rows = np.flatnonzero((people["university"] >= 0) & (people["arrived"] <= tick))
    start = people["arrived"][rows]
    return Edges(("person", "university"), rows, people["university"][rows], start, np.full(len(rows), -1), {})


def _founded(world: World, tick: int, rows: np.ndarray) -> Edges:
    v = world.ventures[rows]
    end = _cut(np.asarray(v["ended"]), tick)
    return Edges(("person", "venture"), np.asarray(v["founder"]), rows, np.asarray(v["founded"]), end, {})


def _spun_out(world: World, tick: int, rows: np.ndarray, ledger: Ledger | None) -> Edges:
    """The university's shares stand in the last place of a spinout's cap table; it sells them when the firm is listed."""
    rows = rows[np.asarray(world.ventures["origin"])[rows] == SPINOUT]
    v = world.ventures[rows]
    listed = (v["listed"] >= 0) & (v["listed"] <= tick)
    shares = np.where(listed, 0, np.asarray(v["shares"])[:, HOLDERS - 1])
    attributes = {"shares": shares, "share": shares / np.maximum(all_shares_at(world, tick, ledger)[rows], 1)}
    end = _cut(np.asarray(v["ended"]), tick)
    return Edges(("university", "venture"), np.asarray(v["university"]), rows, np.asarray(v["founded"]), end, attributes)


def all_shares_at(world: World, tick: int, ledger: Ledger | None) -> np.ndarray:
    """The number of shares of each venture after a tick."""
    if ledger is None:
        return np.asarray(world.ventures["all_shares"])
    total = np.zeros(len(world.ventures), np.int64)
    lines = ledger.tick <= tick
    np.add.at(total, ledger.venture[lines], ledger.shares[lines])
    return total


def _stakes(world: World, tick: int, living: bool, ledger: Ledger | None) -> Edges:
    """Stakes of funds in the order of purchase: from the ledger, or from the records if the tick is the last."""
    if ledger is None:
        fund, venture, start, end, shares, paid, supports = _stakes_in_records(world)
    else:
        fund, venture, start, end = ledger.fund, ledger.held, ledger.start, ledger.end
        shares, paid = stakes_at(ledger, tick)
        supports = (shares > 0) & ((ledger.stopped < 0) | (ledger.stopped > tick))
    share = shares / np.maximum(all_shares_at(world, tick, ledger)[venture], 1)
    attributes = {"shares": shares, "share": share, "cost": paid / FEN_PER_MILLION, "supports": supports}
    stakes = Edges(("fund", "venture"), fund, venture, start, _cut(end, tick), attributes)
    return stakes.chosen((start <= tick) & ((stakes.end < 0) | (not living)))


def _stakes_in_records(world: World) -> tuple[np.ndarray, ...]:
    deals = world.deals[: int(world.clock[0].n_deals)]
    fund, venture, start, end, paid = (np.asarray(deals[name]) for name in ("fund", "venture", "opened", "closed", "cost"))
    v = world.ventures[venture]
    # the place of each open deal in its venture's cap table
    places = (end < 0)[:, None] & (np.asarray(v["deal"]) == np.arange(len(deals))[:, None]) & (np.asarray(v["holder"]) == fund[:, None])
    shares = np.where(places, np.asarray(v["shares"]), 0).sum(axis=1)
    supports = (places & (np.asarray(v["active"]) == 1)).any(axis=1)
    return fund, venture, start, end, shares, paid, supports


def _co_invested(stakes: Edges) -> Edges:
    """Pairs of funds that held stakes in the same venture at the same time: since when, until when, in how many ventures."""
    order = np.lexsort((stakes.start, stakes.target))
    spells: dict[int, list[tuple[int, int, float]]] = {}
    for n in order.tolist():
        end = stakes.end[n] if stakes.end[n] >= 0 else math.inf
        spells.setdefault(int(stakes.target[n]), []).append((int(stakes.source[n]), int(stakes.start[n]), end))
    pairs: dict[tuple[int, int], list[float]] = {}
    for held in spells.values():
        for (a, from_a, to_a), (b, from_b, to_b) in combinations(held, 2):
            start, end = max(from_a, from_b), min(to_a, to_b)
            if a != b and start < end:
                pair = pairs.setdefault((min(a, b), max(a, b)), [start, end, 0])
                pair[0], pair[1], pair[2] = min(pair[0], start), max(pair[1], end), pair[2] + 1
    source, target = (np.array([pair[n] for pair in pairs], dtype=np.int64) for n in (0, 1))
    start, end, ventures = (np.array([pair[n] for pair in pairs.values()], dtype=float) for n in range(3))
    end = np.where(np.isinf(end), -1, end).astype(np.int64)
    return Edges(("fund", "fund"), source, target, start.astype(np.int64), end, {"ventures": ventures.astype(np.int64)})


def _supported(world: World, tick: int, ventures: np.ndarray) -> Edges:
    """Grants, stakes and services, from the event log. Without it: whom a programme helped, not since when, and how much only if no other helped."""
    clock = world.clock[0]
    which = np.zeros(len(world.ventures), bool)
    which[ventures] = True
    if clock.recording == 1:
        events = world.events[: int(clock.n_events)]
        grants = events[np.isin(events["what"], [int(GRANT), int(SERVED), int(STAKE)]) & (events["tick"] <= tick)]
        grants = grants[which[grants["who"]]]
        source, target, start = (np.asarray(grants[name]) for name in ("whom", "who", "tick"))
        amount = np.asarray(grants["amount"]) / FEN_PER_MILLION
    else:
        helped = np.asarray(world.ventures["helped"])
        cities = np.asarray(world.ventures["city"])
        running = [(k, int(programme["bit"]), int(programme["city"])) for k, programme in enumerate(np.asarray(world.programmes))]
        pairs = [(k, row) for k, bit, city in running for row in ventures.tolist() if (helped[row] >> bit) & 1 and cities[row] == city]
        source, target = (np.array([pair[n] for pair in pairs], dtype=np.int64) for n in (0, 1))
        start = np.full(len(pairs), -1)
        only = np.array([int(helped[row]).bit_count() == 1 for _, row in pairs], dtype=bool)
        amount = np.where(only, np.asarray(world.ventures["granted"])[target] / FEN_PER_MILLION, np.nan)
    end = _cut(np.asarray(world.ventures["ended"])[target], tick)
    return Edges(("programme", "venture"), source, target, start, end, {"amount": amount})


def _knows(world: World, tick: int) -> Edges:
    """Acquaintances: one edge for a pair, since the later of the two arrived."""
    people = world.people[: int(world.clock[0].n_people)]
    rows = np.flatnonzero(people["arrived"] <= tick)
    ties = np.asarray(people["ties"])[rows]
    source, target = np.repeat(rows, ties.shape[1]), ties.reshape(-1)
    source, target = source[target >= 0], target[target >= 0]
    pairs = np.unique(np.stack([np.minimum(source, target), np.maximum(source, target)], axis=1), axis=0)
    start = np.maximum(people["arrived"][pairs[:, 0]], people["arrived"][pairs[:, 1]])
    return Edges(("person", "person"), pairs[:, 0], pairs[:, 1], start, np.full(len(pairs), -1), {})


# --------------------------------------------------------------------------------------------------------------- graph


def nodes(world: World, tick: int, living: bool = True) -> dict[str, tuple[np.ndarray, dict[str, np.ndarray]]]:
    """All agents that there were after a tick: their rows and attributes, by kind. People never leave the network."""
    people = np.flatnonzero(world.people["arrived"][: int(world.clock[0].n_people)] <= tick)
    e = world.people[people]
    ventures = ventures_at(world, tick, living)
    v = world.ventures[ventures]
    funds = funds_at(world, tick, living)
    f = world.funds[funds]
    return {
        "person": (people, {"person_kind": named(PERSON_KINDS, e["kind"]), "arrived": e["arrived"] / TICKS_PER_YEAR}),
        "venture": (
            ventures,
            {
                "form": named(FORMS, v["form"]),
                "sector": named(SECTORS, v["sector"]),
                "origin": named(ORIGINS, v["origin"]),
                "status": named(STATUSES, status_at(v, tick)),
                "founded": v["founded"] / TICKS_PER_YEAR,
                "unicorn": (v["unicorn_fundamental"] >= 0) & (v["unicorn_fundamental"] <= tick),
            },
        ),
        "fund": (
            funds,
            {
                "fund_kind": named(FUND_KINDS, f["kind"]),
                "manager": ids("manager", f["manager"]),
                "raised": f["raised"] / TICKS_PER_YEAR,
                "commitment": f["commitment"] / FEN_PER_MILLION,
                "ended": (f["ended"] >= 0) & (f["ended"] <= tick),
            },
        ),
        "university": (np.arange(len(world.universities)), {}),
        "programme": (np.arange(len(world.programmes)), {"instrument": named(INSTRUMENTS, world.programmes["instrument"])}),
    }


def status_at(ventures: Any, tick: int) -> np.ndarray:
    """The status of ventures after a tick, as codes."""

    def by(name: str) -> np.ndarray:
        return (ventures[name] >= 0) & (ventures[name] <= tick)

    status = np.where(by("market_entry"), SELLING, BUILDING)
    status = np.where(by("listed"), PUBLIC, status)
    return np.where(by("ended"), ventures["status"], status)


def graph(
    world: World, tick: int | None = None, *, layers: Iterable[str] | None = None, living: bool = True, ledger: Ledger | None = None
) -> networkx.MultiGraph:
    """The network after a tick (None: the last) as a networkx MultiGraph.

    Nodes are ids (V123, P77, F12, U0, G1) with `kind` and what is known of their kind; the key of an edge is its layer, `start` and, if it is over, `end` are
    ticks, and amounts are in million RMB. See `relations` for the rest.
    """
    import networkx

    edges = relations(world, tick, layers=layers, living=living, ledger=ledger)
    at = check_tick(world, tick, "network", needs_log=False)
    result = networkx.MultiGraph(tick=at, year=at / TICKS_PER_YEAR)
    for kind, (rows, attributes) in nodes(world, at, living).items():
        lists = {name: values.tolist() for name, values in attributes.items()}
        for n, row in enumerate(rows.tolist()):
            known = {name: values[n] for name, values in lists.items() if values[n] is not None}
            result.add_node(id_of(kind, row), kind=kind, row=row, **known)
    for layer, layer_edges in edges.items():
        lists = {name: values.tolist() for name, values in layer_edges.attributes.items()}
        either = zip(layer_edges.source.tolist(), layer_edges.target.tolist(), layer_edges.start.tolist(), layer_edges.end.tolist(), strict=True)
        for n, (source, target, start, end) in enumerate(either):
            known = {name: values[n] for name, values in lists.items()}
            times = ({"start": start} if start >= 0 else {}) | ({"end": end} if end >= 0 else {})
            result.add_edge(id_of(layer_edges.kind[0], source), id_of(layer_edges.kind[1], target), key=layer, layer=layer, **times, **known)
    return result


# -------------------------------------------------------------------------------------------------------------- layout

HUBS = ("fund", "university", "programme")
LARGEST_SPRING = 400  # hubs; above, springs take too long and hubs stand in a spiral
SPOTS = 500  # places of a disc for hubs that come later
GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))


class Layout:
    """Positions for drawing. A node once placed stays where it is, so that pictures of successive ticks can be compared.

    Hubs (funds, universities, programmes) are placed by springs, all others around the middle of the hubs and nodes that they are related to,
    and those related to nobody on a ring outside. The same networks in the same order give the same positions.
    """

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self.positions: dict[str, tuple[float, float]] = {}

    def place(self, graph: networkx.MultiGraph) -> dict[str, tuple[float, float]]:
        """The position of each node of a graph; what has none yet is placed."""
        kinds = dict(graph.nodes(data="kind"))
        new_hubs = [node for node, kind in kinds.items() if kind in HUBS and node not in self.positions]
        if not self.positions and new_hubs:
            self._place_hubs(graph, new_hubs)
        else:
            for hub in new_hubs:
                self._find_room(graph, hub)
        for kind in ("venture", "person"):
            for node, its in kinds.items():
                if its == kind and node not in self.positions:
                    self._place_near_neighbours(graph, node)
        return {node: self.positions[node] for node in graph}

    def _middle(self, graph: networkx.MultiGraph, node: str) -> tuple[float, float] | None:
        """The middle of a node's placed neighbours."""
        near = [self.positions[other] for other in graph[node] if other in self.positions]
        return (sum(x for x, _ in near) / len(near), sum(y for _, y in near) / len(near)) if near else None

    def _find_room(self, graph: networkx.MultiGraph, hub: str) -> None:
        """A newcomer among hubs takes the free spot of the disc that is nearest to its neighbours; without any, one at the edge."""
        spots = np.array([_polar(math.sqrt((n + 0.5) / SPOTS), GOLDEN_ANGLE * n) for n in range(SPOTS)])
        others = [self.positions[other] for other, kind in graph.nodes(data="kind") if kind in HUBS and other in self.positions]
        if others:
            distance = np.hypot(*(spots[:, None, :] - np.array(others)[None, :, :]).transpose(2, 0, 1)).min(axis=1)
            room = distance > 1.0 / math.sqrt(SPOTS)
            spots = spots[room] if room.any() else spots[[int(distance.argmax())]]
        middle = self._middle(graph, hub) or _polar(1.0, GOLDEN_ANGLE * graph.nodes[hub]["row"])
        x, y = spots[np.hypot(*(spots - np.array(middle)).T).argmin()]
        self.positions[hub] = (float(x), float(y))

    def _place_hubs(self, graph: networkx.MultiGraph, hubs: list[str]) -> None:
        """Springs between hubs that share a venture or know each other directly."""
        import networkx

        links = networkx.Graph()
        links.add_nodes_from(hubs)
        chosen = set(hubs)
        for hub in hubs:
            for near in graph[hub]:
                if near in chosen:
                    links.add_edge(hub, near)
                elif graph.nodes[near]["kind"] == "venture":
                    links.add_edges_from((hub, far) for far in graph[near] if far in chosen and far != hub)
        if len(hubs) <= LARGEST_SPRING:
            places = networkx.spring_layout(links, seed=self.seed, k=1.6 / math.sqrt(max(len(hubs), 1)))
            # Springs press most hubs together and throw a few far out: keep each one's direction and order, and fill a disc evenly.
            middle = np.median(np.array(list(places.values())), axis=0)
            offset = {hub: places[hub] - middle for hub in hubs}
            outwards = sorted(hubs, key=lambda hub: (round(float(np.hypot(*offset[hub])), 9), hub))
            angles = {hub: math.atan2(*offset[hub][::-1]) for hub in hubs}
        else:
            outwards = hubs
            angles = {hub: GOLDEN_ANGLE * n for n, hub in enumerate(hubs)}
        for n, hub in enumerate(outwards):
            self.positions[hub] = _polar(math.sqrt((n + 0.5) / len(hubs)), angles[hub])

    def _place_near_neighbours(self, graph: networkx.MultiGraph, node: str) -> None:
        row = graph.nodes[node]["row"]
        angle, luck = GOLDEN_ANGLE * row, (row * 0.754877666) % 1.0
        middle = self._middle(graph, node)
        if middle is None:
            self.positions[node] = _polar(1.2 + 0.1 * luck, angle)
        else:
            dx, dy = _polar(0.03 + 0.07 * math.sqrt(luck), angle)
            self.positions[node] = (middle[0] + dx, middle[1] + dy)


def _polar(radius: float, angle: float) -> tuple[float, float]:
    return radius * math.cos(angle), radius * math.sin(angle)
