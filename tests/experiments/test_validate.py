"""The validation: intervals and verdicts worked out by hand, arms that compare like with like, the command, its errors, its figures, and what is committed."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from seedbed.agents.errors import BadInput
from seedbed.agents.rule import INTERPRETED
from seedbed.experiments import validate as v, validate_figures as drawn
from seedbed.experiments.command import app
from seedbed.model import targets
from seedbed.model.engine import run
from seedbed.model.scenario import Scenario

RESULTS = Path(v.__file__).resolve().parent / "results" / "validation"
KEYS = ["target", "what", "value", "band", "model", "low", "high", "inside", "calibrated", "source", "population"]
SHORT = ["--seeds", "2", "--years", "15", "--burn-in", "2"]
real = pytest.mark.skipif(INTERPRETED, reason="whole runs of interpreted rules take minutes")


def wanted(name):
    return [target for target in targets.read() if target.name == name]


# --- values and intervals --------------------------------------------------------------------------------------------


def test_runs_are_pooled_before_dividing():
    found = v.judged(wanted("A5_unicorn_rate"), [{"A5_unicorn_rate": (1, 10)}, {"A5_unicorn_rate": (5, 990)}], {})
    assert found.rows[0]["model"] == 6 / 1000  # not the mean of 0.1 and 0.005


def test_replications_that_agree_leave_no_doubt():
    (row,) = v.judged(wanted("A5_unicorn_rate"), [{"A5_unicorn_rate": (1, 100)}] * 5, {}).rows
    assert (row["model"], row["low"], row["high"], row["inside"]) == (0.01, 0.01, 0.01, True)


def test_the_interval_is_as_wide_as_the_replications_differ():
    """Of 400 replications with one trial in each: a share of 0.3 has a standard error of sqrt(0.3 * 0.7 / 400)."""
    runs = [{"A5_unicorn_rate": (float(n < 120), 1.0)} for n in range(400)]
    (row,) = v.judged(wanted("A5_unicorn_rate"), runs, {}).rows
    error = math.sqrt(0.3 * 0.7 / 400)
    assert row["model"] == 0.3
    assert (row["high"] - row["low"]) / 2 == pytest.approx(1.96 * error, rel=0.1)
    assert not row["inside"]


def test_a_ratio_keeps_numerator_and_denominator_together():
    """Where each replication's numerator is half its denominator the ratio is certain, however much both vary."""
    runs = [{"A5_unicorn_rate": (n / 2, n)} for n in (1.0, 50.0, 2000.0)]
    (row,) = v.judged(wanted("A5_unicorn_rate"), runs, {}).rows
    assert (row["low"], row["high"]) == (0.5, 0.5)


def test_what_was_not_measured_is_not_inside():
    for runs in ([{"other": (1.0,)}] * 3, [{"B8_crowd_in": (1.0, 0.0)}] * 3):
        (row,) = v.judged(wanted("B8_crowd_in"), runs, {}).rows
        assert math.isnan(row["model"]) and not row["inside"]
        assert v.cells(row)[4:7] == ("none", "", "no")


def test_a_sign_that_chance_could_turn_is_not_met():
    def row(ys):
        sums = [{"B5_termination.stopping": targets._regression(np.array([1, 2, 3]), np.array(y, float))} for y in ys]
        return v.judged(wanted("B5_termination.stopping"), sums, {}).rows[0]

    falling, rising = [0.5, 0.4, 0.3], [0.3, 0.4, 0.5]
    assert row([falling] * 9 + [[0.5, 0.5, 0.4]])["inside"]
    assert not row([falling] * 5 + [rising] * 5)["inside"]
    assert not row([rising] * 10)["inside"]
    assert v.cells(row([falling] * 3))[2:4] == ("sign", "below 0")


# --- what is paired with what ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["baseline", "report"])
def test_the_arms_of_b7_have_the_same_money(name):
    scenario = Scenario.load(name)

    def yearly(case):
        p = case.parameters
        return {kind: p["fund.managers"][kind] * p["fund.size"][kind] / p["fund.raise_interval"][kind] for kind in ("market", "guidance")}

    total = sum(yearly(scenario).values())
    for n, share in enumerate(targets.PUBLIC_SHARES):
        money = yearly(v.arms_of(scenario)[f"share {n}"])
        assert sum(money.values()) == pytest.approx(total)
        assert money["guidance"] == pytest.approx(share * total)


