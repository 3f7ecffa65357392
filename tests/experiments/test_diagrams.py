"""Figures of the analyses: what is drawn is what was found, axes carry names and units, and nothing of the style is left behind."""

import math
from types import SimpleNamespace

import matplotlib
import numpy as np
import pandas as pd
import pytest
from made import Made

from seedbed.agents.errors import BadInput
from seedbed.experiments import diagrams
from seedbed.experiments.design import (
    Experiment,
    latin_hypercube,
    morris as morris_plan,
    one_at_a_time as sweep,
    sobol as sobol_plan,
)
from seedbed.experiments.discovery import discover
from seedbed.experiments.precision import stability
from seedbed.experiments.search import Candidate, PolicySearch
from seedbed.experiments.sensitivity import sensitivity
from seedbed.experiments.statistics import Estimate
from seedbed.experiments.survival import incidence
from seedbed.experiments.tails import tail

RANGES = {"fund.tolerance.market": [1.0, 9.0], "fund.life.market": [5.0, 15.0], "market.least_price": [0.1, 0.9]}


def outcomes(arm, seed):
    place = {path: (arm.changes.get(path, sum(ends) / 2) - ends[0]) / (ends[1] - ends[0]) for path, ends in RANGES.items()}
    x = list(place.values())
    luck = np.random.default_rng([seed, *arm.name.encode()]).normal() * 0.2
    return {"unicorns": 3 * x[0] + x[1] + luck, "wins": float(x[0] > 0.5 and x[1] < 0.6)}


def made(arms, seeds=3):
    return Made(Experiment("drawn", arms, seeds), outcomes, {"unicorns": ("Unicorns", "count")})


@pytest.fixture(scope="module")
def found():
    """One of each."""
    rng = np.random.default_rng(1)
    lives = pd.DataFrame({"seed": np.repeat([1, 2, 3], 40), "venture": range(120), "quarters": rng.integers(0, 40, 120), "ending": rng.choice(["failed", "acquired", "private"], 120)})
    search = PolicySearch("cheap", {"a": [0, 1]}, {"jobs": "most", "cost": "least"}, budget={"cost": 3.0})
    rows = []
    for n in range(4):
        row = {"policy": n, "a": n / 4, "within": True, "stays": n != 2}
        for outcome, value in (("jobs", 10.0 + n), ("cost", 1.0 + n / 2)):
            row |= {f"{outcome}_found": value + 0.3, outcome: value, f"{outcome}_low": value - 0.2, f"{outcome}_high": value + 0.2}
        rows.append(row)
    front = SimpleNamespace(
        search=search, frame=pd.DataFrame(rows), labels={"jobs": "Jobs (jobs)", "cost": "Cost (billion RMB)"},
        candidates=[Candidate(n, {"a": 0.1}, {"jobs": 9.0 + n, "cost": 2.0}, n < 5) for n in range(6)],
        as_it_is={"jobs": Estimate(9.0, 8.0, 10.0, 4), "cost": Estimate(1.5, 1.0, 2.0, 4)},
    )  # fmt: skip
    looks = pd.DataFrame([(30, "unicorns", 2.0, 1.0, 3.0, 2.0, 1.0), (60, "unicorns", 2.1, 1.7, 2.5, 0.8, 1.0)], columns=["seeds", "outcome", "value", "low", "high", "width", "asked"])
    results = made(sweep("baseline", {"fund.life.market": [5, 15]}))
    return {
        "sobol": (diagrams.draw_sensitivity, sensitivity(made(sobol_plan("baseline", RANGES, 16)), ["unicorns", "wins"], resamples=50)),
        "morris": (diagrams.draw_sensitivity, sensitivity(made(morris_plan("baseline", RANGES, 6)), ["unicorns"], resamples=50)),
        "sweep": (diagrams.draw_sensitivity, sensitivity(made(sweep("baseline", RANGES)), ["unicorns"])),
        "boxes": (diagrams.draw_boxes, discover(made(latin_hypercube("baseline", RANGES, 80), 1), "wins > 0", resamples=20)),
        "front": (diagrams.draw_front, front),
        "tail": (diagrams.draw_tail, tail(3 * (rng.pareto(1.5, 300) + 1), rng.integers(0, 12, 300), least=3.0, resamples=20)),
        "incidence": (diagrams.draw_incidence, incidence(lives, resamples=50)),
        "stability": (diagrams.draw_stability, stability(rng.normal(5, 1, 300))),
        "looks": (diagrams.draw_looks, SimpleNamespace(widths={"unicorns": 1.0}, looks=looks, results=results, reached=True, seeds=60, rule="looks")),
    }  # fmt: skip


