"""A run, or a run and its twin, as one file to pass around: it opens in any browser, needs no network, and asks for nothing.

    replay(simulate("baseline", seed=1), out="replay.html")
    replay(simulate("baseline"), simulate("baseline", changes="fund.tolerance.market=7"), out="twins.html")

The file holds every quarter as it was, each still as what changed since the one before (`coded`), the numbers beside it, the lives of the ventures that people
will ask for, and all words in English and Chinese. What was run and how to run it again stands in the file.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.agents.errors import BadInput
from seedbed.agents.money import FEN_PER_MILLION
from seedbed.agents.venture import BOUGHT, ENDINGS, ORIGINS, SECTORS
from seedbed.model.history import History
from seedbed.model.language import LANGUAGES, check_language, say
from seedbed.model.twins import FATES, Twins, twins
from seedbed.model.words import id_of
from seedbed.model.world import TICKS_PER_YEAR

from .frames import FUND, VENTURE, Camera, drawing_words, film

__all__ = ["MOST_BYTES", "coded", "decoded", "replay"]

FOLDER = Path(__file__).resolve().parent
MOST_BYTES = 6_000_000
COLUMNS = ("x", "y", "size", "look", "flags")  # of a node, that change; the rest stays
STORIES = 60  # ventures of each world whose lives are told in the file, if not asked otherwise; each takes a tenth of a second
PAIRS = 150  # of each list of twins, that stand in the file by name
SHOWN = ("unicorns", "paper_unicorns", "live", "zombies", "invested", "dry_powder", "public_outlay", "tolerance")
BY_HAND = ("--set", "--set-b", "python call")  # where settings come from that are not of the scenario's own file


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


# -------------------------------------------------------------------------------------------------------------- the file


def replay(
    here: Camera | History, there: Camera | History | None = None, *, out: str | os.PathLike[str], language: str = "en", every: int = 1,
    stories: int = STORIES,
) -> Path:  # fmt: skip
    """Write a run, or a run and its twin, as one HTML file and return its path.

    `here` and `there` are films (`seedbed.experiments.page.frames.film`); a History is run again to be filmed. Twins must have the same seed and years. `language` is
    that in which the file opens; it holds both. `every`: show only every so many quarters. `stories`: how many lives of each world are told in full. A file that
    would exceed MOST_BYTES tells fewer lives, then shows fewer quarters, and says so.
    """
    language = check_language(language, "replay")
    for what, given, least in (("every how many quarters", every, 1), ("the number of stories", stories, 0)):
        if isinstance(given, bool) or not isinstance(given, int) or given < least:
            raise BadInput(what=what, given=given, allowed=f"a whole number, at least {least}", where="replay")
    cameras = [_filmed(one) for one in (here, there) if one is not None]
    pairs = {spoken: twins(cameras[0].history, cameras[1].history, language=spoken) for spoken in LANGUAGES} if there is not None else None
    lives = [_lives(camera, _notable(camera, pairs, place), stories) for place, camera in enumerate(cameras)]
    while True:
        page = _page(_payload(cameras, pairs, lives, language, every))
        if len(page) <= MOST_BYTES:
            break
        if any(lives):
            lives = [dict(list(told.items())[: len(told) // 2]) for told in lives]
        elif every < 16:
            every *= 2
        else:
            raise BadInput(what="the run", given=f"{len(page):,} bytes as a file", allowed=f"at most {MOST_BYTES:,}: fewer years or a smaller scenario", where="replay")
    return _written(Path(out), page)


def _filmed(given: Any) -> Camera:
    """A film, or a run lived again under a camera."""
    if isinstance(given, Camera):
        if len(given.taken) <= given.last:
            raise BadInput(what="the film", given="one that lacks quarters", allowed="a camera that took every quarter, as film() makes it", where="replay")
        return given
    if not isinstance(given, History):
        raise BadInput(what="the run", given=type(given).__name__, allowed="a film or a History", where="replay")
    if given.settings is None:
        raise BadInput(what="the run", given=given.scenario, allowed="a run whose scenario is at hand: it has to be run again to be filmed", where="replay")
    return film(given.settings, given.seed, given.years)


def _written(place: Path, page: bytes) -> Path:
    """The file appears only when it is complete."""
    beside = place.with_name(f".{place.name}-{os.urandom(4).hex()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(page)
        os.replace(beside, place)
    except OSError as error:
        allowed = "a file that can be written"
        raise BadInput(what="the place for the replay", given=str(place), allowed=allowed, where=f"replay: {error.strerror or error}") from None
    finally:
        beside.unlink(missing_ok=True)
    return place


def _page(payload: dict[str, Any]) -> bytes:
    """The template filled in. Its own style and scripts are named in its policy by their digests, so that nothing else could run or be fetched."""
    template = (FOLDER / "replay.html").read_text(encoding="utf-8")
    drawing, script = ((FOLDER / name).read_text(encoding="utf-8") for name in ("drawing.js", "replay.js"))
    (style,) = re.findall(r"<style>(.*?)</style>", template, re.DOTALL)
    policy = f"default-src 'none'; script-src {_digest(drawing)} {_digest(script)}; style-src {_digest(style)}; base-uri 'none'; form-action 'none'"
    data = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        data = data.replace(letter, f"\\u{ord(letter):04x}")
    parts = {"policy": policy, "title": html.escape(payload["title"][payload["language"]]), "data": data, "drawing": drawing, "script": script}
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template).encode("utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode()}'"


# --------------------------------------------------------------------------------------------------------- what is in it


def _payload(cameras: list[Camera], pairs: dict[str, Twins] | None, lives: list[dict[str, Any]], language: str, every: int) -> dict[str, Any]:
    """All that the page shows, in both languages."""
    figures = {spoken: cameras[0].figures(language=spoken) for spoken in LANGUAGES}
    names: dict[str, int] = {}  # keys, numbered over both worlds
    worlds = [_world(camera, told, every, names) for camera, told in zip(cameras, lives, strict=True)]
    spoken_names = {spoken: _names(cameras, worlds, len(names), spoken) for spoken in LANGUAGES}
    lost = None if pairs is None else _lost_and_found(pairs, names)
    return {
        "language": language,
        "title": {spoken: _title(cameras, spoken) for spoken in LANGUAGES},
        "lead": {spoken: _lead(cameras, pairs, spoken) for spoken in LANGUAGES},
        "made": {spoken: _made(cameras, every, spoken) for spoken in LANGUAGES},
        "command": _again(cameras),
        "versions": _versions(cameras),
        "words": {spoken: _words(spoken) for spoken in LANGUAGES},
        "drawing": {spoken: drawing_words(spoken) for spoken in LANGUAGES},
        "codes": {name: {spoken: codes(spoken) for spoken in LANGUAGES} for name, codes in (("sectors", _sectors), ("origins", _origins), ("endings", _endings))},
        "series": _labelled(figures, "series", "unit"),
        "funnel": _labelled(figures, "funnel"),
        "flows": _labelled(figures, "flows"),
        "shown": SHOWN,
        "names": spoken_names,
        "worlds": worlds,
        "twins": lost,
        "marked": lost and lost.pop("marked"),
    }


def _labelled(figures: dict[str, dict[str, Any]], part: str, *more: str) -> list[dict[str, Any]]:
    """Names with their labels (and units) in both languages."""
    return [
        {"name": one["name"], **{what: {spoken: figures[spoken][part][place][what] for spoken in LANGUAGES} for what in ("label", *more)}}
        for place, one in enumerate(figures["en"][part])
    ]


def _world(camera: Camera, told: dict[str, Any], every: int, names: dict[str, int]) -> dict[str, Any]:
    """A run: its stills as what changed, the numbers beside them, facts of every agent that is drawn, and lives."""
    history = camera.history
    ticks = sorted({*range(every - 1, camera.last + 1, every), camera.last})
    film_ = coded(camera.still(tick) for tick in ticks)
    film_["nodes"]["key"] = [names.setdefault(key, len(names)) if key else -1 for key in film_["nodes"]["key"]]
    beside = [camera.figures(tick) for tick in ticks]
    about = history.provenance["scenario"]
    return {
        "title": {spoken: say(about["title"], spoken) for spoken in LANGUAGES},
        "changes": _by_hand(history),
        "cities": camera.ground.cities(history),
        "film": film_,
        "series": [one["values"] for one in beside[-1]["series"]],
        "funnel": [[step["value"] for step in one["funnel"]] for one in beside],
        "flows": [[flow["value"] for flow in one["flows"]] for one in beside],
        "facts": _facts(history, film_["nodes"]),
        "unicorns": _unicorns(history),
        "lives": {spoken: {name: life[spoken] for name, life in told.items()} for spoken in LANGUAGES},
        "story_command": f"seedbed story {_typed(history)}",
    }


def _facts(history: History, nodes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Of a venture: sector, origin, when it was founded and ended (ticks), and how. Of a fund: kind, tolerance and life (years), commitment, when it was raised."""
    world = history.world
    found: dict[str, list[Any]] = {}
    for name, kind in zip(nodes["id"], nodes["kind"], strict=True):
        row = int(name[1:])
        if kind == VENTURE:
            v = world.ventures[row]
            how = len(ENDINGS) if v.status == BOUGHT else int(v.ending)
            found[name] = [int(v.sector), int(v.origin), int(v.founded), int(v.ended), how]
        elif kind == FUND:
            f, m = world.funds[row], world.managers[world.funds[row].manager]
            years = [int(length) / TICKS_PER_YEAR for length in (m.tolerance, f.ends - f.raised)]
            found[name] = [int(f.kind), *years, round(int(f.commitment) / FEN_PER_MILLION, 1), int(f.raised)]
    return found