@real
def test_the_city_pays_for_its_share_and_no_more():
    arms = v.arms_of(Scenario.load("baseline"))
    committed, city = [], []
    for n in range(len(targets.PUBLIC_SHARES)):
        world = run(arms[f"share {n}"], 1, 40)
        funds = np.asarray(world.funds)[: int(world.clock[0].n_funds)]
        money, part = funds["commitment"].astype(float), funds["part"][:, 3] / 1e6
        mine = (funds["kind"] == 1) | (funds["kind"] == 4)
        committed.append(money[mine].sum())
        city.append((money * part)[mine].sum() / money[mine].sum())
    assert committed == pytest.approx([committed[0]] * 7, rel=1e-3)
    assert city == pytest.approx(targets.PUBLIC_SHARES, abs=1e-3)


def test_grants_are_compared_with_none():
    arms = v.arms_of(Scenario.load("baseline"))

    def names(arm):
        return {programme.name for programme in arms[arm].programmes}

    assert "small_grant" in names("itself")
    assert names("early") - names("no grant") == names("label") - names("no grant") == {"small_grant"}
    assert names("later") - names("no grant") == {"lump_support"}
    assert names("itself") - names("no guidance") == {"guidance_fund"}
    money = {arm: arms[arm].programmes[v._programme(arms[arm], v.GRANTS[arm])].row()["amount"][0] for arm in v.GRANTS}
    assert money == {"early": 100_000_000, "later": 710_000_000, "label": 1}  # fen


def test_a_country_has_no_paired_arms():
    assert list(v.arms_of(Scenario.load("two-cities"))) == ["itself"]


@real
def test_pairs_are_of_one_seed():
    """With the same scenario in every arm nothing is drawn in and recipients are backed as they are without."""
    same = {name: v.arms_of(Scenario.load("baseline"))["early"] for name in ("itself", "no guidance", "share 0", "share 1", "no grant", *v.GRANTS)}
    sums = v._measured(same | {"later": same["early"].with_({"programme.lump_support": "on", "programme.lump_support.budget": 0})}, _records(same))
    assert sums["B8_crowd_in"] == (0.0, 0.0)
    assert sums["B7_public_share"][0] == sums["B7_public_share"][1]
    backed, alone, counted = sums["B11_grant.early"]
    assert backed == alone and counted > 0


def _records(arms):
    world = run(arms["itself"], 1, 15, record=True)
    record = targets.of_world(world, 2)
    return lambda _: record


# --- the command -----------------------------------------------------------------------------------------------------


def asked(*words):
    return CliRunner().invoke(app, ["validate", *words], prog_name="seedbed")


@real
def test_json_has_a_row_for_each_number(tmp_path):
    answer = asked("baseline", "--json", "--out", str(tmp_path / "kept"), *SHORT)
    assert answer.exit_code == 0, answer.output
    rows = json.loads(answer.stdout)
    assert [list(row) for row in rows] == [KEYS] * len(rows)
    assert [row["target"] for row in rows] == [target.name for target in targets.read() if target.name[0] in "AB"]
    assert all(row["calibrated"] == row["target"].startswith("A") for row in rows)
    kept = json.loads((tmp_path / "kept" / "table.json").read_text())
    assert [row["target"] for row in kept["rows"]] == [row["target"] for row in rows]
    manifest = json.loads((tmp_path / "kept" / "manifest.json").read_text())
    assert manifest["seeds"] == [1, 2] and manifest["scenario"] == "baseline" and manifest["runs"] == 26
    assert str(tmp_path) not in json.dumps(manifest)
    assert {place.stem for place in (tmp_path / "kept" / "figures").glob("*.png")} == set(drawn.FIGURES) - {"ladder"}


