"""Reports: the numbers are the table's, nothing is loaded from anywhere, nobody's words are carried out, and what cannot be told is refused."""

import json
import math
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from standin import StandIn
from typer.testing import CliRunner

from seedbed.agents.errors import BadInput
from seedbed.experiments import (
    answer,
    judging,
    publish,
    publish_html,
    publish_told,
    report,
    studies,
    tolerance_horizon as th,
)
from seedbed.experiments.command import app
from seedbed.experiments.design import Experiment, grid
from seedbed.experiments.judging import Finding, sentence
from seedbed.experiments.publish import Code, Document, Figure, Heading, Items, Note, Paragraph, Strong, Table, document
from seedbed.experiments.runner import run
from seedbed.experiments.statistics import Estimate, Peak
from seedbed.experiments.studies import Study, run_study
from seedbed.model.language import catalogue

RESULTS = Path(report.__file__).with_name("results")
LANGUAGES = ("en", "zh")
HOSTILE = '<script>alert("1")</script> & <img src=http://x.y> #panic("no") $x_{$ *b* @ref \\\\ `c`'
OWN = """
title = '''TITLE'''
claim = '''TITLE'''
section = "4.1"
question = '''TITLE'''
expectation = ["It does."]
refuted_if = ["It does not."]
scenario = "baseline"
seeds = 8
years = 20
burn_in = 5
outcomes = ["unicorns_fundamental", "zombies"]
assumed = ["Nothing but this."]

[[arms]]
name = "short"

[[arms]]
name = '''TITLE long'''
changes = { "fund.tolerance.market" = 7 }

[[findings]]
name = "unicorns"
arm = '''TITLE long'''
against = "short"
outcome = "unicorns_fundamental"
expected = "above"
says = "patience brings {more} unicorns"
"""


class Page(HTMLParser):
    """What a browser would see of a page: its tags with attributes, its headings, its tables, its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.headings, self.rows, self.text, self._open = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append((tag, ""))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if "style" in self._open:
            return
        self.text.append(data)
        if self._open and self._open[-1] in ("h1", "h2", "h3"):
            self.headings[-1] = (self.headings[-1][0], self.headings[-1][1] + data)
        if self.rows and self.rows[-1] and {"td", "th"} & {*self._open}:
            self.rows[-1][-1] += data

    @property
    def words(self):
        return "".join(self.text)


def page_of(store, language="en"):
    return Page(publish_html.html(document(store, language)))


@pytest.fixture(scope="module")
def main_store(tmp_path_factory):
    place = tmp_path_factory.mktemp("main")
    th.run_study(seeds=4, years=10, burn_in=2, out=place, model=StandIn(), figures=False, progress=False, decompose=2, workers=1)
    return place


@pytest.fixture(scope="module")
def own_store(tmp_path_factory):
    """A study of somebody's own, full of marks that other programs would carry out."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "own.toml").write_text(OWN.replace("TITLE", HOSTILE), encoding="utf-8")
    run_study(Study.load(folder / "own.toml"), out=folder / "runs", model=StandIn(), figure=False, progress=False, workers=1)
    return folder / "runs"


@pytest.fixture(scope="module")
def runs_store(tmp_path_factory):
    """Runs that nobody judged, of which one failed."""
    place = tmp_path_factory.mktemp("runs")
    arms = grid("baseline", {"fund.tolerance.market": [7 / 3, 7]})
    small = Experiment("small", arms, tuple(range(1, 7)), 20, 5, "What now?", outcomes=("unicorns_fundamental", "zombies"))
    run(small, model=StandIn(fail={(arms[1].name, 3)}), out=place, progress=False, workers=1)
    return place


# --- the numbers -----------------------------------------------------------------------------------------------------


def test_the_numbers_of_the_main_report_are_those_of_the_table(main_store):
    frame = pd.read_csv(main_store / "table.csv").set_index(["arm", "outcome"])
    rows = {row[0]: row for row in page_of(main_store).rows}
    told = 0
    for outcome in th.OUTCOMES:
        label = frame.xs(outcome, level="outcome")["label"].iloc[0]
        unit = frame.xs(outcome, level="outcome")["unit"].iloc[0]
        for place, cell in enumerate(th.CONTRASTS.values()):
            row = frame.loc[(th.arm_name(*cell), outcome)]
            shown = report.interval(Estimate(row["difference"], row["low"], row["high"], row["n"]), "share" if unit == "share" else "")
            assert rows[label][2 + place] == shown
            told += 1
        assert rows[label][1] == report.number(row["base"], "" if pd.isna(unit) else unit)
    assert told == 4 * len(th.OUTCOMES)