def _unicorns(history: History) -> list[tuple[str, int]]:
    """Ventures by fundamental value, in the order of time, with the tick."""
    when = np.asarray(history.world.ventures["unicorn_fundamental"])[: int(history.world.clock[0].n_ventures)]
    rows = np.flatnonzero(when >= 0)
    return [(id_of("venture", row), int(when[row])) for row in rows[np.lexsort((rows, when[rows]))].tolist()]


def _names(cameras: list[Camera], worlds: list[dict[str, Any]], number: int, language: str) -> list[str]:
    """Names by the number of the key: the same in both worlds."""
    names = [""] * number
    for camera, world in zip(cameras, worlds, strict=True):
        nodes = world["film"]["nodes"]
        for name, key in zip(nodes["id"], nodes["key"], strict=True):
            if key >= 0 and not names[key]:
                names[key] = camera.history.name(name, language)
    return names


def _notable(camera: Camera, pairs: dict[str, Twins] | None, place: int) -> list[str]:
    """Ventures in the order in which people will ask for them: lost and found ones, unicorns, those on paper, zombies, the largest."""
    history = camera.history
    v = np.asarray(history.world.ventures)[: int(history.world.clock[0].n_ventures)]
    found: list[str] = []
    if pairs is not None:
        table = pairs["en"]
        for frame in (table.only_here("unicorn"), table.only_there("unicorn"), table.died_only_here().head(5), table.died_only_there().head(5)):
            found += [name for name in frame["there" if place else "here"].tolist() if isinstance(name, str)]
    ranked = [
        np.flatnonzero(v["unicorn_fundamental"] >= 0)[np.argsort(-v["value"][v["unicorn_fundamental"] >= 0], kind="stable")],
        np.flatnonzero(v["unicorn_paper"] >= 0),
        np.argsort(-v["idle"], kind="stable")[:5],
        np.argsort(-v["raised"], kind="stable")[:200],
    ]
    found += [id_of("venture", row) for rows in ranked for row in rows.tolist()]
    return list(dict.fromkeys(found))


