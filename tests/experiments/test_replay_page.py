"""A run as one file: all that is in it is the run's, nothing is fetched, nothing from outside is read as markup; and it works in a browser."""

import base64
import dataclasses
import hashlib
import json
import re
import shutil

import pytest
from typer.testing import CliRunner

from seedbed.agents.errors import BadInput
from seedbed.experiments.command import app
from seedbed.experiments.page import replay as files
from seedbed.experiments.page.frames import LAYERS, Camera, film
from seedbed.experiments.page.replay import coded, decoded, replay
from seedbed.model.history import History
from seedbed.model.language import LANGUAGES
from seedbed.model.scenario import Scenario
from seedbed.model.simulate import simulate
from seedbed.model.twins import twins

TOWN = {
    "city.graduates": 40, "city.newcomers": 20, "sector.acquisition": 0.1, "market.unicorn": 300, "market.listing_rate": 2, "bank.ip_haircut": 0.2,
}  # fmt: skip
PATIENT = TOWN | {"fund.tolerance.market": 7}
YEARS = 6
HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"


@pytest.fixture(scope="module")
def here():
    return film(Scenario.load("baseline").with_(TOWN), 3, YEARS)


@pytest.fixture(scope="module")
def there():
    return film(Scenario.load("baseline").with_(PATIENT), 3, YEARS)


@pytest.fixture(scope="module")
def page(here, there, tmp_path_factory):
    """Twins as a file."""
    return replay(here, there, out=tmp_path_factory.mktemp("replay") / "twins.html", stories=4)


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory):
    town = dataclasses.replace(Scenario.load("baseline").with_(TOWN), title=HOSTILE, about=HOSTILE)
    return replay(film(town, 3, 2), out=tmp_path_factory.mktemp("replay") / "hostile.html", stories=1)


def data_of(place):
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', place.read_text(encoding="utf-8"), re.DOTALL)
    return json.loads(data)


# -------------------------------------------------------------------------------------------------------- what changed


def still_of(tick, nodes, edges):
    """A still by hand: nodes as id: (x, y, size, look, flags), edges as pairs of ids with a layer."""
    ids = list(nodes)
    columns = {name: [nodes[each][place] for each in ids] for place, name in enumerate(files.COLUMNS)}
    return {
        "tick": tick, "living": len(ids), "left_out": 0,
        "nodes": {"id": ids, "kind": [0] * len(ids), "key": [f"key {each}" for each in ids], "form": [1] * len(ids), **columns},
        "edges": {"a": [ids.index(a) for a, _, _ in edges], "b": [ids.index(b) for _, b, _ in edges], "layer": [layer for _, _, layer in edges]},
    }  # fmt: skip


def test_a_film_by_hand():
    first = still_of(0, {"V0": (1, 2, 3, 0, 0), "V1": (5, 5, 0, 1, 0)}, [("V0", "V1", 4)])
    second = still_of(1, {"V1": (5, 6, 0, 1, 4), "V2": (9, 9, 9, 0, 0)}, [("V2", "V1", 0)])
    made = coded([first, second])
    assert made["nodes"]["id"] == ["V0", "V1", "V2"] and made["nodes"]["key"][2] == "key V2"
    assert made["quarters"][1] == {
        "tick": 1, "living": 2, "left_out": 0, "gone": [0], "there": [2], "as": [[9], [9], [9], [0], [0]],
        "changed": [[[], []], [[1], [6]], [[], []], [[], []], [[1], [4]]], "untied": [[0], [1], [4]], "tied": [[2], [1], [0]],
    }  # fmt: skip
    back = decoded(made)[1]
    assert back["nodes"] == {"V1": {"x": 5, "y": 6, "size": 0, "look": 1, "flags": 4}, "V2": {"x": 9, "y": 9, "size": 9, "look": 0, "flags": 0}}
    assert back["edges"] == {("V2", "V1", 0)}