@real
def test_targets_of_ones_own(tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text('[A7_spinouts]\nwhat = "ours"\nvalue = 1000\nband = [900, 1100]\nsource = "our register"\n')
    answer = asked("baseline", "--targets", str(mine), *SHORT)
    assert answer.exit_code == 0, answer.output
    (line,) = [line for line in answer.stdout.splitlines() if line.startswith("A7")]
    assert "900.00 to 1100.00" in line and line.split()[-2:] == ["no", "no"]
    assert "0 of 1 not calibrated to" in answer.output


@pytest.fixture
def no_run(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a run was made")

    monkeypatch.setattr(v, "run", refuse)


@pytest.mark.parametrize(
    "words, said",
    [
        (["nowhere"], "nowhere"),
        (["baseline", "--targets", "absent.toml"], "absent.toml"),
        (["baseline", "--seeds", "1"], "at least two"),
        (["baseline", "--seeds", "3,3"], "at least two"),
        (["baseline", "--years", "20", "--burn-in", "10"], "at least 13 years that count"),
        (["baseline", "--years", "20", "--burn-in", "-1"], "at least 13 years that count"),
        (["baseline", "--set", "fund.nothing=1"], "fund.nothing"),
    ],
)
def test_what_cannot_be_done_is_told_before_any_run(no_run, words, said):
    answer = asked(*words)
    assert answer.exit_code == 2 and said in " ".join(answer.output.split())


@pytest.mark.parametrize(
    "text, said",
    [
        ('[B12_more]\nwhat = "w"\nvalue = 1\nsource = "s"\n', "B12_more"),
        ('[B2_tail]\nwhat = "w"\nvalue = 1\nsource = "s"\nwidth = 3\n', "width"),
        ('[B2_tail]\nwhat = "w"\nvalue = 1\nband = [2, 1]\nsource = "s"\n', "lower first"),
        ('[B2_tail]\nwhat = "w"\nvalue = 1\nband = [0, 2]\n', "source"),
    ],
)
def test_a_wrong_targets_file_is_told_before_any_run(no_run, tmp_path, text, said):
    (tmp_path / "mine.toml").write_text(text)
    answer = asked("baseline", "--targets", str(tmp_path / "mine.toml"))
    assert answer.exit_code == 2 and said in answer.output


def test_a_file_in_the_place_of_a_directory_is_refused_before_any_run(no_run, tmp_path):
    (tmp_path / "taken").write_text("")
    answer = asked("baseline", "--out", str(tmp_path / "taken"))
    assert answer.exit_code == 2 and "a directory" in answer.output


# --- the figures -----------------------------------------------------------------------------------------------------


def test_every_statistic_is_in_a_figure():
    assert drawn.names() == set(targets.LABELS)


def made_up(scenario="report"):
    """A table with a row for each target, of made-up sums."""
    rng = np.random.default_rng(2)
    sums = {}
    for key, value in targets.MEASURES.values():
        width = {"_quantile": targets.AGES}.get(value.__qualname__.split(".")[0], 7 if key.startswith("B7") else 25 if value is targets._slope else 2)
        sums[key] = width
    sums |= {f"B5_termination.{what}.{n}": 2 for what in ("stopped_after", "returned_of") for n in range(1, 7)}
    runs = [{key: tuple(rng.integers(1, 9, width).astype(float)) for key, width in sums.items()} for _ in range(3)]
    return v._plain({"scenario": scenario, "title": "Made up", "rows": v.judged(targets.read(), runs, {}).rows, "patterns": v.judged(targets.read(), runs, {}).patterns})


def test_axes_are_labelled_and_figures_written(tmp_path):
    table = made_up()
    places = drawn.draw(table, tmp_path)
    assert [place.stem for place in places] == list(drawn.FIGURES)
    assert all(place.stat().st_size > 5000 for place in places)
    rows = {row["target"]: row for row in table["rows"]}
    for name, (title, parts) in drawn.FIGURES.items():
        figure = drawn._one(name, title, [([rows[one] for one in statistics], *more) for statistics, *more in parts], table["patterns"])
        assert figure.axes and all(ax.get_xlabel() and ax.get_ylabel() for ax in figure.axes), name


def test_figures_bear_what_is_missing(tmp_path):
    table = made_up()
    table["rows"] = [row for row in table["rows"] if row["target"].startswith(("B7", "B2"))]
    for row in table["rows"]:
        row |= {"model": None, "low": None, "high": None, "inside": False}
    table["patterns"]["exits_at_share"] = [[None, None, None]] * 7
    assert [place.stem for place in drawn.draw(table, tmp_path)] == ["tail", "public_share"]


# --- what is committed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario, kinds, fitted", [("baseline", "AB", "A"), ("report", "ARB", "R")])
def test_committed_results_are_of_the_targets_file(scenario, kinds, fitted):
    table = json.loads((RESULTS / scenario / "table.json").read_text(encoding="utf-8"))
    manifest = json.loads((RESULTS / scenario / "manifest.json").read_text(encoding="utf-8"))
    assert table["scenario"] == manifest["scenario"] == scenario and table["seeds"] == manifest["seeds"]
    expected = [target for target in targets.read() if target.name[0] in kinds]
    assert [row["target"] for row in table["rows"]] == [target.name for target in expected]
    for row, target in zip(table["rows"], expected, strict=True):
        assert list(row) == KEYS
        bounds = [None if math.isinf(bound) else pytest.approx(bound) for bound in (target.low, target.high)]
        assert row["band"] == bounds and row["source"] == target.source
        assert row["calibrated"] == target.name.startswith(fitted)
        low, high = (math.nan if row[key] is None else row[key] for key in ("low", "high"))
        assert row["inside"] == target.meets(low, high)
    assert {place.stem for place in (RESULTS / scenario / "figures").glob("*.png")} >= set(drawn.FIGURES) - {"ladder"}


def test_bad_seeds_in_python_are_refused():
    with pytest.raises(BadInput, match="seed"):
        v.validate("baseline", seeds=[1, -3])
