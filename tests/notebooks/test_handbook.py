"""The documentation site: everything has an entry, examples run as they stand, sentences about results follow the results, and the built pages need nothing else."""

import contextlib
import functools
import html.parser
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from typer.testing import CliRunner

import seedbed
from seedbed.experiments.command import app
from seedbed.model.outcomes import OUTCOMES
from seedbed.model.schedule import SCHEDULE

ROOT = Path(__file__).resolve().parents[2]
HANDBOOK = ROOT / "notebooks" / "handbook"
sys.path.insert(0, str(HANDBOOK))

import findings  # noqa: E402
import library  # noqa: E402
import pages as site  # noqa: E402
import reference  # noqa: E402
import words as said  # noqa: E402

BY_HAND = sorted(place.relative_to(HANDBOOK).as_posix() for place in HANDBOOK.rglob("*.md"))
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    """All pages as they go to Sphinx: name -> text, and the folder."""
    folder = tmp_path_factory.mktemp("site") / "pages"
    site.gather(folder)
    return {place.relative_to(folder).with_suffix("").as_posix(): place.read_text(encoding="utf-8") for place in folder.rglob("*.md")}, folder


# --- words and links, by hand ----------------------------------------------------------------------------------------


def test_words_are_taken_literally_but_code_stays_code():
    assert said.words("a * b [c]\n  < d | `e*f`") == r"a \* b \[c\] \< d \| `e*f`"


def test_a_reference_to_a_fact_or_a_target_is_a_link_and_to_none_is_not():
    assert said.words("report.dxy; target.A7_spinouts") == "[report.dxy](#fact-dxy); [target.A7_spinouts](#target-A7_spinouts)"
    assert said.words("report.dxy.grant") == "[report.dxy.grant](#fact-dxy)"
    assert said.words("report.no_such_thing") == "report.no_such_thing"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(7, "7"), (7 / 3, "2.333333333"), (1200.0, "1,200"), (1e-7, "1e-07"), (float("inf"), "none"), (("a", "b"), "a, b"), ("7/3", "7/3"), (True, "True")],
)
def test_figures_are_shown_as_files_have_them(value, shown):
    assert said.number(value) == shown


def test_chinese_is_marked_and_what_has_none_is_left_out():
    assert said.chinese("unicorn", "no such sentence", "venture") == '<span lang="zh-Hans">独角兽。创业企业</span>'
    assert said.chinese("no such sentence") == ""


def test_a_table_of_nothing_is_nothing():
    assert said.table(("a", "b"), []) == ""
    assert said.table(("a", "b"), [("1", "2")], "b") == "| a | b |\n| :-- | --: |\n| 1 | 2 |\n"


def test_docstrings_become_markdown():
    made = library.markdown_of("Say *so*.\n\n    x = 1\n\nyears   how long\n        it runs\nseed    of all chance\nkeeps    : what stays\n\n>>> 1 + 1\n2")
    assert library.markdown_of('One call in.\n\na, b = compare("x", "y")\ncompare("x")') == 'One call in.\n\n```python\na, b = compare("x", "y")\ncompare("x")\n```'
    assert made == "Say \\*so\\*.\n\n```python\nx = 1\n```\n\n- `years`: how long it runs\n- `seed`: of all chance\n- `keeps`: what stays\n\n```pycon\n>>> 1 + 1\n2\n```"


def test_signatures_are_those_of_the_source():
    body = library.ast.parse("class A:\n    def f(self, x: int | None = None, *, y: str) -> dict[str, int]: ...\n").body[0].body[0]
    assert library._signature(body, without_self=True) == "(x: int | None=None, *, y: str) -> dict[str, int]"


def test_links_of_documents_lead_to_pages_files_or_stay(tmp_path):
    pages = site.Pages(tmp_path)
    way = lambda target: pages.way(target, "model/TRACE.md", "reference/trace")  # noqa: E731
    assert way("ODD.md") == "odd.md"
    assert way("../experiments/LABORATORY.md#running-it") == "laboratory.md#running-it"
    assert way("../experiments/results/studies/credit/summary.md") == "studies/credit.md"
    assert way("scenarios/two-cities.toml") == "#scenario-two-cities"
    assert way("programmes/small_grant.toml") == "#programme-small_grant"
    assert way("../CITATION.cff") == "../files/CITATION.cff" and (tmp_path / "files" / "CITATION.cff").is_file()
    assert way("#part") == "#part" and way("mailto:a@b") == "mailto:a@b" and way("1 + E[q|S] - p") == "1 + E[q|S] - p"


