"""One quarter as a picture needs it: what is drawn is what the history says, and stays where it was."""

import json
import math
import time

import numpy as np
import pytest

from seedbed.agents.errors import BadInput
from seedbed.agents.fund import KINDS as FUND_KINDS
from seedbed.agents.venture import FORMS
from seedbed.experiments.page import frames
from seedbed.experiments.page.frames import (
    BANK,
    FLAGS,
    FUND,
    KINDS,
    LAYERS,
    STAGES,
    VENTURE,
    Camera,
    drawing_words,
    film,
    size_of,
)
from seedbed.model.engine import open_run
from seedbed.model.history import History
from seedbed.model.language import LANGUAGES
from seedbed.model.scenario import Scenario
from seedbed.model.schedule import quarters
from seedbed.model.simulate import simulate

TOWN = {
    "city.graduates": 40, "city.newcomers": 20, "sector.acquisition": 0.1, "market.unicorn": 300, "market.listing_rate": 2, "bank.ip_haircut": 0.2,
}  # fmt: skip
YEARS = 8


@pytest.fixture(scope="module")
def town():
    return Scenario.load("hangzhou").with_(TOWN)


@pytest.fixture(scope="module")
def watched(town):
    """A camera beside a running world, and what it saw when each quarter was the present."""
    world = open_run(town, 2, YEARS, record=True)
    camera = Camera(History.of(world, town, 2, YEARS))
    seen = []
    for quarter in range(4 * YEARS):
        quarters(world, quarter + 1)
        seen.append((camera.still(), camera.figures()))
    return camera, seen


@pytest.fixture(scope="module")
def history(town):
    return simulate(town, seed=2, years=YEARS)


def of_kind(still, kind):
    nodes = still["nodes"]
    return [place for place, its in enumerate(nodes["kind"]) if its == kind]


def flagged(still, name):
    return [place for place, flags in enumerate(still["nodes"]["flags"]) if flags & FLAGS[name]]


def ties(still, layer):
    """Pairs of ids of a layer."""
    ids, edges = still["nodes"]["id"], still["edges"]
    return sorted((ids[a], ids[b]) for a, b, its in zip(edges["a"], edges["b"], edges["layer"], strict=True) if its == LAYERS.index(layer))


# ------------------------------------------------------------------------------------------------------------- by hand


def test_sizes_are_tenths_of_the_logarithm_of_a_million():
    million = 100_000_000
    assert size_of(np.array([0, -5, 9 * million, 99 * million, 7000 * million, 1e30])).tolist() == [0, 0, 10, 20, 38, 100]


def test_cities_stand_side_by_side():
    assert frames._discs(1)[0].tolist() == [[500, 500]] and frames._discs(1)[1] == 480
    assert frames._discs(2)[0].tolist() == [[250, 500], [750, 500]]
    middle, radius = frames._discs(30)
    assert len(middle) == 30 and ((middle - radius >= 0) & (middle + radius <= 1000)).all()
    assert min(math.dist(a, b) for n, a in enumerate(middle) for b in middle[:n]) > 2 * radius


def test_managers_stand_kind_beside_kind():
    city, kind = np.array([0, 0, 0, 1, 0]), np.array([1, 0, 1, 4, 0])
    angle = frames._rim(city, kind)
    order = [row for row in np.argsort(angle).tolist() if city[row] == 0]
    assert [kind[row] for row in order] == [0, 0, 1, 1]
    between = np.diff(np.sort(angle[city == 0]))
    assert between[1] == pytest.approx((1 + frames.GAP) * between[0]) and between[0] == pytest.approx(between[2])


def test_funds_that_hold_the_same_venture_are_paired():
    # Venture 9 is held by funds 1, 2 and 3, venture 8 by 3 and 2, venture 7 by 5 alone.
    one, other = frames._together(np.array([1, 2, 3, 3, 2, 5]), np.array([9, 9, 9, 8, 8, 7]))
    assert sorted(zip(one.tolist(), other.tolist(), strict=True)) == [(1, 2), (1, 3), (2, 3)]


def test_of_many_pairs_the_strongest_are_drawn(monkeypatch):
    monkeypatch.setattr(frames, "MOST_SHARED", 1)
    one, other = frames._together(np.array([1, 2, 3, 3, 2, 5]), np.array([9, 9, 9, 8, 8, 7]))
    assert (one.tolist(), other.tolist()) == ([2], [3])


