"""Pictures for looking and teaching: a small family in one style, in English and in Chinese.

    draw_network(history, tick=80)              who was related to whom
    draw_funnel(history)                        how many reached each round; several runs or policies side by side
    draw_survival(history, by="backer")         how many were still going, and how the others ended
    draw_jcurve(history, ["market", "patient"]) what investors had back by the age of their fund
    draw_cap_table(history, "V123")             who owned a venture, and what it was worth
    draw_money(history)                         who paid whom
    draw_story(history, "V123")                 the life of a venture: owners, money, events, what its investors believed
    draw_surface("results/tolerance-horizon")   an outcome over two settings, with intervals
    draw_forest("results/tolerance-horizon")    paired differences, sorted, losses as loud as wins
    draw_twins(twins)                           unicorns that were lost and found under another policy

The first seven draw a History (or several), the next two a study's directory or results, the last a pair of twin worlds. Each gives a matplotlib Figure
that shows itself in a notebook; `figure.savefig(...)` writes it. `language="zh"` labels it in Chinese, which needs a font (`drawing.find_font`). Colours can
be told apart by the colour-blind, and kinds differ in shape, line or place as well.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.agents.errors import BadInput
from seedbed.agents.fund import KINDS
from seedbed.model.language import say
from seedbed.model.stories import wrapped
from seedbed.model.twins import Twins, policy_of
from seedbed.model.words import id_of

from . import figures, report
from .drawing import BLACK, BLUE, COLOURS, DASHES, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, YELLOW, panels, styled
from .judging import arm_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from seedbed.model.history import History

__all__ = [
    "draw_cap_table", "draw_forest", "draw_funnel", "draw_jcurve", "draw_money", "draw_network", "draw_story", "draw_surface", "draw_survival", "draw_twins",
]  # fmt: skip

FUND_COLOURS = {"angel": ORANGE, "market": BLUE, "patient": GREEN, "alumni": PURPLE, "guidance": YELLOW}
FORM_COLOURS = {"incremental": GREY, "radical": VERMILION}
HOLDER_COLOURS = {
    "founders": GREY, "university": SKY, **{f"{kind} fund": colour for kind, colour in FUND_COLOURS.items()}, "office": VERMILION, "outside investors": BLACK,
}  # fmt: skip
FATE_COLOURS = {"unicorn": ORANGE, "listed": BLUE, "acquired": GREEN, "living": SKY, "closed": VERMILION, "never founded": GREY}
EDGE_COLOURS = {"invested_in": GREY, "co_invested": BLUE, "spun_out": SKY, "founded": GREY, "supported": ORANGE, "studied_at": SKY, "knows": GREY}
LARGEST = 6000  # nodes in one picture; beyond it nothing can be made out
QUARTERS = 4
LEGEND_BESIDE = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "fontsize": 8}


def _title(history: History, language: str) -> str:
    return say("{scenario}, seed {seed}", language, scenario=history.scenario, seed=history.seed)


def _runs(source: Any, where: str) -> list[History]:
    """One history or several of them, as a list."""
    runs = list(source) if isinstance(source, (list, tuple)) else [source]
    if not runs or not all(hasattr(run, "outcomes") and hasattr(run, "ventures") for run in runs):
        raise BadInput(what="what to draw", given=[type(run).__name__ for run in runs][:5], allowed="a History, or a list of at least one", where=where)
    return runs


def _title_of_runs(runs: Sequence[History], language: str) -> str:
    if len(runs) == 1:
        return _title(runs[0], language)
    names = report.listed(dict.fromkeys(run.scenario for run in runs)) if language == "en" else "、".join(dict.fromkeys(run.scenario for run in runs))
    return say("{scenario}, {n} seeds", language, scenario=names, n=len(runs))


# ------------------------------------------------------------------------------------------------------------- network


@styled
def draw_network(
    history: History, tick: int | None = None, *, layers: Iterable[str] = ("invested_in", "co_invested", "spun_out"), language: str = "en"
) -> Figure:
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
    figure, ((ax,),) = panels(8.5, 7.5)
    for layer in layers:
        ends = [(places[a], places[b]) for a, b, its in graph.edges(keys=True) if its == layer]
        ax.add_collection(LineCollection(ends, colors=EDGE_COLOURS[layer], linewidths=0.4, alpha=0.35, zorder=1))
    for label, nodes, look in _groups(graph, language):
        if nodes:
            xy = np.array([places[node] for node in nodes])
            ax.scatter(xy[:, 0], xy[:, 1], label=f"{label} ({len(nodes):,})", zorder=2, edgecolors="black", linewidths=0.3, **look)
    # Equal scales and a legend beside them are more than the automatic layout can find room for.
    figure.set_layout_engine("none")
    ax.set_position((0.02, 0.02, 0.74, 0.9))
    ax.set_aspect("equal")
    ax.set_axis_off()
    lines = (", " if language == "en" else "、").join(say(layer.replace("_", " "), language) for layer in layers)
    title = say("{run}: year {year}; lines: {lines}", language, run=_title(history, language), year=f"{graph.graph['year']:g}", lines=lines)
    ax.set_title("\n".join(textwrap.wrap(title, 84)))
    if len(graph):
        ax.legend(loc="upper left", bbox_to_anchor=(0.765, 0.92), bbox_transform=figure.transFigure, fontsize=8)
    else:
        ax.text(0.5, 0.5, say("nobody is related to anybody yet", language), transform=ax.transAxes, ha="center", color=GREY)
    return figure


def _groups(graph: Any, language: str) -> list[tuple[str, list[str], dict[str, Any]]]:
    """What is drawn alike: its name, its nodes, its looks."""
    known = list(graph.nodes(data=True))

    def those(**wanted: Any) -> list[str]:
        return [node for node, data in known if all(data.get(name) == value for name, value in wanted.items())]

    forms = {"incremental": say("incremental venture", language), "radical": say("radical venture", language)}
    ventures = [
        (label, those(kind="venture", form=form, unicorn=False), {"s": 14, "marker": "o", "color": FORM_COLOURS[form]}) for form, label in forms.items()
    ]
    funds = [
        (say(f"{kind} fund", language), those(kind="fund", fund_kind=kind), {"s": 60, "marker": "s", "color": colour}) for kind, colour in FUND_COLOURS.items()
    ]
    return [
        (say("person", language), those(kind="person"), {"s": 5, "marker": ".", "color": SKY}),
        *ventures,
        (say("unicorn", language), those(kind="venture", unicorn=True), {"s": 130, "marker": "*", "color": YELLOW}),
        *funds,
        (say("university", language), those(kind="university"), {"s": 110, "marker": "^", "color": SKY}),
        (say("programme", language), those(kind="programme"), {"s": 90, "marker": "D", "color": BLACK}),
    ]


# -------------------------------------------------------------------------------------------------------------- funnel


@styled
def draw_funnel(history: Any, burn_in: int | None = None, *, language: str = "en") -> Figure:
    """How many ventures reached each round, with the share of all founded, the median age, and the median size of the round.

    history : one History; or {"name": History or list of Histories, ...} to compare policies: shares of all founded then, with 95% intervals over
              seeds where a name has several.
    burn_in : leaves out what was founded in the first years.
    """
    if isinstance(history, Mapping):
        return _compare_funnels({str(name): _runs(runs, "draw_funnel") for name, runs in history.items()}, burn_in, language)
    if isinstance(history, (list, tuple)):
        return _compare_funnels({_title_of_runs(_runs(history, "draw_funnel"), language): list(history)}, burn_in, language)
    (history,) = _runs(history, "draw_funnel")
    funnel = history.funnel(burn_in)
    figure, ((ax,),) = panels(7.5, 3.6)
    place = np.arange(len(funnel))[::-1]
    ax.barh(place, funnel["ventures"], color=BLUE, height=0.75)
    for y, (step, row) in zip(place, funnel.iterrows(), strict=True):
        text = f"{row['ventures']:,.0f}"
        if step != "founded" and row["ventures"]:
            text += "  " + say(
                "({share} of founded, after {age} years, {size} million RMB)", language,
                share=f"{row['of_founded']:.1%}", age=f"{row['age']:.1f}", size=f"{row['size']:,.1f}",
            )  # fmt: skip
        ax.annotate(text, (row["ventures"], y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
    ax.set_yticks(place, _steps(len(funnel), language))
    # Half of the width is left for the words behind the first round's bar.
    ax.set_xlim(0, max(1, 1.15 * funnel["ventures"].iloc[0], 2 * funnel["ventures"].iloc[1]))
    ax.set_xlabel(say("ventures (count); in brackets: share of all founded, median age and size of the round", language))
    ax.set_ylabel(say("reached", language))
    ax.set_title(say("{run}: the funnel of {years} years", language, run=_title(history, language), years=history.years))
    return figure


def _steps(number: int, language: str) -> list[str]:
    return [say("founded", language), *(say("round {number}", language, number=n) for n in range(1, number))]


def _compare_funnels(groups: Mapping[str, list[History]], burn_in: int | None, language: str) -> Figure:
    """Shares of all founded that reached each round, a row of points for each group."""
    from matplotlib.ticker import LogLocator, NullFormatter

    from .statistics import band

    if not groups:
        raise BadInput(what="what to draw", given="no run", allowed="at least one History", where="draw_funnel")
    figure, ((ax,),) = panels(8, 4.2)
    steps = 0
    for number, (name, runs) in enumerate(groups.items()):
        counts = np.array([run.funnel(burn_in)["ventures"] for run in runs], dtype=float)
        steps = counts.shape[1]
        value, low, high = band(counts, _of_founded) if len(runs) > 1 else (_of_founded(counts[0]),) * 3
        y = np.arange(1, steps)[::-1] - (number - (len(groups) - 1) / 2) * min(0.2, 0.7 / len(groups))
        drawn = value[1:] > 0
        ends = np.stack([value - low, high - value]).clip(0)[:, 1:][:, drawn]
        label = say("{name} ({n} founded)", language, name=name, n=f"{counts[:, 0].sum():,.0f}")
        ax.errorbar(value[1:][drawn], y[drawn], xerr=ends, fmt="osD^vPX"[number % 7], color=COLOURS[number % 7], markersize=5, capsize=2, linewidth=1.2, label=label)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_formatter(lambda share, _: f"{100 * share:g}%")
    ax.set_yticks(np.arange(1, steps)[::-1], _steps(steps, language)[1:])
    ax.set_xlabel(say("share of all founded (log scale; bars: 95% intervals over seeds)", language))
    ax.set_ylabel(say("reached", language))
    ax.legend(loc="upper left", bbox_to_anchor=(0, -0.16), fontsize=8)
    return figure


def _of_founded(counts: np.ndarray) -> np.ndarray:
    return counts / np.where(counts[..., :1] > 0, counts[..., :1], np.nan)


# ------------------------------------------------------------------------------------------------------------ survival

GROUPS_SHOWN = 7
ENOUGH_SEEDS = 10  # fewer say little about how much seeds differ
CLUSTERS = 200  # into which the ventures of a single run are thrown for its intervals


@styled
def draw_survival(history: Any, by: str | None = None, *, burn_in: int = 0, years: float = 20, language: str = "en") -> Figure:
    """How ventures fare by age: the share that has not failed, and the shares that have failed, been bought, been listed; 95% bands.

    history : a History, or several of different seeds.
    by      : tells them apart by "form", "sector", "origin", "backer" (the kind of fund that led the first round), "funded" or "granted".

    The first panel is Kaplan-Meier: who is bought or listed is watched no longer, so it says how ventures would fare if nobody ever were. In the others the
    ways out compete (Aalen-Johansen): with those still private they sum to one. Bands resample seeds; those of a single run resample its ventures as
    if they were independent, which they are not: they share their city's luck and money, so such bands are too narrow.
    """
    from .survival import incidence, kaplan_meier, lives

    runs = _runs(history, "draw_survival")
    table = lives(runs, burn_in=burn_in)
    if len(runs) == 1:
        table = table.assign(seed=np.arange(len(table)) % CLUSTERS)
    curves = incidence(table, by, years=years)
    figure, axes = panels(9.5, 6.6, 2, 2, sharex=True)
    titles = {
        "survival": say("have not failed (Kaplan-Meier)", language), "failed": say("have failed", language),
        "acquired": say("have been acquired", language), "listed": say("have been listed", language),
    }  # fmt: skip
    panel = {"survival": kaplan_meier(table, by, years=years), **{name: curves[curves["ending"] == name] for name in ("failed", "acquired", "listed")}}
    groups = list(dict.fromkeys(curves["group"]))
    for ax, (name, title) in zip(axes.flat, titles.items(), strict=True):
        for number, group in enumerate(groups[:GROUPS_SHOWN]):
            line = panel[name][panel[name]["group"] == group]
            label = say("{group} ({n})", language, group=_group_words(by, group, language), n=f"{line['ventures'].iloc[0]:,}")
            figures.line(ax, line["age"], line["value"], line["low"], line["high"], number, label)
        ax.set_title(title)
        ax.set_ylabel(say("share of ventures", language))
        ax.set_ylim(bottom=0)
        ax.set_xlim(0, min(years, curves["age"].max()))
    axes[0, 0].set_ylim(0, 1.02)
    for ax in axes[1]:
        ax.set_xlabel(say("age of the venture (years)", language))
    axes[0, 1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8, title=_by_words(by, language))
    figure.suptitle(_bands_words(_title_of_runs(runs, language), len(runs), language), fontsize=10)
    return figure


def _bands_words(run: str, seeds: int, language: str) -> str:
    """The title, with what the bands are worth."""
    if seeds == 1:
        return say("{run}; 95% bands, its ventures taken for independent: too narrow", language, run=run)
    if seeds < ENOUGH_SEEDS:
        return say("{run}; 95% bands from few seeds: too narrow", language, run=run)
    return say("{run}; 95% bands over seeds", language, run=run)


def _by_words(by: str | None, language: str) -> str | None:
    words = {
        "form": say("form", language), "sector": say("sector", language), "origin": say("origin", language), "backer": say("lead of the first round", language),
    }  # fmt: skip
    return words.get(by or "")


def _group_words(by: str | None, group: Any, language: str) -> str:
    if by is None:
        return say("all ventures", language)
    if by == "funded":
        return say("with a priced round", language) if group else say("without a priced round", language)
    if by == "granted":
        return say("with a grant", language) if group else say("without a grant", language)
    if by == "backer":
        return say("nobody", language) if group == "none" else say(f"{group} fund", language)
    return say(str(group), language)


# ------------------------------------------------------------------------------------------------------------- J-curve


@styled
def draw_jcurve(history: Any, kinds: Iterable[str] = ("angel", "market", "patient"), *, burn_in: int = 0, language: str = "en") -> Figure:
    """Mean cumulative net flow to the investors of funds by their fund's age, as a share of the commitment, for each kind; 95% bands.

    history : a History, or several of different seeds, whose funds are taken together. Bands resample seeds, or the funds of a single run.
    Below nought investors have paid in more than they got back; where the curve ends above nought, the fund paid.
    """
    from .statistics import band

    runs = _runs(history, "draw_jcurve")
    chosen = [kinds] if isinstance(kinds, str) else list(kinds)
    for kind in chosen:
        if kind not in KINDS:
            raise BadInput(what="the kind of fund", given=kind, allowed=list(KINDS), where="draw_jcurve")
    figure, ((ax,),) = panels(7.5, 4.2)
    ax.axhline(0, color=GREY, linewidth=0.8)
    for number, kind in enumerate(chosen):
        flows, seen = _flows_by_age(runs, kind, burn_in)
        last = int(np.flatnonzero(seen.sum(axis=0) > 0)[-1]) + 1 if seen.any() else 0
        if not last:
            continue
        value, low, high = band((flows[:, :last], seen[:, :last]), _ratio)
        funds = int(seen[:, 0].sum())
        label = say("{kind} ({n} funds)", language, kind=say(f"{kind} fund", language), n=funds)
        figures.line(ax, np.arange(last) / QUARTERS, value, low, high, number, label, colour=FUND_COLOURS[kind] if kind != "guidance" else BLACK)
    ax.set_xlim(left=0)
    ax.set_xlabel(say("age of the fund (years)", language))
    ax.set_ylabel(say("cumulative net flow to investors\n(share of the commitment)", language))
    ax.set_title(say("{run}: J-curves, 95% bands", language, run=_title_of_runs(runs, language)))
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="upper left", fontsize=8)
    return figure


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=np.asarray(below) > 0)


def _flows_by_age(runs: Sequence[History], kind: str, burn_in: int) -> tuple[np.ndarray, np.ndarray]:
    """Cumulative net flows over commitments, and how many funds are old enough to be seen, by quarter of age; a line for each run, or each fund of a single one."""
    parts = []
    for run in runs:
        funds = run._rows("funds")
        funds = funds[(funds["kind"] == KINDS.index(kind)) & (funds["raised"] >= burn_in * QUARTERS)]
        flows = np.cumsum(np.asarray(funds["flows"]), axis=1)
        seen = (run.last + 1 - np.asarray(funds["raised"]))[:, None] > np.arange(flows.shape[1])
        share = np.where(seen, flows / np.maximum(np.asarray(funds["commitment"]), 1)[:, None], 0.0)
        parts.append((share, seen.astype(float)) if len(runs) == 1 else (share.sum(axis=0, keepdims=True), seen.sum(axis=0, keepdims=True, dtype=float)))
    return np.concatenate([share for share, _ in parts]), np.concatenate([seen for _, seen in parts])


# ----------------------------------------------------------------------------------------------------------- ownership


def _events_of(history: History, venture: str | int, where: str) -> tuple[str, Any]:
    """A venture's id and the lines of the log about it."""
    history._need_log(where)
    row = history._venture(venture, where)
    return id_of("venture", row), history._events(history._lines_of(row))