def test_who_comes_back_is_the_same():
    alone = still_of(1, {"V1": (5, 5, 0, 1, 0)}, [])
    both = {"V0": (1, 2, 3, 0, 0), "V1": (5, 5, 0, 1, 0)}
    made = coded([still_of(0, both, []), alone, still_of(2, both, [("V0", "V1", 2)])])
    assert made["nodes"]["id"] == ["V0", "V1"] and set(decoded(made)[2]["nodes"]) == {"V0", "V1"}


def as_sets(still):
    nodes, edges = still["nodes"], still["edges"]
    ids = nodes["id"]
    return (
        {each: {name: nodes[name][place] for name in files.COLUMNS} for place, each in enumerate(ids)},
        {(ids[a], ids[b], layer) for a, b, layer in zip(edges["a"], edges["b"], edges["layer"], strict=True)},
    )


def test_a_film_gives_every_still_again(here):
    stills = [here.still(tick) for tick in range(4 * YEARS)]
    for still, back in zip(stills, decoded(coded(stills)), strict=True):
        assert (back["nodes"], back["edges"]) == as_sets(still)
        assert (back["tick"], back["living"]) == (still["tick"], still["living"])


# ------------------------------------------------------------------------------------------------------------- the file


def test_a_file_of_twins_is_small_and_asks_for_nothing(page):
    text = page.read_text(encoding="utf-8")
    assert 50_000 < len(text) < 1_000_000
    markup = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"\b(src|href|action|srcset|poster|background)\s*=|url\(|@import|<link|<iframe|<object|<form", markup)
    scripts = "".join(re.findall(r"<script>(.*?)</script>", text, re.DOTALL))
    assert not re.search(r"\bfetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import\(|innerHTML|insertAdjacentHTML|\beval\(|new Function", scripts)
    assert set(re.findall(r"https?://[^\"'\s]+", text)) == {"http://www.w3.org/2000/svg"}, "the name of SVG, which is no address to fetch"


