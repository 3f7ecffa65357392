"""One quarter of a run as a picture needs it: who is there, where they stand, who is tied to whom, and the numbers beside it.

    camera = Camera(history)       the history may still be running: its world changes, the camera looks again
    camera.still()                 the present quarter: plain lists and numbers, ready for JSON
    camera.still(12)               an earlier quarter, if the camera took it when it was the present
    camera.figures()               funnel, series and flows of money up to that quarter, with labels and units

`drawing.js`, beside this file, draws both in a browser.

Where an agent stands follows from who it is, not from when the camera looks, so that pictures of one run, of its twin under another policy and of
another session can be laid side by side. Each city is a disc. Managers of funds stand on its rim, kind beside kind; universities on a ring inside;
programmes around the office in the middle. A venture appears near its founder's university, and with its first money from a fund it moves, once,
to the fund that led.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from seedbed.agents import accounts
from seedbed.agents.errors import BadInput
from seedbed.agents.fund import KINDS as FUND_KINDS
from seedbed.agents.money import FEN_PER_MILLION
from seedbed.agents.programme import INSTRUMENTS
from seedbed.agents.venture import BOUGHT, BUILDING, FORMS, LINKS, ROUNDS, SHUT, TAKEN_OVER
from seedbed.model.engine import check_run, open_run
from seedbed.model.history import History
from seedbed.model.language import check_language, say
from seedbed.model.network import Edges, funds_at, relations, ventures_at
from seedbed.model.replay import Ledger, check_tick, last_tick
from seedbed.model.scenario import Scenario
from seedbed.model.schedule import quarters
from seedbed.model.words import LETTERS
from seedbed.model.world import TICKS_PER_YEAR, World, first_guess

__all__ = ["FLAGS", "KINDS", "LAYERS", "STAGES", "Camera", "drawing_words", "film"]

# The codes of a still. `drawing.js` knows them by their order, which therefore never changes.
KINDS = ("venture", "fund", "university", "programme", "office", "bank")
VENTURE, FUND, UNIVERSITY, PROGRAMME, OFFICE, BANK = range(len(KINDS))
STAGES = (*LINKS, "in_market", "listed")  # the look of a venture; that of a fund is its kind, that of a programme its instrument
IN_MARKET, ON_EXCHANGE = len(LINKS), len(LINKS) + 1
FLAGS = {"unicorn": 1, "paper unicorn": 2, "zombie": 4, "funded": 8}
LAYERS = ("invested_in", "spun_out", "supported", "lent", "co_invested")

WIDTH = 1000  # of the square that all stand in
MOST_VENTURES = 2500  # in one picture: the largest; a country has ten times as many
MOST_SHARED = 150  # pairs of funds that invest together: those with the most ventures in common
SUPPORT_SEEN = TICKS_PER_YEAR  # quarters for which public support is drawn as a line
FUNNEL_ROUNDS = 4


class Taken(NamedTuple):
    """What of a quarter cannot be read from the records later: of each living venture its stage, size and whether it was a zombie."""

    rows: np.ndarray
    stage: np.ndarray
    size: np.ndarray
    zombie: np.ndarray


class Camera:
    """Looks at a run, finished or still running, quarter by quarter.

    It remembers what it took, some bytes for each living venture and quarter. A quarter that it did not take when it was the present cannot be
    looked at later: zombies and values are not in the event log.
    """

    def __init__(self, history: History, *, most: int = MOST_VENTURES) -> None:
        self.history = history
        self.world: World = history.world
        self.most = most
        self.taken: dict[int, Taken] = {}
        self.ground = Ground(self.world)

    @property
    def last(self) -> int:
        """The present quarter; -1 before the first."""
        return last_tick(self.world)

    def take(self) -> None:
        """Remember the present quarter. `still` and `figures` do so by themselves."""
        now = self.last
        if now < 0 or now in self.taken:
            return
        rows = ventures_at(self.world, now, living=True)
        v = np.asarray(self.world.ventures)[rows]
        stage = np.where(v["listed"] >= 0, ON_EXCHANGE, np.where(v["market_entry"] >= 0, IN_MARKET, v["link"]))
        zombie = v["idle"] >= np.asarray(self.world.p["market_zombie_after"])[0]
        self.taken[now] = Taken(rows.astype(np.int32), stage.astype(np.int8), size_of(worth(v)), zombie)

    def _seen(self, tick: int | None, where: str) -> int:
        """The quarter that is meant, after refusing one that the camera did not take."""
        self.take()
        at = check_tick(self.world, tick, where, needs_log=False)
        if at < 0:
            raise BadInput(what="the run", given="one that has not begun", allowed="a run with at least one quarter", where=where)
        if at not in self.taken:
            allowed = "a quarter that this camera took while it was the present; take() after each quarter, or run the scenario again"
            raise BadInput(what="the tick", given=at, allowed=allowed, where=where)
        return at

    # --------------------------------------------------------------------------------------------------------- a still

    def still(self, tick: int | None = None) -> dict[str, Any]:
        """A quarter (None: the present) as columns of plain numbers and strings.

        nodes: id, kind (place in KINDS), key (the same in a twin run; "" where there is none), x and y (0 to 1000), size (0 to 100, tenths of the decimal
        logarithm of a million RMB: a venture's value, a fund's commitment), look (place in STAGES, FUND_KINDS or INSTRUMENTS, else -1), form (place in
        FORMS, else -1), flags (sum of FLAGS). edges: a and b (places among the nodes) and layer (place in LAYERS); public support is drawn for a year. `living`:
        all living ventures, of which the `left_out` smallest are not drawn.
        """
        at = self._seen(tick, "Camera.still")
        nodes, ventures, left_out = self._nodes(at)
        edges = self._edges(at, nodes, ventures)
        return {
            "scenario": self.history.scenario,
            "seed": str(self.history.seed),
            "tick": at,
            "year": (at + 1) / TICKS_PER_YEAR,
            "living": len(self.taken[at].rows),
            "left_out": left_out,
            "cities": self.ground.cities(self.history),
            "nodes": {name: column.tolist() for name, column in nodes.items() if name != "row"},
            "edges": edges,
        }

    def _nodes(self, at: int) -> tuple[dict[str, np.ndarray], np.ndarray, int]:
        """The columns of all nodes, the rows of the ventures among them, and how many ventures were left out."""
        seen = self.taken[at]
        chosen = self._largest(at, seen)
        rows = seen.rows[chosen]
        v = np.asarray(self.world.ventures)[rows]
        x, y, funded = self.ground.of_ventures(self.world, rows, at)
        flags = (
            FLAGS["unicorn"] * _by(v["unicorn_fundamental"], at) + FLAGS["paper unicorn"] * _by(v["unicorn_paper"], at)
            + FLAGS["zombie"] * seen.zombie[chosen] + FLAGS["funded"] * funded
        )  # fmt: skip
        parts = [_part(VENTURE, rows, v["key"], x, y, seen.size[chosen], seen.stage[chosen], v["form"], flags)]
        funds = funds_at(self.world, at, living=True)
        f = np.asarray(self.world.funds)[funds]
        parts.append(_part(FUND, funds, f["key"], *self.ground.of_funds(self.world, funds), size_of(f["commitment"]), f["kind"]))
        parts += self.ground.fixed
        banks = np.unique(self._loans(at, ended=True)["bank"])
        parts.append(_part(BANK, banks, np.asarray(self.world.banks["key"])[banks], *self.ground.of_banks(self.world, banks)))
        nodes = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return nodes, rows, len(seen.rows) - len(rows)

    def _largest(self, at: int, seen: Taken) -> np.ndarray:
        """Places of the ventures that are drawn: all, or unicorns and then the largest."""
        if len(seen.rows) <= self.most:
            return np.arange(len(seen.rows))
        unicorn = _by(np.asarray(self.world.ventures["unicorn_fundamental"])[seen.rows], at)
        return np.sort(np.lexsort((seen.rows, -seen.size.astype(int), ~unicorn))[: self.most])

    def _edges(self, at: int, nodes: dict[str, np.ndarray], ventures: np.ndarray) -> dict[str, list[int]]:
        place = {kind: _places(nodes, kind) for kind in range(len(KINDS))}
        drawn = np.zeros(len(self.world.ventures), bool)
        drawn[ventures] = True
        columns: list[tuple[np.ndarray, np.ndarray, int]] = []
        for layer, (kind_a, rows_a, kind_b, rows_b) in enumerate(self._ties(at, drawn)):
            columns.append((place[kind_a][rows_a], place[kind_b][rows_b], layer))
        return {
            "a": np.concatenate([a for a, _, _ in columns]).tolist(),
            "b": np.concatenate([b for _, b, _ in columns]).tolist(),
            "layer": np.concatenate([np.full(len(a), layer) for a, _, layer in columns]).tolist(),
        }

    def _ties(self, at: int, drawn: np.ndarray) -> list[tuple[int, np.ndarray, int, np.ndarray]]:
        """By layer: kind and rows on either side, of ventures that are drawn."""
        world = self.world
        deals = np.asarray(world.deals)[: int(world.clock[0].n_deals)]
        held = deals[(deals["opened"] <= at) & ((deals["closed"] < 0) | (deals["closed"] > at))]
        shares = held[drawn[held["venture"]]]
        found = relations(world, at, layers=["spun_out", "supported"], ledger=_no_ledger())
        spun = found["spun_out"].chosen(drawn[found["spun_out"].target])
        helped = _lately(found["supported"].chosen(drawn[found["supported"].target]), at)
        loans = self._loans(at, ended=False)
        loans = loans[drawn[loans["venture"]]]
        one, other = _together(held["fund"], held["venture"])
        return [
            (FUND, shares["fund"], VENTURE, shares["venture"]),
            (UNIVERSITY, spun.source, VENTURE, spun.target),
            (PROGRAMME, *helped[:1], VENTURE, *helped[1:]),
            (BANK, loans["bank"], VENTURE, loans["venture"]),
            (FUND, one, FUND, other),
        ]

    def _loans(self, at: int, ended: bool) -> np.ndarray:
        """Bank loans to ventures given by then, with those that have ended or without."""
        loans = np.asarray(self.world.loans)[: int(self.world.clock[0].n_loans)]
        loans = loans[loans["opened"] <= at]
        return loans if ended else loans[(loans["ended"] < 0) | (loans["ended"] > at)]

    # ------------------------------------------------------------------------------------------------ numbers beside it

    def figures(self, tick: int | None = None, language: str = "en") -> dict[str, Any]:
        """The numbers up to a quarter (None: the present), each with its name, label and unit.

        series: one value for each quarter since the start, at the years in `years`. funnel: ventures founded since the start that reached each step.
        flows: the money of ventures and funds in the last four quarters: what was paid, and what each party received less what it paid.
        """
        language = check_language(language, "Camera.figures")
        at = check_tick(self.world, tick, "Camera.figures", needs_log=False)
        lived = max(at + 1, 0)
        return {
            "tick": at,
            "year": lived / TICKS_PER_YEAR,
            "years": [(quarter + 1) / TICKS_PER_YEAR for quarter in range(lived)],
            "series": _series(self.world, lived, language),
            "funnel": _funnel(self.world, lived, language),
            "flows": _flows(self.world, lived, language),
        }


def film(scenario: Scenario | str, seed: int = 1, years: int = 40, *, most: int = MOST_VENTURES) -> Camera:
    """Run a scenario with a camera that takes every quarter. Its `history` is that of the finished run, with its event log."""
    scenario = Scenario.load(scenario)
    check_run(seed, years)
    size = first_guess(scenario, years, True)
    while True:
        world = open_run(scenario, seed, years, record=True, size=size)
        camera = Camera(History.of(world, scenario, seed, years), most=most)
        clock = world.clock[0]
        while clock.now < clock.last and clock.full == 0:
            quarters(world, int(clock.now) + 1)
            camera.take()
        if clock.full == 0 and clock.n_events <= len(world.events):
            camera.history = History.of(world, scenario, seed, years)
            return camera
        size = size.doubled()


# ---------------------------------------------------------------------------------------------------------- small parts


def _by(ticks: np.ndarray, at: int) -> np.ndarray:
    """Whether something had happened by then."""
    return (ticks >= 0) & (ticks <= at)


def worth(v: np.ndarray) -> np.ndarray:
    """What a venture counts for in a picture, fen: its fundamental value in the market, before that the price of its equity in the last round."""
    last_round = np.clip(v["rounds"], 1, ROUNDS) - 1
    price = np.where(v["rounds"] > 0, v["round_post"][np.arange(len(v)), last_round], 0.0)
    return np.where(v["status"] == BUILDING, price, v["value"])


def size_of(fen: np.ndarray) -> np.ndarray:
    """Tenths of the decimal logarithm of 1 + million RMB: a unicorn of 7 billion is 38."""
    return np.clip(np.round(10.0 * np.log10(1.0 + np.maximum(fen, 0) / FEN_PER_MILLION)), 0, 100).astype(np.int8)


def _part(kind: int, rows: Any, keys: Any, x: Any, y: Any, size: Any = 0, look: Any = -1, form: Any = -1, flags: Any = 0) -> dict[str, np.ndarray]:
    """The columns of the nodes of one kind."""
    number = len(rows)

    def column(values: Any) -> np.ndarray:
        return np.broadcast_to(np.asarray(values), number).astype(np.int64)

    letter = LETTERS[KINDS[kind]]
    return {
        "row": column(rows),
        "id": np.array([f"{letter}{row}" for row in np.asarray(rows).tolist()], dtype=object),
        "kind": column(kind),
        "key": np.array([str(key) if key else "" for key in np.asarray(keys).tolist()], dtype=object),
        "x": column(np.round(x)), "y": column(np.round(y)), "size": column(size), "look": column(look), "form": column(form), "flags": column(flags),
    }  # fmt: skip


def _places(nodes: dict[str, np.ndarray], kind: int) -> np.ndarray:
    """By row of a kind, its place among the nodes."""
    mine = np.flatnonzero(nodes["kind"] == kind)
    place = np.full(int(nodes["row"][mine].max()) + 1 if len(mine) else 1, -1)
    place[nodes["row"][mine]] = mine
    return place


def _no_ledger() -> Ledger:
    """Stands for the replayed log where only layers are asked for that do not read shares from it."""
    return Ledger(*(np.zeros(0, np.int64) for _ in Ledger._fields))


def _lately(supported: Edges, at: int) -> tuple[np.ndarray, np.ndarray]:
    """Each programme and venture once, if the support is not older than SUPPORT_SEEN (or nobody knows since when)."""
    lately = supported.chosen((supported.start < 0) | (supported.start > at - SUPPORT_SEEN))
    pairs = np.unique(np.stack([lately.source, lately.target], axis=1).astype(np.int64), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _together(fund: np.ndarray, venture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of funds that hold the same ventures now: the MOST_SHARED with the most in common."""
    order = np.lexsort((fund, venture))
    fund, venture = fund[order].astype(np.int64), venture[order]
    pairs = []
    for apart in range(1, len(fund)):
        same = venture[apart:] == venture[:-apart]
        if not same.any():
            break
        pairs.append(np.stack([fund[:-apart][same], fund[apart:][same]], axis=1))
    if not pairs:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    found, shared = np.unique(np.concatenate(pairs), axis=0, return_counts=True)
    strongest = np.sort(np.lexsort((found[:, 1], found[:, 0], -shared))[:MOST_SHARED])
    return found[strongest, 0], found[strongest, 1]