def _years_lived(history: History, events: Any) -> tuple[np.ndarray, np.ndarray]:
    """The ticks of a venture's life, and the years at which these quarters begin, with the end of the last."""
    first, last = int(events["tick"].iloc[0]), history.last
    over = events[events["what"].isin(["closed", "acquired"])]
    if len(over):
        last = int(over["tick"].iloc[0])
    ticks = np.arange(first, last + 1)
    return ticks, np.append(ticks, last + 1) / QUARTERS


def _about(history: History, venture: str, language: str) -> str:
    row = history.ventures().loc[venture]
    words = {name: say(str(row[name]), language) for name in ("form", "sector", "origin", "status")}
    return say("{name} ({venture}): {form}, {sector}, {origin}; {status}", language, name=history.name(venture, language), venture=venture, **words)


def _stack_owners(ax: Any, years: np.ndarray, owned: Sequence[Any], language: str) -> None:
    """Shares of all shares by kind of owner, stacked, with a legend beside the axes."""
    by_kind = [table.groupby("kind")["share"].sum() for table in owned]
    kinds = [kind for kind in HOLDER_COLOURS if any(kind in table for table in by_kind)]
    shares = np.array([[table.get(kind, 0.0) for table in by_kind] for kind in kinds])
    shares = np.column_stack([shares, shares[:, -1]])
    labels = [say(kind, language) for kind in kinds]
    ax.stackplot(years, shares, labels=labels, colors=[HOLDER_COLOURS[kind] for kind in kinds], step="post", edgecolor="white", linewidth=0.4)
    ax.set_ylim(0, 1)
    ax.set_xlim(years[0], years[-1])
    ax.set_ylabel(say("owner (share of all shares)", language))
    ax.legend(**LEGEND_BESIDE)


