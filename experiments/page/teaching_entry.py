"""The teaching model: a small city, or two under the same seed, walked quarter by quarter by somebody who asks in JSON.

    answer('{"ask": "open", "seed": 1, "years": 20, "here": {}, "there": {"fund.tolerance.market": 7}}')
    answer('{"ask": "step", "language": "en"}')

This file runs in two places: in a browser, where Pyodide has Python and numpy and nothing else (no Numba, no Mesa, no pandas), and here, where tests hold what
the browser's copy answers against the compiled rules. It and all that it imports therefore need numpy and the standard library only, and the rules
run interpreted wherever Numba is missing. They are the same rules: what is small is the city, not the model.

Questions, by `ask`:

    open      seed, years, here, there (None: one world)     two worlds at year 0
    step      language                                       a quarter of both, then as look
    look      language                                       the still and the figures of both, and whose unicorns are missing in the other
    story     world (0 or 1), id, language                   what a node is, and the life of a venture
    check     recorded                                       a short run again, table by table, against what was recorded when the page was written

What was asked wrongly is answered by {"refused": sentence}.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from seedbed.agents.errors import BadInput
from seedbed.agents.fund import KINDS as FUND_KINDS
from seedbed.agents.money import FEN_PER_MILLION
from seedbed.agents.programme import INSTRUMENTS
from seedbed.agents.venture import FORMS, ORIGINS, ROUNDS, SECTORS, STATUSES
from seedbed.model.engine import check_run, open_run
from seedbed.model.history import History
from seedbed.model.language import check_language, say
from seedbed.model.names import name_in, venture_name
from seedbed.model.scenario import Scenario
from seedbed.model.schedule import quarters
from seedbed.model.stories import Teller, date, within_a_tick
from seedbed.model.words import EVENTS, row_of
from seedbed.model.world import TICKS_PER_YEAR, Size, World, first_guess, in_use

from .frames import Camera

__all__ = ["CHECKED_YEARS", "MOST_GRADUATES", "MOST_YEARS", "TOWN", "Town", "answer", "checked", "fingerprints", "lost_and_found", "town"]

TOWN = {
    "university.number": 1,
    "city.graduates": 20,
    "city.newcomers": 10,
    "fund.managers.angel": 2,
    "fund.managers.market": 3,
    "fund.managers.patient": 1,
    "fund.managers.alumni": 1,
    "fund.managers.guidance": 1,
}
"""By what the teaching city differs from the baseline: how many there are of each kind, and nothing else. It is small enough for interpreted rules to run a quarter
in a fraction of a second. It was not calibrated: with 8 managers for some 230 ventures in 20 years more of them find money than in the baseline."""

MOST_GRADUATES = 60  # more would make a quarter take longer than people wait
MOST_YEARS = 40
CHECKED_YEARS = 5


def town(changes: Mapping[str, Any] | None = None) -> Scenario:
    """The teaching city, changed as asked for."""
    changes = dict(changes or {})
    graduates = changes.get("city.graduates", TOWN["city.graduates"])
    if isinstance(graduates, int | float) and graduates > MOST_GRADUATES:
        raise BadInput(what="city.graduates", given=graduates, allowed=(1, MOST_GRADUATES), where="the teaching model")
    return Scenario.load("baseline").with_({**TOWN, **changes}, where="the teaching model")


class Town:
    """One world that is walked a quarter at a time, and the camera that looks at it."""

    def __init__(self, scenario: Scenario, seed: int, years: int, size: Size | None = None) -> None:
        check_run(seed, years)
        self.scenario, self.seed, self.years = scenario, seed, years
        self._open(size or first_guess(scenario, years, record=True))

    def _open(self, size: Size) -> None:
        self.size = size
        self.world: World = open_run(self.scenario, self.seed, self.years, record=True, size=size)
        self.history = History.of(self.world, self.scenario, self.seed, self.years)
        self.camera = Camera(self.history)

    @property
    def now(self) -> int:
        """Quarters that have been walked."""
        return int(self.world.clock[0].now)

    @property
    def over(self) -> bool:
        return self.now >= self.years * TICKS_PER_YEAR

    def step(self) -> None:
        """One more quarter. Where a table was too small, the run begins again with larger ones, up to the same quarter, as the engine does."""
        if self.over:
            return
        wanted = self.now + 1
        self._walk(wanted)
        while self._too_small():
            self._open(self.size.doubled())
            self._walk(wanted)

    def _walk(self, until: int) -> None:
        while self.now < until and not self._too_small():
            quarters(self.world, self.now + 1)
            self.camera.take()

    def _too_small(self) -> bool:
        clock = self.world.clock[0]
        return bool(clock.full) or int(clock.n_events) > len(self.world.events)

    def rows(self, table: str) -> Any:
        """The rows of a table in use."""
        return getattr(self.world, table)[: in_use(self.world, table)]


# ------------------------------------------------------------------------------------------------------------- fingerprints


def fingerprints(world: World) -> dict[str, str]:
    """A fingerprint of each table's rows in use, all fields to the last bit, whatever the length of the table."""
    found = {}
    for name in world._fields:
        rows = np.asarray(getattr(world, name))[: in_use(world, name)]
        digest = hashlib.sha256()
        for field in rows.dtype.names or ("",):
            digest.update(np.ascontiguousarray(rows[field] if field else rows).tobytes())
        found[name] = digest.hexdigest()[:16]
    return found