def test_what_is_fenced_keeps_its_brackets(tmp_path):
    pages = site.Pages(tmp_path)
    assert "".join(pages.led(part, "README.md", "reference/readme") for part in site._in_parts("[a](model/ODD.md)\n```\n[b](model/ODD.md)\n```\n")) == (
        "[a](odd.md)\n```\n[b](model/ODD.md)\n```\n"
    )


# --- everything has an entry -----------------------------------------------------------------------------------------


def parameters_in_files():
    """Names of parameters as the files have them: tables with a value."""

    def below(name, table):
        if "value" in table and "what" in table:
            yield name
        else:
            for key, inner in table.items():
                if isinstance(inner, dict):
                    yield from below(f"{name}.{key}" if name else key, inner)

    return [name for place in sorted((ROOT / "model" / "parameters").glob("*.toml")) for name in below("", tomllib.loads(place.read_text(encoding="utf-8")))]


def test_every_parameter_has_an_entry_with_unit_status_and_reason(gathered):
    text = "\n".join(text for name, text in gathered[0].items() if name.startswith("reference/parameters/"))
    entries = dict(re.findall(r"^\(parameter-([\w.]+)\)=$(.*?)(?=^\(parameter-|\Z)", text, re.M | re.S))
    assert sorted(entries) == sorted(parameters_in_files())
    assert [name for name, entry in entries.items() if not ("**Unit**" in entry and "**Status**" in entry and ("**Source**" in entry or "**Why**" in entry))] == []
    assert [name for name, entry in entries.items() if 'lang="zh-Hans"' not in entry] == []
    assert "report.alumni_fund" in entries["fund.tolerance"] and "| `fund.tolerance.market` |" in entries["fund.tolerance"]


@pytest.mark.parametrize("kind", ["programme", "scenario"])
def test_every_programme_and_scenario_has_an_entry(gathered, kind):
    found = re.findall(rf"^\({kind}-([\w-]+)\)=$", gathered[0][f"reference/{kind}s"], re.M)
    assert sorted(found) == sorted(place.stem for place in (ROOT / "model" / f"{kind}s").glob("*.toml"))


def test_every_study_fact_and_target_has_an_entry(gathered):
    texts = gathered[0]
    for name, page in (("facts", "fact"), ("targets", "target")):
        known = tomllib.loads((ROOT / "model" / "evidence" / f"{name}.toml").read_text(encoding="utf-8"))
        assert re.findall(rf"^\({page}-(\w+)\)=$", texts[f"reference/{name}"], re.M) == list(known)
    declared = {place.stem for place in (ROOT / "experiments" / "studies").glob("*.toml")}
    assert {name.removeprefix("reference/studies/") for name in texts if name.startswith("reference/studies/")} - {"index"} == declared


def test_every_command_has_an_entry_with_its_options(gathered):
    text = gathered[0]["reference/command-line"]
    shown = CliRunner().invoke(app, ["--help"]).output
    named = re.findall(r"^  ([a-z]+)\s", shown.split("Commands:")[1], re.M)
    assert len(named) > 20
    for name in named:
        assert f"(command-{name})=" in text
        part = text.split(f"\n## seedbed {name}\n")[1].split("\n## ")[0]
        options = set(re.findall(r"(--[a-z-]+)", CliRunner().invoke(app, [name, "--help"]).output.split("Options:")[1])) - {"--help"}
        assert [option for option in options if f"`{option}" not in part and option not in part] == []
    assert all(f"(command-programmes-{name})=" in text for name in ("list", "show", "check"))


