"""The teaching model for a browser: the same bytes without Numba and all else that a browser lacks, honest answers, a folder that is whole, and a page that works.

The page is tried in a real browser in two ways. Here always: with Python behind a loopback server in the place of Pyodide, so that all but Pyodide itself is
real. And with Pyodide, where the environment variable SEEDBED_PYODIDE names a copy of it with its numpy; without one that test does not exist.
"""

import hashlib
import http.server
import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from seedbed.agents.errors import BadInput
from seedbed.experiments.command import app
from seedbed.experiments.page import teaching, teaching_entry
from seedbed.experiments.page.teaching import model_zip, page, sliders, words, write
from seedbed.experiments.page.teaching_entry import (
    TOWN,
    Classroom,
    Town,
    answer,
    checked,
    fingerprints,
    lost_and_found,
    town,
)
from seedbed.model.engine import run
from seedbed.model.language import LANGUAGES
from seedbed.model.parameters import definitions
from seedbed.model.world import first_guess

FEW = {"city.graduates": 10}
PATIENT = {"fund.tolerance.market": 7, "fund.life.market": 12}
LACKING = ("llvmlite", "matplotlib", "mesa", "networkx", "numba", "pandas", "pyarrow", "scipy", "typer")
PAGE = Path(teaching.__file__).parent


def asked(classroom, ask, **more):
    return json.loads(answer(json.dumps({"ask": ask, **more}), classroom))


@pytest.fixture(scope="module")
def walked():
    """A classroom with two worlds after three years."""
    classroom = Classroom()
    assert asked(classroom, "open", seed=1, years=5, here=FEW, there={**FEW, **PATIENT}) == {"worlds": 2, "quarters": 20}
    for _ in range(12):
        last = asked(classroom, "step")
    return classroom, last


# --- the same rules -------------------------------------------------------------------------------------------------------

ELSEWHERE = """
import json, sys
sys.path.insert(0, {place!r})

class Lacking:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {lacking!r}:
            raise ImportError(f"{{name}} is not to be had here")

sys.meta_path.insert(0, Lacking())
import seedbed
from seedbed.agents.rule import INTERPRETED
from seedbed.experiments.page.teaching_entry import Classroom, answer, fingerprints

classroom = Classroom()
answer(json.dumps(dict(ask="open", seed=1, years=5, here={few!r}, there=None)), classroom)
for _ in range(20):
    last = answer('{{"ask": "step"}}', classroom)
print(json.dumps(dict(
    interpreted=INTERPRETED, tables=fingerprints(classroom.towns[0].world), last=last, at=seedbed.__file__,
    story=answer('{{"ask": "story", "id": "V3", "language": "zh"}}', classroom), loaded=[name for name in {all_lacking!r} if name in sys.modules],
)))
"""


def elsewhere(place, lacking, **environment):
    """What another Python answers, from the files at `place`, where some packages cannot be imported."""
    code = ELSEWHERE.format(place=str(place), lacking=tuple(lacking), all_lacking=LACKING, few=FEW)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}, cwd="/")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_same_bytes_compiled_interpreted_and_where_there_is_nothing_but_numpy(tmp_path):
    compiled = run(town(FEW), seed=1, years=5, record=True)
    here = Classroom()
    asked(here, "open", seed=1, years=5, here=FEW)
    for _ in range(20):
        last = asked(here, "step")
    zipfile.ZipFile(io.BytesIO(model_zip())).extractall(tmp_path)
    bare = elsewhere(tmp_path, LACKING)
    assert bare["interpreted"] and bare["loaded"] == []
    assert Path(bare["at"]).is_relative_to(tmp_path), "what was tried is what the browser gets"
    interpreted = elsewhere(Path(__file__).parents[2], (), NUMBA_DISABLE_JIT="1")
    assert interpreted["interpreted"]
    assert bare["tables"] == interpreted["tables"] == fingerprints(compiled) == fingerprints(here.towns[0].world)
    assert json.loads(bare["last"]) == last
    assert json.loads(bare["story"]) == asked(here, "story", id="V3", language="zh")


