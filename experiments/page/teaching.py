"""The teaching model as a page that needs no server of ours: the rules themselves, interpreted by Python in the reader's browser.

    write("classroom", pyodide="path/to/pyodide")       a folder of static files, with a copy of Pyodide: works without internet
    write("classroom", url="https://...")               the same, with Pyodide from where you say: needs internet

The folder holds the page, the model as a zip file (rules, machine, parameters, sources), a worker that starts Python, and `drawing.js`. Any static web server can
give it out; a browser refuses to start Python from a page opened as a file. Pyodide (CPython in WebAssembly) is not part of Seedbed. Two of its versions on
are needed: its core files and its numpy.

What was tried, and what was not, says experiments/TEACHING.md.
"""

from __future__ import annotations

import hashlib
import html
import io
import json
import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import seedbed
from seedbed.agents.errors import BadInput
from seedbed.model.history import source_hash
from seedbed.model.language import LANGUAGES, say
from seedbed.model.parameters import plain

from .frames import drawing_words
from .teaching_entry import MOST_GRADUATES, MOST_YEARS, TOWN, checked, town

__all__ = ["Slider", "model_zip", "page", "sliders", "words", "write"]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SCRIPTS = ("drawing.js", "teaching.js", "teaching_worker.js")
FOREVER = (1980, 1, 1, 0, 0, 0)  # the time of every file in the zip, so that the same model gives the same bytes
CORE = ("pyodide.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
LOADERS = ("pyodide.asm.js", "pyodide.asm.mjs")  # one or the other, by version
USUAL_YEARS = 20
OTHER_POLICY = {"fund.tolerance.market": 7, "fund.life.market": 12}  # with which the second world begins


# ------------------------------------------------------------------------------------------------------------- the sliders


class Slider(NamedTuple):
    """A parameter that the page lets people move: its stops in the natural unit, where it stands, and what it means in each language."""

    path: str
    stops: tuple[float, ...]
    start: int
    name: dict[str, str]
    unit: dict[str, str]
    about: dict[str, str]
    policy: bool


def sliders() -> list[Slider]:
    """The sliders of the page, out of the parameter files: tolerance and fund life for each world, the number of graduates for both."""
    return [
        _slider("fund.tolerance.market", 0.5, policy=True),
        _slider("fund.life.market", 1.0, policy=True),
        _slider("city.graduates", 5.0, policy=False, most=MOST_GRADUATES),
    ]


def _slider(path: str, step: float, *, policy: bool, most: float | None = None) -> Slider:
    """Stops at multiples of a step within the range of the file, and the value of the teaching city among them as it is, unrounded."""
    parameters = town().parameters
    definition, _ = parameters.definition(path)
    low, high = definition.range or definition.limits
    high = min(high, most or high)
    value = float(dict(parameters.elements())[path])
    stops = sorted({*(round(n * step, 6) for n in range(int(low / step), int(high / step) + 1) if low <= n * step), value})
    return Slider(
        path, tuple(stops), stops.index(value), _each(lambda language: _name(path, definition.what, language)),
        _each(lambda language: say(definition.unit, language)), _each(lambda language: _about(definition, low, high, path, language)), policy,
    )  # fmt: skip


def _each(of: Any) -> dict[str, str]:
    return {language: of(language) for language in LANGUAGES}


def _name(path: str, what: str, language: str) -> str:
    names = {
        "fund.tolerance.market": say("tolerance of market funds", language),
        "fund.life.market": say("life of market funds", language),
        "city.graduates": say("graduates a year who may found", language),
    }
    return names.get(path, say(what, language))


def _about(definition: Any, low: float, high: float, path: str, language: str) -> str:
    """What the parameter is, its range here, and where its value in the baseline comes from."""
    usual = dict(zip(definition.paths, definition.defaults, strict=True))[path]
    source = definition.source or definition.why
    return say(
        "{path}: {what}. From {low} to {high} here; {usual} in the baseline, {status}: {source}", language,
        path=path, what=say(definition.what, language), low=plain(low), high=plain(high), usual=plain(round(float(usual), 2)),
        status=say(definition.status, language), source=source,
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------------------- the words


def words(language: str) -> dict[str, str]:
    """All that the page says by itself, in a language. Where a value is filled in by the page, its name stands in braces."""
    return {
        "title": say("Seedbed in the classroom", language),
        "intro": say(
            "Two small cities with the same people and the same luck; only the patience of their market funds differs. Everything is computed in this browser.",
            language,
        ),
        "waiting": say("Python is being loaded; this takes some seconds.", language),
        "ready": say("Ready: choose, then begin.", language),
        "as_file": say("A browser does not start Python from a page opened as a file. Give this folder out by a web server, for example: {command}", language),
        "no_pyodide": say(
            "Python could not be started from {place}, where Pyodide and its numpy should be. Write this folder again with `seedbed teaching --pyodide FOLDER`. What the browser said: {why}",
            language,
        ),
        "failed": say("That did not work: {why}", language),
        "here": say("World A", language),
        "there": say("World B", language),
        "both_worlds": say("both worlds", language),
        "seed": say("seed", language),
        "years": say("years", language),
        "begin": say("Begin anew", language),
        "changed": say("The settings have been changed; they hold from the next beginning.", language),
        "step": say("One quarter", language),
        "play": say("Play", language),
        "pause": say("Pause", language),
        "year": say("Year {year}", language),
        "over": say("Year {year}: the end", language),
        "took": say("a quarter took {seconds} s", language),
        "as_in_file": say("as in the baseline", language),
        "network": say("Who is there and who pays whom", language),
        "legend": say("What the signs mean", language),
        "charts": say("So far", language),
        "funnel": say("How far ventures came", language),
        "unicorns": say("Unicorns by fundamental value that only one world has", language),
        "unicorns_paper": say("Unicorns on paper that only one world has", language),
        "no_difference": say("Until now both worlds have the same unicorns.", language),
        "in_both": say("in both worlds: {n}", language),
        "only_row": say("{id} of {world} became a unicorn; its twin in the other world: {fate}", language),
        "never founded": say("never founded", language),
        "building": say("building", language),
        "selling": say("selling", language),
        "listed": say("listed", language),
        "acquired": say("acquired", language),
        "closed": say("closed", language),
        "one_pair": say(
            "This is one pair of worlds, and chance plays a large part in it. What patience does on average, and how sure that is, needs many pairs:"
            " `seedbed compare` gives the difference with its interval.",
            language,
        ),
        "small": say(
            "The city is a small one and was not calibrated: the rules are those of the full model, but its shares are not those of the baseline.", language
        ),
        "agent": say("Click a sign, or move among them with the arrow keys and press Enter, to read who it is.", language),
        "check": say("Does this browser count as Seedbed does elsewhere?", language),
        "check_button": say("Run the check", language),
        "checking": say("A run of {years} years is repeated here.", language),
        "check_same": say("Yes: all {tables} tables of a run of {years} years have the same bytes as on the machine that wrote this page.", language),
        "check_close": say(
            "Nearly: the run has the same ventures, unicorns and money, but {differ} of {tables} tables differ in the last digits of some numbers ({names})."
            " Browsers compute exponentials and logarithms with another library.",
            language,
        ),
        "check_not": say("No: the run of {years} years came out otherwise than on the machine that wrote this page.", language),
        "language": say("Language", language),
        "year_axis": say("year", language),
    }


# ----------------------------------------------------------------------------------------------------------------- the model


def model_zip() -> bytes:
    """The package as a browser needs it: rules, machine, all their data files, and what stands beside this file for the page. The same model gives the same bytes."""
    needed = [ROOT / "seedbed" / "__init__.py", ROOT / "experiments" / "__init__.py", *(HERE / f"{name}.py" for name in ("__init__", "frames", "teaching_entry"))]
    for folder in ("agents", "model"):
        needed += [place for place in (ROOT / folder).rglob("*") if place.suffix in (".py", ".toml") and "__pycache__" not in place.parts]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for place in sorted(needed):
            name = place.relative_to(ROOT).as_posix()
            entry = zipfile.ZipInfo(name if name.startswith("seedbed/") else f"seedbed/{name}", FOREVER)
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, place.read_bytes())
    return content.getvalue()


# ------------------------------------------------------------------------------------------------------------------ the page


def page(language: str = "en", source: str = "pyodide/") -> str:
    """The page's HTML, with all that it says in both languages inside; `source` is where its worker finds Pyodide."""
    settings = {
        "language": language,
        "languages": LANGUAGES,
        "words": _each_dict(words),
        "drawing": _each_dict(drawing_words),
        "sliders": [slider._asdict() for slider in sliders()],
        "other": OTHER_POLICY,
        "years": USUAL_YEARS,
        "most_years": MOST_YEARS,
        "town": TOWN,
        "pyodide": source,
        "recorded": checked(),
        "version": seedbed.__version__,
        "rules": source_hash(),
    }
    text = (HERE / "teaching.html").read_text(encoding="utf-8")
    inside = json.dumps(settings, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    return text.replace("TITLE", html.escape(say("Seedbed in the classroom", language))).replace("LANGUAGE", language).replace("SETTINGS", inside)


def _each_dict(of: Any) -> dict[str, dict[str, Any]]:
    return {language: of(language) for language in LANGUAGES}


# ------------------------------------------------------------------------------------------------------------ Pyodide's files


def pyodide_files(folder: str | os.PathLike[str]) -> list[Path]:
    """The files of a copy of Pyodide that the page needs: its core, and numpy as its own list of packages names it, with the fingerprint given there."""
    place = Path(folder)
    missing = [name for name in CORE if not (place / name).is_file()]
    loader = [place / name for name in LOADERS if (place / name).is_file()]
    if missing or not loader:
        named = ", ".join([*missing, *([] if loader else [" or ".join(LOADERS)])])
        raise BadInput(what="the copy of Pyodide", given=str(place), allowed=f"a folder with {', '.join(CORE)} and numpy's wheel", where=f"--pyodide: no {named}")
    wheel, wanted = _numpy_of(place)
    if not wheel.is_file():
        raise BadInput(what="the copy of Pyodide", given=str(place), allowed=f"a folder that holds {wheel.name} too", where="--pyodide: numpy is missing")
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != wanted:
        allowed = f"a {wheel.name} with the SHA-256 in pyodide-lock.json, {wanted[:12]}..."
        raise BadInput(what="the copy of Pyodide", given=str(place), allowed=allowed, where="--pyodide: numpy's wheel is another")
    return [*(place / name for name in CORE), *loader, wheel]


def _numpy_of(place: Path) -> tuple[Path, str]:
    try:
        listed = json.loads((place / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"]["numpy"]
        name, wanted = str(listed["file_name"]), str(listed["sha256"])
    except (ValueError, KeyError, TypeError):
        raise BadInput(what="pyodide-lock.json", given=str(place), allowed="Pyodide's own, which names numpy", where="--pyodide") from None
    if not re.fullmatch(r"[\w.+-]+\.whl", name):
        raise BadInput(what="numpy's file in pyodide-lock.json", given=name, allowed="the name of a wheel", where="--pyodide")
    return place / name, wanted


def _checked_url(url: str) -> str:
    """Where Pyodide is to be loaded from, ending with a slash."""
    if not re.fullmatch(r"https://[\w.-]+(:\d+)?(/[\w.~@+-]+)*/?", url):
        raise BadInput(what="the address of Pyodide", given=url, allowed="an address that begins with https:// and names a folder", where="--pyodide-url")
    return url.rstrip("/") + "/"


# ---------------------------------------------------------------------------------------------------------------- the folder


def write(
    out: str | os.PathLike[str], pyodide: str | os.PathLike[str] | None = None, url: str | None = None, language: str = "en", overwrite: bool = False
) -> Path:
    """Write the page and all that belongs to it into a new folder; it appears only when it is complete.

    `pyodide`: a folder with a copy of Pyodide, which is copied beside the page. `url`: an address from which the page loads it instead; whoever opens the
    page then needs internet. Without either, a folder `pyodide` is to be put beside the page by hand. `overwrite`: an earlier such folder may be replaced.
    """
    if language not in LANGUAGES:
        raise BadInput(what="the language", given=language, allowed=list(LANGUAGES), where="--language")
    if pyodide is not None and url is not None:
        raise BadInput(what="Pyodide", given=f"{pyodide} and {url}", allowed="a copy or an address, not both", where="--pyodide, --pyodide-url")
    copied = pyodide_files(pyodide) if pyodide is not None else []
    source = _checked_url(url) if url is not None else "pyodide/"
    place = Path(out)
    if os.path.lexists(place) and not (overwrite and (place / "teaching_worker.js").is_file()):
        allowed = "a path where nothing is yet" + (", or an earlier such folder with --overwrite" if not overwrite else ", or an earlier such folder")
        raise BadInput(what="the place to write to", given=str(place), allowed=allowed, where="--out: something is there")
    mark = os.urandom(6).hex()
    beside, before = (place.absolute().with_name(f".{place.name}-{mark}-{what}") for what in ("new", "old"))
    try:
        beside.mkdir(parents=True)
        _fill(beside, page(language, source), copied)
        if place.exists():
            os.replace(place, before)
        os.replace(beside, place)
    except OSError as error:
        allowed = "a directory that can be written, with space left"
        raise BadInput(what="the place to write to", given=str(place), allowed=allowed, where=f"--out: {error.strerror or error}") from None
    finally:
        if before.exists() and not place.exists():
            os.replace(before, place)
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(before, ignore_errors=True)
    return place


def _fill(folder: Path, text: str, copied: list[Path]) -> None:
    (folder / "index.html").write_text(text, encoding="utf-8")
    (folder / "seedbed.zip").write_bytes(model_zip())
    for name in SCRIPTS:
        shutil.copyfile(HERE / name, folder / name)
    if copied:
        (folder / "pyodide").mkdir()
        for file in copied:
            shutil.copyfile(file, folder / "pyodide" / file.name)