def checked() -> dict[str, Any]:
    """A short run of the teaching city under seed 1: its fingerprints, and four numbers of its end that people can read."""
    walked = Town(town(), seed=1, years=CHECKED_YEARS)
    while not walked.over:
        walked.step()
    v, clock = walked.rows("ventures"), walked.world.clock[0]
    return {
        "years": CHECKED_YEARS,
        "tables": fingerprints(walked.world),
        "ventures": int(clock.n_ventures),
        "living": int(clock.n_live),
        "unicorns": int(np.count_nonzero(v["unicorn_fundamental"] >= 0)),
        "invested": int(clock.invested),
    }


# -------------------------------------------------------------------------------------------------------------- two worlds


UNICORNS = {"fundamental": "unicorn_fundamental", "paper": "unicorn_paper"}


def lost_and_found(here: Town, there: Town, language: str = "en") -> dict[str, Any]:
    """Unicorns of two worlds under one seed, by fundamental value and on paper: how many are in both, and those of one only with what became of them in the other.

    The same venture is found by its key, which says whose idea it is.
    """
    rows = [{int(key): row for row, key in enumerate(one.rows("ventures")["key"].tolist())} for one in (here, there)]
    return {name: _in_one_only((here, there), rows, field, language) for name, field in UNICORNS.items()}


def _in_one_only(towns: tuple[Town, Town], rows: list[dict[int, int]], field: str, language: str) -> dict[str, Any]:
    unicorns = [{key for key, row in found.items() if one.world.ventures[row][field] >= 0} for one, found in zip(towns, rows, strict=True)]
    only = []
    for side in (0, 1):
        for key in sorted(unicorns[side] - unicorns[1 - side], key=rows[side].__getitem__):
            twin = rows[1 - side].get(key)
            fate = "never founded" if twin is None else STATUSES[int(towns[1 - side].world.ventures[twin].status)].replace("_", " ")
            other = None if twin is None else f"V{twin}"
            only.append({"world": side, "key": str(key), "id": f"V{rows[side][key]}", "name": venture_name(key, language), "other": other, "fate": fate})
    return {"both": len(unicorns[0] & unicorns[1]), "only": only}


# -------------------------------------------------------------------------------------------------------- one agent's state

Facts = list[tuple[str, str]]


def _venture(one: Town, row: int, language: str) -> Facts:
    v = one.world.ventures[row]
    price = float(v.round_post[min(int(v.rounds), ROUNDS) - 1]) if v.rounds > 0 else 0.0
    return [
        (say("status", language), _word(STATUSES, v.status, language)),
        (say("form", language), _word(FORMS, v.form, language)),
        (say("sector", language), _word(SECTORS, v.sector, language)),
        (say("origin", language), _word(ORIGINS, v.origin, language)),
        (say("rounds", language), str(int(v.rounds))),
        (say("equity raised", language), _money(v.raised, language)),
        (say("price of its equity in the last round", language), _money(price, language)),
        (say("cash", language), _money(v.cash, language)),
        (say("fundamental value", language), _money(v.value, language)),
    ]