def test_every_cell_of_the_grid_is_told(main_store):
    frame = pd.read_csv(main_store / "table.csv")
    grid_of = frame[frame["outcome"] == th.MAIN].set_index(["tolerance", "life"])
    rows = [row for row in page_of(main_store).rows if row[0] in {report.years(tolerance) for tolerance in th.TOLERANCES} and len(row) == 1 + len(th.LIVES)]
    assert len(rows) == len(th.TOLERANCES)
    for tolerance, row in zip(th.TOLERANCES, rows, strict=True):
        for life, shown in zip(th.LIVES, row[1:], strict=True):
            if (tolerance, life) == th.MARKET:
                assert shown == "market case"
                continue
            (found,) = [one for (t, f), one in grid_of.iterrows() if math.isclose(t, tolerance) and f == life]
            assert shown == report.interval(Estimate(found["difference"], found["low"], found["high"], found["n"]))


def test_what_was_written_is_told_again(main_store):
    again, written = th.page(th.kept_findings(main_store)).splitlines(), (main_store / "summary.md").read_text(encoding="utf-8").splitlines()
    assert len(again) == len(written)
    assert sum(a != b for a, b in zip(again, written, strict=True)) <= 2, "ten digits are kept: a number at an edge may be rounded the other way"
    shipped = RESULTS / "tolerance-horizon"
    assert th.page(th.kept_findings(shipped)) == (shipped / "summary.md").read_text(encoding="utf-8")


def test_runs_without_a_verdict_are_told_by_arm(runs_store):
    from seedbed.experiments.runner import Results

    values = Results.load(runs_store).values("zombies")
    page = page_of(runs_store)
    arms = [arm.name for arm in Results.load(runs_store).experiment.arms]
    levels = [row for row in page.rows if row and row[0] in arms and len(row) == 4]
    assert len(levels) == 4, "two outcomes, two arms"
    assert levels[2][1].startswith(report.number(values[:, 0].mean())) and levels[2][3] == "6"
    assert levels[3][3] == "5", "one run failed"


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unfinished_store_says_so_first(runs_store, language):
    first = document(runs_store, language).blocks[0]
    assert isinstance(first, Note) and first.kind == "warning"
    assert "11" in first.items[0] and "12" in first.items[0]


def test_the_wins_and_the_losses_of_the_main_study_are_both_in_short(main_store):
    (short,) = [block for block in document(main_store).blocks if isinstance(block, Note) and block.kind == "answer"]
    words = " ".join("".join(item) if isinstance(item, tuple) else item for item in short.items)
    findings = th.kept_findings(main_store)
    assert th.headline(findings) in words and th.harm_words(findings) in words


def test_how_sure_is_counted_in_the_answer():
    (words, _) = publish_told._structural_words("en")
    rows = [row for row in json.loads((RESULTS / "answer" / "summary.json").read_text(encoding="utf-8"))["effects"] if row["outcome"] == th.MAIN]
    for name in ("tolerance", "horizon", "both"):
        said = [answer.said(row) for row in rows if row["contrast"] == name]
        for word in set(said):
            assert re.search(rf"{name}: [^;]*{word} in {said.count(word)}", words), (name, word)


# --- the pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("which", ["tolerance-horizon", "studies/shuozhou", "answer", "validation/baseline"])
def test_a_page_stands_by_itself(which, language):
    text = publish_html.html(document(RESULTS / which, language))
    page = Page(text)
    assert len(text.encode()) < 5e6
    for tag, attributes in page.tags:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base")
        for name in ("src", "href"):
            if name in attributes:
                assert attributes[name].startswith(("data:image/png;base64,", "#"))
        assert not any(name.startswith("on") for name in attributes)
        assert tag != "img" or attributes["alt"].strip()
    assert "url(" not in text and "@import" not in text
    assert ("html", {"lang": {"en": "en", "zh": "zh-Hans"}[language]}) in page.tags
    assert {attributes["href"][1:] for tag, attributes in page.tags if "href" in attributes} <= {attributes.get("id") for _, attributes in page.tags}
    tables = [tag for tag, _ in page.tags if tag == "table"]
    assert len(tables) == len([tag for tag, _ in page.tags if tag == "caption"]) > 0