# -------------------------------------------------------------------------------------------------- as the history says


def test_counts_are_those_of_the_series_in_every_quarter(watched, history):
    series = history.series()
    for (still, _), (year, row) in zip(watched[1], series.iterrows(), strict=True):
        assert still["tick"] == 4 * year and still["year"] == year + 0.25
        assert still["living"] == len(of_kind(still, VENTURE)) == row["live"] and still["left_out"] == 0
        assert len(of_kind(still, FUND)) == row["funds"] and len(flagged(still, "zombie")) == row["zombies"]
        looks = [STAGES[still["nodes"]["look"][place]] for place in of_kind(still, VENTURE)]
        assert looks.count("listed") == row["listed"]
        assert looks.count("in_market") + looks.count("listed") == row["selling"]
        assert sum(still["nodes"]["form"][place] == FORMS.index("radical") for place in of_kind(still, VENTURE)) == row["radical"]
    assert max(series["zombies"]) > 0 and max(series["listed"]) > 0, "the town shows nothing of what is tested"


def test_ties_are_those_of_the_network(watched, history):
    for tick in (7, 20, 31):
        still = watched[1][tick][0]
        found = history.relations(tick)
        for layer, letters in (("invested_in", "FV"), ("spun_out", "UV")):
            pairs = zip(found[layer].source.tolist(), found[layer].target.tolist(), strict=True)
            assert ties(still, layer) == sorted((f"{letters[0]}{a}", f"{letters[1]}{b}") for a, b in pairs), (tick, layer)
        shared = {(f"F{a}", f"F{b}") for a, b in zip(found["co_invested"].source.tolist(), found["co_invested"].target.tolist(), strict=True)}
        assert set(ties(still, "co_invested")) <= shared and len(ties(still, "co_invested")) == min(len(shared), frames.MOST_SHARED)
        supported = found["supported"]
        lately = supported.start > tick - frames.SUPPORT_SEEN
        assert set(ties(still, "supported")) == {(f"G{a}", f"V{b}") for a, b in zip(supported.source[lately].tolist(), supported.target[lately].tolist(), strict=True)}
    assert ties(still, "invested_in") and ties(still, "supported")


def test_a_bank_is_drawn_once_it_has_lent(watched, history):
    loans = history.to_frame("loans")
    for tick in (0, 15, 31):
        still = watched[1][tick][0]
        given = loans[loans["opened"] <= tick / 4]
        assert len(of_kind(still, BANK)) == len(given["bank"].unique())
        running = given[given["ended"].isna() | (given["ended"] > tick / 4)]
        assert ties(still, "lent") == sorted(zip(running["bank"], running["venture"], strict=True))
    assert len(running) > 0, "no bank lends in this town"


def test_unicorns_and_keys_are_those_of_the_table(watched, history):
    still, ventures = watched[1][-1][0], history.ventures()
    living = ventures[ventures["ended"].isna()]
    nodes = still["nodes"]
    for flag, column in (("unicorn", "unicorn_fundamental"), ("paper unicorn", "unicorn_paper")):
        assert {nodes["id"][place] for place in flagged(still, flag)} == set(living.index[living[column].notna()])
    assert flagged(still, "unicorn")
    for place in of_kind(still, VENTURE):
        assert nodes["key"][place] == str(ventures.at[nodes["id"][place], "key"])
    rounds = living.index[living["rounds"] > 0]
    assert {nodes["id"][place] for place in flagged(still, "funded")} == set(rounds)


def test_a_quarter_that_was_taken_is_the_same_when_looked_at_later(watched):
    camera, seen = watched
    for tick in (3, 17, 30):
        assert camera.still(tick) == seen[tick][0]
        assert camera.figures(tick) == seen[tick][1]


def test_a_film_is_what_a_camera_sees_beside_the_run(town, watched):
    camera = film(town, 2, YEARS)
    assert [camera.still(tick) for tick in (0, 12, 31)] == [watched[1][tick][0] for tick in (0, 12, 31)]
    assert camera.history.provenance["ticks"] == 4 * YEARS


def test_a_film_survives_tables_that_are_too_small(town, monkeypatch):
    import dataclasses

    right, sizes = frames.first_guess, []

    def too_small(*asked):
        sizes.append(dataclasses.replace(right(*asked), ventures=20, live=20, deals=10))
        return sizes[0]

    usual = film(town, 2, 2).still()
    monkeypatch.setattr(frames, "first_guess", too_small)
    assert film(town, 2, 2).still() == usual and len(sizes) == 1


