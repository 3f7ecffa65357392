"""What a person types and what comes back: tables, pure JSON, and for every wrong input one sentence and an exit code."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

import seedbed
from seedbed.agents.rule import INTERPRETED, rule
from seedbed.experiments import command
from seedbed.experiments.command import app
from seedbed.experiments.runner import Results
from seedbed.model import engine
from seedbed.model.outcomes import OUTCOMES, outcomes
from seedbed.model.scenario import Scenario

TINY = ["--set", "city.graduates=5", "--set", "city.newcomers=2", "--set", "university.number=1"]
SMALL = [*TINY, "--years", "2"]
COMMANDS = (
    ["run"], ["study"], ["compare"], ["sweep"], ["sources"], ["scenarios"], ["warm"], ["programmes"],
    ["programmes", "list"], ["programmes", "show"], ["programmes", "check"], ["status"], ["verify"], ["merge"], ["export"],
    ["sensitivity"], ["discover"], ["precision"], ["search"], ["audit"], ["studies"], ["systems"], ["story"], ["twins"], ["app"],
    ["lesson"], ["lessons"], ["replay"], ["report"], ["teaching"],
)  # fmt: skip
HEAVY = {"matplotlib", "mesa", "networkx", "numba", "numpy", "pandas", "pyarrow", "scipy"}
NO_UNICORN = "ignore:invalid value encountered:RuntimeWarning"


def typed(*arguments, env=None):
    """What the command line answers, in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="seedbed", env=env)


def answered(*arguments):
    """The answer of a command that must succeed."""
    result = typed(*arguments)
    assert result.exit_code == 0, result.output
    return result


def as_json(*arguments):
    """The JSON that a command prints: all of standard output, without NaN, which is no JSON."""

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    return json.loads(answered(*arguments, "--json").stdout, parse_constant=refuse)