def test_a_fingerprint_sees_every_field_and_nothing_beyond_the_rows_in_use():
    world = run(town(FEW), seed=1, years=1)
    before = fingerprints(world)
    beyond = int(world.clock[0].n_ventures) + 5
    world.ventures[beyond].cash += 1
    assert fingerprints(world) == before
    world.ventures[0].quality = np.nextafter(world.ventures[0].quality, np.inf)
    after = fingerprints(world)
    assert [name for name in before if before[name] != after[name]] == ["ventures"]


def test_a_table_that_was_too_small_changes_nothing():
    scenario = town(FEW)
    guess = first_guess(scenario, 3, record=True)
    tight = type(guess)(**{**guess.__dict__, "events": 24, "ventures": 8, "live": 8, "people": 12, "deals": 4, "funds": 9})
    small, large = Town(scenario, 1, 3, tight), Town(scenario, 1, 3)
    for one in (small, large):
        while not one.over:
            one.step()
    assert small.size != tight, "it was too small"
    assert fingerprints(small.world) == fingerprints(large.world)
    assert small.camera.figures() == large.camera.figures() and small.camera.still() == large.camera.still()


def test_the_teaching_city_differs_from_the_baseline_in_numbers_of_agents_only():
    assert {name.split(".")[0] + "." + name.split(".")[1] for name in TOWN} == {"university.number", "city.graduates", "city.newcomers", "fund.managers"}
    assert all(float(definitions()[".".join(name.split(".")[:2])].unit == "count") for name in TOWN)


# --- answers ---------------------------------------------------------------------------------------------------------------


def test_a_step_is_a_quarter_of_both_worlds_and_the_last_one_is_the_end():
    classroom = Classroom()
    asked(classroom, "open", years=1, here=FEW, there=FEW)
    seen = [asked(classroom, "step") for _ in range(5)]
    assert [one["quarter"] for one in seen] == [1, 2, 3, 4, 4] and [one["over"] for one in seen] == [False, False, False, True, True]
    assert all(len(one["worlds"]) == 2 and one["worlds"][0] == one["worlds"][1] for one in seen), "the same policy is the same world"
    assert seen[-1]["unicorns"] == {"fundamental": {"both": 0, "only": []}, "paper": {"both": 0, "only": []}}


def test_before_the_first_quarter_there_is_nothing_to_see():
    classroom = Classroom()
    asked(classroom, "open", here=FEW)
    assert asked(classroom, "look") == {"quarter": 0, "year": 0.0, "over": False, "worlds": [], "unicorns": None}


def test_what_is_shown_is_what_the_run_has(walked):
    classroom, last = walked
    for one, shown in zip(classroom.towns, last["worlds"], strict=True):
        figures = {series["name"]: series["values"] for series in shown["figures"]["series"]}
        assert figures["live"] == one.rows("series")["live"].tolist() and len(figures["live"]) == 12
        assert shown["still"]["living"] == one.world.clock[0].n_live
        assert set(shown["still"]["names"]) == set(shown["still"]["nodes"]["id"])


def test_lost_and_found_by_hand():
    """Venture 2 is a unicorn here only, venture 3 there only, 4 in both; 5 here, and its twin was never founded."""
    here, there = (Town(town(FEW), 1, 2) for _ in range(2))
    for one in (here, there):
        while not one.over:
            one.step()
    assert here.world.clock[0].n_ventures > 5
    for one, rows in ((here, (2, 4, 5)), (there, (3, 4))):
        for row in rows:
            one.world.ventures[row].unicorn_fundamental = 6
    there.world.ventures[5].key = 12345
    there.world.ventures[2].status = 5
    keys = [str(key) for key in here.world.ventures["key"].tolist()]
    found = lost_and_found(here, there)
    told = [(one["world"], one["key"], one["id"], one["other"], one["fate"]) for one in found["fundamental"]["only"]]
    state = ("", "building", "selling", "listed", "acquired", "closed")[int(here.world.ventures[3].status)]
    assert told == [(0, keys[2], "V2", "V2", "closed"), (0, keys[5], "V5", None, "never founded"), (1, keys[3], "V3", "V3", state)]
    assert found["fundamental"]["both"] == 1 and found["paper"] == {"both": 0, "only": []}
    swapped = lost_and_found(there, here)["fundamental"]
    assert {(one["world"], one["key"]) for one in swapped["only"]} == {(1, keys[2]), (1, keys[5]), (0, keys[3])}


