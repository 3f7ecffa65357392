"""The desk of one visitor of the page: which city, which policies, which quarter; and what of it is shown.

A `Desk` knows nothing of browsers. The page sends it acts (`desk.act({"do": "step"})`), each checked as if typed by a stranger, and shows its parts,
plain dicts and lists that JSON can carry:

    frame      what one quarter looks like, in one world or in two
    controls   scenario, seed, sliders with their evidence, programmes
    story      the agent that was clicked: its state and its story
    twins      who became a unicorn only here, who died only there, and why
    lesson     a guided demonstration, and its answer once it was run

An act that cannot be is answered by a sentence in `fault`, and nothing else changes. Two desks share nothing but files.
"""

from __future__ import annotations

import functools
import math
import tempfile
import threading
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from seedbed.agents.errors import BadInput
from seedbed.model import programmes as programme_files
from seedbed.model.engine import check_run, open_run
from seedbed.model.history import History
from seedbed.model.language import LANGUAGES, check_language, say
from seedbed.model.parameters import parse_assignment
from seedbed.model.scenario import Scenario
from seedbed.model.schedule import quarters
from seedbed.model.twins import twins
from seedbed.model.words import row_of
from seedbed.model.world import TICKS_PER_YEAR, first_guess

from ..report import number
from . import lessons
from .frames import FLAGS, VENTURE, Camera, drawing_words

__all__ = ["Desk", "Town", "read_link", "read_upload"]

HERE, THERE = "here", "there"
VIEWS = ("city", "twins", "lessons")
LONGEST = 100  # years that the page runs
LARGEST_FILE = 100_000  # letters of a scenario file
LARGEST_TOWN = 250_000  # people whom the tables of one world may hold
LISTED = 40  # twins in one list
FIRST_LOOK = 40  # quarters lived through when the page opens: an empty city is no sight
IN_LINK = ("lang", "view", "scenario", "seed", "years", "tick", "set", "set-b", "lesson")


# ------------------------------------------------------------------------------------------------------------ one world


class Town:
    """One world on its way under a scenario and a seed, at any quarter.

    The engine runs it quarter by quarter, compiled. Going back opens the world again and runs it to that quarter: the same scenario and seed
    give the same world, so that nothing of the past need be kept.
    """

    def __init__(self, scenario: Scenario, seed: int, years: int) -> None:
        check_run(seed, years)
        self.scenario, self.seed, self.years = scenario, seed, years
        self.size = first_guess(scenario, years, True)
        if self.size.people > LARGEST_TOWN:
            allowed = f"at most {LARGEST_TOWN:,}: fewer graduates, newcomers, cities or years; larger ones run by `seedbed run`"
            raise BadInput(what="the size of the world in people", given=self.size.people, allowed=allowed, where="the page")
        self._open()

    @property
    def last(self) -> int:
        """Quarters in the whole run."""
        return self.years * TICKS_PER_YEAR

    @property
    def now(self) -> int:
        """Quarters lived through."""
        return int(self.world.clock[0].now)

    def _open(self) -> None:
        self.world = open_run(self.scenario, self.seed, self.years, record=True, size=self.size)
        self.history = History.of(self.world, self.scenario, self.seed, self.years)
        self.camera = Camera(self.history)

    def go(self, tick: int) -> None:
        """To the end of a quarter: `tick` quarters lived through."""
        if tick < self.now:
            self._open()
        while self.now < tick:
            quarters(self.world, tick)
            clock = self.world.clock[0]
            if clock.full or clock.n_events > len(self.world.events):
                self.size = self.size.doubled()
                self._open()
        self.history = History(self.world, self.history.provenance, self.scenario)  # nothing kept from an earlier quarter

    def still(self, language: str) -> dict[str, Any] | None:
        """The quarter as `drawing.js` draws it, with the names of unicorns; nothing before the first quarter."""
        if self.now == 0:
            return None
        taken = self.camera.still()
        nodes = taken["nodes"]
        unicorn = FLAGS["unicorn"] | FLAGS["paper unicorn"]
        known = [name for name, kind, flags in zip(nodes["id"], nodes["kind"], nodes["flags"], strict=True) if kind == VENTURE and flags & unicorn]
        return taken | {"names": {name: self.history.name(name, language) for name in known}}

    def agent(self, name: str, language: str, other: Town | None) -> dict[str, Any]:
        """What there is to know of the agent that an id names."""
        table = TABLE_OF.get(name[:1])
        if table is None:
            raise BadInput(what="the agent", given=name, allowed=f"an id that begins with one of {', '.join(TABLE_OF)}", where="the page")
        kind, frame_of = table
        frame = frame_of(self.history)
        row = row_of(kind, name, len(frame), "the page")
        line, units = frame.iloc[row], frame.attrs["units"]
        state = [[say(label.replace("_", " "), language), _shown(line[label], language), say(units.get(label, ""), language)] for label in frame.columns]
        told = [entry for entry in state if entry[1] != ""]
        about = {"id": name, "title": self.history.name(name, language), "kind": say(kind, language), "state": told, "story": [], "lead": ""}
        if kind == "venture":
            story = self.history.story(name, other=None if other is None else other.history, language=language)
            about["story"] = list(story.sentences)
        return about