def test_only_its_own_scripts_may_run(page):
    text = page.read_text(encoding="utf-8")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src 'none'; ")

    def digests(tag):
        parts = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        return {f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" for part in parts}

    allowed = {directive.split()[0]: set(directive.split()[1:]) for directive in policy.split("; ")}
    assert allowed["script-src"] == digests("script") and len(allowed["script-src"]) == 2
    assert allowed["style-src"] == digests("style")


def test_data_are_those_of_both_histories(page, here, there):
    data = data_of(page)
    for world, camera in zip(data["worlds"], (here, there), strict=True):
        frame = camera.history.series()
        for series, values in zip(data["series"], world["series"], strict=True):
            if series["name"] in ("live", "zombies", "founded", "funds", "jobs"):
                assert values == frame[series["name"]].tolist()
        stills = decoded(world["film"])
        assert [still["living"] for still in stills] == frame["live"].tolist()
        assert [sum(name[0] == "V" for name in still["nodes"]) for still in stills] == frame["live"].tolist()
        assert [sum(name[0] == "F" for name in still["nodes"]) for still in stills] == frame["funds"].tolist()
        last = as_sets(camera.still())
        assert (stills[-1]["nodes"], stills[-1]["edges"]) == last
        assert world["funnel"][-1][0] == len(camera.history.ventures())
        ventures = camera.history.ventures()
        assert {name for name, _ in world["unicorns"]} == set(ventures.index[ventures["unicorn_fundamental"].notna()])


def test_names_and_lives_are_those_of_the_history_in_both_languages(page, here):
    data = data_of(page)
    world = data["worlds"][0]
    keys = dict(zip(world["film"]["nodes"]["id"], world["film"]["nodes"]["key"], strict=True))
    for language in LANGUAGES:
        assert data["names"][language][keys["V7"]] == here.history.name("V7", language)
        lives = world["lives"][language]
        assert len(lives) == 4
        for name, told in lives.items():
            story = here.history.story(name, language=language)
            assert told == [*([tick, text] for tick, text in story.lines), [None, story.end]]


def test_twins_are_those_of_the_pairing(page, here, there):
    data, pairs = data_of(page)["twins"], twins(here.history, there.history)
    assert sum(map(sum, data["counts"])) == len(pairs.table)
    counts = pairs.counts()
    assert [one["number"] for one in data["lists"]] == [counts[name] for name in ("unicorn_only_here", "unicorn_only_there", "died_only_here", "died_only_there")]
    assert sum(one["number"] for one in data["lists"]) > 0
    rows = [row for one in data["lists"] for row in one["rows"]]
    by_ids = {(row["here"], row["there"]): row for _, row in pairs.table.astype(object).iterrows()}
    for row in rows:
        paired = next(found for (one, other), found in by_ids.items() if row["ids"][0] in (one, None) and row["ids"][1] in (other, None) and any(row["ids"]))
        assert row["parted"] == round(4 * paired["parted"]) and row["why"]["en"] == paired["why"]


def test_both_languages_say_everything(page):
    data = data_of(page)
    assert data["words"]["en"].keys() == data["words"]["zh"].keys()
    same = {name for name, word in data["words"]["zh"].items() if word and not re.search("[\u4e00-\u9fff：，]", word)}
    assert same <= {"other_language", "named", "date"}
    assert "<" not in json.dumps(data["lead"]) and data["lead"]["en"].count("world") >= 2


def test_what_won_and_what_lost_are_told_alike(here, there, monkeypatch):
    def lead(first, second):
        pairs = {"en": twins(first.history, second.history)}
        return files._lead([first, second], pairs, "en"), pairs["en"].counts()

    for first, second in ((here, there), (there, here), (here, here)):
        sentence, counts = lead(first, second)
        difference = counts["unicorns_there"] - counts["unicorns_here"]
        if difference:
            how = f"{counts['unicorns_here']} in world A, {counts['unicorns_there']} in world B, {abs(difference)} {'more' if difference > 0 else 'fewer'}."
            assert how in sentence
        else:
            assert f"{counts['unicorns_here']} in world A and as many in world B" in sentence
        assert "One seed proves nothing" in sentence


def test_a_title_is_no_markup(hostile_page):
    text = hostile_page.read_text(encoding="utf-8")
    assert "<img" not in text and text.count("<script") == 3 and HOSTILE not in text
    assert "&lt;/script&gt;" in text.split("</title>")[0]
    assert HOSTILE in data_of(hostile_page)["title"]["en"]


def test_a_history_is_run_again_to_be_filmed(here, tmp_path):
    history = simulate("baseline", seed=3, years=YEARS, changes=TOWN)
    data = data_of(replay(history, out=tmp_path / "a.html", stories=0))
    assert data["worlds"][0]["film"] == data_of(replay(here, out=tmp_path / "b.html", stories=0))["worlds"][0]["film"]
    assert data["twins"] is None and len(data["worlds"]) == 1


def test_the_same_runs_give_the_same_bytes(here, tmp_path):
    assert replay(here, out=tmp_path / "a.html", stories=1).read_bytes() == replay(here, out=tmp_path / "b.html", stories=1).read_bytes()


def test_fewer_quarters_on_request(here, tmp_path):
    data = data_of(replay(here, out=tmp_path / "a.html", every=5, stories=0))
    assert [quarter["tick"] for quarter in data["worlds"][0]["film"]["quarters"]] == [4, 9, 14, 19, 23]
    assert len(data["worlds"][0]["funnel"]) == 5 and len(data["worlds"][0]["series"][0]) == 4 * YEARS
    assert any("every 5th quarter" in paragraph for paragraph in data["made"]["en"])


def test_a_file_that_grows_too_large_tells_less(here, tmp_path, monkeypatch):
    size = len(replay(here, out=tmp_path / "a.html", stories=2).read_bytes())
    monkeypatch.setattr(files, "MOST_BYTES", size - 1)
    assert len(data_of(replay(here, out=tmp_path / "b.html", stories=2))["worlds"][0]["lives"]["en"]) == 1
    monkeypatch.setattr(files, "MOST_BYTES", size - 10_000)
    assert len(data_of(replay(here, out=tmp_path / "c.html", stories=0))["worlds"][0]["film"]["quarters"]) < 4 * YEARS
    monkeypatch.setattr(files, "MOST_BYTES", 1000)
    with pytest.raises(BadInput, match="at most 1,000"):
        replay(here, out=tmp_path / "e.html", stories=0, every=16)
    assert not (tmp_path / "e.html").exists()


# ------------------------------------------------------------------------------------------------------ refusals, command


def test_what_is_no_run_is_refused(here, there, tmp_path):
    place = tmp_path / "a.html"
    with pytest.raises(BadInput, match="str.*film or a History"):
        replay("baseline", out=place)
    with pytest.raises(BadInput, match="seed"):
        replay(here, film(Scenario.load("baseline").with_(TOWN), 4, YEARS), out=place)
    with pytest.raises(BadInput, match="lacks quarters"):
        replay(Camera(here.history), out=place)
    with pytest.raises(BadInput, match="language.*fr"):
        replay(here, out=place, language="fr")
    for wrong in ({"every": 0}, {"every": 1.5}, {"stories": -1}, {"stories": True}):
        with pytest.raises(BadInput, match="whole number"):
            replay(here, out=place, **wrong)
    foreign = History(here.history.world, json.loads(json.dumps(here.history.provenance | {"scenario": here.history.provenance["scenario"] | {"name": "gone"}})))
    with pytest.raises(BadInput, match="scenario is at hand"):
        replay(foreign, out=place)
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_refused_and_nothing_left(here, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadInput, match="place for the replay.*folder"):
        replay(here, out=tmp_path / "folder", stories=0)
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def command(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="seedbed")


def test_the_command_writes_the_file_that_it_says_how_to_make_again(tmp_path):
    settings = [part for name, value in TOWN.items() for part in ("--set", f"{name}={value}")]
    place = tmp_path / "twins.html"
    asked = ["replay", "baseline", "--seed", 3, "--years", 2, *settings, "--set-b", "fund.tolerance.market=7", "--stories", 1, "--language", "zh"]
    done = command(*asked, "--out", place)
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(place)
    data = data_of(place)
    assert data["language"] == "zh" and "<html lang" in place.read_text(encoding="utf-8")
    assert data["command"].startswith("seedbed replay baseline --seed 3 --years 2 --set ") and data["command"].endswith("--set-b fund.tolerance.market=7")
    again = tmp_path / "again.html"
    assert command(*data["command"].split()[1:], "--stories", 1, "--language", "zh", "--out", again).exit_code == 0
    assert again.read_bytes() == place.read_bytes()


def test_two_scenarios_are_twins_too(tmp_path):
    place = tmp_path / "two.html"
    done = command("replay", "chengdu", "baseline", "--years", 1, "--stories", 0, "--out", place)
    assert done.exit_code == 0, done.output
    assert data_of(place)["command"] == "seedbed replay chengdu baseline --seed 1 --years 1"


def test_the_command_refuses_in_a_sentence(tmp_path):
    done = command("replay", "baseline", "--years", 1, "--language", "fr", "--out", tmp_path / "a.html")
    assert done.exit_code == 2 and "fr" in done.stderr and not list(tmp_path.iterdir())


# ------------------------------------------------------------------------------------------------------------ a browser


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    assert program, "these tests need chromium"
    with sync_playwright() as running:
        opened = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


SIZES = {"desktop": {"viewport": {"width": 1280, "height": 800}}, "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}}


@pytest.fixture
def opened(browser):
    """Opens a file; at the end nothing may have been said on the console, and nothing asked for but the file."""
    said, asked, contexts = [], [], []

    def open_(place, size="desktop"):
        contexts.append(browser.new_context(**SIZES[size], offline=True))
        page = contexts[-1].new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(place.as_uri())
        page.wait_for_selector("#worlds canvas")
        page.wait_for_timeout(200)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not said, said
    assert all(url.startswith("file:") for url in asked) and len(asked) == len(contexts), asked


def until(page, condition):
    """Wait, a minute at most; the policy of the file forbids the browser to evaluate conditions that are given as text."""
    for _ in range(600):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError("waited in vain")


def where(page, world, name):
    """Middle of a node on the screen, once it is drawn."""
    canvas = page.locator("canvas").nth(world).bounding_box()
    still = page.evaluate("""() => JSON.parse(document.getElementById('data').textContent)""")
    nodes = still["worlds"][world]["film"]["nodes"]["id"]
    shown = decoded(still["worlds"][world]["film"])[int(page.locator("#when").input_value())]["nodes"]
    assert name in nodes and name in shown
    city = still["worlds"][world]["cities"][0]
    scale = min((canvas["width"] - 16) / (2 * city["radius"]), (canvas["height"] - 16) / (2 * city["radius"]))
    return canvas["width"] / 2 + scale * (shown[name]["x"] - city["x"]), canvas["height"] / 2 + scale * (shown[name]["y"] - city["y"])


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_it_opens_plays_and_tells(page, here, opened, size):
    shown = opened(page, size)
    assert shown.title().endswith("twin worlds") and shown.locator("canvas").count() == 2
    last = 4 * YEARS - 1
    assert shown.locator("#when").input_value() == str(last)
    assert shown.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "it is wider than the screen"

    # the slider: the caption and the charts say what the history says
    shown.locator("#when").fill("9")
    frame = here.history.series()
    assert f"living ventures: {frame['live'].iloc[9]:,}, zombies: {frame['zombies'].iloc[9]:,};" in shown.locator("figcaption").first.inner_text()
    assert shown.locator("#told").inner_text() == "Year 2, Q2"
    described = " ".join(shown.locator("#charts svg").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))"))
    assert f"A {frame['live'].iloc[9]:,}" in described

    # playing goes on by itself, to the end and not beyond
    shown.select_option("#speed", "16")
    shown.click("#play")
    until(shown, lambda: int(shown.locator("#when").input_value()) > 11)
    shown.click("#play")
    held = shown.locator("#when").input_value()
    shown.wait_for_timeout(200)
    assert shown.locator("#when").input_value() == held
    shown.click("#play")
    until(shown, lambda: shown.locator("#play").get_attribute("aria-pressed") == "false")
    assert shown.locator("#when").input_value() == str(last)

    # a click opens a story, in both worlds
    name = next(iter(data_of(page)["worlds"][0]["lives"]["en"]))
    shown.locator("#when").fill(str(data_of(page)["worlds"][0]["facts"][name][2] + 3))
    x, y = where(shown, 0, name)
    shown.locator("canvas").first.click(position={"x": x, "y": y})
    heading = shown.locator("#life h3").first.inner_text()
    assert re.search(r"\([VFUGOB]\d+\)", heading)
    lost = shown.locator("details").filter(has=shown.locator("button.plain")).first
    lost.locator("summary").click()
    lost.locator("button.plain").first.click()
    assert shown.locator("#life article").count() >= 1

    # the language
    shown.click("#language")
    assert shown.evaluate("document.documentElement.lang") == "zh-CN" and shown.title().endswith("孪生世界")
    assert "存续创业企业" in shown.locator("figcaption").first.inner_text()
    shown.click("#language")
    assert shown.title().endswith("twin worlds")


@pytest.mark.slow
def test_a_story_is_told_where_it_is_clicked(page, here, opened):
    shown = opened(page)
    told = data_of(page)["worlds"][0]["lives"]["en"]
    listed = shown.locator("details", has_text="World A: Unicorns")
    listed.locator("summary").click()
    name = next(name for name, _ in data_of(page)["worlds"][0]["unicorns"] if name in told)
    listed.locator("button.plain", has_text=f"({name})").click()
    article = shown.locator("#life article").first
    assert f"({name})" in article.locator("h3").inner_text()
    sentences = article.locator("ol.life li").all_inner_texts()
    assert len(sentences) == len(told[name]) and sentences[0].endswith(told[name][0][1])
    assert article.locator("li.later").count() == sum(tick is None or tick > int(shown.locator("#when").input_value()) for tick, _ in told[name])
    # a node of the network is found where the still says
    x, y = where(shown, 0, name)
    shown.locator("canvas").first.click(position={"x": x, "y": y})
    assert f"({name})" in shown.locator("#life h3").first.inner_text()


@pytest.mark.slow
def test_the_page_plays_the_film_as_it_was_coded(page, here, opened):
    """The script's stills, forward and back, are those of the camera."""
    shown = opened(page)
    source = (files.FOLDER / "replay.js").read_text(encoding="utf-8")
    player = source[source.index("  function player(film)") : source.index("  // ----", source.index("  function player(film)"))]
    stills = shown.evaluate(
        f"""() => {{ const COLUMNS = ["x", "y", "size", "look", "flags"]; {player}
        const film = JSON.parse(document.getElementById("data").textContent).worlds[0].film, run = player(film);
        return [3, 20, 7, {4 * YEARS - 1}, 0].map(place => {{ run.seek(place); return run.still(); }}); }}"""
    )
    for tick, still in zip((3, 20, 7, 4 * YEARS - 1, 0), stills, strict=True):
        assert as_sets(still) == as_sets(here.still(tick)) and still["tick"] == tick


@pytest.mark.slow
def test_the_keyboard_suffices(page, opened):
    shown = opened(page)
    shown.keyboard.press("ArrowLeft")
    assert shown.locator("#when").input_value() == str(4 * YEARS - 2)
    shown.locator("canvas").first.focus()
    for key in ("ArrowDown", "ArrowLeft", "ArrowUp", "+", "-", "Enter"):
        shown.keyboard.press(key)
    assert re.search(r"\([VFUGOB]\d+\)", shown.locator("#life h3").first.inner_text())
    assert re.search(r"[VFUGOB]\d+", shown.locator("canvas span").first.text_content()), "what is in focus is said to those who cannot see it"
    shown.evaluate("document.activeElement.blur()")
    shown.keyboard.press(" ")
    assert shown.locator("#play").get_attribute("aria-pressed") == "true"
    shown.keyboard.press(" ")


@pytest.mark.slow
def test_nothing_from_a_scenario_runs_in_the_page(hostile_page, opened):
    shown = opened(hostile_page)
    assert shown.title() == f"{HOSTILE}: a replay" and shown.locator("img").count() == 0
    assert HOSTILE in shown.locator("#about").inner_text()


@pytest.mark.slow
def test_a_view_that_is_destroyed_listens_no_more(page, opened):
    shown = opened(page)
    left = shown.evaluate(
        """() => { const canvas = document.createElement("canvas"); document.body.append(canvas); let on = 0;
        const add = canvas.addEventListener.bind(canvas), remove = canvas.removeEventListener.bind(canvas);
        canvas.addEventListener = (...given) => { on += 1; add(...given); }; canvas.removeEventListener = (...given) => { on -= 1; remove(...given); };
        const view = SeedbedDrawing.network(canvas, {words: {}}); const most = on; view.destroy(); return [most, on, canvas.children.length]; }"""
    )
    assert left[0] > 5 and left[1:] == [0, 0]


CHARTS = """
([draw, given]) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  document.body.append(svg);
  SeedbedDrawing[draw](svg, given);
  SeedbedDrawing[draw](svg, given);
  const box = svg.getBoundingClientRect();
  const beyond = [...svg.querySelectorAll("text")].map(one => one.getBoundingClientRect()).filter(one => one.left < box.left - 1 || one.right > box.right + 1 || one.bottom > box.bottom + 1);
  const found = {markup: svg.outerHTML, beyond: beyond.length, titles: svg.querySelectorAll(":scope > title").length, label: svg.getAttribute("aria-label")};
  svg.remove();
  return found;
}
"""
FATES = ["unicorn", "closed", "never founded"]
NOT_A_NUMBER = float("nan")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draw", "given"),
    [
        ("lines", {"title": HOSTILE, "x": [], "series": [{"name": HOSTILE, "values": []}], "xLabel": "year", "yLabel": "count"}),
        ("lines", {"title": "one", "x": [1], "series": [{"name": "a", "values": [0]}, {"name": "b", "values": [None]}], "xLabel": "year", "yLabel": "count"}),
        ("lines", {"title": "band", "x": [1, 2, 3], "series": [{"name": "a long name of a series", "values": [1, None, 3], "low": [0, 1, 2], "high": [2, 3, 4]}], "at": 2}),
        ("lines", {"title": "below", "x": [1, 2], "series": [{"name": "a", "values": [-2e9, -1e9]}], "xLabel": "year", "yLabel": "million RMB", "language": "zh"}),
        ("bars", {"title": "none", "bars": []}),
        ("bars", {"title": "nothing", "bars": [{"name": HOSTILE, "value": 0}, {"name": "b", "value": NOT_A_NUMBER}], "xLabel": "million RMB"}),
        ("bars", {"title": "some", "bars": [{"name": "a", "value": -3, "low": -4, "high": -2}, {"name": "b", "value": 123456, "low": 1, "high": 200000}], "xLabel": "count"}),
        ("funnel", {"title": "empty", "steps": [{"label": "founded", "value": 0}, {"label": HOSTILE, "value": 0}], "xLabel": "count"}),
        ("funnel", {"title": "twin", "steps": [{"label": "founded", "value": 9, "other": 0}, {"label": "listed", "value": 1, "other": 0}], "here": "A", "there": "B"}),
        ("twins", {"title": "empty", "fates": FATES, "counts": [[0] * 3] * 3, "here": "A", "there": "B"}),
        ("twins", {"title": "some", "fates": FATES, "counts": [[1, 2, 0], [0, 400, 1], [1, 0, 0]], "here": HOSTILE, "there": "B"}),
    ],
)
def test_charts_stand_nothing_much_and_hostile_words(page, opened, draw, given):
    shown = opened(page)
    made = shown.evaluate(CHARTS, [draw, given])
    assert "NaN" not in made["markup"] and "Infinity" not in made["markup"] and "undefined" not in made["markup"]
    assert "<script" not in made["markup"] and "<img" not in made["markup"]
    assert made["titles"] == 1 and given["title"] in made["label"]
    assert not made["beyond"], "words are cut off"