@styled
def draw_cap_table(history: History, venture: str | int, *, language: str = "en") -> Figure:
    """The history of a venture's ownership: shares by kind of owner, every holder divided from the next by a thin line, and the price of the whole
    at each priced round, with the founders' part of it."""
    venture, events = _events_of(history, venture, "draw_cap_table")
    ticks, years = _years_lived(history, events)
    owned = [history.cap_table(venture, int(tick)) for tick in ticks]
    figure, ((above,), (below,)) = panels(8.5, 6.0, 2, 1, sharex=True, height_ratios=(3, 2))
    _stack_owners(above, years, owned, language)
    _divide_holders(above, years, owned, history, language)
    rounds = history.rounds()
    rounds = rounds[rounds["venture"] == venture]
    for row in rounds.itertuples():
        above.axvline(row.year, color=BLACK, linewidth=0.7, linestyle=":")
    above.set_title(_about(history, venture, language))
    if len(rounds):
        founders = [float(history.cap_table(venture, int(tick)).loc["founders", "share"]) for tick in rounds["tick"]]
        below.plot(rounds["year"], rounds["post"], "o-", color=BLUE, markersize=4, label=say("price of the whole", language))
        below.plot(rounds["year"], rounds["post"] * np.array(founders), "s--", color=BLACK, markersize=4, label=say("the founders' part", language))
        for row in rounds.itertuples():
            below.annotate(str(row.number), (row.year, row.post), xytext=(3, 5), textcoords="offset points", fontsize=7, color=BLUE)
        below.set_yscale("log")
        below.yaxis.set_major_formatter(lambda value, _: f"{value:,.4g}" if value < 1000 else f"{value:,.0f}")
        below.margins(y=0.25)
        below.legend(**LEGEND_BESIDE)
    else:
        below.text(0.5, 0.5, say("no priced round", language), transform=below.transAxes, ha="center", color=GREY)
    below.set_ylabel(say("after each round (million RMB, log scale)", language))
    below.set_xlabel(say("year of the run", language))
    return figure