def _lives(camera: Camera, wanted: list[str], number: int) -> dict[str, dict[str, list[tuple[int | None, str]]]]:
    """Lives in both languages, each as sentences with the tick of each; the last, without a tick, says how it ended."""
    told = {}
    for name in wanted[:number]:
        stories = {spoken: camera.history.story(name, language=spoken) for spoken in LANGUAGES}
        told[name] = {spoken: [*((int(tick), text) for tick, text in story.lines), (None, story.end)] for spoken, story in stories.items()}
    return told


def _lost_and_found(pairs: dict[str, Twins], names: dict[str, int]) -> dict[str, Any]:
    """What became of the same ventures in the other world: counts of each pair of fates, and the lists that people look for."""
    tables = {spoken: pair.table for spoken, pair in pairs.items()}
    table, codes = tables["en"], {fate: code for code, fate in enumerate(FATES)}
    counts = [[0] * len(FATES) for _ in FATES]
    for one, other in zip(table["fate_here"], table["fate_there"], strict=True):
        counts[codes[one]][codes[other]] += 1
    lists = []
    chosen = {
        "a": pairs["en"].only_here("unicorn"), "b": pairs["en"].only_there("unicorn"), "c": pairs["en"].died_only_here(), "d": pairs["en"].died_only_there(),
    }  # fmt: skip
    labels = {
        spoken: {
            "a": say("Became a unicorn only in world A", spoken), "b": say("Became a unicorn only in world B", spoken),
            "c": say("Died only in world A", spoken), "d": say("Died only in world B", spoken),
        }
        for spoken in LANGUAGES
    }  # fmt: skip
    for letter, frame in chosen.items():
        ordered = frame.sort_values(["parted", "name"], kind="stable")
        rows = [
            {
                "key": names.get(str(key), -1),
                "ids": [name if isinstance(name, str) else None for name in (row["here"], row["there"])],
                "fates": [codes[row["fate_here"]], codes[row["fate_there"]]],
                "parted": None if np.isnan(row["parted"]) else round(row["parted"] * TICKS_PER_YEAR),
                "why": {spoken: tables[spoken].at[key, "why"] or "" for spoken in LANGUAGES},
            }
            for key, row in ordered.head(PAIRS).iterrows()
        ]
        lists.append({"label": {spoken: labels[spoken][letter] for spoken in LANGUAGES}, "number": len(frame), "rows": rows})
    marked = [[names[str(key)] for key in chosen[letter].index if str(key) in names] for letter in "ab"]
    return {"fates": {spoken: _fates(spoken) for spoken in LANGUAGES}, "counts": counts, "lists": lists, "marked": marked}