def _life(one: Town, row: int, language: str) -> list[str]:
    """A venture's life so far, from the event log. What its investors believed is not told here: reading it takes the whole run once more."""
    history = History(one.world, one.history.provenance)  # a new one, since a history keeps what it has read of the log
    teller = Teller(history, row, language)
    events = one.rows("events")
    about_ventures = [code for code, event in EVENTS.items() if event.who == "venture"]
    lines = events[(events["who"] == row) & np.isin(events["what"], about_ventures)]
    colon = "：" if language == "zh" else ": "
    return [*(f"{date(tick, language)}{colon}{teller.tell(alike)}" for tick, alike in within_a_tick(lines)), teller.end(history.last)]


def _fund(one: Town, row: int, language: str) -> Facts:
    f = one.world.funds[row]
    manager = one.world.managers[int(f.manager)]
    return [
        (say("kind of fund", language), _word(FUND_KINDS, f.kind, language)),
        (say("tolerance", language), _years(manager.tolerance, language)),
        (say("fund life", language), _years(manager.life, language)),
        (say("raised in year", language), f"{f.raised / TICKS_PER_YEAR:.2f}"),
        (say("commitment", language), _money(f.commitment, language)),
        (say("called", language), _money(f.called, language)),
        (say("distributed", language), _money(f.distributed, language)),
        (say("ventures backed", language), str(int(f.deals))),
    ]


def _university(one: Town, row: int, language: str) -> Facts:
    ventures = one.rows("ventures")
    mine = ventures[ventures["university"] == row]
    return [
        (say("ventures of its people", language), str(len(mine))),
        (say("unicorn by fundamental value", language), str(int(np.count_nonzero(mine["unicorn_fundamental"] >= 0)))),
    ]


def _programme(one: Town, row: int, language: str) -> Facts:
    account = one.world.programme_accounts[row]
    return [
        (say("instrument", language), _word(INSTRUMENTS, one.world.programmes[row].instrument, language)),
        (say("paid so far", language), _money(account.paid, language)),
        (say("returned so far", language), _money(account.returned, language)),
    ]


def _office(one: Town, row: int, language: str) -> Facts:
    return [(say("inquiries into losses", language), str(int(one.world.offices[row].inquiries)))]


def _bank(one: Town, row: int, language: str) -> Facts:
    b = one.world.banks[row]
    return [(say("loans to ventures", language), str(int(b.granted))), (say("loans to ventures outstanding", language), _money(b.loans, language))]


def _word(names: tuple[str, ...], code: Any, language: str) -> str:
    return say(names[int(code)].replace("_", " "), language)


def _years(ticks: Any, language: str) -> str:
    return f"{float(ticks) / TICKS_PER_YEAR:.2f} {say('years', language)}"


def _money(fen: Any, language: str) -> str:
    return f"{float(fen) / FEN_PER_MILLION:,.1f} {say('million RMB', language)}"


DESCRIBED: dict[str, tuple[str, str, Callable[[Town, int, str], Facts]]] = {  # by the letter of an id
    "V": ("ventures", "venture", _venture), "F": ("funds", "fund", _fund), "U": ("universities", "university", _university),
    "G": ("programmes", "programme", _programme), "O": ("offices", "government office", _office), "B": ("banks", "bank", _bank),
}  # fmt: skip
ROW_KINDS = {"government office": "office"}


# ------------------------------------------------------------------------------------------------------------ what is asked


def _still(one: Town, language: str) -> dict[str, Any]:
    """The present quarter, and what all who are in it are called."""
    still = one.camera.still()
    return {**still, "names": {id: name_in(one.history, id, language) for id in still["nodes"]["id"]}}