def _divide_holders(ax: Any, years: np.ndarray, owned: Sequence[Any], history: History, language: str) -> None:
    """A thin line between the holders of each kind, and the names of those that own most at the end."""
    order: dict[str, list[str]] = {kind: [] for kind in HOLDER_COLOURS}
    for table in owned:
        for holder, kind in zip(table.index, table["kind"], strict=True):
            if holder not in order[kind]:
                order[kind].append(holder)
    holders = [holder for kind in order for holder in order[kind]]
    shares = np.array([[table["share"].get(holder, 0.0) for table in owned] for holder in holders])
    tops = np.cumsum(np.column_stack([shares, shares[:, -1]]), axis=0)
    for top in tops[:-1]:
        ax.step(years, top, where="post", color="white", linewidth=0.4)
    for holder, top, share in zip(holders, tops[:, -1], shares[:, -1], strict=True):
        if share >= 0.05 and holder not in ("founders", "public"):
            ax.annotate(history.name(holder, language), (years[-1], top - share / 2), xytext=(-3, 0), textcoords="offset points", ha="right", va="center", fontsize=7,
                        bbox={"color": "white", "alpha": 0.7, "pad": 0.8})  # fmt: skip


# --------------------------------------------------------------------------------------------------------------- story

EVENT_MARKS = {
    "founded": ".", "milestone": "^", "round": "o", "grant": "p", "loan": "d", "market entry": "D", "stopped": "v", "stake sold": "<", "redeemed": ">",
    "unicorn (paper)": "*", "unicorn (fundamental)": "*", "listed": "s", "acquired": "P", "closed": "X",
}  # fmt: skip
EVENT_COLOURS = {"unicorn (paper)": SKY, "unicorn (fundamental)": ORANGE, "stopped": VERMILION, "closed": VERMILION, "redeemed": VERMILION, "round": BLUE, "grant": GREEN}


@styled
def draw_story(history: History, venture: str | int, language: str = "en") -> Figure:
    """One venture's life: who owned it, the money it received, what its investors believed (where the story tells it), and what happened, on one line of time."""
    venture, events = _events_of(history, venture, "draw_story")
    beliefs = _beliefs(history, venture)
    ticks, years = _years_lived(history, events)
    heights = [3, 2, *([2] if beliefs is not None else []), 1.6]
    figure, axes = panels(9, 1.0 + 1.0 * sum(heights), len(heights), 1, sharex=True, height_ratios=heights)
    _stack_owners(axes[0, 0], years, [history.cap_table(venture, int(tick)) for tick in ticks], language)
    axes[0, 0].set_title(_about(history, venture, language))
    _money_received(axes[1, 0], events, ticks, years, language)
    if beliefs is not None:
        _what_investors_believed(axes[2, 0], history, beliefs, language)
    _what_happened(axes[-1, 0], events, language)
    axes[-1, 0].set_xlabel(say("year of the run", language))
    return figure


def _beliefs(history: History, venture: str) -> Any:
    """What investors believed at each decision; None where the run cannot be lived again to ask them, or nobody ever decided."""
    beliefs = history.story(venture).beliefs
    return beliefs if beliefs is not None and len(beliefs) else None


def _money_received(ax: Any, events: Any, ticks: np.ndarray, years: np.ndarray, language: str) -> None:
    ways = (
        (say("equity received", language), ["round", "tranche"], BLUE, "-"), (say("grants received", language), ["grant"], ORANGE, "--"),
        (say("loans received", language), ["loan"], GREEN, "-."),
    )  # fmt: skip
    for label, what, colour, dash in ways:
        paid = events[events["what"].isin(what)].groupby("tick")["amount"].sum()
        total = np.cumsum([paid.get(tick, 0.0) for tick in ticks])
        if total[-1] > 0:
            ax.step(years, np.append(total, total[-1]), where="post", color=colour, linestyle=dash, label=label)
    ax.set_ylim(bottom=0)
    ax.set_ylabel(say("since founding (million RMB)", language))
    if ax.lines:
        ax.legend(**LEGEND_BESIDE)
    else:
        ax.text(0.5, 0.5, say("no money from others", language), transform=ax.transAxes, ha="center", color=GREY)


def _what_investors_believed(ax: Any, history: History, beliefs: Any, language: str) -> None:
    """The belief of each fund at each of its decisions, whose mark says what it decided; dotted, the silence it had borne as a share of its tolerance."""
    kinds = history.funds()["kind"]
    shapes = dict(zip(dict.fromkeys(beliefs["decision"]), "ovX^sDP", strict=False))
    waited = beliefs["silence"] / beliefs["tolerance"]
    for number, (fund, line) in enumerate(beliefs.groupby("fund", sort=False)):
        colour = FUND_COLOURS.get(kinds.get(fund), BLACK)
        for place, (_, stage) in enumerate(line.groupby("milestone", sort=False)):  # what is believed of one milestone says nothing of the next
            years, name = stage["tick"] / QUARTERS, "" if place else history.name(fund, language)
            ax.plot(years, stage["belief"], color=colour, linewidth=1.1, linestyle=DASHES[number % 3], zorder=2, **({"label": name} if name else {}))
            ax.plot(years, waited[stage.index], color=colour, linewidth=0.8, linestyle=":", zorder=1)
    ax.plot([], [], color=GREY, linewidth=0.8, linestyle=":", label=say("silence / tolerance", language))
    for decision, shape in shapes.items():
        chosen = beliefs[beliefs["decision"] == decision]
        ax.plot(chosen["tick"] / QUARTERS, chosen["belief"], shape, color=BLACK, markersize=4, zorder=3, label=say(str(decision), language))
    ax.set_ylim(0, max(1.0, 1.05 * float(waited[np.isfinite(waited)].max() if np.isfinite(waited).any() else 0.0)))
    ax.set_ylabel(say("belief that it can be done\n(share)", language))
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.05), fontsize=7, ncols=1 + (beliefs["fund"].nunique() + len(shapes)) // 8)


def _what_happened(ax: Any, events: Any, language: str) -> None:
    """A lane for each kind of event that happened."""
    there = [what for what in EVENT_MARKS if (events["what"] == what).any()]
    for place, what in enumerate(there):
        years = events.loc[events["what"] == what, "tick"].unique() / QUARTERS
        ax.plot(years, np.full(len(years), place), EVENT_MARKS[what], color=EVENT_COLOURS.get(what, BLACK), markersize=9 if "unicorn" in what else 6, clip_on=False)
    ax.set_yticks(np.arange(len(there)), [say(what, language) for what in there], fontsize=7)
    ax.set_ylim(len(there) - 0.4, -0.6)
    ax.grid(axis="y", linewidth=0.4, color=GREY, alpha=0.4)
    ax.set_ylabel(say("what happened", language))


