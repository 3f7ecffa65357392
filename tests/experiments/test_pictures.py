"""Pictures of one run: what is drawn is what the history says, axes carry units, and nothing of the style is left behind."""

import matplotlib
import numpy as np
import pytest
from matplotlib.collections import LineCollection

from seedbed.agents.errors import BadInput
from seedbed.experiments import pictures
from seedbed.experiments.pictures import draw_funnel, draw_life, draw_network
from seedbed.model.simulate import simulate

TOWN = {"city.graduates": 25, "city.newcomers": 15, "sector.acquisition": 0.1, "market.least_price": 0.1}


@pytest.fixture(scope="module")
def history():
    return simulate("baseline", seed=4, years=6, changes=TOWN)


def legend_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


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
    with pytest.raises(BadInput):
        draw_life(history, "V99999")


def test_the_funnel_has_the_bars_of_the_frame(history):
    (ax,) = draw_funnel(history).axes
    funnel = history.funnel()
    assert [bar.get_width() for bar in ax.patches] == funnel["ventures"].tolist()
    assert [label.get_text() for label in ax.get_yticklabels()] == list(funnel.index)
    assert "(count)" in ax.get_xlabel()
    assert f"{funnel['of_founded'].iloc[1]:.1%} of founded" in ax.texts[1].get_text()


def test_a_life_shows_owners_and_money(history):
    ventures = history.ventures()
    venture = ventures["rounds"].idxmax()
    above, below = draw_life(history, venture).axes
    table = history.cap_table(venture)
    assert set(legend_of(above)) >= set(table["kind"])
    assert above.get_ylabel() == "owner (share of all shares)" and below.get_xlabel() == "year of the run"
    (equity,) = [line for line in below.lines if line.get_label() == "equity received"]
    assert equity.get_ydata()[-1] == pytest.approx(ventures.loc[venture, "raised"])
    assert "(million RMB)" in below.get_ylabel()
    rounds = history.rounds().query("venture == @venture")
    first = equity.get_xdata()[np.flatnonzero(equity.get_ydata() > 0)[0]]
    assert first == rounds["year"].min()


def test_figures_show_themselves_and_leave_no_style_behind(history):
    before = dict(matplotlib.rcParams)
    figure = draw_funnel(history)
    png = figure._repr_png_()
    assert png[:8] == b"\x89PNG\r\n\x1a\n" and png == draw_funnel(history)._repr_png_()
    assert dict(matplotlib.rcParams) == before
