"""Pictures of one run, for notebooks and for looking: its network, its funnel, and the life of one venture.

    draw_network(history, tick=80)
    draw_funnel(history)
    draw_life(history, "V123")

Each gives a matplotlib Figure that shows itself in a notebook; `figure.savefig(...)` writes it. Colours can be told apart by the colour-blind, and
kinds differ in shape as well.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from seedbed.agents.errors import BadInput

from .figures import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, STYLE, VERMILION

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from seedbed.model.history import History

__all__ = ["draw_funnel", "draw_life", "draw_network"]

Drawing = TypeVar("Drawing", bound=Callable[..., Any])

YELLOW = "#F0E442"
FUND_COLOURS = {"angel": ORANGE, "market": BLUE, "patient": GREEN, "alumni": PURPLE, "guidance": YELLOW}
FORM_COLOURS = {"incremental": GREY, "radical": VERMILION}
HOLDER_COLOURS = {
    "founders": BLACK, "university": SKY, **{f"{kind} fund": colour for kind, colour in FUND_COLOURS.items()}, "outside investors": GREY,
}  # fmt: skip
EDGE_COLOURS = {"invested_in": GREY, "co_invested": BLUE, "spun_out": SKY, "founded": GREY, "supported": ORANGE, "studied_at": SKY, "knows": GREY}
LARGEST = 6000  # nodes in one picture; beyond it nothing can be made out


@functools.cache
def _figure_class() -> type[Figure]:
    from matplotlib.figure import Figure

    class Picture(Figure):
        """A figure that a notebook shows without further ado."""

        def _repr_png_(self) -> bytes:
            buffer = io.BytesIO()
            self.savefig(buffer, format="png", metadata={"Software": None})
            return buffer.getvalue()

    return Picture


def _styled(draw: Drawing) -> Drawing:
    """Draw under the style of all figures, without leaving it set."""

    @functools.wraps(draw)
    def drawn(*arguments: Any, **named: Any) -> Any:
        import matplotlib

        with matplotlib.rc_context(STYLE):
            return draw(*arguments, **named)

    return drawn  # type: ignore[return-value]


def _axes(width: float, height: float, rows: int = 1, **how: Any) -> tuple[Figure, Any]:
    figure = _figure_class()(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, 1, squeeze=False, **how)[:, 0]


# ------------------------------------------------------------------------------------------------------------- network


@_styled
def draw_network(history: History, tick: int | None = None, *, layers: Iterable[str] = ("invested_in", "co_invested", "spun_out")) -> Figure:
    """The network after a tick (None: the last): all who have a relation of the given layers to somebody.

    Positions are kept by the history, so that pictures of different ticks can be laid side by side.
    """
    from matplotlib.collections import LineCollection

    layers = [layers] if isinstance(layers, str) else list(layers)
    graph = history.network(tick, layers=layers)
    graph.remove_nodes_from([node for node, degree in list(graph.degree()) if degree == 0])
    if len(graph) > LARGEST:
        raise BadInput(what="the network", given=f"{len(graph):,} nodes", allowed=f"at most {LARGEST:,} in one picture: choose fewer layers", where="draw_network")
    places = history.layout.place(graph)
    figure, (ax,) = _axes(8.5, 7.5)
    for layer in layers:
        ends = [(places[a], places[b]) for a, b, its in graph.edges(keys=True) if its == layer]
        ax.add_collection(LineCollection(ends, colors=EDGE_COLOURS[layer], linewidths=0.4, alpha=0.35, zorder=1))
    for label, nodes, look in _groups(graph):
        if nodes:
            xy = np.array([places[node] for node in nodes])
            ax.scatter(xy[:, 0], xy[:, 1], label=f"{label} ({len(nodes):,})", zorder=2, edgecolors="black", linewidths=0.3, **look)
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.set_title(f"{history.scenario}, seed {history.seed}: year {graph.graph['year']:g}; lines: {', '.join(layer.replace('_', ' ') for layer in layers)}")
    if len(graph):
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8)
    else:
        ax.text(0.5, 0.5, "nobody is related to anybody yet", transform=ax.transAxes, ha="center", color=GREY)
    return figure


def _groups(graph: Any) -> list[tuple[str, list[str], dict[str, Any]]]:
    """What is drawn alike: its name, its nodes, its looks."""
    known = list(graph.nodes(data=True))

    def those(**wanted: Any) -> list[str]:
        return [node for node, data in known if all(data.get(name) == value for name, value in wanted.items())]

    ventures = [
        (f"{form} venture", those(kind="venture", form=form, unicorn=False), {"s": 14, "marker": "o", "color": colour})
        for form, colour in FORM_COLOURS.items()
    ]
    funds = [(f"{kind} fund", those(kind="fund", fund_kind=kind), {"s": 60, "marker": "s", "color": colour}) for kind, colour in FUND_COLOURS.items()]
    return [
        ("person", those(kind="person"), {"s": 5, "marker": ".", "color": SKY}),
        *ventures,
        ("unicorn", those(kind="venture", unicorn=True), {"s": 130, "marker": "*", "color": YELLOW}),
        *funds,
        ("university", those(kind="university"), {"s": 110, "marker": "^", "color": SKY}),
        ("programme", those(kind="programme"), {"s": 90, "marker": "D", "color": BLACK}),
    ]


# -------------------------------------------------------------------------------------------------------------- funnel


@_styled
def draw_funnel(history: History, burn_in: int | None = None) -> Figure:
    """How many ventures reached each round, with the share of all founded, the median age, and the median size of the round."""
    funnel = history.funnel(burn_in)
    figure, (ax,) = _axes(7.5, 3.6)
    place = np.arange(len(funnel))[::-1]
    ax.barh(place, funnel["ventures"], color=BLUE, height=0.75)
    for y, (step, row) in zip(place, funnel.iterrows(), strict=True):
        text = f"{row['ventures']:,.0f}"
        if step != "founded" and row["ventures"]:
            text += f"  ({row['of_founded']:.1%} of founded, after {row['age']:.1f} years, {row['size']:,.1f} million RMB)"
        ax.annotate(text, (row["ventures"], y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
    ax.set_yticks(place, list(funnel.index))
    ax.set_xlim(0, max(1, 1.3 * funnel["ventures"].max()))
    ax.set_xlabel("ventures (count); in brackets: share of all founded, median age and size of the round")
    ax.set_ylabel("reached")
    ax.set_title(f"{history.scenario}, seed {history.seed}: the funnel of {history.years} years")
    return figure


# ---------------------------------------------------------------------------------------------------------------- life


@_styled
def draw_life(history: History, venture: str | int) -> Figure:
    """One venture's life: who owned it, and the money it received, quarter by quarter, with what happened."""
    life = history.story(venture)
    events = life.events
    first, last = int(events["tick"].iloc[0]), history.last
    over = events[events["what"].isin(["closed", "acquired"])]
    if len(over):
        last = int(over["tick"].iloc[0])
    ticks = np.arange(first, last + 1)
    years = np.append(ticks, last + 1) / 4
    owned = [history.cap_table(venture, int(tick)).groupby("kind")["share"].sum() for tick in ticks]
    figure, (above, below) = _axes(8.5, 6.0, 2, sharex=True, height_ratios=(3, 2))

    kinds = [kind for kind in HOLDER_COLOURS if any(kind in table for table in owned)]
    shares = np.array([[table.get(kind, 0.0) for table in owned] for kind in kinds])
    shares = np.column_stack([shares, shares[:, -1]])
    above.stackplot(years, shares, labels=kinds, colors=[HOLDER_COLOURS[kind] for kind in kinds], step="post", edgecolor="white", linewidth=0.4)
    above.set_ylim(0, 1)
    above.set_ylabel("owner (share of all shares)")
    above.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8)
    row = history.ventures().loc[life.venture]
    above.set_title(f"{life.venture}: {row['form']}, {row['sector']}, {row['origin']}; {row['status']}")

    for label, what, colour in (("equity", ["round", "tranche"], BLUE), ("grants", ["grant"], ORANGE)):
        paid = events[events["what"].isin(what)].groupby("tick")["amount"].sum()
        total = np.cumsum([paid.get(tick, 0.0) for tick in ticks])
        if total[-1] > 0:
            below.step(years, np.append(total, total[-1]), where="post", color=colour, label=f"{label} received")
    below.set_ylabel("since founding (million RMB)")
    below.set_xlabel("year of the run")
    marks = {"milestone": "^", "market entry": "D", "stopped": "v", "unicorn (fundamental)": "*", "listed": "s", "acquired": "P", "closed": "X"}
    for what, marker in marks.items():
        when = events.loc[events["what"] == what, "tick"].unique() / 4
        if len(when):
            below.plot(when, np.zeros(len(when)), marker, color=BLACK, markersize=7, clip_on=False, zorder=3, label=what, linestyle="none")
    below.set_ylim(bottom=0)
    below.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8)
    return figure