# --------------------------------------------------------------------------------------------------------------- money


@styled
def draw_money(history: History, *, language: str = "en") -> Figure:
    """Who paid whom over the whole run, in million RMB, as bands whose width is the sum. Needs the event log.

    Above, the funds' book: investors by kind, the funds that they pay into, what these pay for; then what came back, through the funds to the investors.
    Below, the ventures' book: what they and their shareholders got from others, and where it went. What is bought for running a firm is taken off its
    sales first, since both are many times all else; their sums stand at the band. The two books have scales of their own. In each, what flows in
    flows out or is kept, to the fen (see `flows.money_flows`).
    """
    from .flows import money_flows

    ledger = money_flows(history)
    figure, ((above,), (below,)) = panels(12, 9.5, 2, 1)
    # Labels stand beside the axes, as long as they are: the room for them is set aside by hand.
    figure.set_layout_engine("none")
    above.set_position((0.22, 0.4, 0.56, 0.56))
    below.set_position((0.22, 0.015, 0.56, 0.33))
    _draw_bands(above, *_funds_bands(ledger[ledger["book"] == "funds"]), language)
    above.set_title(say("{run}, {years} years. The funds' book (million RMB): paid in and out on the left, what came back on the right", language,
                        run=_title(history, language), years=f"{(history.last + 1) / QUARTERS:g}"))  # fmt: skip
    columns, links, bought, sold = _ventures_bands(ledger[ledger["book"] == "ventures"], language)
    _draw_bands(below, columns, links, language)
    below.set_title(say("The ventures' book (million RMB, another scale): sales of {sold} are shown less wages and suppliers of {bought}", language,
                        sold=f"{sold:,.0f}", bought=f"{bought:,.0f}"))  # fmt: skip
    return figure


SOURCE_COLOURS = {
    "private investors": BLUE, "institutions": GREEN, "alumni": PURPLE, "the city": YELLOW, "managers' fees": GREY, "managers' carry": GREY,
    "paid to ventures": VERMILION, "exits and sales of stakes": VERMILION, "stakes of elder funds": SKY, "younger funds' money": SKY,
    "founders' savings": BLACK, "founders": BLACK, "funds": BLUE, "programmes": YELLOW, "banks": PURPLE, "customers, less wages and suppliers": GREEN,
    "wages and suppliers, less customers": GREEN, "buyers and the stock market": VERMILION, "universities": SKY, "taxes": ORANGE, "ventures": VERMILION,
    **{f"{kind} funds": colour for kind, colour in FUND_COLOURS.items()},
}  # fmt: skip


def _funds_bands(book: Any) -> tuple[list[tuple[float, str, list[str]]], list[tuple[str, str, float]]]:
    """Columns of nodes and the bands between them. A node is a step and a name: investors and funds stand on both sides."""
    from .flows import INVESTORS

    people, kinds = list(INVESTORS.values()), [f"{kind} funds" for kind in KINDS]
    spent, earned, rest = ["paid to ventures", "managers' fees", "stakes of elder funds"], ["exits and sales of stakes", "younger funds' money"], ["managers' carry", "kept by funds"]
    columns = [(0.0, "left", people), (0.17, "right", kinds), (0.34, "right", spent), (0.66, "left", earned), (0.83, "right", kinds), (1.0, "right", [*people, *rest])]
    steps = {(a, b): step for step, (of, to) in enumerate([(people, kinds), (kinds, spent), ([], []), (earned, kinds), (kinds, [*people, *rest])]) for a in of for b in to}
    links = []
    for a, b, amount in zip(book["source"], book["target"], book["million"], strict=True):
        step = steps[a, b]
        links.append((f"{step} {a}", f"{step + 1} {b}", amount))
    return [(x, side, [f"{step} {name}" for name in names]) for step, (x, side, names) in enumerate(columns)], links


def _ventures_bands(book: Any, language: str) -> tuple[list[tuple[float, str, list[str]]], list[tuple[str, str, float]], float, float]:
    """The same of the ventures' book, with what was bought taken off sales; both sums beside it."""
    into = {a: amount for a, b, amount in zip(book["source"], book["target"], book["million"], strict=True) if b == "ventures"}
    out = {b: amount for a, b, amount in zip(book["source"], book["target"], book["million"], strict=True) if a == "ventures"}
    sold, bought = into.pop("customers", 0.0), out.pop("wages and suppliers", 0.0)
    (into if sold >= bought else out)["customers, less wages and suppliers" if sold >= bought else "wages and suppliers, less customers"] = abs(sold - bought)
    columns = [(0.0, "left", [f"0 {name}" for name in into]), (0.5, "right", ["1 ventures"]), (1.0, "right", [f"2 {name}" for name in out])]
    links = [(f"0 {name}", "1 ventures", amount) for name, amount in into.items()] + [("1 ventures", f"2 {name}", amount) for name, amount in out.items()]
    return columns, links, bought, sold


BAR, LEAST, GAP = 0.016, 0.045, 0.012  # of the axes: width of a node, the least height that a label needs, space between nodes


def _draw_bands(ax: Any, columns: Sequence[tuple[float, str, Sequence[str]]], links: Sequence[tuple[str, str, float]], language: str) -> None:
    """Nodes in columns, each as high as what flows through it, and bands between them, each as wide as its sum; the same scale throughout.

    columns : (place from 0 to 1, side of its labels, nodes from the top); links: (from, to, sum). A node is "step name"; one that nothing flows through is
              left out.
    """
    from matplotlib.patches import Rectangle

    into: dict[str, float] = {}
    out: dict[str, float] = {}
    links = [link for link in links if link[2] > 0]
    for a, b, amount in links:
        out[a] = out.get(a, 0.0) + amount
        into[b] = into.get(b, 0.0) + amount
    size = {node: max(into.get(node, 0.0), out.get(node, 0.0)) for _, _, nodes in columns for node in nodes}
    columns = [(x, side, [node for node in nodes if size[node] > 0]) for x, side, nodes in columns]
    scale = min((_scale([size[node] for node in nodes]) for _, _, nodes in columns if nodes), default=1.0)
    tops = {}
    for x, side, nodes in columns:
        top = 1.0
        for node in nodes:
            height = size[node] * scale
            room = max(height, LEAST)
            tops[node] = (x, top - (room - height) / 2)
            top -= room + GAP
            colour = SOURCE_COLOURS.get(node.split(" ", 1)[1], GREY)
            ax.add_patch(Rectangle((x - BAR / 2, tops[node][1] - height), BAR, height, facecolor=colour, edgecolor="black", linewidth=0.3, zorder=3))
            _label_node(ax, node, size[node], tops[node], height, side, language)
    order = [node for _, _, nodes in columns for node in nodes]
    left = {node: top for node, (_, top) in tops.items()}
    right = dict(left)
    for a, b, amount in sorted(links, key=lambda link: (order.index(link[0]), order.index(link[1]))):
        colour = SOURCE_COLOURS.get((b if a.endswith(" ventures") else a).split(" ", 1)[1], GREY)
        _draw_band(ax, (tops[a][0] + BAR / 2, right[a]), (tops[b][0] - BAR / 2, left[b]), amount * scale, colour)
        right[a] -= amount * scale
        left[b] -= amount * scale
    ax.set_xlim(-0.01, 1.01)
    ax.set_ylim(0, 1)
    ax.set_axis_off()
    if not links:
        ax.text(0.5, 0.5, say("no money has flowed", language), ha="center", color=GREY)