NAMES = ("sobol", "morris", "sweep", "boxes", "front", "tail", "incidence", "stability", "looks")


@pytest.mark.parametrize("name", NAMES)
def test_each_is_an_image_with_named_axes_and_leaves_no_style_behind(found, name):
    draw, what = found[name]
    before = dict(matplotlib.rcParams)
    figure = draw(what)
    png = figure._repr_png_()
    assert png[:8] == b"\x89PNG\r\n\x1a\n" and len(png) > 5000 and png == draw(what)._repr_png_()
    assert dict(matplotlib.rcParams) == before
    assert all(ax.get_xlabel() or ax.get_ylabel() for ax in figure.axes)
    image = np.asarray(matplotlib.image.imread(__import__("io").BytesIO(png)))
    assert image.std() > 0.02  # something is drawn


def test_indices_stand_where_they_were_found_strongest_on_top(found):
    draw, what = found["sobol"]
    ax, beside = draw(what).axes
    part = what.frame[what.frame["outcome"] == "unicorns"].sort_values("total")
    assert [label.get_text() for label in ax.get_yticklabels()] == part["factor"].tolist()
    drawn = {line.get_label(): line.get_xdata() for line in ax.lines}
    assert drawn["first order (alone)"].tolist() == part["first"].tolist()
    assert drawn["total (alone and with others)"].tolist() == part["total"].tolist()
    assert sum(bar.get_height() for bar in beside.patches) == pytest.approx(1.0)
    assert "Unicorns (count)" in ax.get_title()
    assert "wins" in draw(what, "wins").axes[0].get_title()
    with pytest.raises(BadInput, match="outcome"):
        draw(what, "happiness")


def test_boxes_have_the_limits_that_were_found(found):
    draw, what = found["boxes"]
    ax, beside = draw(what).axes
    box = what.boxes[0]
    by = {limit.factor: limit for limit in box.limits}
    (patch,) = [p for p in ax.patches if p.get_linewidth() == 1.8][:1]
    assert patch.get_x() == pytest.approx(by[ax.get_xlabel()].low if math.isfinite(by[ax.get_xlabel()].low) else _low(ax.get_xlabel()))
    counts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert f"so ({what.labels.sum():,} worlds)" in counts
    assert "share of worlds" in beside.get_xlabel()


def _low(path):
    return RANGES[path][0]


def test_the_front_shows_fresh_figures_the_budget_and_the_scenario_as_it_is(found):
    draw, front = found["front"]
    (ax,) = draw(front).axes
    drawn = {line.get_label(): line for line in ax.lines}
    assert drawn["front, fresh worlds and seeds"].get_xdata().tolist() == [10, 11, 13]
    assert drawn["beaten in fresh worlds"].get_xdata().tolist() == [12]
    assert drawn["budget"].get_ydata()[0] == 3.0
    assert drawn["the scenario as it is"].get_xdata() == [9.0]
    assert len(drawn["tried, as the search saw them"].get_xdata()) == 5
    assert ax.get_xlabel() == "Jobs (jobs); most is best" and "billion RMB" in ax.get_ylabel()
    with pytest.raises(BadInput, match="objectives"):
        draw(SimpleNamespace(search=PolicySearch("one", {"a": [0, 1]}, {"jobs": "most"})))


def test_tails_lives_and_run_numbers_say_what_was_found(found):
    draw, what = found["tail"]
    (ax,) = draw(what, "million RMB").axes
    assert ax.get_xscale() == ax.get_yscale() == "log" and "million RMB" in ax.get_xlabel()
    assert f"exponent {what.exponent.value:.2f}" in ax.get_legend().get_texts()[1].get_text()
    draw, frame = found["incidence"]
    assert [ax.get_title() for ax in draw(frame).axes] == ["failed", "acquired", "listed"]
    assert len(draw(frame, ["failed"]).axes) == 1
    with pytest.raises(BadInput, match="ending"):
        draw(frame, ["eaten"])
    draw, what = found["stability"]
    (ax,) = draw(what, "Unicorns").axes
    assert any(f"from {what.enough} runs on" in text.get_text() for text in ax.get_legend().get_texts())
    assert "Not settled" in draw(stability(np.random.default_rng(1).pareto(1.2, 100))).axes[0].get_title()
    draw, what = found["looks"]
    assert "Narrow enough after 60 seeds" in draw(what).axes[0].get_title()


def test_boxes_need_a_number_to_be_drawn():
    only = SimpleNamespace(used={}, factors={"fund.successor": {"values": ["fixed", "results"]}})
    with pytest.raises(BadInput, match="range of numbers"):
        diagrams.draw_boxes(only)