@pytest.mark.slow
def test_two_thousand_nodes_are_drawn_within_a_frame(opened, page):
    shown = opened(page)
    took = shown.evaluate(
        """async () => {
          const canvas = document.createElement("canvas"), number = 2200;
          canvas.style.cssText = "width: 800px; height: 700px";
          document.body.append(canvas);
          const each = action => Array.from({length: number}, (_, n) => action(n)), view = SeedbedDrawing.network(canvas, {words: {}, duration: 1});
          const still = shift => ({cities: [{name: "", x: 500, y: 500, radius: 480}], edges: {a: each(n => n), b: each(n => (7 * n) % number), layer: each(n => n % 5)}, nodes: {
            id: each(n => `V${n}`), kind: each(n => n % 20 ? 0 : 1), key: each(n => n), form: each(n => n % 2), look: each(n => n % 5), size: each(n => n % 45),
            flags: each(n => n % 9 ? 0 : n % 8), x: each(n => (n * 13 + shift) % 1000), y: each(n => (n * 29) % 1000)}});
          const times = [], ask = window.requestAnimationFrame;
          window.requestAnimationFrame = action => ask(() => { const begun = performance.now(); action(); times.push(performance.now() - begun); });
          for (let n = 0; n < 12; n++) {
            const next = still(n), begun = performance.now();
            view.show(next);
            times.push(performance.now() - begun);
            await new Promise(done => setTimeout(done, 40));
          }
          window.requestAnimationFrame = ask;
          view.destroy();
          canvas.remove();
          return times.sort((a, b) => a - b);
        }"""
    )
    assert len(took) > 20 and took[len(took) // 2] < 16, took


def test_layers_fit_into_the_number_that_the_page_makes_of_an_edge():
    assert len(LAYERS) <= 8
