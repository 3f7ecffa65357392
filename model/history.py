"""What a run leaves behind: its provenance, its tables in natural units, its event log in words, and the story of each venture.

    history = simulate("baseline", seed=1)
    history.ventures()                  one row for each venture: years, million RMB, names
    history.events()                    what happened, in order
    history.story("V123")               the story of one venture
    history.name("V123")                the name by which it is known in every run
    history.cap_table("V123", tick=40)  who owned it after that tick
    history.network(tick=40)            who was related to whom, as a networkx graph

Money is in million RMB at constant prices, time in years since the start (a tick is a quarter; tick 0 begins at year 0). Ids such as V123 name rows
and hold within one run; a `key` names the same person or venture in every run under the same seed.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.agents import accounts
from seedbed.agents.errors import BadInput
from seedbed.agents.fund import KINDS as FUND_KINDS
from seedbed.agents.money import FEN_PER_MILLION
from seedbed.agents.programme import PROGRAMME_HOLDER
from seedbed.agents.rule import as_rows
from seedbed.agents.venture import PUBLIC_HOLDER, ROUNDS, STATUSES, UNIVERSITY_HOLDER

from . import network as network_module
from .language import check_language
from .replay import FOUNDERS, Ledger, cap_table_at, check_tick, last_tick, replay
from .scenario import Scenario
from .words import EVENTS, FIELDS, columns, id_of, ids, named, note_of, row_of
from .world import TICKS_PER_YEAR, World, in_use

if TYPE_CHECKING:
    import networkx
    import pandas

    from .stories import Story

__all__ = ["History"]

LAYOUT = 1
ID_OF_TABLE = {
    "people": "person", "ventures": "venture", "funds": "fund", "managers": "manager", "universities": "university",
    "cities": "city", "offices": "office", "programmes": "programme", "programme_accounts": "programme", "awards": "award",
    "banks": "bank", "loans": "loan",
}  # fmt: skip
ABOUT_VENTURES = [code for code, event in EVENTS.items() if event.who == "venture"]
PACKAGES = ("seedbed", "numpy", "numba", "llvmlite", "mesa", "networkx", "pandas", "pyarrow")

VENTURE_COLUMNS = (
    "key", "founder", "university", "origin", "form", "sector", "status", "ending", "link", "founded", "market_entry", "listed", "ended", "team",
    "milestones", "rounds", "tranches", "raised", "granted", "owes", "cash", "revenue", "value", "proceeds", "jobs", "quality", "last_milestone",
    "abandoned", "idle", "near_unicorn", "unicorn_fundamental", "unicorn_paper",
)  # fmt: skip
PERSON_COLUMNS = (
    "key", "kind", "status", "university", "arrived", "field", "credential", "ability", "boldness", "support", "savings", "cash", "ideas",
    "tries", "failures", "exits", "retried", "venture", "failed_at", "barred_until", "ties",
)  # fmt: skip
FUND_COLUMNS = (
    "key", "manager", "kind", "raised", "invest_until", "ends", "ended", "commitment", "called", "distributed", "fees", "carry", "nav",
    "new_money", "follow_money", "fee_money", "companies", "capacity", "deals", "written_off", "part",
)  # fmt: skip


def _no_run(path: Path, why: str) -> BadInput:
    return BadInput(what="the run", given=str(path), allowed="a directory that History.save wrote", where=f"History.load: {why}")


def source_hash() -> str:
    """A fingerprint of the rule book and the machine: two runs of one scenario and seed agree if it does. How things are said in Chinese is no part of it."""
    total = hashlib.sha256()
    root = Path(__file__).resolve().parent.parent
    for folder in ("agents", "model"):
        for place in sorted((root / folder).rglob("*")):
            if place.suffix in (".py", ".toml") and not {"__pycache__", "tongues"} & set(place.parts):
                total.update(f"{folder}/{place.relative_to(root / folder).as_posix()}\0".encode())
                total.update(place.read_bytes())
    return total.hexdigest()[:12]


def put_folder(place: Path, fill: Callable[[Path], None], what: str, where: str) -> None:
    """Fill a folder beside its place and then put it there, instead of an earlier one: whole or not at all.

    Raises BadInput, about `what`, where it cannot be written; an earlier folder then stands as it was.
    """
    mark = os.urandom(6).hex()
    beside, before = (place.absolute().with_name(f".{place.name}-{mark}-{which}") for which in ("new", "old"))
    try:
        beside.mkdir(parents=True)
        fill(beside)
        if place.exists():
            os.replace(place, before)
        os.replace(beside, place)
    except OSError as error:
        allowed = "a directory that can be written, with space left"
        raise BadInput(what=what, given=str(place), allowed=allowed, where=f"{where}: {error.strerror or error}") from None
    finally:
        if before.exists() and not place.exists():
            os.replace(before, place)
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(before, ignore_errors=True)


def versions() -> dict[str, str]:
    """Of Python and of the packages that a run depends on."""
    from importlib import metadata

    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


class History:
    """What one run left. `simulate` makes it; `History.load` reads one that was saved.

    `world` is the state after the last quarter, all tables in fen and ticks. `provenance` says where it comes from: scenario and parameters with their
    sources, seed, years, versions, and a hash of the rules.
    """

    def __init__(self, world: World, provenance: dict[str, Any], settings: Scenario | None = None) -> None:
        self.world = world
        self.provenance = provenance
        if settings is not None:
            self.settings = settings
        self._kept_curves: dict[int, dict[str, np.ndarray]] = {}

    @classmethod
    def of(cls, world: World, scenario: Scenario, seed: int, years: int, seconds: float | None = None) -> History:
        """The history of a world that was run under a scenario and a seed; it may still be running."""
        provenance = {
            "scenario": scenario.describe(),
            "seed": seed,
            "years": years,
            "ticks": int(world.clock[0].now),
            "recorded": bool(world.clock[0].recording),
            "seconds": seconds,
            "rules": source_hash(),
            "versions": versions(),
            "parameters": scenario.table(),
        }
        return cls(world, json.loads(json.dumps(provenance, default=str)), scenario)

    # -------------------------------------------------------------------------------------------------- what it is

    @property
    def scenario(self) -> str:
        """The scenario's name."""
        return str(self.provenance["scenario"]["name"])

    @functools.cached_property
    def settings(self) -> Scenario | None:
        """The scenario itself, with all that was set; of a run that was loaded, None if it cannot be had again as it was."""
        about = self.provenance["scenario"]
        try:
            chosen = Scenario.load(about["name"])
            if chosen.digest() != about["digest"]:
                chosen = chosen.with_({setting["name"]: setting["value"] for setting in about["overrides"]})
        except BadInput:
            return None
        return chosen if chosen.digest() == about["digest"] else None

    @property
    def seed(self) -> int:
        return int(self.provenance["seed"])

    @property
    def years(self) -> int:
        return int(self.provenance["years"])

    @property
    def recorded(self) -> bool:
        """Whether the run kept its event log."""
        return bool(self.world.clock[0].recording)

    @property
    def last(self) -> int:
        """The last tick that was run."""
        return last_tick(self.world)

    def __repr__(self) -> str:
        clock = self.world.clock[0]
        status = Counter(named(STATUSES, self._rows("ventures")["status"]).tolist())
        living = sum(status[name] for name in ("building", "selling", "listed"))
        unicorns = [int((self._rows("ventures")[name] >= 0).sum()) for name in ("unicorn_fundamental", "unicorn_paper")]
        changed = len(self.provenance["scenario"]["overrides"])
        settings = f" with {changed} setting{'s' if changed > 1 else ''} changed" if changed else ""
        log = f"{int(clock.n_events):,} events" if self.recorded else "no event log (record=False)"
        return (
            f"History of {self.scenario!r}{settings}, seed {self.seed}, {(self.last + 1) / TICKS_PER_YEAR:g} years\n"
            f"  {int(clock.n_people):,} people, {int(clock.n_ventures):,} ventures ({living:,} living, {status['acquired']:,} acquired, "
            f"{status['closed']:,} closed), {int(clock.n_funds):,} funds, {log}\n"
            f"  unicorns: {unicorns[0]:,} by fundamental value, {unicorns[1]:,} on paper; equity invested {int(clock.invested) / FEN_PER_MILLION:,.0f} million RMB\n"
            f"  scenario {self.provenance['scenario']['digest'][:12]}, rules {self.provenance['rules']}, seedbed {self.provenance['versions'].get('seedbed', 'unknown')}"
        )

    # ------------------------------------------------------------------------------------------------------ frames

    def _rows(self, table: str) -> Any:
        """The rows in use."""
        return getattr(self.world, table)[: in_use(self.world, table)]

    def _frame(self, table: str, rows: Any, only: tuple[str, ...] | None = None) -> pandas.DataFrame:
        import pandas

        data, units = columns(table, rows, only)
        frame = pandas.DataFrame(data)
        frame.attrs["units"] = units
        return frame

    def to_frame(self, table: str) -> pandas.DataFrame:
        """All fields of a table in natural units; `frame.attrs["units"]` has the unit of each column.

        Tables: people, ventures, deals, awards, managers, funds, universities, offices, programmes, programme_accounts, cities, accounts, events, series, agenda.
        """
        if table not in FIELDS:
            raise BadInput(what="the table", given=table, allowed=list(FIELDS), where="History.to_frame")
        rows = self._rows(table)
        frame = self._frame(table, rows)
        if table in ID_OF_TABLE:
            frame.index = self._index(ID_OF_TABLE[table], len(rows))
        elif table == "accounts":
            frame.index = _named_index(accounts.ACCOUNT_NAMES, "account")
        return frame

    def _index(self, kind: str, number: int) -> Any:
        return _named_index(ids(kind, np.arange(number)), kind)

    def ventures(self) -> pandas.DataFrame:
        """One row for each venture ever founded. `value` is the fundamental value, `post` the price of the equity at the last round (million RMB),

        `founders_share` the founders' share of all shares, `age` the years from founding to the end of the venture or of the run.
        """
        v = self._rows("ventures")
        frame = self._frame("ventures", v, VENTURE_COLUMNS)
        last_round = np.clip(v["rounds"], 1, ROUNDS) - 1
        post = np.asarray(v["round_post"])[np.arange(len(v)), last_round] / FEN_PER_MILLION
        stop = np.where(v["ended"] >= 0, v["ended"], self.last + 1)
        frame["post"] = np.where(v["rounds"] > 0, post, np.nan)
        frame["founders_share"] = np.asarray(v["founders_shares"]) / np.maximum(v["all_shares"], 1)
        frame["age"] = (stop - v["founded"]) / TICKS_PER_YEAR
        frame.attrs["units"] |= {"post": "million RMB", "founders_share": "share", "age": "years"}
        frame.index = self._index("venture", len(v))
        return frame

    def people(self) -> pandas.DataFrame:
        """One row for each person who has been in the pool of founders."""
        frame = self._frame("people", self._rows("people"), PERSON_COLUMNS)
        frame.index = self._index("person", len(frame))
        return frame

    def funds(self) -> pandas.DataFrame:
        """One row for each fund (a vintage of a manager). DPI: distributed over called; TVPI: with the last marks; both net of fees and carry.

        `tolerance` and `life` are the manager's, in years; `part_...` are the shares of the kinds of investors behind it.
        """
        f = self._rows("funds")
        frame = self._frame("funds", f, FUND_COLUMNS)
        called = np.asarray(f["called"], dtype=float)
        called[called == 0] = np.nan
        frame["dpi"] = f["distributed"] / called
        frame["tvpi"] = (np.asarray(f["distributed"]) + np.asarray(f["nav"])) / called
        frame["tolerance"] = np.asarray(self.world.managers["tolerance"])[f["manager"]] / TICKS_PER_YEAR
        frame["life"] = np.asarray(self.world.managers["life"])[f["manager"]] / TICKS_PER_YEAR
        frame.attrs["units"] |= {"dpi": "ratio", "tvpi": "ratio", "tolerance": "years", "life": "years"}
        frame.index = self._index("fund", len(f))
        return frame

    def deals(self) -> pandas.DataFrame:
        """One row for each stake that a fund bought: what it cost, later tranches included, what it brought, and the multiple once it is closed.

        `number` is that of the round; a stake bought from another fund counts as of the next round.
        """
        d = self._rows("deals")
        frame = self._frame("deals", d)
        frame.insert(1, "fund_kind", named(FUND_KINDS, self.world.funds["kind"][d["fund"]]))
        closed = np.asarray(d["closed"]) >= 0
        cost = np.maximum(np.asarray(d["cost"]), 1)
        frame["multiple"] = np.where(closed, np.asarray(d["got"]) / cost, np.nan)
        frame["held"] = (np.where(closed, d["closed"], self.last + 1) - d["opened"]) / TICKS_PER_YEAR
        frame.attrs["units"] |= {"fund_kind": "name", "multiple": "ratio", "held": "years"}
        return frame

    def rounds(self) -> pandas.DataFrame:
        """One row for each priced round: size, price of the equity before and after it, the lead and its co-investor.

        Records keep the first seven rounds of a venture and its last; no other is listed.
        """
        import pandas

        v = self._rows("ventures")
        place = np.arange(ROUNDS)
        row, slot = np.nonzero(place[None, :] < np.minimum(v["rounds"], ROUNDS)[:, None])
        number = np.where(slot == ROUNDS - 1, np.asarray(v["rounds"])[row], slot + 1)
        tick = np.asarray(v["round_tick"])[row, slot]
        post = np.asarray(v["round_post"])[row, slot] / FEN_PER_MILLION
        size = np.asarray(v["round_size"])[row, slot] / FEN_PER_MILLION
        frame = pandas.DataFrame(
            {"venture": ids("venture", row), "number": number, "tick": tick, "year": tick / TICKS_PER_YEAR, "size": size, "pre": post - size, "post": post}
        )
        # Who took part: the deals of that round and quarter, the lead's first. A stake taken over from another fund counts as of the next round.
        d = self._rows("deals")
        investors: dict[tuple[int, int, int], list[int]] = {}
        for venture, of_round, opened, fund in zip(*(d[name].tolist() for name in ("venture", "number", "opened", "fund")), strict=True):
            investors.setdefault((venture, of_round, opened), []).append(fund)
        who = [investors[key] for key in zip(row.tolist(), number.tolist(), tick.tolist(), strict=True)]
        frame["lead"] = ids("fund", [funds[0] for funds in who])
        frame["co_investor"] = ids("fund", [funds[1] if len(funds) > 1 else -1 for funds in who])
        frame["age"] = (tick - np.asarray(v["founded"])[row]) / TICKS_PER_YEAR
        frame = frame.sort_values(["tick", "venture"], kind="stable", ignore_index=True)
        frame.attrs["units"] = {
            "venture": "id", "number": "count", "tick": "tick", "year": "year", "size": "million RMB", "pre": "million RMB", "post": "million RMB",
            "lead": "id", "co_investor": "id", "age": "years",
        }  # fmt: skip
        return frame

    def events(self) -> pandas.DataFrame:
        """The event log in words: when, what, who, with whom, how much (million RMB; none where no money moves), and a note.

        `shares` are shares that changed hands. Within a tick lines stand in the order in which things happened.
        """
        self._need_log("events")
        return self._events(self._rows("events"))

    def _events(self, events: Any) -> pandas.DataFrame:
        import pandas

        what = np.asarray(events["what"])
        who, whom, note = (np.full(len(events), None, dtype=object) for _ in range(3))
        amount = np.full(len(events), np.nan)
        for code, event in EVENTS.items():
            lines = np.flatnonzero(what == code)
            who[lines] = ids(event.who, events["who"][lines])
            if event.whom:
                whom[lines] = ids(event.whom, events["whom"][lines])
            numbers = np.asarray(events["amount"])[lines]
            if event.amount == "fen":
                amount[lines] = numbers / FEN_PER_MILLION
                note[lines] = event.note or None
            else:
                words = {number: note_of(event.amount, number) for number in np.unique(numbers).tolist()}
                note[lines] = [words[number] for number in numbers.tolist()]
        tick = np.asarray(events["tick"])
        frame = pandas.DataFrame(
            {
                "tick": tick, "year": tick / TICKS_PER_YEAR, "what": named(accounts.EVENT_NAMES, what), "who": who, "whom": whom,
                "amount": amount, "shares": np.asarray(events["shares"]), "note": note,
            }
        )  # fmt: skip
        frame.attrs["units"] = {
            "tick": "tick", "year": "year", "what": "name", "who": "id", "whom": "id", "amount": "million RMB", "shares": "count", "note": "name",
        }  # fmt: skip
        return frame

    def series(self) -> pandas.DataFrame:
        """One row for each quarter, by year: counts of the living, money since the start, balances of the accounts outside (`account_...`)."""
        frame = self._frame("series", self._rows("series"))
        frame.index = _named_index(frame["tick"] / TICKS_PER_YEAR, "year")
        return frame

    def programmes(self) -> pandas.DataFrame:
        """One row for each programme: name, title, city, what it paid, what came back and what was lost (million RMB)."""
        frame = self.to_frame("programme_accounts")
        running = self.provenance["scenario"]["running"]
        for place, column in enumerate(("name", "title", "city")):
            frame.insert(place, column, [programme[column] for programme in running])
        frame.attrs["units"] |= {"name": "name", "title": "name", "city": "name"}
        return frame

    def cities(self) -> pandas.DataFrame:
        """One row for each quarter and city, by year and name: who is there, who came and went, jobs, output, public cost since the start."""
        frame = self.to_frame("city_series")
        names = [city["name"] for city in self.provenance["scenario"]["cities"]] or [self.scenario]
        frame["city"] = [names[row] for row in np.asarray(self._rows("city_series")["city"])]
        frame.insert(0, "year", frame.pop("tick") / TICKS_PER_YEAR)
        frame.attrs["units"] |= {"year": "years", "city": "name"}
        return frame.set_index(["year", "city"])

    def parameters(self) -> pandas.DataFrame:
        """Every figure that the run was made with: value, unit, range, status, source and reason."""
        import pandas

        return pandas.DataFrame(self.provenance["parameters"]).set_index("name")

    # ---------------------------------------------------------------------------------------------------- measures

    def outcomes(self, burn_in: int | None = None) -> dict[str, float]:
        """One row of outcomes (`seedbed.model.outcomes.OUTCOMES` names them): of what came after `burn_in` years, 10 or a quarter of a shorter run."""
        from .outcomes import outcomes

        return outcomes(self.world, self._burn_in(burn_in, min(10, self.years // 4)))

    def _burn_in(self, given: Any, usual: int = 0) -> int:
        if given is None:
            return usual
        years = (self.last + 1) // TICKS_PER_YEAR
        if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given < max(years, 1):
            raise BadInput(what="the burn-in", given=given, allowed=f"a whole number of years from 0 to {max(years, 1) - 1}", where="burn_in")
        return given

    def _curves(self, burn_in: int) -> dict[str, np.ndarray]:
        from .outcomes import curves

        if burn_in not in self._kept_curves:
            self._kept_curves[burn_in] = curves(self.world, burn_in)
        return self._kept_curves[burn_in]

    def funnel(self, burn_in: int | None = None) -> pandas.DataFrame:
        """How many ventures, founded after `burn_in` years, reached each round: how many of all, of those before, and after how long (median years)."""
        import pandas

        start = self._burn_in(burn_in)
        ventures = self._curves(start)["funnel"]
        v = self._rows("ventures")
        v = v[v["founded"] >= start * TICKS_PER_YEAR]
        ages, sizes = [0.0], [np.nan]
        for n in range(1, len(ventures)):
            reached = v[v["rounds"] >= n]
            some = len(reached) > 0
            ages.append(float(np.median(reached["round_tick"][:, n - 1] - reached["founded"])) / TICKS_PER_YEAR if some else np.nan)
            sizes.append(float(np.median(reached["round_size"][:, n - 1])) / FEN_PER_MILLION if some else np.nan)
        before = np.concatenate([[np.nan], ventures[:-1]])
        frame = pandas.DataFrame(
            {
                "ventures": ventures.astype(int),
                "of_founded": ventures / ventures[0] if ventures[0] else np.full(len(ventures), np.nan),
                "of_step_before": np.divide(ventures, before, out=np.full(len(ventures), np.nan), where=before > 0),
                "age": ages,
                "size": sizes,
            },
            index=_named_index(["founded", *(f"round {n}" for n in range(1, len(ventures)))], "step"),
        )
        frame.attrs["units"] = {"ventures": "count", "of_founded": "share", "of_step_before": "share", "age": "years, median", "size": "million RMB, median"}
        return frame

    def survival(self, group: str = "all", burn_in: int | None = None) -> pandas.DataFrame:
        """Kaplan-Meier survival by age of ventures ("all" or those ever "funded"), founded after `burn_in` years.

        Closing is death; who is sold, listed, or alive at the end is no longer observed.
        """
        import pandas

        if group not in ("all", "funded"):
            raise BadInput(what="the group of ventures", given=group, allowed=["all", "funded"], where="History.survival")
        curves = self._curves(self._burn_in(burn_in))
        at_risk, deaths, exits = (curves[f"{name}_{group}"] for name in ("at_risk", "deaths", "exits"))
        seen = at_risk > 0
        hazard = np.divide(deaths, at_risk, out=np.zeros(len(at_risk)), where=seen)
        frame = pandas.DataFrame({"at_risk": at_risk, "deaths": deaths, "exits": exits, "survival": np.cumprod(1.0 - hazard)})
        frame.index = _named_index(np.arange(len(frame)) / TICKS_PER_YEAR, "age")
        frame.attrs["units"] = {"at_risk": "count", "deaths": "count", "exits": "count", "survival": "share"}
        return frame[seen]

    def jcurve(self, kind: str = "market", burn_in: int | None = None) -> pandas.DataFrame:
        """Mean net cumulative flow to the investors of a kind of fund by the fund's age, as a share of the commitment; funds raised after `burn_in` years.

        `funds` says how many are old enough to be seen at an age.
        """
        import pandas

        if kind not in FUND_KINDS:
            raise BadInput(what="the kind of fund", given=kind, allowed=list(FUND_KINDS), where="History.jcurve")
        curves = self._curves(self._burn_in(burn_in))
        total, funds = curves[f"jcurve_{kind}"], curves[f"jcurve_{kind}_funds"]
        frame = pandas.DataFrame({"funds": funds, "net_flow": np.divide(total, funds, out=np.full(len(total), np.nan), where=funds > 0)})
        frame.index = _named_index(np.arange(len(frame)) / TICKS_PER_YEAR, "age")
        frame.attrs["units"] = {"funds": "count", "net_flow": "share of the commitment"}
        return frame[funds > 0]

    # ------------------------------------------------------------------------------------------- ownership and ties

    @functools.cached_property
    def ledger(self) -> Ledger:
        """The event log as movements of shares (see `seedbed.model.replay`)."""
        self._need_log("ledger")
        return replay(self.world)

    def cap_table(self, venture: str | int, tick: int | None = None) -> pandas.DataFrame:
        """Who owns a venture after a tick (None: the last): exact at every tick of a recorded run, and at the last tick of any.

        `cost` is what a holder paid (million RMB), `since` the year of a fund's first purchase. After a venture has ended: as it stood at the end.
        """
        import pandas

        row = self._venture(venture, "History.cap_table")
        at = check_tick(self.world, tick, "History.cap_table")
        v = self._rows("ventures")[row]
        if at < v.founded:
            raise BadInput(what="the tick", given=at, allowed=f"from {v.founded}, when {id_of('venture', row)} was founded", where="History.cap_table")
        held, since = self._holdings(row, at)
        order = sorted(held, key=lambda holder: (holder != FOUNDERS, holder > UNIVERSITY_HOLDER, holder == PUBLIC_HOLDER, since.get(holder, 0), holder))
        shares = np.array([held[holder][0] for holder in order])
        names, kinds = zip(*(self._holder(holder) for holder in order), strict=True)
        frame = pandas.DataFrame(
            {
                "kind": list(kinds),
                "shares": shares,
                "share": shares / shares.sum(),
                "cost": np.array([held[holder][1] for holder in order]) / FEN_PER_MILLION,
                "since": [since.get(holder, int(v.founded) if holder != PUBLIC_HOLDER else np.nan) / TICKS_PER_YEAR for holder in order],
            },
            index=_named_index(list(names), "holder"),
        )
        frame.attrs["units"] = {"kind": "name", "shares": "count", "share": "share", "cost": "million RMB", "since": "year"}
        return frame

    def _holdings(self, row: int, tick: int) -> tuple[dict[int, tuple[int, int]], dict[int, int]]:
        """Shares and cost by holder, and since when funds hold theirs."""
        if self.recorded:
            stakes = np.flatnonzero((self.ledger.held == row) & (self.ledger.start <= tick))
            since = {int(self.ledger.fund[stake]): int(self.ledger.start[stake]) for stake in stakes}
            return cap_table_at(self.ledger, row, tick), since
        v = self.world.ventures[row]
        held: dict[int, tuple[int, int]] = {FOUNDERS: (int(v.founders_shares), 0)}
        for holder, shares, cost in zip(v.holder.tolist(), v.shares.tolist(), v.cost.tolist(), strict=True):
            if shares:
                before = held.get(holder, (0, 0))
                held[holder] = (before[0] + shares, before[1] + cost)
        opened = self.world.deals["opened"]
        return held, {holder: int(opened[deal]) for holder, deal in zip(v.holder.tolist(), v.deal.tolist(), strict=True) if holder >= 0}

    def _holder(self, holder: int) -> tuple[str, str]:
        if holder == FOUNDERS:
            return "founders", "founders"
        if holder == PUBLIC_HOLDER:
            return "public", "outside investors"
        if holder <= PROGRAMME_HOLDER:
            return id_of("programme", PROGRAMME_HOLDER - holder), "office"
        if holder <= UNIVERSITY_HOLDER:
            return id_of("university", UNIVERSITY_HOLDER - holder), "university"
        return id_of("fund", holder), f"{FUND_KINDS[self.world.funds[holder].kind]} fund"

    def network(self, tick: int | None = None, *, layers: Iterable[str] | None = None, living: bool = True) -> networkx.MultiGraph:
        """The network after a tick (None: the last) as a networkx MultiGraph; `seedbed.model.network` explains nodes and layers."""
        return network_module.graph(self.world, tick, layers=layers, living=living, ledger=self._ledger_for(tick, layers))

    def relations(self, tick: int | None = None, *, layers: Iterable[str] | None = None, living: bool = True) -> dict[str, network_module.Edges]:
        """The same as arrays, much faster: by layer the rows on either side, since when, until when, and attributes."""
        return network_module.relations(self.world, tick, layers=layers, living=living, ledger=self._ledger_for(tick, layers))

    def _ledger_for(self, tick: int | None, layers: Iterable[str] | None) -> Ledger | None:
        return None if tick is None or tick == self.last or not self.recorded else self.ledger

    @functools.cached_property
    def layout(self) -> network_module.Layout:
        """Positions of nodes, the same in all pictures of this history."""
        return network_module.Layout()

    # ------------------------------------------------------------------------------------------------ one venture

    def name(self, given: str, language: str = "en") -> str:
        """The name of whom an id means ("V123", "P77", "F12" ...): the same in every run under the same seed, in English or Chinese (`seedbed.model.names`)."""
        from .names import name_in

        return name_in(self, given, language)

    def story(self, venture: str | int, other: History | None = None, language: str = "en") -> Story:
        """The story of one venture, told from the event log, with what its investors believed at each decision (`seedbed.model.stories`).

        `other`: a run of the same seed and years under another policy; the story then ends with the venture's twin there. Beliefs are read by living the
        run again, a tenth of a second; a loaded run whose scenario is not at hand is told without.
        """
        from .stories import tell
        from .twins import check_pair

        check_language(language, "History.story")
        self._need_log("story")
        if other is not None:
            check_pair(self, other, "History.story")
        row = self._venture(venture, "History.story")
        return tell(self, row, self._lines_of(row), other, language)

    def _lines_of(self, row: int) -> Any:
        """The lines of the log about a venture."""
        events = self._rows("events")
        return events[(events["who"] == row) & np.isin(events["what"], ABOUT_VENTURES)]

    def _venture(self, given: str | int, where: str) -> int:
        return row_of("venture", given, int(self.world.clock[0].n_ventures), where)

    def _need_log(self, what: str) -> None:
        if not self.recorded:
            allowed = "a run with its event log; run it again with record=True"
            raise BadInput(what="the run", given="one without an event log", allowed=allowed, where=f"History.{what}")

    # --------------------------------------------------------------------------------------------- saving, loading

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> Path:
        """Write the run to a new directory: provenance.json, and each table as a Parquet file in fen and ticks, exactly.

        The directory appears only when it is complete. `overwrite`: an earlier saved run may be replaced.
        """
        place = Path(path)
        if place.exists() and not (overwrite and (place / "provenance.json").is_file()):
            allowed = "a path where nothing is yet" + (", or a saved run with overwrite=True" if not overwrite else ", or a saved run")
            raise BadInput(what="the place to save to", given=str(place), allowed=allowed, where="History.save: something is there")
        put_folder(place, self._write, "the place to save to", "History.save")
        return place

    def _write(self, place: Path) -> None:
        import pyarrow
        import pyarrow.parquet

        shapes = {}
        for name in self.world._fields:
            used = max(1, len(self._rows(name)))
            rows = np.asarray(getattr(self.world, name))[:used]
            shapes[name] = _shape_of(rows.dtype)
            table = {}
            for field in rows.dtype.names or ("row",):
                values = rows[field] if rows.dtype.names else rows
                flat = pyarrow.array(np.ascontiguousarray(values).reshape(-1))
                width = int(np.prod(values.shape[1:]))
                table[field] = flat if values.ndim == 1 else pyarrow.FixedSizeListArray.from_arrays(flat, width)
            pyarrow.parquet.write_table(pyarrow.table(table), place / f"{name}.parquet", compression="zstd")
        about = {"layout": LAYOUT, "tables": shapes, **self.provenance}
        (place / "provenance.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> History:
        """A run that was saved. Its tables must be those of this version; the Parquet files can be read by anything."""
        place = Path(path)
        try:
            about = json.loads((place / "provenance.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise _no_run(place, "there is no provenance.json") from None
        except (OSError, ValueError) as error:
            raise _no_run(place, f"provenance.json cannot be read: {error}") from None
        if not isinstance(about, dict) or about.pop("layout", None) != LAYOUT or not isinstance(about.get("tables"), dict):
            raise _no_run(place, f"provenance.json is not of layout {LAYOUT}")
        shapes = about.pop("tables")
        tables = {}
        for name in World._fields:
            try:
                tables[name] = _read_table(place / f"{name}.parquet", name, shapes.get(name), str(about["versions"].get("seedbed", "unknown")))
            except BadInput:
                raise
            except (OSError, KeyError, ValueError) as error:
                raise _no_run(place, f"{name}.parquet cannot be read: {error}") from None
        return cls(World(**tables), about)


def _named_index(values: Any, name: str) -> Any:
    import pandas

    return pandas.Index(values, name=name)


def _shape_of(dtype: np.dtype) -> list[list[Any]]:
    """The fields of a record as they can be written down."""
    if dtype.names is None:
        return [["row", dtype.str, []]]
    return [[name, dtype[name].base.str, list(dtype[name].shape)] for name in dtype.names]


@functools.lru_cache(maxsize=1)
def _dtypes() -> dict[str, np.dtype]:
    """The records of this version."""
    from .world import Size, allocate

    world = allocate(Scenario.load("baseline"), Size(1, 1, 1, 1, 1, 1, 1, 1))
    return {name: np.asarray(table).dtype for name, table in zip(world._fields, world, strict=True)}


def _read_table(place: Path, name: str, shape: Any, version: str) -> Any:
    import pyarrow.parquet

    dtype = _dtypes()[name]
    if shape != _shape_of(dtype):
        allowed = f"a run of this version: its table {name!r} has other fields. Run it again, or load it with the version that saved it"
        raise BadInput(what="the run", given=str(place.parent), allowed=allowed, where=f"History.load: saved by seedbed {version}")
    table = pyarrow.parquet.read_table(place)
    if dtype.names is None:
        return np.array(table["row"].to_numpy(), dtype=dtype)
    rows = np.zeros(table.num_rows, dtype)
    for field in dtype.names:
        column = table[field].combine_chunks()
        values = column if not dtype[field].shape else column.flatten()
        rows[field] = values.to_numpy(zero_copy_only=False).reshape(rows[field].shape)
    return as_rows(rows)