def test_every_public_name_outcome_and_event_has_an_entry(gathered):
    texts = gathered[0]
    library_text = "\n".join(text for name, text in texts.items() if name.startswith("reference/library/"))
    for name in set(seedbed.__all__) - {"__version__"}:
        assert f"from seedbed import {name}" in library_text
        assert re.search(rf"^#+ {name}$", library_text, re.M)
    assert all(f"| `{name}`<br>" in texts["reference/outcomes"] for name in OUTCOMES)
    assert "| unicorn (fundamental) | venture |  | million RMB |" in texts["reference/events"]
    for method in ("ventures", "network", "cap_table", "survival", "save"):
        assert re.search(rf"^:+\{{py:method\}} {method}\(", texts["reference/library/model.history"], re.M)


# --- links between the pages, before Sphinx sees them ----------------------------------------------------------------


def slug(heading):
    """As GitHub and MyST make it: small letters, blanks as dashes, no other marks."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_no_two_places_have_one_label(gathered):
    labels = [label.lower() for text in gathered[0].values() for label in re.findall(r"^\(([^)\s]+)\)=$", text, re.M)]
    assert len(labels) > 800
    assert sorted({label for label in labels if labels.count(label) > 1}) == []


def test_every_link_leads_to_a_page_a_label_or_a_file(gathered):
    texts, folder = gathered
    labels = {label.lower() for text in texts.values() for label in re.findall(r"^\(([^)\s]+)\)=$", text, re.M)}
    dead = []
    for name, text in texts.items():
        headings = {slug(heading) for heading in re.findall(r"^#+ (.*)$", text, re.M)}
        bare = re.sub(r"`[^`\n]*`", "", re.sub(r"^(:*```+).*?^\1\s*$", "", text, flags=re.M | re.S))
        for target in re.findall(r"(?<!\\)\]\(([^)\s]+)\)", bare):
            path, _, label = target.partition("#")
            if ":" in target:
                continue
            if path and not (folder / name).parent.joinpath(path).exists():
                dead.append((name, target))
            if not path and label.lower() not in labels | headings:
                dead.append((name, target))
    assert dead == []


# --- sentences about results follow the results ----------------------------------------------------------------------


def test_pages_written_by_hand_type_no_result():
    """What came out is put in when the site is built: the page of findings has no figure of its own."""
    text = FENCE.sub("", (HANDBOOK / "explanation" / "found.md").read_text(encoding="utf-8"))
    assert re.findall(r"\d", text) == []
    assert {"main answer", "over worlds", "where it hurts", "verdicts", "claims"} <= set(re.findall(r"\{\{([a-z ]+)\}\}", text))


def test_every_computed_part_is_used_and_known():
    used = {name for place in HANDBOOK.rglob("*.md") for name in re.findall(r"\{\{([a-z ]+)\}\}", place.read_text(encoding="utf-8"))}
    assert used == set(findings.PARTS)


def test_the_page_of_findings_says_what_the_results_say(gathered):
    text = gathered[0]["explanation/found"]
    summary = json.loads((ROOT / "experiments/results/studies/grant_or_fund/summary.json").read_text(encoding="utf-8"))
    assert summary["result"] in text
    places = (ROOT / "experiments/results/studies").glob("*/summary.json")
    verdicts = [json.loads(place.read_text(encoding="utf-8"))["verdict"] for place in places]
    assert f"{verdicts.count('contradicted')} contradicted" in text and f"{verdicts.count('open')} open" in text
    for section in ("The answer", "Where more patience starts to hurt"):
        whole = (ROOT / "experiments/results/tolerance-horizon/summary.md").read_text(encoding="utf-8").split(f"## {section}\n")[1].split("\n## ")[0]
        lines = [line for line in whole.splitlines() if line.startswith("- ")]
        assert lines and all(line in text for line in lines)


def test_another_result_gives_another_sentence(tmp_path, monkeypatch):
    """A verdict that turns round turns round on the page."""
    shutil.copytree(findings.RESULTS / "studies", tmp_path / "studies")
    place = tmp_path / "studies" / "grant_or_fund" / "summary.json"
    found = json.loads(place.read_text(encoding="utf-8"))
    before = findings.verdicts()
    monkeypatch.setattr(findings, "RESULTS", tmp_path)
    assert findings.verdicts() == before
    place.write_text(json.dumps(found | {"verdict": "contradicted"}), encoding="utf-8")
    assert found["verdict"] == "open" and findings.verdicts() != before
    (tmp_path / "tolerance-horizon").mkdir()
    (tmp_path / "tolerance-horizon" / "summary.md").write_text("# x\n\n## The answer\n\n**It harms.**\n\n| a |\n\n## Next\n", encoding="utf-8")
    assert findings.main_answer() == "**It harms.**"
    with pytest.raises(ValueError, match="no part"):
        findings.where_it_hurts()


def test_the_drawing_of_the_quarter_is_that_of_the_schedule(monkeypatch):
    drawn = findings.quarter()
    assert f"{len(SCHEDULE)} steps in 9 phases" in drawn
    assert sum(int(number) for number in re.findall(r"; (\d+) steps?</text>", drawn)) == len(SCHEDULE)
    monkeypatch.setattr(findings, "SCHEDULE", SCHEDULE[3:5])
    with pytest.raises(ValueError, match="phases"):
        findings.quarter()


# --- examples run ----------------------------------------------------------------------------------------------------

NOT_HERE = {"study grant_or_fund --quick", "calibrate baseline --dry-run", "validate baseline --quick"}
"""Commands that take long: their own tests run them."""


@functools.cache
def known_commands():
    return {name.partition(" ")[0] for name in reference.commands()}


def test_every_command_that_a_page_names_is_one():
    for name in BY_HAND:
        text = (HANDBOOK / name).read_text(encoding="utf-8")
        commands = set(re.findall(r"(?:`|\$ |bin/)seedbed ([a-z]+)", text))
        assert commands <= known_commands(), name


def test_files_in_the_how_to_guides_carry_their_names():
    blocks = [block for name in BY_HAND for kind, block in FENCE.findall((HANDBOOK / name).read_text(encoding="utf-8")) if kind == "toml"]
    assert len(blocks) >= 7 and all(re.match(r"# [\w.]+\.toml\n", block) for block in blocks)


WITH_EXAMPLES = [name for name in BY_HAND if re.search(r"^```(python|console|toml)$", (HANDBOOK / name).read_text(encoding="utf-8"), re.M)]


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name.startswith("tutorial/") else pytest.mark.slow) for name in WITH_EXAMPLES])
def test_its_examples_run_in_their_order(name, tmp_path, monkeypatch):
    """Files are written under the names that they carry, commands and Python run one after the other in that folder."""
    monkeypatch.chdir(tmp_path)
    variables = {"__name__": "__page__"}
    for kind, block in FENCE.findall((HANDBOOK / name).read_text(encoding="utf-8")):
        if kind == "toml":
            (tmp_path / block.split("\n")[0].removeprefix("# ")).write_text(block, encoding="utf-8")
        elif kind == "python":
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                exec(compile(block, name, "exec"), variables)
            assert ("print(" in block) == bool(output.getvalue().strip())
        elif kind == "console":
            for line in re.findall(r"^\$ seedbed (.*)$", block, re.M):
                run(line)


def run(line):
    if line in NOT_HERE:
        return
    done = CliRunner().invoke(app, shlex.split(line))
    assert done.exit_code == 0, f"seedbed {line}\n{done.output}"
    assert done.output.strip()


# --- the built site --------------------------------------------------------------------------------------------------


class Page(html.parser.HTMLParser):
    """What a page loads, links to, and can be linked to at."""

    LOADS = {
        "script": ("src",), "img": ("src", "srcset"), "iframe": ("src",), "source": ("src", "srcset"), "video": ("src",), "audio": ("src",),
        "object": ("data",), "embed": ("src",), "use": ("href",),
    }  # fmt: skip

    def __init__(self, text):
        super().__init__()
        self.loads, self.links, self.ids, self.styles = [], [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids.update({given.get("id"), given.get("name")} - {None})
        self.loads += [given[key] for key in self.LOADS.get(tag, ()) if given.get(key)]
        if tag == "link" and given.get("rel") not in ("index", "search", "next", "prev", "genindex", "canonical"):
            self.loads.append(given["href"])
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        self.styles.append(given.get("style") or "")

    def handle_data(self, data):
        if self.lasttag == "style":
            self.styles.append(data)


def started(*command):
    """The builder in a process of its own, as `make site` starts it: warnings of Sphinx's libraries are not ours."""
    return subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, cwd=ROOT, timeout=280)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The site, built with warnings as errors: path -> what stands there."""
    out = tmp_path_factory.mktemp("built") / "site"
    done = started(HANDBOOK / "pages.py", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(out / "index.html")
    assert [place.name for place in out.parent.iterdir()] == ["site"]
    return out, {place.relative_to(out).as_posix(): Page(place.read_text(encoding="utf-8")) for place in out.rglob("*.html")}


def internal(page, link):
    """The path and the place within it that a link of a page means, None for a link to elsewhere."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    path = Path(page).parent.joinpath(unquote(parts.path)) if parts.path else Path(page)
    steps = []
    for step in path.parts:
        steps = steps[:-1] if step == ".." else [*steps, step]
    return "/".join(steps), unquote(parts.fragment)