def _scale(sizes: Sequence[float]) -> float:
    """The largest scale at which a column fits, where no node takes less room than its label."""
    low, high = 0.0, 1.0 / sum(sizes)
    for _ in range(40):
        middle = (low + high) / 2
        fits = sum(max(size * middle, LEAST) for size in sizes) + GAP * (len(sizes) - 1) <= 1
        low, high = (middle, high) if fits else (low, middle)
    return low


def _label_node(ax: Any, node: str, amount: float, place: tuple[float, float], height: float, side: str, language: str) -> None:
    """A node's name and sum: on one line outside, on two between columns, where room is scarce."""
    from matplotlib.patheffects import withStroke

    x, top = place
    name, number = say(node.split(" ", 1)[1], language), f"{amount:,.0f}"
    text = "\n".join([*textwrap.wrap(name, 18), number]) if 0 < x < 1 else f"{name}  {number}"
    ax.text(x + (-1.6 * BAR if side == "left" else BAR), top - height / 2, text, ha="right" if side == "left" else "left", va="center", fontsize=7.5, zorder=4,
            linespacing=1.0, path_effects=[withStroke(linewidth=2, foreground="white")])  # fmt: skip


def _draw_band(ax: Any, start: tuple[float, float], end: tuple[float, float], width: float, colour: str) -> None:
    """A band of a constant height between two places, each the upper corner of its side."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Curve

    (x0, y0), (x1, y1) = start, end
    bend = (x0 + x1) / 2
    points = [(x0, y0), (bend, y0), (bend, y1), (x1, y1), (x1, y1 - width), (bend, y1 - width), (bend, y0 - width), (x0, y0 - width), (x0, y0)]
    codes = [Curve.MOVETO, *[Curve.CURVE4] * 3, Curve.LINETO, *[Curve.CURVE4] * 3, Curve.CLOSEPOLY]
    ax.add_patch(PathPatch(Curve(points, codes), facecolor=colour, edgecolor="none", alpha=0.4, zorder=2))


# ------------------------------------------------------------------------------------------------- answers of a study


def _answer(source: Any, where: str) -> tuple[Any, str]:
    """Paired differences as a frame (columns arm, outcome, label, unit, difference, low, high, better, and value with its interval), and the arm they are from.

    source : a directory of runs or of an answer (its table.csv or summary.json), `Results`, a `Comparison`, or such a frame.
    """
    import json

    import pandas

    if isinstance(source, pandas.DataFrame):
        return _checked(source, where), _base_of(source)
    if hasattr(source, "results"):  # a Comparison
        source = source.results
    if hasattr(source, "experiment"):
        return _of_results(source)
    if not isinstance(source, (str, Path)) or not Path(source).is_dir():
        raise _no_answer(source, where)
    folder = Path(source)
    try:
        if (folder / "table.csv").is_file():
            table = pandas.read_csv(folder / "table.csv")
            if {"arm", "outcome", "difference", "low", "high"} <= set(table.columns):
                return _checked(table, where), _base_of(table)
        if (folder / "summary.json").is_file():
            summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
            if isinstance(summary.get("arms"), list) and summary.get("against"):
                table = pandas.DataFrame(summary["arms"]).rename(columns={"level": "value", "level_low": "value_low", "level_high": "value_high"})
                numbers = [name for name in ("value", "value_low", "value_high", "difference", "low", "high") if name in table]
                table[numbers] = table[numbers].astype(float)
                return _checked(table, where), str(summary["against"])
    except (OSError, ValueError, AttributeError) as error:
        raise _no_answer(source, f"{where}: it cannot be read, {error}") from None
    if (folder / "manifest.json").is_file() and (folder / "runs").is_dir():
        from .runner import Results

        return _of_results(Results.load(folder))
    raise _no_answer(source, where)


def _no_answer(given: Any, where: str) -> BadInput:
    allowed = "a directory with the runs of a study, or with its answer (table.csv or summary.json with paired differences); or its Results"
    return BadInput(what="the study to draw", given=str(given) if isinstance(given, (str, Path)) else type(given).__name__, allowed=allowed, where=where)


def _checked(table: Any, where: str) -> Any:
    missing = [name for name in ("arm", "outcome", "difference", "low", "high") if name not in table.columns]
    if missing or not len(table):
        raise BadInput(what="the table of differences", given=list(table.columns), allowed="the columns arm, outcome, difference, low, high, and a row", where=where)
    extra = {"label": table["outcome"], "unit": "", "better": 0}
    return table.assign(**{name: value for name, value in extra.items() if name not in table.columns})


def _base_of(table: Any) -> str:
    """The arm that differs in nothing from itself; none if the table leaves it out."""
    nought = (table[["difference", "low", "high"]].fillna(0.0) == 0.0).all(axis=1).groupby(table["arm"]).all()
    return next((str(arm) for arm, is_base in nought.items() if is_base), "")


def _of_results(results: Any) -> tuple[Any, str]:
    """Every arm against the first, with the settings that tell the arms apart as columns."""
    from .compare import effects

    arms = [arm.name for arm in results.experiment.arms]
    table = effects(results, arms[0], arms)
    if hasattr(results, "cells"):
        table = table.join(results.cells, on="arm")
    return table, arms[0]


def _known_outcomes(table: Any, outcomes: Any, default: Sequence[str], where: str) -> list[str]:
    known = list(dict.fromkeys(table["outcome"]))
    chosen = [outcomes] if isinstance(outcomes, str) else list(outcomes) if outcomes is not None else [name for name in default if name in known] or known[:2]
    for name in chosen:
        if name not in known:
            raise BadInput(what="the outcome", given=name, allowed=known, where=where)
    return chosen


@styled
def draw_surface(store: Any, outcomes: str | Sequence[str] | None = None, *, axes: tuple[str, str] | None = None, language: str = "en") -> Figure:
    """An outcome over two settings: its value in each cell with its 95% interval, and whether it is clearly above or below the framed arm that all are compared with.

    store    : a study whose arms form a grid, such as "results/tolerance-horizon": a directory, or results in memory.
    outcomes : names of outcomes, at most four are easily read; by default fundamental unicorns and what market funds returned.
    axes     : the two settings, across and up; only needed where more than two tell the arms apart. Arms that differ from the base in others are left out.
    """
    table, base = _answer(store, "draw_surface")
    if "value" not in table:
        raise BadInput(what="the table of differences", given=list(table.columns), allowed="also the columns value, value_low and value_high", where="draw_surface")
    across, up = _two_settings(table, base, axes)
    table = table[np.isfinite(table["value"].astype(float))]
    sign = np.where(table["low"] > 0, 1, np.where(table["high"] < 0, -1, 0))
    chosen = _known_outcomes(table, outcomes, ("unicorns_fundamental", "dpi_market"), "draw_surface")
    frame = table.assign(tolerance=table[across].astype(float), life=table[up].astype(float), sign=sign)
    at = frame.loc[frame["arm"] == base, ["tolerance", "life"]]
    market = tuple(at.iloc[0]) if len(at) else None
    return figures.surface(frame, chosen, market, language=language, names=(_setting_words(across, language), _setting_words(up, language)))


def _two_settings(table: Any, base: str, axes: Any) -> tuple[str, str]:
    """The two columns that a surface is drawn over, after leaving out arms that differ in others."""
    import pandas

    others = {"arm", "outcome", "label", "unit", "base", "value", "value_low", "value_high", "difference", "low", "high", "relative", "n", "sign", "better", "pairing_gain"}
    settings = [name for name in table.columns if name not in others and pandas.api.types.is_numeric_dtype(table[name]) and table[name].nunique() > 1]
    chosen = settings if axes is None else list(axes)
    if len(chosen) != 2 or not set(chosen) <= set(settings):
        allowed = f"two of {', '.join(settings)}: axes=(across, up)" if len(settings) > 1 else "a study whose arms differ in two settings that are numbers"
        raise BadInput(what="the settings of a surface", given=chosen, allowed=allowed, where="draw_surface")
    return chosen[0], chosen[1]


def _setting_words(name: str, language: str) -> str:
    known = {"tolerance": say("tolerance (years without a milestone)", language), "life": say("fund life (years)", language)}
    if name in known:
        return known[name]
    from seedbed.model.scenario import Scenario

    unit = next((str(row["unit"]) for row in Scenario.load("baseline").table() if row["name"] == name), "")
    if name.startswith("fund.tolerance."):
        return f"{known['tolerance']}\n{name}"
    return f"{known['life']}\n{name}" if name.startswith("fund.life.") else f"{name} ({say(unit, language)})" if unit else name


MOST_ROWS = 30  # of one panel of a forest


@styled
def draw_forest(store: Any, outcomes: str | Sequence[str] | None = None, *, language: str = "en") -> Figure:
    """Paired differences of every arm from the one they are compared with, sorted, with 95% intervals; a panel for each outcome, in its own unit.

    The axis is as long to the left as to the right, so that a loss is drawn as large as a gain. Blue triangles up are clearly better, vermilion triangles down
    clearly worse, black circles clear where neither is better; grey squares are not clear. The title counts them.

    store    : as for `draw_surface`, any arms. outcomes: by default fundamental unicorns and what market funds returned, or the first two that there are.
    """
    table, base = _answer(store, "draw_forest")
    reference = next((_arm_words(row, language) for row in table[table["arm"] == base].to_dict("records")), say(base, language))
    table = table[(table["arm"] != base) & np.isfinite(table["difference"].astype(float))]
    if not len(table):
        raise BadInput(what="the table of differences", given="no difference", allowed="at least one arm besides the base, with a difference", where="draw_forest")
    chosen = _known_outcomes(table, outcomes, ("unicorns_fundamental", "dpi_market"), "draw_forest")
    parts = [table[table["outcome"] == name] for name in chosen]
    rows = [min(max(2, len(part)), MOST_ROWS) for part in parts]
    figure, axes = panels(9, 0.6 + sum(0.95 + 0.24 * n for n in rows), len(parts), 1, height_ratios=rows)
    for ax, part in zip(axes[:, 0], parts, strict=True):
        _draw_differences(ax, part, language)
    what = say("paired differences from {base}, 95% intervals", language, base=reference) if base else say("paired differences, 95% intervals", language)
    figure.suptitle(what, fontsize=10)
    return figure


def _largest(part: Any) -> Any:
    """The rows that fit into a panel, sorted: the largest differences, whatever their sign."""
    return part.loc[part["difference"].abs().sort_values(ascending=False, kind="stable").index[:MOST_ROWS]].sort_values("difference", kind="stable")


def _arm_words(row: Mapping[str, Any], language: str) -> str:
    """An arm's name; that of the study of tolerance and horizon is made of two numbers."""
    plain = say("tolerance {tolerance}, life {life}", "en", **{name: report.plain(float(row.get(name, math.nan))) for name in ("tolerance", "life")})
    if row["arm"] != plain:
        return arm_name(str(row["arm"]), language)
    return say("tolerance {tolerance}, life {life}", language, tolerance=report.plain(row["tolerance"]), life=report.plain(row["life"]))