# ----------------------------------------------------------------------------------------------------------- positions


def test_everybody_stays_and_a_venture_moves_once_to_the_fund_that_led(watched, history):
    places, moves = {}, {}
    for still, _ in watched[1]:
        nodes = still["nodes"]
        for name, x, y in zip(nodes["id"], nodes["x"], nodes["y"], strict=True):
            assert 0 <= x <= 1000 and 0 <= y <= 1000
            if name in places and places[name] != (x, y):
                moves.setdefault(name, []).append(still["tick"])
            places[name] = (x, y)
    deals = history.deals().groupby("venture")["opened"].min() * 4
    assert moves and all(len(ticks) == 1 and deals[name] == ticks[0] for name, ticks in moves.items())


def test_the_same_person_stands_at_the_same_place_under_another_policy(town, watched):
    other = film(town.with_({"fund.tolerance.market": 7, "fund.tolerance.angel": 1}), 2, YEARS).still()["nodes"]
    here = watched[1][-1][0]["nodes"]
    places = {key: (x, y) for key, x, y, kind, flags in zip(*(here[c] for c in ("key", "x", "y", "kind", "flags")), strict=True) if kind == VENTURE and not flags & FLAGS["funded"]}
    same = [places[key] == (x, y) for key, x, y, flags in zip(*(other[c] for c in ("key", "x", "y", "flags")), strict=True) if key in places and not flags & FLAGS["funded"]]
    assert len(same) > 20 and all(same)


def test_each_city_has_its_own_disc():
    camera = film("two-cities", 1, 2)
    still = camera.still()
    assert [city["name"] for city in still["cities"]] == ["north", "south"]
    west, east = still["cities"]
    assert west["x"] + west["radius"] < east["x"] - east["radius"]
    city = camera.history.to_frame("universities")["city"]
    for place in of_kind(still, KINDS.index("university")):
        disc = (west, east)[city.iloc[int(still["nodes"]["id"][place][1:])] == "C1"]
        assert math.dist((disc["x"], disc["y"]), (still["nodes"]["x"][place], still["nodes"]["y"][place])) < disc["radius"]


# --------------------------------------------------------------------------------------------------------------- limits


def test_of_too_many_ventures_the_largest_are_drawn(town):
    whole, part = film(town, 2, 4).still(), film(town, 2, 4, most=30).still()
    assert part["living"] == whole["living"] and part["left_out"] == whole["living"] - 30 and len(of_kind(part, VENTURE)) == 30
    sizes = {whole["nodes"]["id"][place]: whole["nodes"]["size"][place] for place in of_kind(whole, VENTURE)}
    kept = {part["nodes"]["id"][place] for place in of_kind(part, VENTURE)}
    unicorns = {whole["nodes"]["id"][place] for place in flagged(whole, "unicorn")}
    assert 0 < len(unicorns) < 30 and unicorns < kept
    assert min(sizes[name] for name in kept - unicorns) >= max(sizes[name] for name in sizes.keys() - kept)
    assert max(part["edges"]["a"] + part["edges"]["b"]) < len(part["nodes"]["id"])
    assert set(ties(part, "invested_in")) <= set(ties(whole, "invested_in")) and ties(part, "invested_in")


def test_a_still_is_small_and_far_faster_than_a_graph(watched, history):
    camera, seen = watched
    still = seen[-1][0]
    text = json.dumps(still, separators=(",", ":"), allow_nan=False)
    assert len(text) < 60 * len(still["nodes"]["id"]) + 15 * len(still["edges"]["a"]) + 500

    def seconds(action):
        started = time.thread_time()  # of this thread alone: others may keep the machine busy
        action()
        return time.thread_time() - started

    stills = min(seconds(camera.still) for _ in range(5))
    graphs = min(seconds(lambda: history.network(layers=["invested_in", "spun_out", "supported", "co_invested"])) for _ in range(3))
    assert stills < graphs / 2


def test_what_a_camera_keeps_is_a_few_bytes_for_each_venture_and_quarter(watched):
    camera, seen = watched
    kept = sum(column.nbytes for taken in camera.taken.values() for column in taken)
    assert kept == 7 * sum(still["living"] for still, _ in seen)
    for _ in range(20):
        camera.still()
    assert len(camera.taken) == 4 * YEARS