class Classroom:
    """The worlds that are open, and the answers to questions about them."""

    def __init__(self) -> None:
        self.towns: list[Town] = []

    def open(self, seed: Any = 1, years: Any = 20, here: Any = None, there: Any = None) -> dict[str, Any]:
        """New worlds at year 0; those that were open stay open if these are refused."""
        if isinstance(years, int) and not isinstance(years, bool) and years > MOST_YEARS:
            raise BadInput(what="the length of a run in years", given=years, allowed=(1, MOST_YEARS), where="the teaching model")
        policies = [here] if there is None else [here, there]
        self.towns = [Town(town(_settings(policy)), seed, years) for policy in policies]
        return {"worlds": len(self.towns), "quarters": years * TICKS_PER_YEAR}

    def step(self, language: Any = "en") -> dict[str, Any]:
        language = check_language(language, "step")
        for one in self._open_towns("step"):
            one.step()
        return self.look(language)

    def look(self, language: Any = "en") -> dict[str, Any]:
        language = check_language(language, "look")
        towns = self._open_towns("look")
        began = towns[0].now > 0
        return {
            "quarter": towns[0].now,
            "year": towns[0].now / TICKS_PER_YEAR,
            "over": towns[0].over,
            "worlds": [{"still": _still(one, language), "figures": one.camera.figures(language=language)} for one in towns] if began else [],
            "unicorns": lost_and_found(*towns, language) if len(towns) == 2 else None,
        }

    def story(self, world: Any = 0, id: Any = None, language: Any = "en") -> dict[str, Any]:
        language = check_language(language, "story")
        towns = self._open_towns("story")
        if isinstance(world, bool) or not isinstance(world, int) or not 0 <= world < len(towns):
            raise BadInput(what="the world", given=world, allowed=list(range(len(towns))), where="story")
        table, kind, facts = DESCRIBED.get(str(id)[:1], ("", "", None))
        if facts is None:
            allowed = f"the id of somebody in the picture: a number after {', '.join(DESCRIBED)}, such as V3"
            raise BadInput(what="the agent", given=id, allowed=allowed, where="story")
        one = towns[world]
        row = row_of(ROW_KINDS.get(kind, kind), id, len(one.rows(table)), "story")
        life = _life(one, row, language) if kind == "venture" else []
        return {"id": str(id), "name": name_in(one.history, str(id), language), "kind": say(kind, language), "facts": facts(one, row, language), "life": life}

    def check(self, recorded: Any = None) -> dict[str, Any]:
        """The short run again, beside what was recorded: which tables have the same bytes."""
        if not isinstance(recorded, dict) or not isinstance(recorded.get("tables"), dict):
            raise BadInput(what="what was recorded", given=type(recorded).__name__, allowed="what checked() gives", where="check")
        found = checked()
        differ = [name for name, mark in found["tables"].items() if recorded["tables"].get(name) != mark]
        numbers = ("ventures", "living", "unicorns", "invested")
        return {"differ": differ, "tables": len(found["tables"]), "same_numbers": all(found[name] == recorded.get(name) for name in numbers), "found": found}

    def _open_towns(self, where: str) -> list[Town]:
        if not self.towns:
            raise BadInput(what="the city", given=None, allowed="one that was opened before", where=where)
        return self.towns


def _settings(policy: Any) -> dict[str, Any]:
    if policy is None:
        return {}
    if not isinstance(policy, dict):
        raise BadInput(what="a policy", given=policy, allowed="settings by the names of parameters", where="the teaching model")
    return policy


QUESTIONS = ("open", "step", "look", "story", "check")
_classroom = Classroom()


def answer(question: str, classroom: Classroom | None = None) -> str:
    """The answer to a question, both JSON. A question that cannot be is answered by a sentence under "refused"."""
    try:
        asked = _read(question)
        if not isinstance(asked, dict) or asked.get("ask") not in QUESTIONS:
            given = asked.get("ask") if isinstance(asked, dict) else asked
            raise BadInput(what="the question", given=given, allowed=QUESTIONS, where="ask")
        ask = getattr(classroom or _classroom, asked.pop("ask"))
        return json.dumps(ask(**_known(ask, asked)), ensure_ascii=False, allow_nan=False)
    except BadInput as refusal:
        return json.dumps({"refused": str(refusal)}, ensure_ascii=False)


def _read(question: str) -> Any:
    try:
        return json.loads(question)
    except ValueError:
        raise BadInput(what="the question", given=question, allowed="JSON", where="ask") from None


def _known(ask: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """What a question may say; anything else is refused rather than passed over."""
    allowed = ask.__func__.__code__.co_varnames[1 : ask.__func__.__code__.co_argcount]
    for name in asked:
        if name not in allowed:
            raise BadInput(what=f"a word of the question {ask.__name__}", given=name, allowed=list(allowed), where="ask")
    return asked
