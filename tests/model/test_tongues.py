"""What the files of the model say has its Chinese: parameters, outcomes, series, tables, events, scenarios, programmes; and nothing that nobody says."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from seedbed.agents import accounts, fund, programme
from seedbed.experiments import special
from seedbed.experiments.compare import DERIVED
from seedbed.model import language, network, parameters, programmes, targets, words
from seedbed.model.language import catalogue, say
from seedbed.model.outcomes import OUTCOMES
from seedbed.model.scenario import Scenario

sys.path.insert(0, str(Path(__file__).parent))

from runs import recorded  # noqa: E402

FILES = ("outcomes", "parameters", "programmes", "scenarios", "targets", "words")
NEVER_TRANSLATED = {"DPI", "TVPI", "LP"}
GREEK_AND_SYMBOLS = {"T", "a", "e", "n", "q", "s"}  # of an equation, and only where the English has it as well


def plain(names):
    """Codes as people read them: with blanks, and without those that name nothing."""
    return {name.replace("_", " ") for name in names if name}


def toml_of(folder):
    return {place.stem: tomllib.loads(place.read_text(encoding="utf-8")) for place in sorted((Path(language.__file__).parent / folder).glob("*.toml"))}


def words_said():
    """Names of codes, of kinds of agents, of events with what their sums are, of accounts, of relations and of owners."""
    codes = {name for table in words.FIELDS.values() for meaning in table.values() if meaning.measure == "code" for name in meaning.names}
    kinds = set(words.LETTERS) | set(fund.LP_KINDS) | set(programme.INSTRUMENTS) | set(programme.TIERS) | {f"{kind} fund" for kind in fund.KINDS}
    notes = {event.note for event in words.EVENTS.values()} | {f"{link} done" for link in words.STAGES[:-1]}
    owners = {"founders", "public", "outside investors", "office", "university"}
    return plain(codes | kinds | notes | owners | set(words.STAGES) | set(accounts.EVENT_NAMES) | set(accounts.ACCOUNT_NAMES) | set(network.LAYERS))


def columns_said():
    """Columns of every table that a run shows, of the cap table, and of what an office, a university and a programme are about."""
    history = recorded()
    frames = [getattr(history, name)() for name in ("ventures", "people", "funds", "deals", "rounds", "events", "series", "programmes")]
    frames += [history.cities().reset_index(), history.cap_table(0).reset_index()]
    columns = {re.sub(r"_\d+$", "", column) for frame in frames for column in frame.columns}
    return plain(columns | set(words.FIELDS["universities"]) | set(words.FIELDS["offices"]))


def all_outcomes():
    """Of every run, those made of them, and those that one study counts for itself."""
    return [*OUTCOMES.values(), *DERIVED.values(), *(outcome for analysis in special.ANALYSES.values() for outcome in analysis.outcomes.values())]


def outcomes_said():
    return {part for outcome in all_outcomes() for part in outcome if part}


def units_said():
    history = recorded()
    measured = [history.funnel(), history.jcurve(), *(getattr(history, name)() for name in ("ventures", "funds", "deals", "rounds", "cities"))]
    units = {unit for frame in measured for unit in frame.attrs["units"].values()}
    return (units | set(parameters.UNITS) | {words.unit_of(meaning) for table in words.FIELDS.values() for meaning in table.values()}) - {""}


def parameters_said():
    """What every parameter is, the statuses (a value that somebody set has its own), groups, axes with their elements, and options."""
    defined = parameters.definitions().values()
    axes = set(parameters.AXES) | {element for elements in parameters.AXES.values() for element in elements}
    options = {option for definition in defined for option in definition.options}
    return {definition.what for definition in defined} | plain({*parameters.STATUSES, "set", *toml_of("parameters"), *axes, *options})


def targets_said():
    return set(targets.LABELS.values())


def scenarios_said():
    """Titles and descriptions, also of the countries that single studies made; and the cities of those shipped."""
    made_for_studies = Path(special.__file__).parent / "studies" / "countries"
    shipped = [Scenario.load(name) for name in Scenario.names()]
    made = [Scenario.load(place) for place in sorted(made_for_studies.glob("*.toml"))]
    return {part for one in (*shipped, *made) for part in (one.title, one.about)} | {name for one in shipped for name, _ in one.cities}


def programmes_said():
    """Titles and descriptions; what every figure is, also where it is described and not carried out; options and units of figures."""
    files = {table[part] for table in toml_of("programmes").values() for part in ("title", "about")}
    figures = {row["what"] for name in programmes.names() for row in programmes.load(name).table()} | {field.what for field in programmes.FIELDS.values()}
    options = {option for field in programmes.FIELDS.values() if field.unit == "choice" for option in field.options}
    return files | figures | plain(options) | {field.unit for field in programmes.FIELDS.values()}


SAID = {
    "words": words_said, "columns": columns_said, "outcomes": outcomes_said, "units": units_said, "parameters": parameters_said,
    "scenarios": scenarios_said, "programmes": programmes_said, "targets": targets_said,
}  # fmt: skip
FOR_PICTURES = {"social tolerance", "public cost"}  # columns that are called "tolerance" and "public", words that mean something else elsewhere


@pytest.mark.parametrize("kind", SAID)
def test_everything_that_is_said_has_its_chinese(kind):
    said = SAID[kind]()
    assert len(said) > 10
    missing = sorted(said - set(catalogue()))
    assert not missing, missing


def entries(name):
    return tomllib.loads((language.FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_translated_that_nobody_says(name):
    said = set.union(*(every() for every in SAID.values())) | FOR_PICTURES
    unused = sorted(set(entries(name)) - said)
    assert not unused, unused


def names_of_files():
    """Names that stay as they are in both languages: of programmes, their fields, scenarios, calibrations and facts."""
    return {*toml_of("programmes"), *toml_of("scenarios"), *programmes.FIELDS, "baseline"}


def latin(text):
    return re.findall(r"[A-Za-z][A-Za-z0-9_.]*", text)


@pytest.mark.parametrize("name", FILES)
def test_no_latin_letters_are_left_but_names_and_symbols(name):
    kept = names_of_files()
    for english, chinese in entries(name).items():
        for word in latin(chinese):
            symbol = word in GREEK_AND_SYMBOLS and re.search(rf"(?<![A-Za-z]){word}(?![A-Za-z])", english)
            fact = word.startswith("report.") and word in english
            assert word in NEVER_TRANSLATED or symbol or fact or (word in kept and word in english), (english, chinese, word)


@pytest.mark.parametrize("name", FILES)
def test_chinese_is_written_with_chinese_marks(name):
    han = "[\u4e00-\u9fff]"
    for english, chinese in entries(name).items():
        assert chinese in NEVER_TRANSLATED or re.search(han, chinese), (english, chinese)
        assert not re.search(rf"{han}[,;:?!()]|[,;:?!()]{han}|{han}\.(?!\w)|  ", chinese), (english, chinese)
        assert chinese == chinese.strip() and "\n" not in chinese, (english, chinese)
        for opening, closing in ("（）", "“”", "《》"):
            assert chinese.count(opening) == chinese.count(closing), (english, chinese)


def test_numbers_of_a_label_stand_in_its_chinese():
    """Digits of a label are kept; two sums of money are told in another unit."""
    for english, chinese in entries("parameters").items():
        assert re.findall(r"\d+", chinese) == re.findall(r"\d+", english.replace("USD 1 billion", "10").replace("USD 100 million", "1")), (english, chinese)


def test_a_label_fits_beside_a_slider():
    for definition in parameters.definitions().values():
        assert len(say(definition.what, "zh")) <= 36, (definition.name, say(definition.what, "zh"))


def test_labels_of_outcomes_differ():
    for spoken in ("en", "zh"):
        labels = [say(outcome[0], spoken) for outcome in all_outcomes()]
        assert len(set(labels)) == len(labels), sorted(label for label in labels if labels.count(label) > 1)


def test_codes_of_one_kind_can_be_told_apart():
    """Two statuses, two endings, two events that read alike in Chinese would be one in a table or a legend."""
    for names in (m.names for table in words.FIELDS.values() for m in table.values() if m.measure == "code"):
        spoken = [say(name, "zh") for name in sorted(plain(names))]
        assert len(set(spoken)) == len(spoken), spoken


def test_names_as_the_report_has_them():
    """Names are its own; what they mean in the model stands beside them."""
    titles = {name: say(table["title"], "zh") for name, table in toml_of("programmes").items()}
    named = {
        "dream_town": "梦想小镇", "overseas_talent_park": "海创园", "help_in_need": "雪中送炭", "relay_investment": "接力", "three_fifteens": "三个 15%",
        "benefits_without_application": "免申即享", "carrier_maker_space": "众创空间", "talent_loan_pool": "人才贷", "fuzhou_talent_loans": "人才信用贷",
    }  # fmt: skip
    assert all(title in titles[name] for name, title in named.items()), titles
    assert say(Scenario.load("hangzhou").title, "zh").startswith("杭州")