def test_everybody_in_the_picture_can_be_asked_about_in_both_languages(walked):
    classroom, last = walked
    for world, shown in enumerate(last["worlds"]):
        kinds = {id[0]: id for id in shown["still"]["nodes"]["id"]}
        assert {"V", "F", "U", "G", "O"} <= set(kinds)
        for id in kinds.values():
            english, chinese = (asked(classroom, "story", world=world, id=id, language=language) for language in LANGUAGES)
            assert english["id"] == chinese["id"] == id and english["kind"] != chinese["kind"]
            assert [name for name, _ in english["facts"]] != [name for name, _ in chinese["facts"]] and len(english["facts"]) == len(chinese["facts"])
            assert bool(english["life"]) == (id[0] == "V")


def test_a_life_goes_on_with_the_run():
    classroom = Classroom()
    asked(classroom, "open", here=FEW, years=20)
    lives = []
    for _ in range(4):
        for _ in range(12):
            asked(classroom, "step")
        lives.append([asked(classroom, "story", id=f"V{row}")["life"] for row in range(5)])
    for earlier, later in zip(lives, lives[1:], strict=False):
        for before, after in zip(earlier, later, strict=True):
            assert after[: len(before) - 1] == before[:-1], "what was told stays; only the last sentence speaks of the present"
    assert sum(map(len, lives[-1])) > sum(map(len, lives[0]))
    assert "end of the run" not in str(lives), "the run goes on"


def test_the_check_tells_same_from_close_from_other():
    recorded = checked()
    classroom = Classroom()
    same = asked(classroom, "check", recorded=recorded)
    assert (same["differ"], same["same_numbers"], same["tables"]) == ([], True, len(recorded["tables"]))
    close = asked(classroom, "check", recorded={**recorded, "tables": {**recorded["tables"], "people": "0"}})
    assert (close["differ"], close["same_numbers"]) == (["people"], True)
    other = asked(classroom, "check", recorded={**recorded, "ventures": recorded["ventures"] + 1})
    assert not other["same_numbers"]