TABLE_OF: dict[str, tuple[str, Callable[[History], Any]]] = {
    "V": ("venture", History.ventures),
    "P": ("person", History.people),
    "F": ("fund", History.funds),
    "U": ("university", lambda history: history.to_frame("universities")),
    "O": ("office", lambda history: history.to_frame("offices")),
    "G": ("programme", lambda history: history.to_frame("programme_accounts")),
    "B": ("bank", lambda history: history.to_frame("banks")),
}


def _shown(value: Any, language: str) -> str:
    """A value of a table as people read it; nothing for what does not apply."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return say("yes" if value else "no", language)
    if isinstance(value, int | float):
        return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"
    return say(str(value), language) if isinstance(value, str) else str(value)


# ------------------------------------------------------------------------------------------- what comes from a stranger


@dataclass(frozen=True)
class Wish:
    """What a visitor wants to see: a scenario, settings of either world, seed, years, quarter, view and language."""

    scenario: Scenario
    here: Mapping[str, Any] = field(default_factory=dict)
    there: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 1
    years: int = 40
    tick: int = 0
    view: str = "city"
    language: str = "en"
    lesson: str = ""


def whole(given: Any, what: str, low: int, high: int, where: str) -> int:
    """A whole number that a stranger typed."""
    try:
        number = int(str(given).strip())
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise BadInput(what=what, given=str(given)[:80], allowed=f"a whole number from {low} to {high}", where=where)
    return number


def one_of(given: Any, what: str, allowed: Iterable[str], where: str) -> str:
    """One of the names that are allowed."""
    names = list(allowed)
    if given not in names:
        raise BadInput(what=what, given=str(given)[:80], allowed=names, where=where)
    return str(given)


def read_link(query: str, start: Wish) -> Wish:
    """The wish that the address of the page holds: ?scenario=hangzhou&seed=3&set=fund.life.market=12&set-b=...&tick=80&view=twins&lang=zh."""
    where = "the address of the page"
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(query.lstrip("?"), keep_blank_values=True):
        given.setdefault(one_of(name, "the name of a parameter", IN_LINK, where), []).append(value)
    for name, values in given.items():
        if len(values) > 1 and not name.startswith("set"):
            raise BadInput(what=f"{name!r}", given=", ".join(values)[:80], allowed="one value", where=where)
    said = {name: values[0] for name, values in given.items()}
    wish = start
    if "lang" in said:
        wish = replace(wish, language=check_language(said["lang"], where))
    if "scenario" in said:
        wish = replace(wish, scenario=Scenario.load(one_of(said["scenario"], "the scenario", Scenario.names(), where)))
    if "view" in said:
        wish = replace(wish, view=one_of(said["view"], "the view", VIEWS, where))
    if "seed" in said:
        wish = replace(wish, seed=whole(said["seed"], "the seed", 0, 2**63 - 1, where))
    if "years" in said:
        wish = replace(wish, years=whole(said["years"], "the years", 1, LONGEST, where))
    if "tick" in said:
        wish = replace(wish, tick=whole(said["tick"], "the quarter", 0, wish.years * TICKS_PER_YEAR, where))
    if "lesson" in said:
        wish = replace(wish, lesson=said["lesson"], view="lessons")
    here, there = (dict(parse_assignment(text, where) for text in given.get(name, [])) for name in ("set", "set-b"))
    return replace(wish, here=here or wish.here, there=there or wish.there)


def write_link(wish: Wish, shipped: bool) -> str:
    """The address that shows the same again; a scenario that was uploaded cannot stand in it."""
    parts: list[tuple[str, str]] = [("lang", wish.language), ("view", wish.view), ("seed", str(wish.seed)), ("years", str(wish.years)), ("tick", str(wish.tick))]
    if shipped:
        parts.insert(0, ("scenario", wish.scenario.name))
    parts += [("set", f"{path}={value}") for path, value in wish.here.items()] + [("set-b", f"{path}={value}") for path, value in wish.there.items()]
    return "?" + urlencode(parts)


def read_upload(name: str, text: str) -> Scenario:
    """A scenario file that was uploaded: read and checked whole, and nothing on this machine but shipped scenarios and programmes can be named by it."""
    where = f"the uploaded file {Path(name).name[:60]!r}"
    if len(text) > LARGEST_FILE:
        raise BadInput(what="the size of the file in letters", given=len(text), allowed=f"at most {LARGEST_FILE:,}", where=where)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(what="the file", given="a text that is not TOML", allowed="a scenario file (see model/scenarios)", where=f"{where}: {error}") from None
    cities = table.get("cities", [])
    named = [table.get("base", "baseline")] + [city.get("scenario") for city in cities if isinstance(city, dict)] if isinstance(cities, list) else []
    for one in named:
        one_of(one, "the scenario that it builds on", Scenario.names(), where)
    for one in table.get("programmes", []) if isinstance(table.get("programmes", []), list) else []:
        one_of(one, "a programme", programme_files.names(), where)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "uploaded.toml"
        place.write_text(text, encoding="utf-8")
        try:
            return Scenario.load(place, where)
        except BadInput as error:
            raise BadInput(what=error.what, given=error.given, allowed=error.allowed, where=str(error.where).replace(str(place), where)) from None


# -------------------------------------------------------------------------------------------------------------- sliders


@functools.cache
def _groups() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The groups of sliders that are shown at once."""
    listed = tomllib.loads((Path(__file__).parent / "controls.toml").read_text(encoding="utf-8"))["groups"]
    return tuple((group["title"], tuple(group["paths"])) for group in listed)