# ------------------------------------------------------------------------------------------------------------------ words


def _fates(language: str) -> list[str]:
    return [say(fate, language) for fate in FATES]


def _sectors(language: str) -> list[str]:
    return [say(sector, language) for sector in SECTORS]


def _origins(language: str) -> list[str]:
    return [say(origin, language) for origin in ORIGINS]


def _endings(language: str) -> list[str]:
    """By the code of the ending; the last is for the one that was bought."""
    return [
        *(say("closed ({ending})", language, ending=say(ending, language)) if ending else say("closed", language) for ending in ENDINGS),
        say("acquired", language),
    ]


def _by_hand(history: History) -> list[str]:
    """Settings that are not of the scenario's own file, as they are typed."""
    return [f"{setting['name']}={_value(setting['value'])}" for setting in history.provenance["scenario"]["overrides"] if setting["where"] in BY_HAND]


def _value(value: Any) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _typed(history: History, settings: Sequence[str] | None = None, other: str | None = None) -> str:
    """The arguments and options that ask for a run."""
    asked = [history.scenario, *([other] if other else []), "--seed", str(history.seed), "--years", str(history.years)]
    for setting in _by_hand(history) if settings is None else settings:
        asked += ["--set", setting]
    return shlex.join(asked)


def _again(cameras: list[Camera]) -> str:
    """How to make the file again."""
    here = cameras[0].history
    if len(cameras) == 1:
        return f"seedbed replay {_typed(here)}"
    there = cameras[1].history
    both, more = _by_hand(here), _by_hand(there)
    if set(both) <= set(more) and (set(both) < set(more) or here.scenario != there.scenario):
        asked = _typed(here, both, None if there.scenario == here.scenario else there.scenario)
        return f"seedbed replay {asked}" + "".join(f" --set-b {shlex.quote(setting)}" for setting in more if setting not in both)
    runs = (f"simulate({one.scenario!r}, seed={one.seed}, years={one.years}, changes={_by_hand(one)!r})" for one in (here, there))
    return f"replay({', '.join(runs)}, out='replay.html')"


def _versions(cameras: list[Camera]) -> str:
    made = cameras[0].history.provenance
    digests = ", ".join(camera.history.provenance["scenario"]["digest"][:12] for camera in cameras)
    return f"seedbed {made['versions'].get('seedbed', '')}, Python {made['versions']['python']}, rules {made['rules']}, scenario {digests}"


def _title(cameras: list[Camera], language: str) -> str:
    titles = list(dict.fromkeys(say(camera.history.provenance["scenario"]["title"], language) for camera in cameras))
    if len(cameras) == 1:
        return say("{title}: a replay", language, title=titles[0])
    return say("{title}: twin worlds", language, title=" / ".join(titles))