def shell(*arguments, **options):
    """The same in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "seedbed", *map(str, arguments)], capture_output=True, text=True, timeout=280, **options
    )


def told(result):
    """The lines on standard error, without the notice that rules are interpreted, where they are."""
    return [line for line in result.stderr.splitlines() if not line.startswith("The rules are interpreted")]


@pytest.fixture(scope="module")
def compiled():
    """The rules, compiled or loaded in this process, and kept for those that the tests start."""
    engine.run(Scenario.load("baseline"), 1, 1)


# --- help ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_examples(words):
    for option in ("--help", "-h"):
        text = answered(*words, option).stdout
        assert "Example" in text and f"seedbed {' '.join(words)}" in text


def test_help_names_every_command():
    text = answered("--help").stdout
    assert all(f"  {words[0]} " in text for words in COMMANDS)
    assert typed().stderr == text


def test_examples_in_help_are_commands_that_exist():
    for words in COMMANDS:
        for line in answered(*words, "--help").stdout.splitlines():
            if line.startswith("    seedbed "):
                parts = line.split()[1:]
                assert parts[: len(words)] == words
                options = answered(*words, "--help").stdout
                assert all(part in options for part in parts if part.startswith("--"))


def test_the_module_and_the_version():
    done = shell("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"seedbed {seedbed.__version__}\n", "")
    assert answered("--version").stdout == done.stdout


def loaded_by(*arguments):
    """Libraries that a command loads, and the seconds of processor time that it takes."""
    code = (
        "import sys, time\n"
        "from seedbed.__main__ import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        f"print(time.process_time(), *sorted(set(sys.modules) & {HEAVY!r}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    seconds, *names = done.stderr.splitlines()[-1].split()
    return float(seconds), set(names)


def a_bare_command_line():
    """Seconds of processor time of a Typer program with one option that prints its help: this machine's yardstick."""
    code = (
        "import sys, time, typer\n"
        "app = typer.Typer()\n"
        "@app.command()\n"
        "def run(seed: int = typer.Option(1, help='The seed.')): pass\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "print(time.process_time(), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=280)
    return float(done.stderr.splitlines()[-1])


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"], ["study", "--help"]], ids=" ".join)
def test_help_comes_at_once(words):
    # The benchmark holds it to half a second. Machines differ, and others work beside this test: here the least of three
    # tries is held against a bare program of the same library, which the project cannot make faster.
    tries = [loaded_by(*words) for _ in range(3)]
    assert all(names == set() for _, names in tries)
    yardstick = min(a_bare_command_line() for _ in range(3))
    assert min(seconds for seconds, _ in tries) < 2 * yardstick


def test_one_run_loads_no_more_than_the_rules_need(compiled):
    _, names = loaded_by("run", "baseline", *SMALL)
    assert names <= {"numba", "numpy", "scipy"}  # SciPy: Numba looks for it


# --- run -------------------------------------------------------------------------------------------------------------


def test_a_run_prints_each_outcome_with_its_unit(compiled):
    text = answered("run", "baseline", *SMALL, "--seed", 3).stdout
    lines = text.splitlines()
    assert lines[0] == "Baseline (baseline), seed 3, 2 years"
    for label, unit, what in OUTCOMES.values():
        (line,) = [line for line in lines if f"{line}  ".startswith(f"{label}  ")]
        assert unit == "share" or line.endswith(unit)
        assert what not in text
    long = answered("run", "baseline", *SMALL, "--seed", 3, "--long").stdout
    assert all(what in long for _, _, what in OUTCOMES.values())


def test_the_json_of_a_run_is_what_python_gives(compiled):
    found = as_json("run", "baseline", *TINY, "--years", 8, "--seed", 4)
    scenario = Scenario.load("baseline").with_(TINY[1::2])
    expected = outcomes(engine.run(scenario, 4, 8), burn_in=2)
    assert list(found["outcomes"]) == list(OUTCOMES)
    assert found["outcomes"] == {name: None if value != value else value for name, value in expected.items()}
    assert None in found["outcomes"].values()
    assert found["units"]["time_to_unicorn"] == "years" and found["labels"].keys() == found["outcomes"].keys()
    assert (found["seed"], found["years"], found["burn_in"]) == (4, 8, 2)
    assert found["scenario"]["digest"] == scenario.digest()
    assert [one["name"] for one in found["scenario"]["overrides"]] == [text.split("=")[0] for text in TINY[1::2]]


def test_a_run_keeps_its_history(compiled, tmp_path):
    from seedbed import History

    place = tmp_path / "new" / "run"
    result = answered("run", "baseline", *SMALL, "--out", place, "--json")
    assert str(place) in result.stderr
    history = History.load(place)
    assert history.recorded and (history.seed, history.years) == (1, 2)
    row = outcomes(history.world, burn_in=0)
    assert json.loads(result.stdout)["outcomes"] == {name: None if x != x else x for name, x in row.items()}
    answered("run", "baseline", *SMALL, "--out", tmp_path / "short", "--no-record")
    assert not History.load(tmp_path / "short").recorded


def test_an_own_scenario_by_its_path(compiled, tmp_path):
    file = tmp_path / "town.toml"
    file.write_text('title = "Town"\nabout = "Small."\nbase = "baseline"\n[set]\n"city.graduates" = 5\n')
    assert as_json("run", file, "--years", 1)["scenario"]["name"] == "town"


def test_the_burn_in_shrinks_with_the_run():
    assert [command._burn_in(None, years) for years in (1, 3, 4, 40, 100)] == [0, 0, 1, 10, 10]
    assert command._burn_in(0, 40) == 0


# --- compare ---------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings(NO_UNICORN)
def test_a_comparison_of_a_scenario_with_a_changed_one(compiled):
    words = ["compare", "baseline", *SMALL, "--set-b", "fund.managers.market=2", "--seeds", "1-4", "--workers", 1]
    found = as_json(*words)
    assert found["seeds"] == [1, 2, 3, 4] and (found["runs"], found["failed"]) == (8, 0)
    assert found["b"]["name"] == "baseline, fund.managers.market=2"
    rows = {row["outcome"]: row for row in found["differences"]}
    assert set(OUTCOMES) <= set(rows)
    committed = rows["committed"]
    assert committed["sign"] == -1 and committed["low"] <= committed["difference"] <= committed["high"] < 0
    assert committed["difference"] == pytest.approx(committed["value"] - committed["base"])
    text = answered(*words).stdout
    (line,) = [line for line in text.splitlines() if line.startswith("Fund commitments")]
    assert line.endswith("*")
    assert text.startswith("A: baseline\nB: baseline, fund.managers.market=2\n4 seeds, 2 years; *")


@pytest.mark.filterwarnings(NO_UNICORN)
def test_a_comparison_of_two_scenarios_is_kept_and_extended(compiled, tmp_path):
    file = tmp_path / "town.toml"
    file.write_text(
        'title = "Town"\nabout = "No small grants."\nbase = "baseline"\n[set]\n"programme.small_grant" = "off"\n'
    )
    words = ["compare", "baseline", file, *SMALL, "--out", tmp_path / "study", "--seeds"]
    first = as_json(*words, 2)
    assert (first["a"]["name"], first["b"]["name"]) == ("baseline", "town")
    assert "small_grant" not in first["b"]["scenario"]["programmes"]
    assert as_json(*words, 2) == first
    more = typed(*words, 3, "--json")
    assert json.loads(more.stdout)["runs"] == 6 and "6 of 6 runs" in more.stderr
    assert Results.load(tmp_path / "study").complete


@pytest.mark.slow
@pytest.mark.filterwarnings(NO_UNICORN)
def test_threads_and_processes_print_the_same(compiled):
    words = ["compare", "baseline", *SMALL, "--set-b", "fund.managers.market=2", "--seeds", 3, "--json"]
    threads = typed(*words, "--workers", 3)
    assert threads.stdout == shell(*words, "--workers", 2, "--executor", "processes").stdout


# --- study -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.filterwarnings(NO_UNICORN)
def test_the_study_answers_on_a_page_and_goes_on_where_it_stopped(compiled, tmp_path):
    place = tmp_path / "study"
    words = ["study", "tolerance-horizon", *SMALL, "--out", place, "--no-figures", "--seeds"]
    first = answered(*words, 2)
    assert first.stdout == (place / "summary.md").read_text() + "\n"
    assert "## The answer" in first.stdout and "100 of 100 runs" in first.stderr
    again = answered(*words, 2, "--json")
    assert "of 100 runs" not in again.stderr
    assert json.loads(again.stdout) == json.loads((place / "summary.json").read_text())
    manifest = json.loads((place / "manifest.json").read_text())
    assert manifest["status"] == "complete" and manifest["runs"] == 100
    refused = typed(*words, 2, "--set", "fund.partners=3")
    assert refused.exit_code == 2 and "another study" in refused.stderr


def test_no_figures_without_the_drawing_library(monkeypatch):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    said = []
    monkeypatch.setattr(command, "say", said.append)
    assert not command._can_draw()
    assert "seedbed[lab]" in said[0]


# --- lists -----------------------------------------------------------------------------------------------------------


def test_sources_lists_every_number_with_its_evidence():
    rows = as_json("sources")
    assert rows == json.loads(json.dumps(Scenario.load("baseline").table()))
    for row in rows:
        assert row["unit"] and row["status"] and (row["source"] or row["why"]), row["name"]
    lines = answered("sources").stdout.splitlines()
    assert lines[0] == f"{len(rows)} numbers of baseline"
    assert [line.split()[0] for line in lines[4:]] == [row["name"] for row in rows]


def test_sources_are_found_by_name_or_else_by_what_is_said_of_them():
    assert {row["name"].rsplit(".", 1)[0] for row in as_json("sources", "fund.life")} == {"fund.life"}
    assert all(row["status"] == "assumed" for row in as_json("sources", "assumed"))
    named = as_json("sources", "FUND", "market")
    assert named and all("fund" in row["name"] and "market" in row["name"] for row in named)
    (line,) = answered("sources", "fund.life.market", "--long").stdout.splitlines()[4:]
    assert "first closing" in line


def test_sources_of_a_changed_scenario_say_so():
    (row,) = as_json("sources", "fund.life.market", "--set", "fund.life.market=30 quarters")
    assert (row["value"], row["status"], row["source"]) == (7.5, "set", "--set")


def test_scenarios_and_programmes_are_listed():
    assert [one["name"] for one in as_json("scenarios")] == Scenario.names()
    assert "baseline" in answered("scenarios").stdout
    found = as_json("programmes")
    assert found == as_json("programmes", "list")
    assert all(one["executed"] for one in found)
    for one in found:
        assert one["title"] in answered("programmes").stdout
        shown = as_json("programmes", "show", one["name"])
        assert shown["figures"] and shown["title"] == one["title"]
        assert one["title"] in answered("programmes", "show", one["name"]).stdout


def test_a_programme_file_is_checked(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('title = "M"\nabout = "m"\ninstrument = "grant"\nsource = "Me 2020"\nbudget = 5\namount = 0.1\n')
    assert "mine.toml is well formed" in answered("programmes", "check", file).stdout
    assert as_json("programmes", "check", file)["executed"]
    file.write_text(
        'title = "M"\nabout = "m"\ninstrument = "loan_risk_compensation"\nsource = "Me 2020"\nbudget = 5\nloss_share = 0.5\nloan_ceiling = 1\nrevolving = "yes"\n'
    )
    found = as_json("programmes", "check", file)
    assert found["well_formed"] and not found["executed"] and "does not execute it" in found["note"]


def test_a_programme_whose_conditions_nobody_meets_is_warned_of_with_the_count(tmp_path):
    file = tmp_path / "mine.toml"
    text = 'title = "M"\nabout = "m"\ninstrument = "grant"\nsource = "Me 2020"\nbudget = 5\namount = 0.1\n'
    file.write_text(text + "min_team = 9\n")
    result = typed("programmes", "check", file)
    assert result.exit_code == 0 and "mine.toml is well formed" in result.stdout
    assert "Warning: nobody meets the conditions of the programme mine: 0 of " in result.stderr and "min_team is 9" in result.stderr
    assert "no team" in as_json("programmes", "check", file)["warnings"][0]
    town = tmp_path / "town.toml"
    town.write_text('title = "T"\nabout = "t"\nbase = "baseline"\nprogrammes = ["mine.toml"]\n')
    assert "Warning: nobody meets" in typed("run", town, "--years", "6").stderr
    file.write_text(text)
    assert "Warning" not in typed("programmes", "check", file).stderr
    assert as_json("programmes", "check", file)["trial"]["qualified"] > 0


# --- wrong input: each a sentence that names what, what is allowed, and where -------------------------------------------

BAD = {
    "unknown scenario": (["run", "baselin"], ["'baselin'", "'baseline'", "command line"]),
    "unknown scenario to compare with": (["compare", "baseline", "nowhere"], ["'nowhere'", "'baseline'"]),
    "missing scenario file": (["run", "nowhere.toml"], ["nowhere.toml", "existing TOML file"]),
    "a folder as a scenario": (["sources", "--scenario", "./"], ["existing TOML file"]),
    "unknown parameter": (
        ["run", "baseline", "--set", "fund.lief.market=12"],
        ["parameter", "'fund.lief.market'", "--set", "did you mean 'fund.life.market'"],
    ),
    "unknown element": (["run", "baseline", "--set", "fund.life.markt=7"], ["'fund.life.markt'", "'fund.life.market'"]),
    "unknown parameter of B": (["compare", "baseline", "--set-b", "a.b=1"], ["'a.b'", "--set-b"]),
    "no assignment": (["run", "baseline", "--set", "fund.life.market"], ["name=value", "--set"]),
    "wrong unit": (
        ["run", "baseline", "--set", "fund.life.market=12 kg"],
        ["unit of fund.life.market", "'kg'", "'years', 'quarters'", "--set"],
    ),
    "unit of another kind": (["run", "baseline", "--set", "fund.life.market=5 million RMB"], ["unit", "'years'"]),
    "no number": (["run", "baseline", "--set", "fund.life.market=long"], ["'long'", "a number, in years"]),
    "value out of range": (
        ["run", "baseline", "--set", "fund.life.market=999"], ["fund.life.market", "999", "a number from", "(years)", "--set"],
    ),
    "unknown choice": (["run", "baseline", "--set", "fund.successor=best"], ["'best'", "'results' or 'fixed'"]),
    "unknown programme": (["run", "baseline", "--set", "programme.smallgrant=on"], ["'smallgrant'", "'small_grant'"]),
    "unknown programme field": (
        ["run", "baseline", "--set", "programme.small_grant.amont=3"],
        ["field of small_grant", "'amont'", "did you mean 'amount'", "--set"],
    ),
    "programme value out of range": (["run", "baseline", "--set", "programme.small_grant.accuracy=2"], ["from 0 to 1"]),
    "unknown programme to show": (["programmes", "show", "smallgrant"], ["'smallgrant'", "'small_grant'"]),
    "a fund that ends before its tranche": (
        ["run", "baseline", "--set", "fund.tranche=12 quarters", "--set", "fund.life=2"],
        ["fund.life", "2", "at least the length of a tranche (fund.tranche), 3 years", "--set"],
    ),
    "no graduates": (["run", "baseline", "--set", "city.graduates=0"], ["city.graduates", "0", "from 1 to"]),
    "no universities": (["run", "baseline", "--set", "university.number=0"], ["university.number", "at least 1"]),
    "no fund managers": (["run", "baseline", "--set", "fund.managers=0"], ["fund.managers", "at least one manager"]),
    "no years": (["run", "baseline", "--years", "0"], ["years", "0", "a whole number from 1"]),
    "no years to compare": (["compare", "baseline", "--set-b", "fund.life=9", "--years", "0"], ["years", "from 1"]),
    "a negative seed": (["run", "baseline", "--seed", "-1"], ["seed", "-1", "a whole number from 0"]),
    "a burn-in as long as the run": (
        ["run", "baseline", "--years", "5", "--burn-in", "5"], ["burn-in", "5", "from 0 to 4", "--burn-in"],
    ),
    "a log without a directory": (["run", "baseline", "--record"], ["--out", "--record"]),
    "nothing to compare with": (["compare", "baseline"], ["missing", "a second scenario", "--set-b"]),
    "the same twice": (["compare", "baseline", "baseline"], ["two arms", "'baseline'"]),
    "no seeds": (["compare", "baseline", "--set-b", "fund.life=9", "--seeds", "0"], ["number of seeds", "at least 1"]),
    "seeds in words": (["compare", "baseline", "--set-b", "fund.life=9", "--seeds", "1-b"], ["'1-b'", "range", "--seeds"]),
    "a seed twice": (["compare", "baseline", "--set-b", "fund.life=9", "--seeds", "1,1"], ["different whole numbers"]),
    "no workers": (["compare", "baseline", "--set-b", "fund.life=9", "--workers", "0"], ["workers", "0"]),
    "unknown executor": (["study", "tolerance-horizon", "--executor", "cloud"], ["'cloud'", "'threads'"]),
    "unknown study": (["study", "tolerance"], ["'tolerance'", "'tolerance-horizon'"]),
    "what a study sets itself": (["study", "tolerance-horizon", "--set", "fund.life.market=9"], ["fund.life.market"]),
    "a text that nothing has": (["sources", "zzz"], ["'zzz'", "part of a parameter's name"]),
}  # fmt: skip


@pytest.mark.parametrize("words, parts", BAD.values(), ids=BAD)
def test_wrong_input_is_one_sentence_and_leaves_nothing(words, parts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = typed(*words)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = told(result)
    assert line.startswith("Error: ") and "Traceback" not in line and "python call" not in line
    assert all(part in result.stderr for part in parts), result.stderr
    assert list(tmp_path.iterdir()) == []


MALFORMED = {
    "not TOML": ('title = "x\n', ["town.toml", "well-formed TOML"]),
    "unknown key": ('title = "x"\nabout = "y"\nbasis = "baseline"\n', ["'basis'", "'base'", "town.toml"]),
    "no title": ('about = "y"\n', ["title", "missing", "town.toml"]),
    "unknown base": ('title = "x"\nabout = "y"\nbase = "z"\n', ["'z'", "'baseline'", "town.toml"]),
    "unknown parameter": ('title = "x"\nabout = "y"\n[set]\n"fund.lief" = 3\n', ["'fund.lief'", "town.toml, [set]"]),
    "out of range": ('title = "x"\nabout = "y"\n[set]\n"fund.life.market" = 99\n', ["99", "town.toml, [set]"]),
    "contradiction": (
        'title = "x"\nabout = "y"\n[set]\n"fund.life.market" = 2\n"fund.tranche" = 12\n',
        ["fund.life.market", "length of a tranche", "town.toml"],
    ),
    "unknown programme": (
        'title = "x"\nabout = "y"\nprogrammes = ["smallgrant"]\n',
        ["'smallgrant'", "'small_grant'", "town.toml"],
    ),
    "not text": (b"\xff\xfe\x00", ["UTF-8", "town.toml"]),
}


@pytest.mark.parametrize("content, parts", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("words", [["run"], ["sources", "--scenario"]], ids=" ".join)
def test_a_malformed_scenario_file_is_named(words, content, parts, tmp_path):
    file = tmp_path / "town.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = typed(*words, file)
    assert result.exit_code == 2 and result.stdout == ""
    assert result.stderr.startswith("Error: ") and "Traceback" not in result.stderr
    assert all(part in result.stderr for part in parts), result.stderr


def test_a_malformed_programme_file_is_named(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        'title = "M"\nabout = "m"\ninstrument = "grant"\nsource = "Me"\nbudget = 5\namount = 0.1\nsise = 3\n'
    )
    result = typed("programmes", "check", file)
    assert result.exit_code == 2 and "'sise'" in result.stderr and "mine.toml" in result.stderr


@pytest.mark.parametrize(
    "words",
    [["rnu"], ["run"], ["run", "baseline", "--yeras", "3"], ["run", "baseline", "--years", "many"]],
    ids=" ".join,
)
def test_a_slip_in_the_command_itself_points_to_the_help(words):
    result = typed(*words)
    assert result.exit_code == 2 and result.stdout == ""
    assert "Usage: seedbed" in result.stderr and "-h' for help" in result.stderr and "Error: " in result.stderr


# --- where results go ------------------------------------------------------------------------------------------------

KEEPERS = {
    "run": ["run", "baseline", *SMALL],
    "compare": ["compare", "baseline", *SMALL, "--set-b", "fund.life.market=9", "--seeds", "2"],
    "study": ["study", "tolerance-horizon", *SMALL, "--seeds", "1"],
}


def refused_place(result, place, *parts):
    """The place was refused in one sentence, before anything was printed or written."""
    assert result.returncode == 2 if hasattr(result, "returncode") else result.exit_code == 2, result
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1].startswith("Error: ") and "Traceback" not in result.stderr
    assert all(part in result.stderr for part in (str(place), "--out", *parts)), result.stderr


@pytest.mark.parametrize("words", KEEPERS.values(), ids=KEEPERS)
def test_a_place_through_a_file_is_refused(words, compiled, tmp_path):
    (tmp_path / "file").write_text("")
    place = tmp_path / "file" / "results"
    refused_place(typed(*words, "--out", place), place, "can be written")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may write anywhere")
@pytest.mark.parametrize("words", KEEPERS.values(), ids=KEEPERS)
def test_a_place_without_permission_is_refused(words, compiled, tmp_path):
    tmp_path.chmod(0o500)
    try:
        refused_place(typed(*words, "--out", tmp_path / "results"), tmp_path / "results", "can be written")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("words", KEEPERS.values(), ids=KEEPERS)
def test_a_place_with_other_files_is_refused_and_left_alone(words, compiled, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    refused_place(typed(*words, "--out", tmp_path), tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on file size there")
@pytest.mark.parametrize("words", [KEEPERS["run"], KEEPERS["compare"]], ids=["run", "compare"])
def test_a_full_disk_is_a_sentence_and_leaves_nothing_half_written(words, compiled, tmp_path):
    import resource

    place = tmp_path / "results"
    done = shell(
        *words,
        "--out",
        place,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY)),
    )
    refused_place(done, place, "space left")
    assert [entry for entry in tmp_path.rglob("*") if entry != place] == []
    answered(*words, "--out", place if words[0] == "compare" else tmp_path / "other")


# --- interrupts and faults ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ there")
def test_an_interrupt_in_the_middle_keeps_what_was_done(compiled, tmp_path):
    place = tmp_path / "results"
    words = ["compare", "baseline", *SMALL, "--set-b", "fund.managers.market=2", "--out", place, "--seeds"]
    process = subprocess.Popen(
        [sys.executable, "-m", "seedbed", *map(str, words), "100000"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 200
    while not list(place.glob("runs/*.parquet")) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert out == "" and "Traceback" not in errors
    assert errors.splitlines()[-1].startswith("Interrupted") and "resumes it" in errors
    assert not list(place.rglob("*.tmp"))
    manifest = json.loads((place / "manifest.json").read_text())
    assert manifest["status"] == "interrupted"
    kept = Results.load(place)
    assert 0 < kept.good == manifest["runs"] < 200_000


def test_an_interrupted_run_leaves_nothing(monkeypatch, tmp_path):
    def interrupted(*_arguments, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "run", interrupted)
    result = typed("run", "baseline", "--out", tmp_path / "run")
    assert result.exit_code == 130 and result.stdout == ""
    (line,) = told(result)
    assert line.startswith("Interrupted")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def faulty(monkeypatch):
    def fails(*_arguments, **_named):
        raise ZeroDivisionError("of an account\nby nought")

    monkeypatch.setattr(engine, "run", fails)


def test_a_fault_of_the_program_is_short_and_says_how_to_see_more(faulty):
    result = typed("run", "baseline")
    assert result.exit_code == 1 and result.stdout == ""
    (line,) = told(result)
    assert line.startswith("Error: ZeroDivisionError: of an account by nought (") and "--traceback" in line


@pytest.mark.parametrize("words, env", [(["--traceback"], {}), ([], {"SEEDBED_TRACEBACK": "1"})], ids=["option", "env"])
def test_the_traceback_is_shown_to_those_who_ask(faulty, words, env):
    result = typed(*words, "run", "baseline", env=env)
    assert result.exit_code == 1
    assert "Traceback (most recent call last)" in result.stderr and "in fails" in result.stderr


def test_when_all_runs_fail_the_reason_is_told(faulty):
    result = typed("compare", "baseline", "--set-b", "fund.life.market=9", "--seeds", "1")
    assert result.exit_code == 1 and "ZeroDivisionError" in result.stderr
    assert 'File "' not in result.stderr.splitlines()[-1]


def test_a_command_leaves_logging_as_it_found_it():
    log = logging.getLogger("seedbed.experiments")
    before = list(log.handlers), log.level
    typed("run", "nowhere")
    assert (list(log.handlers), log.level) == before


def test_a_reader_that_leaves_early_is_no_error():
    process = subprocess.Popen(
        [sys.executable, "-m", "seedbed", "sources"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait(60)


def test_letters_that_a_terminal_lacks_are_replaced(compiled):
    done = shell("run", "baseline", *SMALL, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0 and done.stdout.isascii() and "Jobs" in done.stdout


# --- compiling -------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")
def test_compiling_is_told_once_and_loading_is_not(compiled, monkeypatch, capsys):
    monkeypatch.setattr("seedbed.agents.rule._folder_for", lambda file: None)  # else a second run of the tests loads what the first kept

    @rule
    def twice(x):
        return x * 2

    with command.compiling_told():
        engine.run(Scenario.load("baseline"), 2, 1)
        assert capsys.readouterr().err == ""
        assert twice(2) + twice(2.0) == 8
    assert capsys.readouterr().err == "Compiling the rules: about half a minute, once.\n"
    assert twice(True) == 2
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")
def test_it_is_told_where_compiled_rules_cannot_be_kept(monkeypatch, capsys):
    from seedbed.agents import rule as module

    monkeypatch.setattr(module, "_folder_for", lambda file: None)

    @rule
    def thrice(x):
        return x * 3

    monkeypatch.setattr(module, "cache_folder", lambda: None)
    with command.compiling_told():
        thrice(2)
    assert "in every session" in capsys.readouterr().err


def test_interpreting_is_told(monkeypatch, capsys):
    from seedbed.agents import rule as module

    monkeypatch.setattr(module, "INTERPRETED", True)
    with command.compiling_told():
        pass
    assert "interpreted" in capsys.readouterr().err


def test_warm_says_where_the_rules_are(compiled):
    text = answered("warm").stdout
    assert text.startswith("The rules are ready")
    folder = text.partition("(")[2].rpartition(")")[0]
    assert INTERPRETED or Path(folder).is_dir()
