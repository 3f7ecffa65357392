"""Pictures: what is drawn is what the tables say, axes carry units, nothing is cut off, nothing of the style is left behind, and they look as they did.

The reference pictures in `pictures/` are drawn at 100 dots an inch and halved. Where a picture is meant to look otherwise, or the model's outcomes change by intent,
renew them and look at them: `SEEDBED_RENEW_PICTURES=1 python -m pytest tests/experiments/test_pictures.py -k looks`. Chinese ones depend on the font that a
machine has, so their words are looked at instead.
"""

import functools
import io
import os
import re
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from made import Made
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.container import ErrorbarContainer
from matplotlib.patches import Rectangle
from PIL import Image

from seedbed.agents.errors import BadInput
from seedbed.experiments import drawing, pictures
from seedbed.experiments.design import Experiment, grid
from seedbed.experiments.flows import money_flows
from seedbed.experiments.pictures import (
    draw_cap_table,
    draw_forest,
    draw_funnel,
    draw_jcurve,
    draw_money,
    draw_network,
    draw_story,
    draw_surface,
    draw_survival,
    draw_twins,
)
from seedbed.experiments.runner import run
from seedbed.model.language import catalogue
from seedbed.model.simulate import simulate
from seedbed.model.twins import twins as find_twins

TOWN = {"city.graduates": 25, "city.newcomers": 15, "sector.acquisition": 0.1, "market.least_price": 0.1}
RESULTS = Path(pictures.__file__).resolve().parent / "results"
REFERENCES = Path(__file__).parent / "pictures"
TOLERANCE = 8  # root mean square of the differences of 8-bit colours
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def history():
    return simulate("baseline", seed=4, years=6, changes=TOWN)


@pytest.fixture(scope="module")
def another():
    return simulate("baseline", seed=5, years=6, changes=TOWN)


@pytest.fixture(scope="module")
def venture(history):
    return history.ventures()["rounds"].idxmax()