def test_a_chinese_page_is_chinese():
    for store in (RESULTS / "tolerance-horizon", RESULTS / "studies" / "grant_or_fund"):
        page = page_of(store, "zh")
        for level, heading in page.headings:
            assert re.search(r"[\u4e00-\u9fff]", heading), (level, heading)
        asked = "".join(page.text).partition(catalogue()["The question"])[2].partition(catalogue()["Assumptions"])[0]
        bare = re.sub(r"[a-z_]+\.[a-z_.]+|[a-z_]+ = |seedbed [a-z]+|\b(?:fixed|results|own|market|none|on|off|invention|development|market_entry)\b", "", asked)
        assert not re.findall(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", bare)


def test_hostile_words_are_shown_and_not_carried_out(own_store):
    for language in LANGUAGES:
        text = publish_html.html(document(own_store, language))
        page = Page(text)
        assert "<script" not in text and not any("http" in str(attributes.get("src")) for tag, attributes in page.tags)
        assert HOSTILE in page.words and f"{HOSTILE} long" in page.words


def test_control_characters_are_not_written():
    made = publish_html.html(Document("a\x00b", "", "en", (Paragraph("c\x1bd\ud800"),)))
    assert "\x00" not in made and "\x1b" not in made
    made.encode()


def test_a_study_of_ones_own_keeps_its_design(own_store):
    words = page_of(own_store).words
    assert "fund.tolerance.market = 7" in words and "It does." in words and "It does not." in words


def test_no_machine_is_named(main_store, tmp_path):
    store = shutil.copytree(main_store, tmp_path / "store")
    manifest = json.loads((store / "manifest.json").read_text(encoding="utf-8"))
    session = manifest["sessions"][-1]
    session["host"], session["pid"] = "a-machine-of-mine", 987654321
    session["started"] = manifest["started"] = manifest["ended"] = "2031-12-24T01:02:03.000+00:00"
    (store / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    words = publish_html.html(document(store))
    assert not any(secret in words for secret in ("a-machine-of-mine", "987654321", "2031", str(tmp_path)))


def test_the_same_store_gives_the_same_page(main_store):
    assert publish_html.html(document(main_store)) == publish_html.html(document(main_store))


def test_every_block_is_written():
    blocks = (
        Heading("One"), Heading("Two", 3), Paragraph(("plain ", Strong("strong"), Code("code"))), Items(("a", "b")), Note(("c",), "warning", "Mind"),
        Table(("h", "i"), (("j", "1"),), "caption", (1, 1), True), Figure(b"png", "shown", "heard"),
    )  # fmt: skip
    page = Page(publish_html.html(Document("title", "sub", "en", blocks)))
    assert page.headings == [("h1", "title"), ("h2", "One"), ("h3", "Two")]
    assert page.rows == [["h", "i"], ["j", "1"]]
    assert ("th", {"scope": "row"}) in page.tags and ("img", {"alt": "heard", "src": "data:image/png;base64,cG5n"}) in page.tags
    assert "plain strongcode" in page.words
    with pytest.raises(TypeError, match="int"):
        publish_html.html(Document("title", "sub", "en", (1,)))


def figures_of(store, language):
    return [block for block in document(store, language).blocks if isinstance(block, Figure)]


def test_figures_are_drawn_in_the_language_of_the_report(runs_store, monkeypatch):
    store = RESULTS / "studies" / "grant_or_fund"
    (english,), (chinese,) = figures_of(store, "en"), figures_of(store, "zh")
    assert english.png == (store / "figure.png").read_bytes() and chinese.png != english.png
    note = catalogue()["The words in this figure are English."]
    assert note not in chinese.caption and chinese.alt.startswith(chinese.caption)
    assert [note in figure.caption for figure in figures_of(RESULTS / "tolerance-horizon", "zh")[:3]] == [False, False, True]
    assert len(figures_of(runs_store, "en")) == len(figures_of(runs_store, "zh")) == 1

    def none_is_found(language):
        raise BadInput(what="a font", given=None, allowed="one", where="here")

    monkeypatch.setattr("seedbed.experiments.drawing.find_font", none_is_found)
    (kept,) = figures_of(store, "zh")
    assert kept.png == english.png and note in kept.caption, "without a font the figure of the store is shown, and said to be English"
    assert figures_of(runs_store, "zh") == []


@pytest.mark.slow
@pytest.mark.parametrize("name", studies.names())
def test_every_study_can_be_reported(name):
    verdict = json.loads((RESULTS / "studies" / name / "summary.json").read_text(encoding="utf-8"))["verdict"]
    for language in LANGUAGES:
        page = page_of(RESULTS / "studies" / name, language)
        words = judging.VERDICTS[verdict]
        assert (words if language == "en" else catalogue()[words]) in page.words


# --- what is refused -------------------------------------------------------------------------------------------------


def damaged(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_what_is_no_store_is_refused(tmp_path):
    with pytest.raises(BadInput, match="The store.*nowhere"):
        document(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="The store"):
        document(damaged(tmp_path / "empty", "notes.txt", "nothing"))
    with pytest.raises(BadInput, match="JSON"):
        document(damaged(tmp_path / "cut", "summary.json", "{"))
    with pytest.raises(BadInput, match="summary"):
        document(damaged(tmp_path / "list", "summary.json", "[1]"))
    with pytest.raises(BadInput, match="colour"):
        document(damaged(tmp_path / "other", "summary.json", '{"colour": 1}'))
    with pytest.raises(BadInput, match="manifest"):
        document(damaged(tmp_path / "old", "manifest.json", '{"layout": 1}'))


def test_a_damaged_answer_is_refused(main_store, tmp_path):
    store = shutil.copytree(main_store, tmp_path / "store")
    told = json.loads((store / "summary.json").read_text(encoding="utf-8"))
    del told["peaks"]
    (store / "summary.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(BadInput, match="damaged.*peaks"):
        document(store)


def test_one_of_several_stores_must_be_named(own_store, tmp_path):
    shutil.copytree(own_store, tmp_path / "one")
    assert document(tmp_path).title == document(own_store).title, "the only study in a folder is meant"
    shutil.copytree(own_store, tmp_path / "two")
    with pytest.raises(BadInput, match=r"holds 2.*one.*two"):
        document(tmp_path)


def test_a_store_without_runs_is_refused(tmp_path, small):
    with pytest.raises(RuntimeError, match="every run"):
        run(small, model=StandIn(fail={(arm.name, seed) for arm in small.arms for seed in small.seeds}), out=tmp_path / "runs", progress=False, workers=1)
    with pytest.raises(BadInput, match="none of its 24 runs"):
        document(tmp_path / "runs")


def test_what_is_asked_wrongly_is_refused(main_store, tmp_path):
    with pytest.raises(BadInput, match="language.*fr"):
        publish.publish(main_store, tmp_path, "fr")
    with pytest.raises(BadInput, match="kind.*docx"):
        publish.publish(main_store, tmp_path, kinds=("docx",))
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="--out"):
        publish.publish(main_store, tmp_path / "file")


def test_a_report_is_whole_or_absent(main_store, tmp_path, monkeypatch):
    def refuses(made, kind):
        if kind == "pdf":
            raise BadInput(what="a font", given=None, allowed="one", where="here")
        return b"page"

    monkeypatch.setattr(publish, "_written", refuses)
    with pytest.raises(BadInput, match="A font"):
        publish.publish(main_store, tmp_path / "out")
    assert not (tmp_path / "out").exists()


# --- the command -----------------------------------------------------------------------------------------------------


def cli(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="seedbed")


def test_the_command_writes_and_tells_where(main_store, tmp_path):
    done = cli("report", main_store, "--html", "--out", tmp_path, "--language", "zh")
    place = tmp_path / "report-tolerance-horizon-zh.html"
    assert done.exit_code == 0 and done.stdout.split() == [str(place)]
    assert place.read_text(encoding="utf-8").startswith("<!DOCTYPE html>") and [*tmp_path.iterdir()] == [place]


def test_the_command_refuses(main_store, tmp_path):
    done = cli("report", main_store, "--html", "--both", "--out", tmp_path)
    assert done.exit_code == 2 and "--both" in done.output
    assert cli("report", tmp_path / "nowhere", "--out", tmp_path).exit_code == 2
    assert not [*tmp_path.iterdir()]


# --- in Chinese ------------------------------------------------------------------------------------------------------

UP, DOWN, NOTHING = Estimate(2.0, 1.0, 3.0, 50), Estimate(-2.0, -3.0, -1.0, 50), Estimate(0.1, -1.0, 1.2, 50)
UNKNOWN = Estimate(math.nan, math.nan, math.nan, 1)


def test_numbers_in_chinese():
    assert report.interval(UP, "ventures", language="zh") == "+2.00 家（+1.00 至 +3.00）"
    assert report.interval(Estimate(0.1, 0.05, 0.2, 9), "share", language="zh") == "+10.0 个百分点（+5.00 至 +20.0）"
    assert report.number(0.256, "share", language="zh") == "25.6%"
    assert report.number(-1.5, "billion RMB", language="zh") == "−1.50 十亿元"
    assert report.number(math.nan, language="zh") == "无定义" and report.number(math.inf, "years", language="zh") == "无穷大年"
    assert report.number(1.0, "of {number} no one heard", language="zh") == "1.00 of {number} no one heard"


def test_an_effect_turns_with_its_sign_in_chinese():
    assert report.effect("甲", "乙", UP, language="zh") == "甲，“乙”提高 2.00（1.00 至 3.00）。"
    assert report.effect("甲", "乙", DOWN, "ventures", relative=-0.25, better=1, language="zh") == "甲，“乙”降低 2.00 家（1.00 至 3.00），即 −25%，属于变差。"
    assert report.effect("甲", "乙", NOTHING, language="zh") == "甲，对“乙”没有明确影响：+0.100（−1.00 至 +1.20），区间包含零。"
    assert "无法判断" in report.effect("甲", "乙", UNKNOWN, language="zh")


def test_an_interaction_turns_with_its_sign_in_chinese():
    words = [report.interaction_words("乙", found, language="zh") for found in (UP, DOWN, NOTHING, UNKNOWN)]
    assert ["互补" in words[0], "替代" in words[1], "相加" in words[2], "无法判断" in words[3]] == [True] * 4


def test_where_it_hurts_in_chinese():
    found = Peak((1, 7 / 3, 4), 7 / 3, (0.01, 0.98, 0.01), 0.98, (UP, DOWN), 4, DOWN)
    assert report.hurts("宽容期", "存续期 7 年", "乙", found, language="zh") == (
        "沿宽容期变化（存续期 7 年），“乙”的最佳位置是 2 1/3年；从 2 1/3年增至 4年开始变差（−2.00（−3.00 至 −1.00））。"
    )


FINDING = Finding("unicorns", "public stakes bring {more} fundamental unicorns than grants of the same yearly budget", "unicorns_fundamental", {"stakes": 1.0, "grants": -1.0}, "above")


@pytest.mark.parametrize(("found", "words"), [(UP, "多 2.00 家"), (DOWN, "少 2.00 家"), (NOTHING, "没有明确增减")])
def test_a_finding_turns_with_its_sign_in_chinese(found, words):
    told = sentence(FINDING, found, "ventures", language="zh")
    assert told == f"与同等年度预算的资助相比，政府入股带来的基本面独角兽{words}：{report.interval(found, 'ventures', language='zh')}。"


def test_a_finding_without_chinese_is_made_of_its_arms():
    own = Finding("mine", "x {more} y", "jobs", {"stakes": 1.0, "of {nobody}": -1.0}, "above", label="Jobs")
    assert sentence(own, UP, "jobs", language="zh") == "“政府入股”与“of {nobody}”相比，“就业”高 2.00 个岗位：+2.00 个岗位（+1.00 至 +3.00）。"
    level = Finding("mine", "x {value} y", "jobs", {"stakes": 1.0}, label="Jobs")
    assert sentence(level, UP, "jobs", language="zh") == "“政府入股”：“就业”2.00 个岗位：2.00 个岗位（1.00 至 3.00）。"
    assert "单独看是明确的" in sentence(own, UP, "jobs", 0.2, "zh")


def every_word():
    """Words that reach `say` through a name, not as a literal: what the studies and the tables hold."""
    yield from (*th.SUBJECTS.values(), *th.PAYERS.values(), *th.LIMITS, *th.EACH.values(), *th.TOGETHER.values(), *th.NEED.values(), *th.MORE.values(), *th.HIGHER.values())
    yield from (th.QUESTION, th.REFUTED_IF, th.PRICES, *th.CONTRASTS, *(words for words, *_ in th.EXPECTATIONS))
    yield from (word for name, (off, _) in th.MECHANISMS.items() for word in (name, off))
    yield from (form for forms in judging.WORDS.values() for form in forms)
    yield from (*judging.VERDICTS.values(), *publish.STATUSES.values(), *publish_told.FIGURES.values(), *publish_told.HELPS, publish_told.STUDY_FIGURE, publish_told.STRUCTURE_FIGURE, publish_told.FOREST)
    yield from (word.capitalize() for word in ("supported", "refuted", "not shown", "cannot be told", "contradicted", "open", "described"))
    yield from (*answer.STOPPING, *answer.KNOWN, *answer.SUCCESSOR, *(name for name in answer.CONTRASTS if name != "market"))


def test_every_word_has_its_chinese():
    assert not [word for word in every_word() if word not in catalogue()]


@pytest.mark.parametrize("name", studies.names())
def test_a_study_has_its_chinese(name):
    study = Study.load(name)
    words = [study.title, study.claim, study.given["question"], *(finding.says for finding in study.findings), *(finding.label for finding in study.findings if finding.label)]
    assert not [word for word in words if word not in catalogue()]
    for arm in study.given["arms"]:
        for part in arm["name"].split(" | "):
            assert part in catalogue() or f"arm: {part}" in catalogue() or not re.search(r"[a-z]", part), part


# --- the PDF ---------------------------------------------------------------------------------------------------------


def text_of(place):
    """What a PDF says, its lines joined."""
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext here to read a PDF with")
    told = subprocess.run(["pdftotext", "-raw", str(place), "-"], capture_output=True, text=True, check=True).stdout
    return re.sub(r"-\n|\u200b|\n", lambda found: " " if found.group() == "\n" else "", told)


def squeezed(words):
    return re.sub(r"[\s\u200b\ufb00-\ufb06-]|f[fil]+", "", words)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pdf_holds_the_answer(language, tmp_path):
    (place,) = publish.publish(RESULTS / "tolerance-horizon", tmp_path, language, ("pdf",))
    content = place.read_bytes()
    assert content.startswith(b"%PDF-") and b"%%EOF" in content[-32:] and len(content) < 5e6
    assert content.count(b"/Type /Page") > 8 or content.count(b"/Type/Page") > 8
    found = th.kept_findings(RESULTS / "tolerance-horizon")
    assert squeezed(th.headline(found, language)) in squeezed(text_of(place))
    (again,) = publish.publish(RESULTS / "tolerance-horizon", tmp_path / "again", language, ("pdf",))
    assert again.read_bytes() == content


@pytest.mark.slow
def test_hostile_words_are_set_as_they_are(own_store, tmp_path):
    for language in LANGUAGES:
        (place,) = publish.publish(own_store, tmp_path, language, ("pdf",))
        assert squeezed(HOSTILE) in squeezed(text_of(place))


@pytest.mark.slow
def test_a_chinese_pdf_needs_a_chinese_font(main_store, tmp_path, monkeypatch):
    from seedbed.experiments import publish_pdf

    monkeypatch.setattr(publish_pdf, "chinese_fonts", lambda families: [])
    with pytest.raises(BadInput, match="A Chinese font.*Noto"):
        publish.publish(main_store, tmp_path / "out", "zh")
    assert not (tmp_path / "out").exists()
    assert len(publish.publish(main_store, tmp_path / "out", "en")) == 2


def test_the_best_font_comes_first():
    from seedbed.experiments.publish_pdf import chinese_fonts

    assert chinese_fonts(["DejaVu Sans", "WenQuanYi Micro Hei", "Noto Serif CJK SC"]) == ["Noto Serif CJK SC", "WenQuanYi Micro Hei"]
    assert chinese_fonts(["DejaVu Sans"]) == []


def test_without_the_library_a_pdf_is_refused(monkeypatch):
    import sys

    from seedbed.experiments.publish_pdf import pdf

    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(BadInput, match="typst.*seedbed\\[page\\]"):
        pdf(Document("title", "sub", "en", ()))