# ------------------------------------------------------------------------------------------------------ where they stand

RIM, CAMPUS, COUNTER = 0.92, 0.40, 0.13  # radius of the ring of managers, of universities, of programmes, as shares of a city's disc
CLOUD = 0.20  # radius of the ventures around a university
PORTFOLIO = 0.76  # how far from the middle ventures stand that a fund has chosen
STEP_OF_VINTAGE = 0.05
GAP = 0.6  # empty places between two kinds of managers on the rim


class Ground:
    """Where cities, managers, universities, programmes, offices and banks stand; they stay there for a whole run."""

    def __init__(self, world: World) -> None:
        self.middle, self.radius = _discs(len(world.cities))
        self.universities = self._ring(np.asarray(world.universities["city"]), CAMPUS, -math.pi / 2)
        self.manager_angle = _rim(np.asarray(world.managers["city"]), np.asarray(world.managers["kind"]))
        self.programmes = self._ring(np.asarray(world.programmes["city"]), COUNTER, 0.3)
        self.fixed = self._fixed(world)

    def cities(self, history: History) -> list[dict[str, Any]]:
        """The disc of each city, with its name where there are several."""
        names = [city["name"] for city in history.provenance["scenario"]["cities"]] or [""]
        return [{"name": name, "x": round(x), "y": round(y), "radius": round(self.radius)} for name, (x, y) in zip(names, self.middle.tolist(), strict=True)]

    def _ring(self, city: np.ndarray, share: float, first: float) -> np.ndarray:
        """Agents of each city at equal distances on a ring."""
        place, number = _among(city)
        angle = first + 2.0 * math.pi * place / number
        return self._at(city, share, angle)

    def _at(self, city: np.ndarray, share: Any, angle: np.ndarray) -> np.ndarray:
        return self.middle[city] + self.radius * np.asarray(share)[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)

    def _fixed(self, world: World) -> list[dict[str, np.ndarray]]:
        """Universities, programmes, and the office of a city with programmes."""
        offices = np.flatnonzero(np.asarray(world.cities["programmes"]) > 0)
        office = self.middle[np.asarray(world.offices["city"])[offices]]
        running = world.programmes
        return [
            _part(UNIVERSITY, np.arange(len(world.universities)), world.universities["key"], *self.universities.T),
            _part(PROGRAMME, np.arange(len(running)), running["key"], *self.programmes.T, look=running["instrument"]),
            _part(OFFICE, offices, np.asarray(world.offices["key"])[offices], *office.T),
        ]

    def of_banks(self, world: World, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Below the office; only a bank that has lent to ventures is drawn."""
        x, y = (self.middle[np.asarray(world.banks["city"])[rows]] + [0.0, 0.24 * self.radius]).T
        return x, y

    def of_funds(self, world: World, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """On the rim, where their manager stands; three vintages one outside the other."""
        f = np.asarray(world.funds)[rows]
        manager, elder = f["manager"], np.asarray(world.funds["elder"])
        vintage = np.zeros(len(rows), np.int64)
        older = f["elder"].copy()
        while (older >= 0).any():
            vintage += older >= 0
            older = np.where(older >= 0, elder[older], -1)
        share = RIM + STEP_OF_VINTAGE * (vintage % 3 - 1)
        x, y = self._at(np.asarray(world.managers["city"])[manager], share, self.manager_angle[manager]).T
        return x, y

    def of_ventures(self, world: World, rows: np.ndarray, at: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Near the founder's university, or anywhere between for founders from elsewhere; from the first deal on near the fund that led."""
        v = np.asarray(world.ventures)[rows]
        turn, reach = _chance_of(v["key"])
        home = self.born(world, v, turn, reach)
        manager, opened = _first_backer(world)
        backer = np.where((opened[rows] >= 0) & (opened[rows] <= at), manager[rows], -1)
        funded = backer >= 0
        backed = self.chosen_by(world, np.maximum(backer, 0), turn, reach)
        return (*np.where(funded[:, None], backed, home).T, funded)

    def born(self, world: World, v: np.ndarray, turn: np.ndarray, reach: np.ndarray) -> np.ndarray:
        """Where ventures appear."""
        around = self._at(v["birthplace"], 0.22 + 0.40 * np.sqrt(reach), turn)
        spread = CLOUD * self.radius * np.sqrt(reach)[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        near = self.universities[np.maximum(v["university"], 0)] + spread if len(self.universities) else around
        return np.where((v["university"] >= 0)[:, None], near, around)

    def chosen_by(self, world: World, manager: np.ndarray, turn: np.ndarray, reach: np.ndarray) -> np.ndarray:
        """Where ventures stand that a manager's fund led: inside the rim, before it."""
        if not len(self.manager_angle):
            return np.zeros((len(manager), 2))
        city = np.asarray(world.managers["city"])[manager]
        before = self._at(city, np.full(len(manager), PORTFOLIO), self.manager_angle[manager])
        angle = self.manager_angle[manager]
        outwards = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        aside = np.stack([-outwards[:, 1], outwards[:, 0]], axis=1)
        deep, wide = 0.10 * np.sqrt(reach) * np.cos(turn), 0.08 * np.sqrt(reach) * np.sin(turn)
        return before + self.radius * (deep[:, None] * outwards + wide[:, None] * aside)


def _discs(number: int) -> tuple[np.ndarray, float]:
    """The middles of cities side by side in a square, and the radius of each."""
    across = math.ceil(math.sqrt(number))
    cell = WIDTH / across
    down = math.ceil(number / across)
    place = np.arange(number)
    rows, columns = place // across, place % across
    x = (columns + 0.5) * cell
    y = (rows + 0.5) * cell + 0.5 * (WIDTH - down * cell)
    return np.stack([x, y], axis=1), 0.48 * cell


def _among(city: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each agent its place among those of its city, in the order of rows, and how many they are."""
    number = np.bincount(city) if len(city) else np.zeros(0, np.int64)
    place = np.zeros(len(city), np.int64)
    for c in range(len(number)):
        place[city == c] = np.arange(number[c])
    return place, number[city]


def _rim(city: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """The angle of each manager: a city's managers in the order of kinds, with a gap between two kinds."""
    angle = np.zeros(len(city))
    for c in np.unique(city):
        mine = np.flatnonzero(city == c)
        mine = mine[np.argsort(kind[mine], kind="stable")]
        steps = 1.0 + GAP * np.diff(kind[mine], prepend=kind[mine[-1]]).astype(bool)
        along = np.cumsum(steps)
        angle[mine] = -math.pi / 2 + 2.0 * math.pi * (along - 0.5) / along[-1]
    return angle


def _chance_of(key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From a key a direction (0 to 2 pi) and a share (0 to 1), the same in every run."""
    high, low = (key >> np.uint64(32)).astype(float) / 2**32, (key & np.uint64(0xFFFFFFFF)).astype(float) / 2**32
    return 2.0 * math.pi * high, low


def _first_backer(world: World) -> tuple[np.ndarray, np.ndarray]:
    """By venture's row: the manager of the fund that led its first deal, and when; -1 for none."""
    deals = np.asarray(world.deals)[: int(world.clock[0].n_deals)][::-1]  # the first of a venture is written last, and stays
    manager, opened = np.full((2, len(world.ventures)), -1)
    manager[deals["venture"]] = np.asarray(world.funds["manager"])[deals["fund"]]
    opened[deals["venture"]] = deals["opened"]
    return manager, opened


# ---------------------------------------------------------------------------------------------------------------- numbers


def _so_far(ticks: np.ndarray, lived: int) -> list[int]:
    """How many of the things that happened at these ticks had happened by each quarter."""
    happened = ticks[(ticks >= 0) & (ticks < lived)]
    return np.cumsum(np.bincount(happened, minlength=lived)[:lived]).astype(int).tolist()


def _million(fen: np.ndarray) -> list[float]:
    return np.round(fen / FEN_PER_MILLION, 1).tolist()


def _series(world: World, lived: int, language: str) -> list[dict[str, Any]]:
    """What happened quarter by quarter: name, label, unit, values."""
    s = np.asarray(world.series)[:lived]
    v = np.asarray(world.ventures)[: int(world.clock[0].n_ventures)]
    sold = (v["status"] == BOUGHT) | ((v["status"] == SHUT) & (v["ending"] == TAKEN_OVER))
    ended = np.asarray(v["ended"])
    outlay = s["granted"] + s["stakes"] + s["services"] + s["guidance_called"] + s["compensated"] + s["rescued"]
    returned = s["repaid"] + s["stakes_back"] + s["guidance_back"]
    last_year = outlay - np.concatenate([np.zeros(min(TICKS_PER_YEAR, lived), np.int64), outlay[:-TICKS_PER_YEAR]])
    found = (
        ("live", say("living ventures", language), "count", s["live"].tolist()),
        ("zombies", say("zombies", language), "count", s["zombies"].tolist()),
        ("unicorns", say("unicorns so far", language), "count", _so_far(v["unicorn_fundamental"], lived)),
        ("paper_unicorns", say("paper unicorns so far", language), "count", _so_far(v["unicorn_paper"], lived)),
        ("founded", say("ventures founded so far", language), "count", s["founded"].tolist()),
        ("closed", say("closed so far", language), "count", _so_far(ended[~sold], lived)),
        ("acquired", say("acquired so far", language), "count", _so_far(ended[sold], lived)),
        ("listed", say("listed so far", language), "count", _so_far(v["listed"], lived)),
        ("funds", say("living funds", language), "count", s["funds"].tolist()),
        ("invested", say("equity invested so far", language), "million RMB", _million(s["invested"])),
        ("dry_powder", say("money that funds can still call", language), "million RMB", _million(s["dry_powder"])),
        ("public_outlay", say("public money paid out so far", language), "million RMB", _million(outlay)),
        ("public_returned", say("public money that came back so far", language), "million RMB", _million(returned)),
        ("public_last_year", say("public money paid out in the last year", language), "million RMB", _million(last_year)),
        ("lent", say("bank loans to ventures so far", language), "million RMB", _million(s["lent"])),
        ("jobs", say("jobs in ventures", language), "count", s["jobs"].tolist()),
        ("tolerance", say("the city's tolerance of failure", language), "share", np.round(s["tolerance"], 3).tolist()),
    )
    return [{"name": name, "label": label, "unit": say(unit, language), "values": values} for name, label, unit, values in found]


def _funnel(world: World, lived: int, language: str) -> list[dict[str, Any]]:
    """Ventures founded since the start that reached each step by then."""
    v = np.asarray(world.ventures)[: int(world.clock[0].n_ventures)]
    last = lived - 1
    v = v[v["founded"] <= last]
    steps = [("founded", say("founded", language), len(v))]
    for number in range(1, FUNNEL_ROUNDS + 1):
        reached = (v["rounds"] >= number) & (v["round_tick"][:, number - 1] <= last)
        steps.append((f"round {number}", say("round {number}", language, number=number), int(reached.sum())))
    steps.append(("in_market", say("in the market", language), int(_by(v["market_entry"], last).sum())))
    steps.append(("listed", say("listed", language), int(_by(v["listed"], last).sum())))
    steps.append(("unicorn", say("unicorn", language), int(_by(v["unicorn_fundamental"], last).sum())))
    return [{"name": name, "label": label, "unit": say("count", language), "value": value} for name, label, value in steps]


def _flows(world: World, lived: int, language: str) -> list[dict[str, Any]]:
    """Sums of the last four quarters, million RMB."""
    s = np.asarray(world.series)[:lived]
    since = lived - 1 - TICKS_PER_YEAR

    def last_year(total: np.ndarray) -> float:
        return round(int(total[-1] - (total[since] if since >= 0 else 0)) / FEN_PER_MILLION, 1) if lived else 0.0

    def received(account: str) -> float:
        return last_year(s["account"][:, accounts.ACCOUNT_NAMES.index(account)])

    found = (
        ("invested", say("equity into ventures", language), last_year(s["invested"])),
        ("support", say("support for ventures", language), last_year(s["granted"] + s["services"] + s["stakes"])),
        ("lent", say("loans to ventures", language), last_year(s["lent"])),
        ("tax", say("taxes of ventures", language), last_year(s["tax"])),
        ("founders", say("founders, net", language), last_year(s["founders_got"])),
        ("managers", say("fund managers, net", language), received("managers")),
        ("private", say("private investors, net", language), received("lp_private")),
        ("institution", say("institutions, net", language), received("lp_institution")),
        ("alumni", say("alumni, net", language), received("lp_alumni")),
        ("guidance", say("guidance money, net", language), last_year(s["guidance_back"] - s["guidance_called"])),
    )
    unit = say("million RMB", language)
    return [{"name": name, "label": label, "unit": unit, "value": value} for name, label, value in found]


# ------------------------------------------------------------------------------------------------------------------ words


def drawing_words(language: str = "en") -> dict[str, Any]:
    """The words that `drawing.js` needs, in the order of the codes of a still."""
    language = check_language(language, "drawing_words")
    chinese = language == "zh"
    return {
        "network": say("Network of the city: arrow keys move among its agents, Enter tells about one, plus and minus zoom", language),
        "kinds": [say(kind, language) for kind in ("venture", "fund", "university", "programme", "government office", "bank")],
        "stages": [say(stage.replace("_", " "), language) for stage in (*LINKS, "in the market", "listed")],
        "forms": [say(form, language) for form in FORMS],
        "funds": [say(f"{kind} fund", language) for kind in FUND_KINDS],
        "instruments": [say(instrument.replace("_", " "), language) for instrument in INSTRUMENTS],
        "layers": [
            say("fund's stake", language), say("university's spinout", language), say("public support in the last year", language),
            say("bank loan", language), say("funds that share ventures", language),
        ],
        "building": say("not yet in the market", language),
        "unicorn": say("unicorn by fundamental value", language),
        "paper": say("unicorn on paper", language),
        "zombie": say("zombie: alive without prospects", language),
        "worth": say("worth about", language),
        "commitment": say("commitment about", language),
        "units": [("亿元", 100.0), ("万元", 0.01)] if chinese else [("billion RMB", 1000.0), ("million RMB", 1.0)],  # in million RMB
        "comma": "，" if chinese else ", ",
        "between": "" if chinese else " ",
        "and": "、" if chinese else ", ",
    }  # fmt: skip