@pytest.fixture(scope="module")
def twins():
    fates = [("unicorn", "unicorn"), ("unicorn", "unicorn"), ("unicorn", "closed"), ("unicorn", "never founded"), ("acquired", "unicorn"), ("living", "living")]
    rows = [
        {"name": f"Firm {n}", "here": f"V{n}", "there": f"V{n}", "fate_here": here, "fate_there": there, "parted": 1.25 * n, "why": f"reason {n}"}
        for n, (here, there) in enumerate(fates)
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def beliefs(history):
    funds = history.funds().index[:2]
    return pd.DataFrame(
        {
            "tick": [8, 10, 12, 14], "milestone": ["invention"] * 3 + ["development"], "fund": [funds[0], funds[1], funds[0], funds[1]], "belief": [0.5, 0.4, 0.3, np.nan],
            "silence": [0.5, 1, 2, 1.5], "tolerance": 2.0, "decision": ["round", "tranche", "stopped", "tranche"],
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def family(history, another, venture, twins, beliefs):
    """Every picture, drawn once in each language: family(name, language) gives the figure and what it looks like."""
    store = RESULTS / "tolerance-horizon"
    draw = {
        "network": lambda language: draw_network(history, 20, language=language),
        "funnel": lambda language: draw_funnel(history, language=language),
        "funnels": lambda language: draw_funnel({"one": history, "two": [history, another]}, language=language),
        "survival": lambda language: draw_survival([history, another], by="form", language=language),
        "jcurve": lambda language: draw_jcurve(history, language=language),
        "cap_table": lambda language: draw_cap_table(history, venture, language=language),
        "money": lambda language: draw_money(history, language=language),
        "story": lambda language: draw_story(history, venture, language),
        "surface": lambda language: draw_surface(store, "unicorns_fundamental", language=language),
        "forest": lambda language: draw_forest(store, "dpi_market", language=language),
        "twins": lambda language: draw_twins(twins, language),
    }

    @functools.cache
    def drawn(name, language="en"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pictures, "_beliefs", lambda *_: beliefs)
            figure = draw[name](language)
        return figure, Image.open(io.BytesIO(drawing.png(figure, 100)))

    return drawn


NAMES = ("network", "funnel", "funnels", "survival", "jcurve", "cap_table", "money", "story", "surface", "forest", "twins")


def legend_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def words_of(figure):
    """Every text that is drawn, ticks with numbers alone left out."""
    texts = [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_visible()]
    return [text for text in texts if re.search(r"[^\W\d_]", text)]


# --------------------------------------------------------------------------------------------------- the whole family


def small(image, place):
    image.convert("RGB").reduce(2).quantize(64).save(place)


@pytest.mark.parametrize("name", NAMES)
def test_it_looks_as_it_did(family, name, tmp_path):
    from matplotlib.testing.compare import compare_images

    made, reference = tmp_path / f"{name}.png", REFERENCES / f"{name}.png"
    _, image = family(name)
    small(image, made)
    if os.environ.get("SEEDBED_RENEW_PICTURES"):
        reference.write_bytes(made.read_bytes())
    assert compare_images(str(reference), str(made), TOLERANCE) is None


def test_another_run_looks_otherwise(another, tmp_path):
    """The tolerance lets through how letters are drawn, not what the picture says."""
    from matplotlib.testing.compare import compare_images

    for name, draw in (("network", lambda h: draw_network(h, 20)), ("funnel", draw_funnel), ("jcurve", draw_jcurve), ("money", draw_money)):
        made = tmp_path / f"{name}.png"
        small(Image.open(io.BytesIO(drawing.png(draw(another), 100))), made)
        assert compare_images(str(REFERENCES / f"{name}.png"), str(made), TOLERANCE) is not None, name


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_cut_off_and_no_character_is_missing(family, name, language, chinese_font):
    # A character that no font has is a warning, and warnings are errors.
    _, image = family(name, language)
    shown = np.asarray(image.convert("L"))
    edges = np.concatenate([shown[0], shown[-1], shown[:, 0], shown[:, -1]])
    assert (edges > 250).all()


@pytest.fixture
def chinese_font(request):
    try:
        return drawing.find_font("zh")
    except BadInput as error:
        if request.node.callspec.params.get("language", "zh") == "zh":
            pytest.skip(str(error))


# What axes may say and still have said the unit.
UNIT = re.compile(
    r"\((count|share|shares?[ \w]*|years?[ \w]*|million RMB[ \w,]*|ventures|ratio|percentage points|log scale[^)]*)\)|^year|^share of|^reached$|^venture$|^what happened$"
)


@pytest.mark.parametrize("name", NAMES)
def test_axes_say_what_and_in_which_unit(family, name):
    for ax in family(name)[0].axes:
        if not ax.axison or ax.get_label() == "<colorbar>":
            continue
        below = [other for other in ax.get_shared_x_axes().get_siblings(ax) if other.get_xlabel()]
        assert below and all(UNIT.search(other.get_xlabel().replace("\n", " ")) for other in below), ax.get_xlabel()
        named = [text.get_text() for text in ax.get_yticklabels()]
        beside = ax.get_ylabel().replace("\n", " ")
        assert UNIT.search(beside) or (not beside and all(re.search("[a-z]", text) for text in named)), beside


@pytest.mark.parametrize("name", [name for name in NAMES if name != "surface"])
def test_colours_are_those_of_the_palette(family, name):
    known = {to_hex(colour) for colour in (*drawing.PALETTE, "white", "#b0b0b0", "0.8")}  # greys of the grid and of frames of legends
    figure, _ = family(name)
    drawn = {to_hex(line.get_color()) for line in figure.findobj(matplotlib.lines.Line2D)}
    for patch in figure.findobj(matplotlib.patches.Patch):
        drawn.add(to_hex(patch.get_facecolor()))
    for marks in figure.findobj(matplotlib.collections.Collection):
        drawn |= {to_hex(colour) for colour in (*marks.get_facecolor(), *marks.get_edgecolor())}
    assert drawn <= known, drawn - known


@pytest.mark.parametrize("name", NAMES)
def test_chinese_pictures_are_in_chinese(family, name, chinese_font):
    (english, _), (chinese, _) = family(name, "en"), family(name, "zh")
    assert len(english.axes) == len(chinese.axes)
    for ax, beside in zip(english.axes, chinese.axes, strict=True):
        for words, said in ((ax.get_xlabel(), beside.get_xlabel()), (ax.get_ylabel(), beside.get_ylabel())):
            assert bool(words) == bool(said) and (not said or CHINESE.search(said)), said
    left = [text for text in words_of(chinese) if not CHINESE.search(text) and text in words_of(english)]
    ids = re.compile(r"[A-Z]\d+|Firm \d|one|two|reason.*|baseline.*")
    assert not [text for text in left if not ids.fullmatch(text)]


def test_words_that_are_made_of_codes_have_their_chinese():
    known = catalogue()
    codes = [*pictures.HOLDER_COLOURS, *pictures.FATE_COLOURS, *pictures.EVENT_MARKS, *pictures.SOURCE_COLOURS, "kept by funds", "kept by ventures"]
    codes += [layer.replace("_", " ") for layer in pictures.EDGE_COLOURS]
    assert not [code for code in codes if code not in known]


def test_every_picture_refuses_another_language(history, venture, twins):
    for draw in (
        lambda: draw_network(history, language="fr"), lambda: draw_funnel(history, language="fr"), lambda: draw_survival(history, language="fr"),
        lambda: draw_jcurve(history, language="fr"), lambda: draw_cap_table(history, venture, language="fr"), lambda: draw_money(history, language="fr"),
        lambda: draw_story(history, venture, "fr"), lambda: draw_surface(RESULTS / "tolerance-horizon", language="fr"),
        lambda: draw_forest(RESULTS / "tolerance-horizon", language="fr"), lambda: draw_twins(twins, "fr"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match="language.*fr.*en.*zh"):
            draw()


def test_figures_show_themselves_and_leave_no_style_behind(history):
    before = dict(matplotlib.rcParams)
    figure = draw_funnel(history)
    png = figure._repr_png_()
    assert png[:8] == b"\x89PNG\r\n\x1a\n" and png == draw_funnel(history)._repr_png_()
    assert dict(matplotlib.rcParams) == before


# ------------------------------------------------------------------------------------------------------------ network


def test_the_network_shows_who_is_related(history):
    (ax,) = draw_network(history, 20).axes
    graph = history.network(20, layers=["invested_in", "co_invested", "spun_out"])
    tied = [node for node, degree in graph.degree() if degree]
    kinds = [graph.nodes[node]["kind"] for node in tied]
    counts = {label.rsplit(" (", 1)[0]: int(label.rsplit("(", 1)[1][:-1].replace(",", "")) for label in legend_of(ax)}
    assert sum(counts.values()) == len(tied) > 30
    ventures = [counts.get(label, 0) for label in ("incremental venture", "radical venture", "unicorn")]
    assert sum(ventures) == kinds.count("venture") > 10 and ventures[0] > 0 and ventures[1] > 0
    assert sum(number for label, number in counts.items() if label.endswith("fund")) == kinds.count("fund")
    lines = [c for c in ax.collections if isinstance(c, LineCollection)]
    assert [len(c.get_segments()) for c in lines] == [
        sum(key == layer for *_, key in graph.edges(keys=True)) for layer in ("invested_in", "co_invested", "spun_out")
    ]
    assert "year 5" in ax.get_title()


def test_pictures_of_two_quarters_can_be_laid_side_by_side(history):
    early, late = draw_network(history, 12), draw_network(history, 20)

    def places(figure, label):
        (points,) = [c for c in figure.axes[0].collections if str(c.get_label()).startswith(label)]
        return {tuple(xy) for xy in np.round(points.get_offsets(), 9)}

    assert len(places(early, "market fund") & places(late, "market fund")) > 3


def test_one_layer_and_nobody(history):
    (ax,) = draw_network(history, 8, layers="founded").axes
    assert any(label.startswith("person (") for label in legend_of(ax))
    (ax,) = draw_network(history, 0, layers="invested_in").axes
    assert [text.get_text() for text in ax.texts] == ["nobody is related to anybody yet"]


def test_what_cannot_be_drawn_is_refused(history, monkeypatch):
    monkeypatch.setattr(pictures, "LARGEST", 20)
    with pytest.raises(BadInput, match="choose fewer layers"):
        draw_network(history)
    with pytest.raises(BadInput, match="the layer|The layer"):
        draw_network(history, layers=["friends"])
    for draw in (draw_story, draw_cap_table):
        with pytest.raises(BadInput):
            draw(history, "V99999")
    for draw in (draw_funnel, draw_survival, draw_jcurve):
        with pytest.raises(BadInput, match="History"):
            draw([])
        with pytest.raises(BadInput, match="History"):
            draw("baseline")
    with pytest.raises(BadInput, match="kind of fund.*angle.*angel"):
        draw_jcurve(history, "angle")
    with pytest.raises(BadInput, match="at least one History"):
        draw_funnel({})


# ------------------------------------------------------------------------------------------- funnel, survival, J-curve


def test_the_funnel_has_the_bars_of_the_frame(history):
    (ax,) = draw_funnel(history).axes
    funnel = history.funnel()
    assert [bar.get_width() for bar in ax.patches] == funnel["ventures"].tolist()
    assert [label.get_text() for label in ax.get_yticklabels()] == list(funnel.index)
    assert "(count)" in ax.get_xlabel()
    assert f"{funnel['of_founded'].iloc[1]:.1%} of founded" in ax.texts[1].get_text()


def test_funnels_side_by_side_have_shares_and_intervals(history, another):
    (ax,) = draw_funnel({"one": history, "both": [history, another]}).axes
    one, both = [drawn for drawn in ax.containers if isinstance(drawn, ErrorbarContainer)]
    shares = history.funnel()["of_founded"].to_numpy()[1:]
    assert one[0].get_xdata().tolist() == pytest.approx(shares[shares > 0].tolist())
    together = history.funnel()["ventures"].to_numpy() + another.funnel()["ventures"].to_numpy()
    assert both[0].get_xdata().tolist() == pytest.approx((together / together[0])[1:][together[1:] > 0].tolist())
    lengths = [abs(line[1][0] - line[0][0]) for line in both[2][0].get_segments()]
    assert max(lengths) > 0 and all(line[1][0] == line[0][0] for line in one[2][0].get_segments())
    assert legend_of(ax) == [f"one ({history.funnel()['ventures'].iloc[0]:,} founded)", f"both ({together[0]:,} founded)"]


def test_survival_is_that_of_the_history_and_groups_are_those_of_the_ventures(history):
    figure = draw_survival(history)
    (curve,) = figure.axes[0].lines
    survival = history.survival()["survival"].to_numpy()
    assert curve.get_ydata()[1 : len(survival) + 1].tolist() == pytest.approx(survival.tolist()), "after the quarter of each age"
    assert "too narrow" in figure.get_suptitle()
    (figure, ventures) = (draw_survival(history, by="form"), history.ventures())
    counts = ventures["form"].value_counts()
    assert legend_of(figure.axes[1]) == [f"{form} ({counts[form]:,})" for form in ("incremental", "radical")]
    assert all(len(ax.lines) == 2 and len(ax.collections) == 2 for ax in figure.axes), "a line with its band for each group"
    with pytest.raises(BadInput, match="tell apart by"):
        draw_survival(history, by="colour")


def test_competing_endings_are_drawn_with_bands_that_hold_them(history, another):
    figure = draw_survival([history, another])
    last = [ax.lines[0].get_ydata()[-1] for ax in figure.axes]
    ventures = pd.concat([history.ventures(), another.ventures()])
    assert last[1] > last[2] > 0 and len(ventures) > 100
    assert last[0] <= 1 - last[1] + 1e-12, "who is bought might have failed: Kaplan-Meier lies below one less the incidence"
    for ax in figure.axes:
        (band,) = ax.collections
        ends = band.get_paths()[0].vertices[:, 1]
        assert ends.min() <= ax.lines[0].get_ydata()[-1] <= ends.max()


def test_a_jcurve_is_that_of_the_history(history, another):
    (ax,) = draw_jcurve(history, ["market", "angel"]).axes
    for line, kind in zip(ax.lines[1:], ("market", "angel"), strict=True):
        frame = history.jcurve(kind)
        assert line.get_ydata().tolist() == pytest.approx(frame["net_flow"].tolist())
        assert line.get_xdata().tolist() == frame.index.tolist()
    funds = history.funds()["kind"].value_counts()
    assert legend_of(ax) == [f"{kind} fund ({funds[kind]} funds)" for kind in ("market", "angel")]
    assert len(ax.collections) == 2 and ax.get_ylabel().endswith("(share of the commitment)")
    (ax,) = draw_jcurve([history, another], "market").axes
    pooled = [frame["net_flow"] * frame["funds"] for frame in (history.jcurve("market"), another.jcurve("market"))]
    number = history.jcurve("market")["funds"].add(another.jcurve("market")["funds"], fill_value=0)
    assert ax.lines[1].get_ydata().tolist() == pytest.approx((pooled[0].add(pooled[1], fill_value=0) / number).tolist())


# ------------------------------------------------------------------------------------------------- ownership, stories


def test_a_cap_table_has_owners_and_prices(history, venture):
    above, below = draw_cap_table(history, venture).axes
    table = history.cap_table(venture)
    assert set(legend_of(above)) >= set(table["kind"])
    rounds = history.rounds().query("venture == @venture")
    price, founders = below.lines[:2]
    assert price.get_ydata().tolist() == rounds["post"].tolist()
    first = history.cap_table(venture, int(rounds["tick"].iloc[0])).loc["founders", "share"]
    assert founders.get_ydata()[0] == pytest.approx(first * rounds["post"].iloc[0])
    assert "(million RMB" in below.get_ylabel()
    shown = {text.get_text() for text in above.texts}
    assert shown == {history.name(holder) for holder, share in table["share"].items() if share >= 0.05 and holder not in ("founders", "public")}


def test_a_venture_without_a_round_has_no_prices(history):
    ventures = history.ventures()
    _, below = draw_cap_table(history, ventures.index[ventures["rounds"] == 0][0]).axes
    assert [text.get_text() for text in below.texts] == ["no priced round"]


def test_a_story_shows_owners_money_and_events(history, venture, monkeypatch):
    monkeypatch.setattr(pictures, "_beliefs", lambda *_: None)
    ventures = history.ventures()
    above, below, lanes = draw_story(history, venture).axes
    assert set(legend_of(above)) >= set(history.cap_table(venture)["kind"])
    assert above.get_ylabel() == "owner (share of all shares)" and lanes.get_xlabel() == "year of the run"
    (equity,) = [line for line in below.lines if line.get_label() == "equity received"]
    assert equity.get_ydata()[-1] == pytest.approx(ventures.loc[venture, "raised"])
    assert "(million RMB)" in below.get_ylabel()
    rounds = history.rounds().query("venture == @venture")
    first = equity.get_xdata()[np.flatnonzero(equity.get_ydata() > 0)[0]]
    assert first == rounds["year"].min()
    events = history.story(venture).events
    names = [label.get_text() for label in lanes.get_yticklabels()]
    assert names == [what for what in pictures.EVENT_MARKS if (events["what"] == what).any()] and names[0] == "founded"
    assert lanes.lines[names.index("round")].get_xdata().tolist() == sorted(set(rounds["year"]))


def test_a_story_shows_what_investors_believed(history, venture, beliefs, monkeypatch):
    monkeypatch.setattr(pictures, "_beliefs", lambda *_: beliefs)
    panel = draw_story(history, venture).axes[2]
    funds = list(dict.fromkeys(beliefs["fund"]))
    assert legend_of(panel) == [*(history.name(fund) for fund in funds), "silence / tolerance", "round", "tranche", "stopped"]
    lines = {line.get_label(): line for line in panel.lines}
    assert lines[history.name(funds[0])].get_ydata().tolist() == [0.5, 0.3]
    assert lines["stopped"].get_xdata().tolist() == [3.0]
    assert panel.lines[1].get_ydata().tolist() == [0.25, 1.0], "two years of silence of the two that it bears"


# -------------------------------------------------------------------------------------------------------------- money


def test_bands_of_money_are_as_wide_as_the_sums(history):
    above, below = draw_money(history).axes
    flows = money_flows(history)
    for ax, book in ((above, flows[flows["book"] == "funds"]), (below, flows[flows["book"] == "ventures"])):
        texts = {" ".join(text.get_text().split()) for text in ax.texts}
        bars = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
        assert len(bars) == len(ax.texts)
        for source in set(book["source"]) - {"ventures", "customers", "wages and suppliers"}:
            if not source.endswith(" funds"):
                assert f"{source} {book.loc[book['source'] == source, 'million'].sum():,.0f}" in texts
    kind = flows[flows["target"] == "market funds"]
    paid, back = (kind.loc[kind["source"].isin(who), "million"].sum() for who in (("private investors", "institutions"), ("exits and sales of stakes", "younger funds' money")))
    assert {f"market funds {paid:,.0f}", f"market funds {back:,.0f}"} <= {" ".join(text.get_text().split()) for text in above.texts}


def test_a_city_in_which_nothing_has_happened_yet_can_be_drawn():
    history = simulate("shuozhou", seed=2, years=1)
    assert len(history.ventures()) == len(history.funds()) == 0
    assert [text.get_text() for text in draw_network(history).axes[0].texts] == ["nobody is related to anybody yet"]
    assert [text.get_text() for ax in draw_money(history).axes for text in ax.texts] == ["no money has flowed"] * 2
    assert draw_jcurve(history).axes[0].get_legend() is None and draw_funnel(history).axes[0].patches[0].get_width() == 0
    with pytest.raises(BadInput, match="no venture"):
        draw_survival(history)


def test_a_node_is_as_high_as_its_bands():
    figure, ((ax,),) = drawing.panels(4, 4)
    pictures._draw_bands(ax, [(0.0, "left", ["0 a", "0 b"]), (1.0, "right", ["1 c", "1 nothing"])], [("0 a", "1 c", 30.0), ("0 b", "1 c", 10.0)], "en")
    heights = [patch.get_height() for patch in ax.patches if isinstance(patch, Rectangle)]
    assert heights[0] == pytest.approx(3 * heights[1]) and heights[2] == pytest.approx(heights[0] + heights[1])
    assert heights[0] + heights[1] <= 1 and [text.get_text() for text in ax.texts] == ["a  30", "b  10", "c  40"]


# ------------------------------------------------------------------------------------------------------------- studies


def of_results(difference=3.0, seeds=12):
    axes = {"fund.tolerance.market": [7 / 3, 7], "fund.life.market": [7, 12]}
    experiment = Experiment("made", grid("baseline", axes), tuple(range(1, seeds + 1)))

    def outcomes(arm, seed):
        life, tolerance = arm.changes["fund.life.market"], arm.changes["fund.tolerance.market"]
        return {"unicorns_fundamental": 100 + seed % 3 + (difference + 0.1 * (seed % 2) if life == 12 else 0), "zombies": 5.0 + (1 + 0.1 * (seed % 2)) * (tolerance == 7)}

    made = Made(experiment, outcomes, {"unicorns_fundamental": ("Unicorns", "ventures"), "zombies": ("Zombies", "count")})
    made.cells = pd.DataFrame([arm.changes for arm in experiment.arms], index=[arm.name for arm in experiment.arms])
    return made


def test_a_surface_over_any_two_settings():
    made = of_results()
    ax, *_ = draw_surface(made, "unicorns_fundamental").axes
    (frame,) = [patch for patch in ax.patches if not patch.get_fill()]
    assert frame.get_xy() == (0, 0), "the first arm is the base"
    values = [text.get_text() for text in ax.texts]
    assert sum("▲" in text for text in values) == 2 and not any("▼" in text for text in values)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["2 1/3", "7"]
    assert "fund.tolerance.market" in ax.get_xlabel() and "(years" in ax.get_xlabel()
    loses, *_ = draw_surface(of_results(-3.0), "unicorns_fundamental").axes
    assert sum("▼" in text.get_text() for text in loses.texts) == 2, "a loss is marked like a gain"


def test_the_surface_of_the_committed_study():
    figure = draw_surface(RESULTS / "tolerance-horizon", ["unicorns_fundamental"])
    table = pd.read_csv(RESULTS / "tolerance-horizon" / "table.csv").query("outcome == 'unicorns_fundamental'")
    ax = figure.axes[0]
    up, down = (sum(mark in text.get_text() for text in ax.texts) for mark in "▲▼")
    assert (up, down) == ((table["low"] > 0).sum(), (table["high"] < 0).sum()) and down > 0
    assert len(ax.texts) == 2 * len(table) and ax.get_xlabel() == "tolerance (years without a milestone)"


def test_a_forest_is_sorted_and_as_loud_about_losses():
    table = pd.read_csv(RESULTS / "tolerance-horizon" / "table.csv").query("outcome == 'unicorns_fundamental'")
    (ax,) = draw_forest(RESULTS / "tolerance-horizon", "unicorns_fundamental").axes
    points = [line for line in ax.lines if line.get_marker() not in ("None", "")]
    drawn = [line.get_xdata()[0] for line in points]
    others = table[table["arm"] != "tolerance 2 1/3, life 7"]
    assert drawn == sorted(others["difference"])
    left, right = ax.get_xlim()
    assert left == -right and right >= others[["low", "high"]].abs().to_numpy().max()
    better, worse = (others["low"] > 0).sum(), (others["high"] < 0).sum()
    assert f"{better} clearly better, {worse} clearly worse" in ax.get_title()
    looks = {(to_hex(line.get_color()), line.get_marker()) for line in points if line.get_xdata()[0] < -3}
    assert looks == {(drawing.VERMILION.lower(), "v")}
    ends = [line.get_xdata() for line in ax.lines if len(line.get_xdata()) == 2 and line.get_marker() == "None"]
    assert sorted(others["low"]) == pytest.approx(sorted(end[0] for end in ends if end[0] != end[1]))


def test_a_forest_counts_what_it_has_no_room_for(monkeypatch):
    monkeypatch.setattr(pictures, "MOST_ROWS", 5)
    table = pd.read_csv(RESULTS / "tolerance-horizon" / "table.csv").query("outcome == 'unicorns_fundamental'")
    others = table[table["arm"] != "tolerance 2 1/3, life 7"]
    (ax,) = draw_forest(RESULTS / "tolerance-horizon", "unicorns_fundamental").axes
    drawn = [line.get_xdata()[0] for line in ax.lines if line.get_marker() not in ("None", "")]
    assert drawn == sorted(sorted(others["difference"], key=abs)[-5:])
    unclear = ((others["low"] <= 0) & (others["high"] >= 0)).sum()
    assert unclear > 0 and f"{unclear} not clear\nthe 5 largest of {len(others)} are shown" in ax.get_title()


def test_a_directory_of_runs_can_be_drawn(small, standin, tmp_path):
    run(small, model=standin, out=tmp_path / "runs", workers=1, progress=False)
    (ax,) = draw_forest(tmp_path / "runs", "unicorns_fundamental").axes
    assert len(ax.get_yticklabels()) == 3
    surface, *_ = draw_surface(tmp_path / "runs", "unicorns_fundamental").axes
    assert len(surface.texts) == 8


def test_a_forest_of_results_and_of_a_committed_study():
    (ax,) = draw_forest(of_results(), "zombies").axes
    assert "0 clearly better, 2 clearly worse, 0 clear but neither, 1 not clear" in ax.get_title(), "more zombies are worse"
    figure = draw_forest(RESULTS / "studies" / "feed_or_flood")
    assert "one flood" in figure.get_suptitle()
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert set(names) == {"nothing", "three yearly parts", "eight yearly parts", "eight parts on milestones"}


def test_studies_that_cannot_be_drawn_are_refused(tmp_path, history):
    for draw in (draw_surface, draw_forest):
        for given in (tmp_path, tmp_path / "nowhere", 7, RESULTS / "answer", RESULTS / "calibration" / "baseline"):
            with pytest.raises(BadInput, match="study to draw.*directory"):
                draw(given)
        with pytest.raises(BadInput, match="outcome.*unicorn.*unicorns_fundamental"):
            draw(RESULTS / "tolerance-horizon", "unicorn")
    (tmp_path / "summary.json").write_text("{")
    with pytest.raises(BadInput, match="cannot be read"):
        draw_forest(tmp_path)
    (tmp_path / "summary.json").write_text("[]")
    with pytest.raises(BadInput, match="cannot be read"):
        draw_forest(tmp_path)
    with pytest.raises(BadInput, match="settings of a surface.*two settings"):
        draw_surface(RESULTS / "studies" / "feed_or_flood")
    with pytest.raises(BadInput, match="settings of a surface"):
        draw_surface(of_results(), axes=("fund.life.market", "fund.life.angel"))
    with pytest.raises(BadInput, match="columns arm, outcome"):
        draw_forest(pd.DataFrame({"arm": ["a"]}))
    only_base = pd.DataFrame({"arm": ["a"], "outcome": ["x"], "difference": [0.0], "low": [0.0], "high": [0.0]})
    with pytest.raises(BadInput, match="at least one arm"):
        draw_forest(only_base)


# --------------------------------------------------------------------------------------------------------------- twins


def test_twins_lost_and_found(twins):
    figure = draw_twins(twins, names=("patient", "hasty"))
    fates, partings = figure.axes
    assert figure.get_suptitle() == "Unicorns in both worlds: 2; only in patient: 2; only in hasty: 1"
    assert [text.get_text() for text in fates.texts] == ["patient", "hasty", "unicorn 4", "acquired 1", "unicorn 3", "closed 1", "never founded 1"]
    assert [text.get_text() for text in partings.get_yticklabels()] == ["", "Firm 2", "Firm 3", "", "Firm 4"]
    points = {line.get_xdata()[0]: line.get_marker() for line in partings.lines if line.get_marker() != "None"}
    assert points == {2.5: "v", 3.75: "v", 5.0: "^"}
    texts = " ".join(text.get_text() for text in partings.texts)
    assert "twin: never founded. reason 3" in texts and "reason 5" not in texts
    assert "unicorn only in: patient" in texts and "unicorn only in: hasty" in texts


@pytest.mark.parametrize("language", ["en", "zh"])
def test_twins_of_two_runs_are_named_by_their_policies(history, language, chinese_font):
    """A unicorn is worth less in the other world, so that a small town has some that are found; the pair was made in English."""
    other = simulate("baseline", seed=4, years=6, changes={**TOWN, "fund.tolerance.market": 7, "market.unicorn": 700})
    pair = find_twins(history, other)
    figure = draw_twins(pair, language)
    table = pair.table
    found = ((table["fate_there"] == "unicorn") & (table["fate_here"] != "unicorn")).sum()
    assert found > 1 and figure.get_suptitle().endswith(f"{found}")
    assert "fund.tolerance.market=7" in figure.axes[0].texts[1].get_text().replace("\n", "")
    whys = [text.get_text() for text in figure.axes[1].texts]
    assert any("Fund" in text for text in whys) == (language == "en") and all(CHINESE.search(text) for text in whys) == (language == "zh")


def test_many_twins_are_counted_and_none_is_said(twins):
    many = pd.concat([twins.iloc[[2]]] * 9, ignore_index=True)
    figure = draw_twins(many, most=4)
    assert len(figure.axes[1].get_yticklabels()) == 5
    assert "4 shown of 9" in " ".join(text.get_text() for text in figure.axes[1].texts)
    figure = draw_twins(twins.iloc[[5]])
    assert [text.get_text() for text in figure.axes[0].texts][-1] == "no unicorn in either world"
    assert [text.get_text() for text in figure.axes[1].texts] == ["no unicorn is lost or found"]
    with pytest.raises(BadInput, match="twins.*fate_here"):
        draw_twins(twins.drop(columns="fate_here"))
    with pytest.raises(BadInput, match="twins"):
        draw_twins("V12")