BAD = {
    "no JSON": ("{", "JSON"),
    "a list": ("[]", "'open'"),
    "an unknown question": ('{"ask": "__init__"}', "'step'"),
    "an unknown word": ('{"ask": "open", "speed": 3}', "did you mean 'seed'"),
    "a seed that is none": ('{"ask": "open", "seed": 1.5}', "seed cannot be 1.5"),
    "too long": ('{"ask": "open", "years": 41}', "from 1 to 40"),
    "no years": ('{"ask": "open", "years": null}', "length of a run"),
    "too many graduates": ('{"ask": "open", "here": {"city.graduates": 61}}', "from 1 to 60"),
    "an unknown parameter": ('{"ask": "open", "here": {"fund.lief.market": 7}}', "did you mean 'fund.life.market'"),
    "out of range": ('{"ask": "open", "there": {"fund.life.market": 99}}', "fund.life.market cannot be 99"),
    "a policy that is a word": ('{"ask": "open", "here": "patient"}', "names of parameters"),
    "an unknown language": ('{"ask": "look", "language": "fr"}', "language cannot be 'fr'"),
    "nobody": ('{"ask": "story", "id": "Q1"}', "such as V3"),
    "no id": ('{"ask": "story"}', "such as V3"),
    "somebody who is not": ('{"ask": "story", "id": "V9999"}', "V9999"),
    "a world that is not": ('{"ask": "story", "world": 2, "id": "V1"}', "world cannot be 2"),
    "nothing recorded": ('{"ask": "check", "recorded": [1]}', "checked()"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_is_refused_in_a_sentence_and_changes_nothing(name, walked):
    classroom, last = walked
    question, said = BAD[name]
    assert said in json.loads(answer(question, classroom))["refused"]
    assert asked(classroom, "look")["quarter"] == last["quarter"] == 12


def test_nothing_can_be_seen_before_a_city_is_open():
    for ask in ("step", "look", "story"):
        assert "opened before" in asked(Classroom(), ask)["refused"]


# --- the folder ------------------------------------------------------------------------------------------------------------


def settings_of(text):
    return json.loads(re.search(r'<script type="application/json" id="settings">(.*?)</script>', text, re.DOTALL)[1])


def test_sliders_come_from_the_parameter_files():
    for slider in sliders():
        definition, _ = town().parameters.definition(slider.path)
        assert slider.stops[slider.start] == dict(town().parameters.elements())[slider.path], "where it stands is the city as it is, to the last bit"
        assert list(slider.stops) == sorted(set(slider.stops))
        assert definition.range[0] <= slider.stops[0] and slider.stops[-1] <= definition.range[1]
        for stop in (slider.stops[0], slider.stops[-1]):
            assert dict(town({slider.path: stop}).parameters.elements())[slider.path] == stop
        for language in LANGUAGES:
            assert slider.path in slider.about[language]
        assert slider.name["en"] != slider.name["zh"]
    assert {slider.path for slider in sliders()} >= set(teaching.OTHER_POLICY)


def test_the_page_has_all_its_words_in_both_languages():
    html, script = ((PAGE / name).read_text(encoding="utf-8") for name in ("teaching.html", "teaching.js"))
    english, chinese = words("en"), words("zh")
    assert english.keys() == chinese.keys()
    assert not [name for name in english if english[name] == chinese[name]]
    said = set(re.findall(r'data-word="(\w+)"', html)) | set(re.findall(r'(?:word|say|fail)\("(\w+)"', script))
    assert len(said) > 30 and said <= english.keys()
    fates = {"never founded", *(name for name in teaching_entry.STATUSES if name)}
    assert fates <= english.keys()
    computed = {"check_not", "check_close", "check_same", "pause", "play", "over", "year", "here", "there"}
    assert english.keys() == said | fates | computed


def test_what_stands_in_the_page_is_data_and_nothing_is_read_as_markup(monkeypatch):
    monkeypatch.setattr(teaching, "USUAL_YEARS", "</script><script>alert(1)</script>")
    text = page()
    assert settings_of(text)["years"] == teaching.USUAL_YEARS
    assert "alert(1)</script>" not in text and text.count("</script>") == 3
    for name in ("teaching.js", "teaching_worker.js", "drawing.js"):
        script = (PAGE / name).read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", script), name


def test_nothing_in_the_folder_names_another_machine(tmp_path):
    place = write(tmp_path / "classroom")
    for file in sorted(place.iterdir()):
        if file.suffix in (".html", ".js"):
            found = set(re.findall(r"https?://[^\s\"'`)]+", file.read_text(encoding="utf-8")))
            assert found <= {"http://www.w3.org/2000/svg"}, (file.name, found)
    assert {file.name for file in place.iterdir()} == {"index.html", "seedbed.zip", "drawing.js", "teaching.js", "teaching_worker.js"}


def test_the_same_model_gives_the_same_zip_with_nothing_that_a_browser_does_not_need():
    content = model_zip()
    assert content == model_zip()
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert all(name.startswith("seedbed/") and name.endswith((".py", ".toml")) for name in names)
    assert {"seedbed/__init__.py", "seedbed/agents/rule.py", "seedbed/model/scenarios/baseline.toml", "seedbed/experiments/page/frames.py"} <= set(names)
    assert [name for name in names if name.startswith("seedbed/experiments/")] == [
        "seedbed/experiments/__init__.py", *(f"seedbed/experiments/page/{name}.py" for name in ("__init__", "frames", "teaching_entry")),
    ]  # fmt: skip
    assert len(content) < 1_000_000


@pytest.fixture
def copy(tmp_path):
    """Files named as those of a copy of Pyodide, with a wheel that its list vouches for."""
    place = tmp_path / "copy"
    place.mkdir()
    for name in ("pyodide.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide.asm.js", "something_else.whl"):
        (place / name).write_text(name)
    wheel = b"a wheel"
    (place / "numpy-1-cp1.whl").write_bytes(wheel)
    lock = {"packages": {"numpy": {"file_name": "numpy-1-cp1.whl", "sha256": hashlib.sha256(wheel).hexdigest()}}}
    (place / "pyodide-lock.json").write_text(json.dumps(lock))
    return place


def test_a_copy_of_pyodide_is_put_beside_the_page_without_what_is_not_needed(tmp_path, copy):
    place = write(tmp_path / "deep" / "classroom", pyodide=copy, language="zh")
    assert {file.name for file in (place / "pyodide").iterdir()} == {file.name for file in copy.iterdir()} - {"something_else.whl"}
    settings = settings_of((place / "index.html").read_text(encoding="utf-8"))
    assert (settings["pyodide"], settings["language"]) == ("pyodide/", "zh")
    assert '<html lang="zh">' in (place / "index.html").read_text(encoding="utf-8")


def test_an_address_is_the_readers_own_choice(tmp_path):
    place = write(tmp_path / "classroom", url="https://example.org/pyodide/v1.2/full")
    assert settings_of((place / "index.html").read_text(encoding="utf-8"))["pyodide"] == "https://example.org/pyodide/v1.2/full/"


def spoiled(copy, name):
    """A copy of Pyodide with one thing wrong, and what is said of it."""
    lock = copy / "pyodide-lock.json"
    if name == "a core file is missing":
        (copy / "pyodide.asm.wasm").unlink()
        return "no pyodide.asm.wasm"
    if name == "the loader is missing":
        (copy / "pyodide.asm.js").unlink()
        return "no pyodide.asm.js or pyodide.asm.mjs"
    if name == "numpy is missing":
        (copy / "numpy-1-cp1.whl").unlink()
        return "numpy is missing"
    if name == "numpy is another":
        (copy / "numpy-1-cp1.whl").write_bytes(b"another")
        return "SHA-256"
    if name == "the list is broken":
        lock.write_text("{")
        return "names numpy"
    lock.write_text(json.dumps({"packages": {"numpy": {"file_name": "../numpy.whl", "sha256": ""}}}))
    return "the name of a wheel"


@pytest.mark.parametrize(
    "name",
    ["a core file is missing", "the loader is missing", "numpy is missing", "numpy is another", "the list is broken", "the list leads elsewhere"],
)
def test_a_copy_of_pyodide_that_is_not_whole_is_refused_before_anything_is_written(name, tmp_path, copy):
    said = spoiled(copy, name)
    with pytest.raises(BadInput, match=re.escape(said)):
        write(tmp_path / "classroom", pyodide=copy)
    assert [file.name for file in tmp_path.iterdir()] == ["copy"]


@pytest.mark.parametrize(
    "options",
    [
        {"url": "http://example.org/"}, {"url": "javascript:alert(1)"}, {"url": "https://example.org/?a=<b>"}, {"url": "https://"},
        {"url": "https://example.org/", "pyodide": "copy"}, {"language": "fr"}, {"pyodide": "nowhere"},
    ],
)  # fmt: skip
def test_options_that_cannot_be_are_refused(options, tmp_path):
    with pytest.raises(BadInput):
        write(tmp_path / "classroom", **options)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_kept_unless_it_is_an_earlier_such_folder_and_that_was_asked_for(tmp_path):
    place = write(tmp_path / "classroom")
    (place / "mine.txt").write_text("a note")
    with pytest.raises(BadInput, match="--overwrite"):
        write(place)
    assert (place / "mine.txt").exists()
    write(place, overwrite=True)
    assert not (place / "mine.txt").exists() and (place / "index.html").exists()
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work")
    with pytest.raises(BadInput, match="something is there"):
        write(other, overwrite=True)
    assert (other / "thesis.txt").exists()
    assert {file.name for file in tmp_path.iterdir()} == {"classroom", "other"}


def test_nothing_is_left_half_written(tmp_path, monkeypatch):
    place = write(tmp_path / "classroom")
    before = {file.name: file.read_bytes() for file in place.iterdir()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(teaching.shutil, "copyfile", full)
    with pytest.raises(BadInput, match="No space left"):
        write(place, overwrite=True)
    with pytest.raises(BadInput, match="No space left"):
        write(tmp_path / "second")
    assert [file.name for file in tmp_path.iterdir()] == ["classroom"]
    assert {file.name: file.read_bytes() for file in place.iterdir()} == before


def test_the_command_prints_the_folder_and_says_what_is_still_needed(tmp_path):
    done = CliRunner().invoke(app, ["teaching", "--out", str(tmp_path / "one")], prog_name="seedbed")
    assert done.exit_code == 0 and done.stdout == f"{tmp_path / 'one'}\n"
    assert "Pyodide is not in it" in done.stderr and "http.server" in done.stderr
    done = CliRunner().invoke(app, ["teaching", "--out", str(tmp_path / "two"), "--pyodide-url", "https://example.org/p/"], prog_name="seedbed")
    assert done.exit_code == 0 and "needs internet" in done.stderr
    done = CliRunner().invoke(app, ["teaching", "--out", str(tmp_path / "one")], prog_name="seedbed")
    assert done.exit_code == 2 and "something is there" in done.stderr


# --- in a browser ----------------------------------------------------------------------------------------------------------

BRIDGE = """
self.onmessage = async ({data}) => {
  const reply = data.start ? {} : await (await fetch("/ask", {method: "POST", body: JSON.stringify(data.ask)})).json();
  self.postMessage({id: data.id, answer: reply});
};
"""


class Server(http.server.SimpleHTTPRequestHandler):
    """Gives out a folder, and answers the page's questions with the Python of this test."""

    def do_POST(self):
        question = self.rfile.read(int(self.headers["Content-Length"])).decode()
        reply = answer(question, self.server.classroom).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        pass


@contextmanager
def served(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, directory=str(folder)))
    server.classroom = Classroom()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def opened(address, size):
    """A page in Chromium; no error may appear in its console, and no request may leave for anywhere else."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        tab, faults = context.new_page(), []
        tab.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: faults.append(str(error)))
        context.on("request", lambda request: None if request.url.startswith((address, "data:", "blob:")) else faults.append(request.url))
        tab.goto(address)
        tab.wait_for_selector("#begin:not([disabled])", timeout=120_000)
        yield tab
        browser.close()
    assert faults == []


def walk(tab, quarters):
    """Press the button until so many quarters have been walked since the beginning."""
    tab.click("#begin")
    tab.wait_for_selector("#year:has-text('0.25')", timeout=60_000)
    for quarter in range(2, quarters + 1):
        tab.click("#step:not([disabled])")
        tab.wait_for_selector(f"#year:has-text('{quarter / 4:.2f}')", timeout=60_000)
    tab.wait_for_selector("#begin:not([disabled])", timeout=60_000)


def kept(tab, name):
    """A picture of the whole page, where pictures are wanted."""
    if os.environ.get("SEEDBED_SCREENSHOTS"):
        tab.screenshot(path=str(Path(os.environ["SEEDBED_SCREENSHOTS"]) / f"teaching-{name}.png"), full_page=True)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desktop", "phone"])
def test_the_page_in_a_browser_with_python_behind_a_loopback_server(size, tmp_path):
    place = write(tmp_path / "classroom")
    (place / "teaching_worker.js").write_text(BRIDGE)
    with served(place) as address, opened(address, size) as tab:
        walk(tab, 8)
        assert tab.locator("#charts svg").count() == 6
        assert "aria-label" in tab.locator("#chart-live").evaluate("svg => svg.getAttributeNames()")

        tab.focus("#network-0")
        tab.keyboard.press("Home")
        tab.keyboard.press("Enter")
        tab.wait_for_selector("#agent ol.life li")
        first = tab.inner_text("#agent h2")
        tab.select_option("#language", "zh")
        tab.wait_for_selector("#agent h2:has-text('世界甲')")
        assert tab.inner_text("h1") == "课堂上的 Seedbed" and tab.get_attribute("html", "lang") == "zh"
        assert tab.inner_text("#year") == "第 2.00 年"
        assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]
        kept(tab, f"{size[0]}-zh")
        tab.select_option("#language", "en")
        tab.wait_for_selector(f"#agent h2:has-text('{first.split(' (')[0]}')")
        assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]
        kept(tab, f"{size[0]}-en")

        if size[0] < 1000:
            return

        tab.locator("[id='fund.tolerance.market-1']").fill("0")
        assert "changed" in tab.inner_text("#status")
        tab.fill("#years", "3")
        tab.click("#begin")
        tab.wait_for_selector("#year:has-text('0.25')")
        tab.click("#play:not([disabled])")
        tab.wait_for_selector("#year:not(:has-text('0.25'))", timeout=60_000)
        tab.click("#play[aria-pressed=true]")
        tab.wait_for_selector("#begin:not([disabled])")
        stands = tab.inner_text("#year")
        tab.wait_for_timeout(700)
        assert tab.inner_text("#year") == stands and "the end" not in stands, "a run that pauses stands still"
        tab.click("#play:not([disabled])")
        tab.wait_for_selector("#year:has-text('Year 3.00: the end')", timeout=60_000)
        tab.wait_for_selector("#play[aria-pressed=false]")
        assert tab.is_disabled("#step") and tab.is_disabled("#play")

        tab.fill("#years", "99")
        tab.click("#begin")
        tab.wait_for_selector("#failed:has-text('from 1 to 40')")
        tab.fill("#years", "2")
        tab.uncheck("#twin")
        tab.click("#begin")
        tab.wait_for_selector("#year:has-text('0.25')")
        assert tab.is_hidden("#second") and tab.is_hidden("#failed")
        tab.click("#check")
        tab.wait_for_selector("#checked[data-found=check_same]", timeout=60_000)


if os.environ.get("SEEDBED_PYODIDE"):

    @pytest.mark.slow
    def test_the_page_in_a_browser_with_pyodide(tmp_path):
        """Everything as a reader has it: Python and numpy in WebAssembly, the rules interpreted, nothing from outside."""
        place = write(tmp_path / "classroom", pyodide=os.environ["SEEDBED_PYODIDE"])
        compiled = Classroom()
        asked(compiled, "open", seed=1, years=20, there=PATIENT)
        for _ in range(16):
            last = asked(compiled, "step")
        with served(place) as address, opened(address, (1280, 800)) as tab:
            tab.click("#check")
            tab.wait_for_selector("#checked[data-found]", timeout=240_000)
            assert tab.get_attribute("#checked", "data-found") in ("check_same", "check_close")
            walk(tab, 16)
            for name in ("live", "zombies", "invested"):
                told = tab.locator(f"#chart-{name} desc").text_content()
                values = [next(series["values"][-1] for series in world["figures"]["series"] if series["name"] == name) for world in last["worlds"]]
                assert [float(number.replace(",", "")) for number in re.findall(r": ([\d,.]+)", told)] == pytest.approx(values, abs=0.51)
            kept(tab, "pyodide")