@pytest.mark.slow
def test_no_link_of_the_site_is_dead(built):
    out, pages = built
    dead = []
    for name, page in pages.items():
        for link in page.links:
            meant = internal(name, link)
            if meant is None:
                continue
            path, place = meant
            if not (out / path).is_file() or (place and path in pages and place not in pages[path].ids):
                dead.append((name, link))
    assert len(pages) > 100
    assert dead == []


@pytest.mark.slow
def test_every_page_is_reached_from_the_first(built):
    out, pages = built
    reached, ahead = set(), ["index.html"]
    while ahead:
        name = ahead.pop()
        if name in reached or name not in pages:
            continue
        reached.add(name)
        ahead += [meant[0] for link in pages[name].links if (meant := internal(name, link))]
    assert set(pages) - reached <= {"search.html"}


@pytest.mark.slow
def test_nothing_is_loaded_from_elsewhere(built):
    out, pages = built
    outside = [(name, load) for name, page in pages.items() for load in page.loads if urlsplit(load).netloc or (urlsplit(load).scheme not in ("", "data"))]
    assert outside == []
    missing = [(name, load) for name, page in pages.items() for load in page.loads if (meant := internal(name, load)) and not (out / meant[0]).is_file()]
    assert missing == []
    sheets = [place.read_text(encoding="utf-8") for place in out.rglob("*.css")] + [style for page in pages.values() for style in page.styles]
    assert [found for sheet in sheets for found in re.findall(r"(?:url\(|@import)\s*['\"]?\s*(?:https?:)?//[^)'\"]*", sheet)] == []