# -------------------------------------------------------------------------------------------------------------- numbers


def test_numbers_are_those_of_the_history(watched, history):
    figures = watched[1][-1][1]
    series, frame = {one["name"]: one["values"] for one in figures["series"]}, history.series()
    for name in ("live", "zombies", "founded", "funds", "jobs"):
        assert series[name] == frame[name].tolist()
    for name in ("invested", "dry_powder", "lent"):
        assert series[name] == pytest.approx(frame[name].tolist(), abs=0.06)
    assert figures["years"] == pytest.approx((frame.index + 0.25).tolist())
    outcomes = history.outcomes(0)
    assert series["unicorns"][-1] == outcomes["unicorns_fundamental"] > 0 and series["paper_unicorns"][-1] == outcomes["unicorns_paper"]
    assert series["public_outlay"][-1] == pytest.approx(1000 * outcomes["public_outlay"], abs=0.1)
    assert series["public_returned"][-1] == pytest.approx(1000 * outcomes["public_returned"], abs=0.1)
    assert series["public_last_year"][-1] == pytest.approx(series["public_outlay"][-1] - series["public_outlay"][-5], abs=0.2)
    ventures = history.ventures()
    assert series["founded"][-1] == series["live"][-1] + series["closed"][-1] + series["acquired"][-1]
    assert series["listed"][-1] == ventures["listed"].notna().sum()


def test_the_funnel_is_that_of_the_history(watched, history):
    funnel = {one["name"]: one["value"] for one in watched[1][-1][1]["funnel"]}
    frame = history.funnel()
    for step in ("founded", "round 1", "round 2", "round 3", "round 4"):
        assert funnel[step] == frame.at[step, "ventures"]
    early = {one["name"]: one["value"] for one in watched[1][11][1]["funnel"]}
    rounds = history.rounds()
    assert early["round 1"] == len(rounds[(rounds["number"] == 1) & (rounds["tick"] <= 11)])


def test_flows_are_of_the_last_four_quarters(watched, history):
    frame = history.series()
    flows = {one["name"]: one["value"] for one in watched[1][-1][1]["flows"]}
    assert flows["invested"] == pytest.approx(frame["invested"].iloc[-1] - frame["invested"].iloc[-5], abs=0.06)
    assert flows["private"] == pytest.approx(frame["account_lp_private"].iloc[-1] - frame["account_lp_private"].iloc[-5], abs=0.06)
    first = {one["name"]: one["value"] for one in watched[1][2][1]["flows"]}
    assert first["invested"] == pytest.approx(frame["invested"].iloc[2], abs=0.06)


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_are_in_the_language(watched, language):
    words = [one["label"] for part in ("series", "funnel", "flows") for one in watched[0].figures(language=language)[part]]
    words += [word for value in drawing_words(language).values() for word in (value if isinstance(value, list) else [value]) if isinstance(word, str) and word.strip()]
    chinese = [any("\u4e00" <= letter <= "\u9fff" for letter in word) or word in "，、" for word in words]
    assert all(chinese) if language == "zh" else not any(chinese)


def test_words_are_in_the_order_of_the_codes():
    words = drawing_words()
    assert (len(words["kinds"]), len(words["stages"]), len(words["layers"])) == (len(KINDS), len(STAGES), len(LAYERS))
    assert words["funds"][FUND_KINDS.index("patient")] == "patient fund"


# --------------------------------------------------------------------------------------------------------------- refusal


def test_a_quarter_that_was_not_taken_is_refused(history):
    camera = Camera(history)
    assert camera.still()["tick"] == 4 * YEARS - 1
    with pytest.raises(BadInput, match="tick.*10.*took while it was the present"):
        camera.still(10)
    for wrong in (-1, 4 * YEARS, 2.0, True):
        with pytest.raises(BadInput, match="tick"):
            camera.still(wrong)


def test_a_run_that_has_not_begun_is_refused(town):
    world = open_run(town, 2, 1, record=True)
    camera = Camera(History.of(world, town, 2, 1))
    with pytest.raises(BadInput, match="not begun"):
        camera.still()
    assert camera.figures()["years"] == [] and camera.figures()["funnel"][0]["value"] == 0


def test_another_language_is_refused(watched):
    with pytest.raises(BadInput, match="language.*fr"):
        watched[0].figures(language="fr")
    with pytest.raises(BadInput, match="language.*fr"):
        drawing_words("fr")