def _kind_of(row: Any) -> str:
    clear = row.low > 0 or row.high < 0
    return "not clear" if not clear else {1: "better", -1: "worse"}.get(int(row.better), "clear")


def _draw_differences(ax: Any, part: Any, language: str) -> None:
    looks = {"better": (BLUE, "^"), "worse": (VERMILION, "v"), "clear": (BLACK, "o"), "not clear": (GREY, "s")}
    kinds = [_kind_of(row) for row in part.itertuples()]
    counts = {kind: kinds.count(kind) for kind in looks}
    arms, part = len(part), _largest(part)
    ends = np.abs(part[["difference", "low", "high"]].to_numpy(dtype=float))
    reach = float(np.max(ends[np.isfinite(ends)], initial=0.0)) or 1.0
    first = part.iloc[0]
    unit = "share" if first["unit"] == "share" else ""
    for place, row in enumerate(part.itertuples()):
        colour, marker = looks[_kind_of(row)]
        ax.plot([row.low, row.high], [place, place], color=colour, linewidth=1.6)
        ax.plot(row.difference, place, marker, color=colour, markersize=5.5)
        low, value, high = (report.number(bound, unit, signed=True).removesuffix(" points") for bound in (row.low, row.difference, row.high))
        text = say("{value} ({low} to {high})", language, value=value, low=low, high=high)
        ax.annotate(text, (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=7, color=colour)
    ax.axvline(0, color=GREY, linewidth=0.8)
    ax.set_xlim(-1.06 * reach, 1.06 * reach)
    ax.set_ylim(-0.6, len(part) - 0.4)
    ax.set_yticks(np.arange(len(part)), [textwrap.shorten(_arm_words(row, language), 60) for row in part.to_dict("records")], fontsize=7.5)
    unit_words = say("percentage points", language) if unit else figures.unit_words(str(first["unit"]), language)
    if unit:
        ax.xaxis.set_major_formatter(lambda share, _: f"{100 * share:g}".replace("-", "−"))
    ax.set_xlabel(say("difference ({unit})", language, unit=unit_words) if unit_words else say("difference (ratio)", language))
    title = say("{outcome}: {better} clearly better, {worse} clearly worse, {clear} clear but neither, {open} not clear", language,
                outcome=figures.label_words(str(first["label"]), language), better=counts["better"], worse=counts["worse"], clear=counts["clear"], open=counts["not clear"])  # fmt: skip
    if len(part) < arms:
        title += "\n" + say("the {n} largest of {all} are shown", language, n=len(part), all=arms)
    ax.set_title(title)


# --------------------------------------------------------------------------------------------------------------- twins

TWIN_COLUMNS = ("name", "here", "there", "fate_here", "fate_there", "parted", "why")


@styled
def draw_twins(twins: Any, language: str = "en", *, names: tuple[str, str] | None = None, most: int = 14) -> Figure:
    """Lost and found: what became of the ventures that are a unicorn in one of two worlds with the same people and the same luck, and where their lives part.

    On the left their fates here and there, as bands as wide as their number. On the right those that are a unicorn in one world only, at the year in which
    their life parts from their twin's, and why: as many losses as gains are named, at most `most` of each, those that part first.

    twins : from `seedbed.model.twins.twins`, or its table: columns name, here, there, fate_here, fate_there, parted (year), why.
    names : what to call the two worlds; by default their policies.
    """
    if isinstance(twins, Twins):
        names = names or (policy_of(twins.here, language), policy_of(twins.there, language))
        twins = twins if twins.language == language else replace(twins, language=language, _said={})
    table = getattr(twins, "table", twins)
    missing = [name for name in TWIN_COLUMNS if name not in getattr(table, "columns", ())]
    if missing:
        raise BadInput(what="the twins", given=type(twins).__name__, allowed=f"a table with the columns {', '.join(TWIN_COLUMNS)}", where="draw_twins")
    here, there = names or (say("this world", language), say("the other world", language))
    either = table[(table["fate_here"] == "unicorn") | (table["fate_there"] == "unicorn")]
    lost = either[either["fate_there"] != "unicorn"].sort_values("parted", kind="stable")
    found = either[either["fate_here"] != "unicorn"].sort_values("parted", kind="stable")
    both = len(either) - len(lost) - len(found)
    named = min(most, len(lost)), min(most, len(found))
    figure, ((ax, beside),) = panels(15, max(4.5, 1.6 + 0.3 * (sum(named) + 2)), 1, 2, width_ratios=(2, 3))
    _draw_fates(ax, either, (here, there), language)
    _draw_partings(beside, lost, found, named, (here, there), language)
    figure.suptitle(say("Unicorns in both worlds: {both}; only in {here}: {lost}; only in {there}: {found}", language,
                        both=both, here=here, there=there, lost=len(lost), found=len(found)))  # fmt: skip
    return figure


def _fate_words(language: str) -> dict[str, str]:
    return {
        "unicorn": say("unicorn", language), "listed": say("listed", language), "acquired": say("acquired", language), "living": say("living", language),
        "closed": say("closed", language), "never founded": say("never founded", language),
    }  # fmt: skip


def _draw_fates(ax: Any, table: Any, names: tuple[str, str], language: str) -> None:
    """An alluvial diagram: fates here on the left, fates there on the right."""
    from matplotlib.patches import Rectangle

    words = _fate_words(language)
    fates = [fate for fate in FATE_COLOURS if (table["fate_here"] == fate).any() or (table["fate_there"] == fate).any()]
    ax.set_axis_off()
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.08)
    for x, name in ((0.0, names[0]), (1.0, names[1])):
        ax.text(x, 1.05, textwrap.fill(name, 28), ha="center", va="bottom")
    if not len(table):
        ax.text(0.5, 0.5, say("no unicorn in either world", language), ha="center", color=GREY)
        return
    sides = {}
    counts = {side: table[side].value_counts() for side in ("fate_here", "fate_there")}
    scale = min(_scale([int(count) for count in counted]) for counted in counts.values())
    for x, side in ((0.0, "fate_here"), (1.0, "fate_there")):
        top = 1.0
        for fate in fates:
            count = int(counts[side].get(fate, 0))
            if not count:
                continue
            height = count * scale
            room = max(height, LEAST)
            sides[side, fate] = top - (room - height) / 2
            ax.add_patch(Rectangle((x - BAR, sides[side, fate] - height), 2 * BAR, height, facecolor=FATE_COLOURS[fate], edgecolor="black", linewidth=0.3, zorder=3))
            outward = -1 if x == 0 else 1
            ax.text(x + outward * 2 * BAR, sides[side, fate] - height / 2, f"{words[fate]} {count}", ha="right" if x == 0 else "left", va="center", fontsize=8, zorder=4)
            top -= room + GAP
    for a in fates:
        for b in fates:
            width = int(((table["fate_here"] == a) & (table["fate_there"] == b)).sum()) * scale
            if width:
                _draw_band(ax, (BAR, sides["fate_here", a]), (1 - BAR, sides["fate_there", b]), width, FATE_COLOURS[b if a == "unicorn" else a])
                sides["fate_here", a] -= width
                sides["fate_there", b] -= width