@pytest.mark.slow
def test_the_built_site_names_no_folder_of_the_machine_that_built_it(built):
    out, _ = built
    told = [place.name for place in out.rglob("*") if place.suffix in (".html", ".js", ".txt") and str(ROOT) in place.read_text(encoding="utf-8", errors="replace")]
    assert told == []


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["desktop", "phone"])
def test_a_browser_reads_it_without_a_network(built, size):
    """Opened as files: no request leaves the machine, nothing is complained about, no page is wider than the screen, and searching finds."""
    from playwright.sync_api import sync_playwright

    out, _ = built
    asked, complaints = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for name in ("index", "explanation/model", "explanation/found", "reference/programmes", "reference/library/model.history", "zh"):
            page.goto(f"file://{out}/{name}.html")
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0], name
        assert page.locator("[lang=zh-Hans] h2").count() >= 3
        page.goto(f"file://{out}/search.html?q=tolerance")
        page.wait_for_selector("#search-results li a")
        assert "Parameters: fund" in page.inner_text("#search-results")
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert complaints == []


@pytest.mark.slow
def test_a_dead_link_fails_the_build_and_leaves_the_former_site(tmp_path):
    out = tmp_path / "site"
    out.mkdir()
    (out / "index.html").write_text("the former")
    code = f"""
import sys
sys.path.insert(0, {str(HANDBOOK)!r})
import pages

def gather(folder):
    pages.Pages(folder).write("index", "# A page" + chr(10) + "[dead](nowhere.md)")

pages.gather = gather
sys.exit(pages.build({str(out)!r}))
"""
    done = started("-c", code)
    assert done.returncode != 0
    assert "cross-reference target not found" in done.stderr
    assert [place.name for place in tmp_path.iterdir()] == ["site"]
    assert (out / "index.html").read_text() == "the former"