def step_of(unit: str, low: float, high: float) -> float:
    """What one notch of a slider moves: about a sixtieth of the range, rounded to 1, 2 or 5 times a power of ten; whole for counts."""
    rough = (high - low) / 60
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough * 0.999)
    return max(1.0, round(step)) if unit == "count" else float(f"{step:.6g}")


def slider(row: Mapping[str, Any], value: Any, language: str) -> dict[str, Any]:
    """A parameter as the page shows it: what it is, its range and step, its value, and what is known of it."""
    kinds = row["name"].split(".")[2:]
    label = say(row["what"], language) + (f" · {', '.join(say(kind.replace('_', ' '), language) for kind in kinds)}" if kinds else "")
    return {
        "path": row["name"], "label": label, "unit": say(row["unit"], language), "low": row["low"], "high": row["high"],
        "step": step_of(row["unit"], row["low"], row["high"]), "base": row["value"], "value": value, "status": say(row["status"], language),
        "source": row["source"], "why": row["why"],
    }  # fmt: skip


def sliders_of(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Every number of a scenario that a slider can move, by path."""
    rows = scenario.table()
    return {row["name"]: row for row in rows if row["low"] is not None and not isinstance(row["value"], str | bool | list) and not row["name"].startswith("in.")}


# --------------------------------------------------------------------------------------------------------------- charts

LINES = (
    ("firms", "Ventures", ("live", "zombies")),
    ("unicorns", "Unicorns", ("unicorns", "paper_unicorns")),
    ("money", "Private money", ("invested", "dry_powder")),
    ("budget", "The city's money", ("public_outlay", "public_returned")),
    ("ends", "What became of them", ("closed", "acquired", "listed")),
    ("tolerance", "Social tolerance of failure", ("tolerance",)),
)


def charts(figures: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    """The charts beside the network: what `drawing.js` needs for each."""
    series = {one["name"]: one for one in figures["series"]}
    year = say("year of the run", language)
    drawn: list[dict[str, Any]] = [
        {"name": "funnel", "kind": "funnel", "title": say("Funnel", language), "xLabel": say("ventures (count)", language), "steps": figures["funnel"]}
    ]
    for name, title, shown in LINES:
        lines = [{"name": series[one]["label"], "values": series[one]["values"]} for one in shown]
        drawn.append({"name": name, "kind": "lines", "title": say(title, language), "x": figures["years"], "series": lines, "xLabel": year, "yLabel": series[shown[0]]["unit"]})
    bars = [{"name": one["label"], "value": one["value"]} for one in figures["flows"]]
    label = say("received in the last year, less what was paid (million RMB)", language)
    drawn.append({"name": "flows", "kind": "bars", "title": say("Who received money, and who paid", language), "xLabel": label, "bars": bars})
    return drawn


# ------------------------------------------------------------------------------------------------------------- a lesson


@dataclass
class Class:
    """A class before a lesson: what it predicted, how far the runs are, and the answer."""

    lesson: lessons.Lesson
    predictions: Mapping[str, int] = field(default_factory=dict)
    running: bool = False
    done: float = 0.0
    answer: lessons.Answer | None = None

    def shown(self, language: str) -> dict[str, Any]:
        """The lesson as the page shows it, its answer with every interval once there is one."""
        texts = self.lesson.texts(language)
        told = {"name": self.lesson.name, "running": self.running, "done": round(self.done, 3), "sources": "; ".join(texts["sources"]), "answer": None}
        told |= {name: texts[name] for name in ("title", "question", "setting")}
        told["choices"] = [{"name": name, "text": text} for name, text in texts["choices"].items()]
        if self.answer is not None:
            told["answer"] = self._answered(self.answer, texts, language)
        return told

    def _answered(self, answer: lessons.Answer, texts: Mapping[str, Any], language: str) -> dict[str, Any]:
        charts = [
            {"kind": "bars", "title": f"{chart['title']}, {say('95% interval', language)}", "xLabel": chart["unit"], "bars": chart["bars"]} for chart in answer.charts(language)
        ]
        lines = answer.lines(language)
        if lines is not None:
            series = [{"name": line["name"], "values": line["y"]} for line in lines["lines"]]
            charts.insert(0, {"kind": "lines", "title": texts["title"], "x": lines["lines"][0]["x"], "series": series, "xLabel": lines["x"], "yLabel": lines["y"], "at": lines["asked"]})
        head = [say("outcome", language), *texts["arms"].values()]
        rows = [[f"{chart['title']} ({chart['unit']})", *(interval_of(bar) for bar in chart["bars"])] for chart in answer.charts(language)]
        sentences = answer.sentences(language)
        if any(self.predictions.values()):
            sentences.insert(2, answer.scores(self.predictions).sentence(language))
        return {"sentences": sentences, "charts": charts, "head": head, "rows": rows, "look": texts["look"], "discussion": texts["discussion"], "correct": answer.correct}


def interval_of(bar: Mapping[str, Any]) -> str:
    """A mean with its interval, for a table."""
    value, low, high = (number(bar[name]) for name in ("value", "low", "high"))
    return f"{value} ({low} – {high})"


# ------------------------------------------------------------------------------------------------------------- the desk


class Desk:
    """What one visitor sees and does. `changed(part)` is called when a part is to be shown anew.

    language, query   what the visitor came with: a language, and the part of the address after the question mark
    """

    def __init__(self, query: str = "", language: str = "en", changed: Callable[[str], None] = lambda part: None) -> None:
        self.changed = changed
        self.fault = ""
        self.wish = Wish(Scenario.load("baseline"), tick=FIRST_LOOK, language=language)
        self.extra: tuple[str, ...] = ()  # sliders beyond the groups
        self.side = HERE  # the world that sliders move
        self.frame: dict[str, Any] = {}
        self.controls: dict[str, Any] = {}
        self.story: dict[str, Any] = {}
        self.twins: dict[str, Any] = {}
        self.lesson: dict[str, Any] = {}
        self.towns: dict[str, Town] = {}
        self._class: Class | None = None
        self._teaching = threading.Event()  # set to stop the lesson that runs
        try:
            self._want(read_link(query, self.wish))
        except BadInput as error:
            self._want(self.wish)
            self.fault = str(error)

    # -------------------------------------------------------------------------------------------------------- acting

    def act(self, act: Any) -> None:
        """Do what the page asks. What cannot be done is said in `fault`."""
        self.fault = ""
        try:
            if not isinstance(act, dict):
                raise BadInput(what="the act", given=type(act).__name__, allowed="a table", where="the page")
            name = one_of(act.get("do"), "the act", ACTS, "the page")
            ACTS[name](self, act)
        except BadInput as error:
            self.fault = str(error)
        self.changed("fault")

    def step(self, act: Mapping[str, Any]) -> None:
        """On by a quarter, or by a number of quarters; at the end of a run that is to go on for ever, into the next seed."""
        by = whole(act.get("by", 1), "the number of quarters", 1, 400, "the page")
        last = self.wish.years * TICKS_PER_YEAR
        if self.wish.tick >= last and act.get("loop") is True:
            self._want(replace(self.wish, seed=self.wish.seed + 1, tick=0))
            return
        self._want(replace(self.wish, tick=min(last, self.wish.tick + by)))

    def go(self, act: Mapping[str, Any]) -> None:
        """To a quarter, forward or back."""
        self._want(replace(self.wish, tick=whole(act.get("tick"), "the quarter", 0, self.wish.years * TICKS_PER_YEAR, "the page")))

    def reset(self, act: Mapping[str, Any]) -> None:
        """To the beginning, of this seed or another. The seed is a text: what is typed into a box."""
        seed = whole(act.get("seed", self.wish.seed), "the seed", 0, 2**63 - 1, "the box for the seed")
        years = whole(act.get("years", self.wish.years), "the years", 1, LONGEST, "the box for the years")
        self._want(replace(self.wish, seed=seed, years=years, tick=0))

    def choose(self, act: Mapping[str, Any]) -> None:
        """Another scenario, with none of the settings made before."""
        name = one_of(act.get("scenario"), "the scenario", Scenario.names(), "the page")
        self._want(replace(self.wish, scenario=Scenario.load(name), here={}, there={}, tick=0))

    def upload(self, act: Mapping[str, Any]) -> None:
        """A scenario of the visitor's own."""
        if not isinstance(act.get("text"), str):
            raise BadInput(what="the uploaded file", given=type(act.get("text")).__name__, allowed="a text", where="the page")
        self._want(replace(self.wish, scenario=read_upload(str(act.get("name")), act["text"]), here={}, there={}, tick=0))

    def set(self, act: Mapping[str, Any]) -> None:
        """A setting of one world, for its whole run: the same people and the same luck at the same quarter, under another policy.

        Without a value the setting is taken back.
        """
        side = one_of(act.get("side", self.side), "the world", (HERE, THERE), "the page")
        path, value = str(act.get("path")), act.get("value")
        if not path.startswith("programme.") and path not in sliders_of(self.wish.scenario):
            raise BadInput(what="the setting", given=path[:80], allowed="a number of the scenario, or a programme", where="the page")
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # a slider of counts
        changes = {name: given for name, given in getattr(self.wish, side).items() if name != path}
        if value is not None:
            changes[path] = value
        self._want(replace(self.wish, **{side: changes}))

    def clear(self, act: Mapping[str, Any]) -> None:
        """Take all settings of a world back."""
        side = one_of(act.get("side", self.side), "the world", (HERE, THERE), "the page")
        self._want(replace(self.wish, **{side: {}}))

    def edit(self, act: Mapping[str, Any]) -> None:
        """Which world the sliders move."""
        self.side = one_of(act.get("side"), "the world", (HERE, THERE), "the page")
        self._show_controls()

    def add(self, act: Mapping[str, Any]) -> None:
        """One more slider, from the list of all."""
        path = one_of(act.get("path"), "the setting", sliders_of(self.wish.scenario), "the list of all settings")
        self.extra = tuple(dict.fromkeys((*self.extra, path)))
        self._show_controls()

    def view(self, act: Mapping[str, Any]) -> None:
        """One city, two worlds, or lessons. The second world begins as the first; what is moved then is the difference."""
        view = one_of(act.get("view"), "the view", VIEWS, "the page")
        there = self.wish.there or (self.wish.here if view == "twins" else {})
        self._want(replace(self.wish, view=view, there=there))

    def speak(self, act: Mapping[str, Any]) -> None:
        """Another language."""
        self.wish = replace(self.wish, language=check_language(act.get("language"), "the page"))
        shown = self.story.get("id"), self.story.get("side")
        self.story = {}
        self._show_all()
        if shown[0]:
            self.pick({"id": shown[0], "side": shown[1]})

    def pick(self, act: Mapping[str, Any]) -> None:
        """An agent that was clicked: its state and its story. Nobody: the panel closes."""
        if not act.get("id"):
            self.story = {}
        else:
            side = one_of(act.get("side", HERE), "the world", self.towns, "the page")
            other = self.towns.get(THERE if side == HERE else HERE)
            self.story = self.towns[side].agent(str(act["id"]), self.wish.language, other) | {"side": side}
        self.changed("story")

    def leave(self) -> None:
        """The visitor has gone: what runs for it stops, and nothing is shown any more."""
        self._teaching.set()
        self.changed = lambda part: None

    # ---------------------------------------------------------------------------------------------------------- lessons

    def open_lesson(self, act: Mapping[str, Any]) -> None:
        """A guided demonstration: its question first. Nothing named: back to the list."""
        self._teaching.set()
        self._class = None if not act.get("name") else Class(lessons.lesson(str(act["name"])))
        self._show_lesson()

    def run_lesson(self, act: Mapping[str, Any]) -> None:
        """Run it, with the class's predictions; the answer comes with its interval when the runs are done."""
        sitting = self._sitting("run_lesson")
        predictions = act.get("predictions") or {}
        if not isinstance(predictions, dict):
            raise BadInput(what="the predictions", given=type(predictions).__name__, allowed="a number for each choice", where="the page")
        given = {one_of(choice, "the prediction", sitting.lesson.choices, "the page"): whole(count, "the number of predictions", 0, 1000, "the page") for choice, count in predictions.items()}
        self._teaching.set()
        self._teaching = cancelled = threading.Event()
        self._class = sitting = Class(sitting.lesson, given, running=True)
        self._show_lesson()

        def told(done: int, of: int) -> None:
            if not cancelled.is_set():
                sitting.done = done / of
                self._show_lesson()

        def work() -> None:
            try:
                sitting.answer = lessons.run(sitting.lesson, on_progress=told, cancelled=cancelled.is_set)
            except lessons.Cancelled:
                return
            except Exception as error:  # a class must not wait for ever on a run that broke
                self.fault = f"{type(error).__name__}: {error}"
                self.changed("fault")
            sitting.running = False
            if not cancelled.is_set():
                self._show_lesson()

        threading.Thread(target=work, daemon=True).start()

    def watch_lesson(self, act: Mapping[str, Any]) -> None:
        """The two worlds of a lesson's answer, side by side."""
        answer = self._sitting("watch_lesson").answer
        if answer is None:
            raise BadInput(what="the lesson's worlds", given="none yet", allowed="a lesson that has been run", where="the page")
        here, there = answer.worlds
        scenario = Scenario.load(here.scenario)
        wish = replace(self.wish, scenario=scenario, here=here.changes, there=there.changes, seed=here.seed, years=here.years)
        self._want(replace(wish, view="twins", tick=here.years * TICKS_PER_YEAR))

    def _sitting(self, act: str) -> Class:
        if self._class is None:
            raise BadInput(what="the lesson", given="none", allowed="one that was opened", where=f"the page, {act}")
        return self._class

    def _show_lesson(self) -> None:
        self.lesson = {} if self._class is None else self._class.shown(self.wish.language)
        self.changed("lesson")

    # ---------------------------------------------------------------------------------------------------------- showing

    def _want(self, wish: Wish) -> None:
        """See another thing. Only when all of it can be does anything change."""
        towns = {HERE: self._town(HERE, wish)}
        if wish.view == "twins":
            towns[THERE] = self._town(THERE, wish)
        elif wish.there:
            wish.scenario.with_(wish.there, "the page")
        same = self.frame and (wish.scenario, wish.here, wish.there, wish.view, wish.seed, wish.years) == (
            self.wish.scenario, self.wish.here, self.wish.there, self.wish.view, self.wish.seed, self.wish.years
        )  # fmt: skip
        tick = min(wish.tick, wish.years * TICKS_PER_YEAR)
        for town in towns.values():
            town.go(tick)
        self.towns, self.wish = towns, replace(wish, tick=tick)
        if wish.lesson:
            self.wish = replace(self.wish, lesson="")
            self.open_lesson({"name": wish.lesson})
        if same:
            self._show_frame()
        else:
            self.story = {}
            self._show_all()

    def _town(self, side: str, wish: Wish) -> Town:
        """The world of a side: the one at hand if nothing about it changes."""
        changes = getattr(wish, side)
        scenario = wish.scenario.with_(changes, "the page") if changes else wish.scenario
        at_hand = self.towns.get(side)
        if at_hand and (at_hand.scenario, at_hand.seed, at_hand.years) == (scenario, wish.seed, wish.years):
            return at_hand
        return Town(scenario, wish.seed, wish.years)

    def _show_all(self) -> None:
        self._show_controls()
        self._show_frame()
        self._show_lesson()
        self.changed("story")

    def _shipped(self) -> bool:
        """Whether the scenario is one that a link can name."""
        scenario = self.wish.scenario
        return scenario.name in Scenario.names() and scenario == _loaded(scenario.name)

    def _show_frame(self) -> None:
        language = self.wish.language
        self.frame = {"link": write_link(self.wish, self._shipped()), "tick": self.wish.tick, "last": self.wish.years * TICKS_PER_YEAR, "year": self.wish.tick / TICKS_PER_YEAR}
        for side, town in self.towns.items():
            self.frame[side] = {"still": town.still(language), "charts": charts(town.camera.figures(language=language), language)}
        self._show_twins()
        self.changed("frame")

    def _show_twins(self) -> None:
        """Who was lost and who was found between the two worlds."""
        if THERE not in self.towns or self.wish.tick == 0:
            self.twins = {}
        else:
            found = twins(self.towns[HERE].history, self.towns[THERE].history, language=self.wish.language)
            lists = {
                "unicorn_here": found.only_here("unicorn"), "unicorn_there": found.only_there("unicorn"),
                "died_here": found.died_only_here(), "died_there": found.died_only_there(),
            }  # fmt: skip
            self.twins = {
                name: {
                    "number": len(frame),
                    "lines": [
                        {"name": line.name_, "here": line.here, "there": line.there, "parted": None if math.isnan(line.parted) else line.parted, "why": line.why}
                        for line in frame.rename(columns={"name": "name_"}).head(LISTED).itertuples()
                    ],
                }
                for name, frame in lists.items()
            }
        self.changed("twins")

    def _show_controls(self) -> None:
        wish, language = self.wish, self.wish.language
        side = self.side if wish.view == "twins" else HERE
        changes = getattr(wish, side)
        rows = sliders_of(wish.scenario)
        shows = self.towns[side].scenario  # with the changes made
        now, running = shows.parameters, [programme for _, city in shows.places for programme in city.programmes]

        def shown(path: str) -> dict[str, Any]:
            return slider(rows[path], now[path] if path in now else changes.get(path, rows[path]["value"]), language) | {"changed": path in changes}

        groups = [(title, [path for path in paths if path in rows]) for title, paths in _groups()]
        more = [path for path in (*self.extra, *changes) if path in rows and not any(path in paths for _, paths in groups)]
        if more:
            groups.append(("Further settings", list(dict.fromkeys(more))))
        on = {programme.name for programme in running}
        self.controls = {
            "language": language, "languages": LANGUAGES, "view": wish.view, "side": side, "seed": str(wish.seed), "years": wish.years,
            "scenario": wish.scenario.name if self._shipped() else "", "title": say(wish.scenario.title, language), "about": say(wish.scenario.about, language).replace("`", ""),
            "scenarios": [{"name": name, "title": say(title, language)} for name, title in _titles()],
            "groups": [{"title": say(title, language), "sliders": [shown(path) for path in paths]} for title, paths in groups],
            "all": [{"path": path, "label": f"{path}: {say(row['what'], language)}"} for path, row in rows.items()],
            "programmes": [{"name": name, "title": say(title, language), "on": name in on} for name, title in _programmes()],
            "changes": {one: [[path, str(value)] for path, value in getattr(wish, one).items()] for one in (HERE, THERE)},
            "lessons": _lessons(language), "words": _words(language),
        }  # fmt: skip
        self.changed("controls")


ACTS: dict[str, Callable[[Desk, Mapping[str, Any]], None]] = {
    "step": Desk.step, "go": Desk.go, "reset": Desk.reset, "choose": Desk.choose, "upload": Desk.upload, "set": Desk.set, "clear": Desk.clear,
    "edit": Desk.edit, "add": Desk.add, "view": Desk.view, "speak": Desk.speak, "pick": Desk.pick, "open_lesson": Desk.open_lesson,
    "run_lesson": Desk.run_lesson, "watch_lesson": Desk.watch_lesson,
}  # fmt: skip


@functools.cache
def _loaded(name: str) -> Scenario:
    return Scenario.load(name)


@functools.cache
def _titles() -> tuple[tuple[str, str], ...]:
    return tuple((name, _loaded(name).title) for name in Scenario.names())


@functools.cache
def _programmes() -> tuple[tuple[str, str], ...]:
    return tuple((name, programme_files.load(name).title) for name in programme_files.names())


def _lessons(language: str) -> list[dict[str, str]]:
    return [{"name": one.name, "title": say(one.title, language), "question": say(one.question, language)} for one in lessons.LESSONS.values()]


WORDS = {
    "views": "What to look at", "city": "One city", "twins": "Twin worlds", "lessons": "Lessons", "language": "Language", "settings": "Settings",
    "scenario": "Scenario", "uploaded": "uploaded", "seed": "Seed", "years": "Years", "which_world": "Which world the sliders move", "sliders_move": "Sliders move",
    "world_here": "World A", "world_there": "World B", "back": "Back to the scenario's value", "source": "Unit, range, source", "all": "All settings",
    "add": "Add a slider", "search": "type a part of its name", "further": "Further settings", "programmes": "Programmes", "own": "A scenario of your own; a link to this",
    "upload": "Open a scenario file (TOML)", "link": "The address that shows the same again", "network": "Network", "network_of": "Network of", "time": "Time",
    "play": "Play", "pause": "Pause", "step": "One quarter", "one_year": "One year", "reset": "From the start", "year": "Year", "quarter": "Quarter of the run",
    "speed": "Speed", "fastest": "fastest", "loop": "then the next seed", "as_it_is": "the scenario as it is", "same_people":
    "The same people with the same ideas and the same luck live in both worlds; only the settings differ. One pair of worlds is a story, not evidence: a change as small "
    "as a little more of a grant passes luck on from one firm to another. What a policy does on the whole is told by many pairs, as in the lessons.",
    "here_and_there": "In the reasons below, here is world A and there is world B.", "mark_here": "A", "mark_there": "B",
    "unicorn_here": "Became a unicorn only in world A", "unicorn_there": "Became a unicorn only in world B", "died_here": "Died only in world A",
    "died_there": "Died only in world B", "figures": "Figures", "close": "Close", "state": "Its state",
    "click": "Click an agent in the network (or move to one with the arrow keys and press Enter) to read its state and its story.",
    "predictions": "How many in the class expect each answer?", "run_lesson": "Run it", "watch": "Watch it in twin worlds", "running": "Running",
    "look": "What to look at in it", "discussion": "To discuss", "answer": "Answer", "sources": "Sources", "all_lessons": "All lessons",
    "footer": "Seedbed is a model, not a forecast. Every number on this page is computed here, now, from the settings shown, except what a lesson quotes of a large study; where each setting comes from stands beside its slider.",
}  # fmt: skip


@functools.cache
def _words(language: str) -> dict[str, Any]:
    """The page's own words, and those of its drawings."""
    return {name: say(text, language) for name, text in WORDS.items()} | {"drawing": drawing_words(language)}