def _two_lines(text: str, language: str) -> str:
    """A text in at most two lines."""
    lines = [line.strip() for line in wrapped(text, 88, language).split("\n")]
    return "\n".join(lines[:2]) + ("…" if len(lines) > 2 else "")


def _draw_partings(ax: Any, lost: Any, found: Any, named: tuple[int, int], names: tuple[str, str], language: str) -> None:
    """A line for each venture that is a unicorn in one world only: the year in which its two lives part, what became of its twin, and why."""
    words = _fate_words(language)
    labels, place = [], 0
    for part, most, name, twin, colour, marker in ((lost, named[0], names[0], "fate_there", VERMILION, "v"), (found, named[1], names[1], "fate_here", BLUE, "^")):
        if not most:
            continue
        more = say("{n} shown of {all}", language, n=most, all=len(part)) if most < len(part) else ""
        heading = say("unicorn only in: {world}", language, world=name)
        ax.annotate(f"{heading} ({more})" if more else heading, (0, place), xycoords=("axes fraction", "data"), xytext=(4, 0), textcoords="offset points", va="center",
                    color=colour, fontsize=8)  # fmt: skip
        labels.append("")
        for row in part.head(most).to_dict("records"):
            place += 1
            year = row["parted"] if row["parted"] == row["parted"] and row["parted"] is not None else math.nan
            ax.plot(year, place, marker, color=colour, markersize=6, zorder=3)
            ax.axhline(place, color=GREY, linewidth=0.3, alpha=0.5, zorder=1)
            fate = words.get(row[twin], say(str(row[twin]), language))
            text = _two_lines(say("twin: {fate}. {why}", language, fate=fate, why=row["why"] or ""), language)
            ax.annotate(text, (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=6.5, linespacing=1.05)
            labels.append(str(row["name"] or row["here"] or row["there"]))
        place += 1
    ax.set_yticks(np.arange(len(labels)), labels, fontsize=7.5)
    ax.set_ylim(max(place, 1) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(say("year in which the two lives part", language))
    ax.set_ylabel(say("venture", language))
    years = [year for part in (lost, found) for year in part["parted"] if year == year and year is not None]
    ax.set_xlim(0, 1.05 * max([1.0, *years]))
    if not labels:
        ax.text(0.5, 0.5, say("no unicorn is lost or found", language), transform=ax.transAxes, ha="center", color=GREY)