def _lead(cameras: list[Camera], pairs: dict[str, Twins] | None, language: str) -> str:
    """What one sees, and what it comes to, whichever way it went."""
    history = cameras[0].history
    years = f"{(history.last + 1) / TICKS_PER_YEAR:g}"
    if pairs is None:
        told = say("{years} years of a model, quarter by quarter, seed {seed}.", language, years=years, seed=history.seed)
        found = say("Unicorns by fundamental value: {unicorns}.", language, unicorns=len(_unicorns(history)))
        return _joined([told, found, say("A model, not a forecast, and one draw of luck among many.", language)], language)
    counts = pairs[language].counts()
    told = say("The same people with the same ideas and the same luck, seed {seed}, {years} years, under two policies.", language, years=years, seed=history.seed)
    difference = counts["unicorns_there"] - counts["unicorns_here"]
    numbers = {"here": counts["unicorns_here"], "there": counts["unicorns_there"], "difference": abs(difference)}
    if difference > 0:
        found = say("Unicorns by fundamental value: {here} in world A, {there} in world B, {difference} more.", language, **numbers)
    elif difference < 0:
        found = say("Unicorns by fundamental value: {here} in world A, {there} in world B, {difference} fewer.", language, **numbers)
    else:
        found = say("Unicorns by fundamental value: {here} in world A and as many in world B.", language, here=numbers["here"])
    only = say("Only in world A: {here}, only in world B: {there}.", language, here=counts["unicorn_only_here"], there=counts["unicorn_only_there"])
    return _joined([told, found, only, say("One seed proves nothing: what holds over many, seedbed compare tells.", language)], language)


def _joined(sentences: Sequence[str], language: str) -> str:
    return ("" if language == "zh" else " ").join(sentences)


def _made(cameras: list[Camera], every: int, language: str) -> list[str]:
    """What was run, paragraph by paragraph."""
    paragraphs = []
    for place, camera in enumerate(cameras):
        about = camera.history.provenance["scenario"]
        title = say(about["title"], language)
        if len(cameras) > 1:
            title = say("World {letter}: ", language, letter=("AB", "甲乙")[language == "zh"][place]) + title
        changes = _by_hand(camera.history)
        paragraphs.append(say("{title}, with {changes}.", language, title=title, changes=", ".join(changes)) if changes else title)
        paragraphs.append(say(about["about"], language))
    paragraphs = list(dict.fromkeys(paragraphs))
    if every > 1:
        paragraphs.append(say("To keep the file small, only every {number}th quarter is shown.", language, number=every))
    return paragraphs


def _words(language: str) -> dict[str, str]:
    """What the page says."""
    return {
        "other_language": LANGUAGES["en" if language == "zh" else "zh"],
        "play": say("Play", language), "pause": say("Pause", language), "back": say("One quarter back", language), "on": say("One quarter on", language),
        "speed": say("Speed", language), "a_second": say("{number} quarters/s", language), "quarter": say("Quarter of the run", language),
        "controls": say("Controls of the replay", language), "date": say("Year {year}, Q{quarter}", language), "year": say("year", language),
        "million": say("million RMB", language), "years": say("{number} years", language), "world": say("World {letter}: ", language),
        "named": say("{name} ({id})", language), "changed": say("{title}, with {changes}", language), "colon": "：" if language == "zh" else ": ",
        "dot": "，" if language == "zh" else ", ",
        "caption": say("living ventures: {living}, zombies: {zombies}; unicorns so far: {unicorns} by fundamental value, {paper} on paper", language),
        "left_out": say(" (the {number} smallest ventures are not drawn)", language), "numbers": say("Numbers", language), "funnel": say("Funnel", language),
        "of_founded": say("ventures (share of all founded)", language), "flows": say("Money in the last four quarters", language),
        "story": say("Who is it?", language),
        "hint": say("Click an agent in the network (or move to one with the arrow keys and press Enter) to read its state and its story.", language),
        "not_there": say("It was never founded in {world}.", language), "no_life": say("Its life is not told in this file. This command tells it:", language),
        "what": say("what it is", language), "founded": say("founded", language), "stage": say("at this moment", language), "worth": say("its worth", language),
        "not_yet": say("not there yet", language), "too_small": say("living, but too small to be drawn", language), "over": say("its life is over", language),
        "tolerance": say("bears silence for", language), "life_of_fund": say("must end after", language), "commitment": say("commitment", language),
        "raised": say("raised in", language), "tied": say("tied to", language), "and_more": say(" and {number} more", language),
        "about": say("What was run", language), "again": say("To make this file again:", language),
        "lost": say("Lost and found", language),
        "same_luck": say("Each venture is the same person's idea in both worlds. A name opens both lives at the moment where they part.", language),
        "fates": say("What became of the same ventures in worlds A and B", language), "fate_line": say(": {here} in A, {there} in B; their lives part in {when}", language),
        "unicorns": say("Unicorns by fundamental value ({number})", language), "about_sum": say("about {sum}", language),
        "keys": say("Keys: space plays and pauses, left and right move by a quarter; in a network the arrow keys move among agents, Enter opens one, plus and minus zoom.", language),
    }  # fmt: skip
