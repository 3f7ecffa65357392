"""The commands that tell one life, and that hold two worlds side by side. `command.py` registers them."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from seedbed.agents.errors import BadInput

from .command import (
    Json,
    ScenarioName,
    Settings,
    Years,
    _scenario,
    answers,
    app,
    compiling_told,
    say,
    show_json,
    show_table,
)

__all__ = ["story", "twins"]

FORMATS = ("text", "markdown", "figure")
PICTURES = (".png", ".svg", ".pdf")
WIDTH = 100  # letters in a line of a story

Seed = Annotated[int, typer.Option(metavar="N", help="Seed of the run: everything that chance decides.")]
Language = Annotated[str, typer.Option(metavar="LANGUAGE", help="en, or zh for Chinese.")]
OtherPolicy = Annotated[
    list[str], typer.Option("--set-b", metavar="NAME=VALUE", help="Change the other world only: the same people with the same luck; may be given many times.")
]


def _largest(_history: Any, ventures: Any, _pairs: Any) -> Any:
    return ventures["raised"].sort_values(ascending=False, kind="stable")


def _first_unicorn(_history: Any, ventures: Any, _pairs: Any) -> Any:
    return ventures["unicorn_fundamental"].dropna().sort_values(kind="stable")


def _longest_zombie(_history: Any, ventures: Any, _pairs: Any) -> Any:
    return ventures.loc[ventures["idle"] > 0, "idle"].sort_values(ascending=False, kind="stable")


def _late_bloomer(_history: Any, ventures: Any, _pairs: Any) -> Any:
    return (ventures["unicorn_fundamental"] - ventures["founded"]).dropna().sort_values(ascending=False, kind="stable")


def _not_waited_for(history: Any, ventures: Any, _pairs: Any) -> Any:
    """Ventures that investors gave up and that closed before a milestone that could be reached: those with the least work left first."""
    hidden = history.to_frame("ventures")
    lost = (ventures["status"] == "closed") & (hidden["feasible"] == 1) & ventures["abandoned"].notna() & ventures["market_entry"].isna()
    return (hidden["needed"] - hidden["effort"])[lost].sort_values(kind="stable")


def _lost(_history: Any, _ventures: Any, pairs: Any) -> Any:
    """Unicorns of this world that the other one has not."""
    found = pairs.only_here("unicorn").dropna(subset="here")
    return found.set_index("here")["parted"].sort_values(kind="stable")


def _saved(_history: Any, _ventures: Any, pairs: Any) -> Any:
    """Ventures that close here and become unicorns in the other world."""
    found = pairs.only_there("unicorn").dropna(subset="here")
    return found.set_index("here")["parted"].sort_values(kind="stable")


WHICH = {
    "largest": (_largest, "raised the most money"),
    "first-unicorn": (_first_unicorn, "is the first unicorn by fundamental value"),
    "late-bloomer": (_late_bloomer, "took longest to become a unicorn"),
    "longest-zombie": (_longest_zombie, "has been a zombie for longest"),
    "not-waited-for": (_not_waited_for, "was given up by its investors and closed with least work before a milestone that could be reached"),
    "unicorn-here": (_lost, "becomes a unicorn here and not in the other world of --set-b"),
    "unicorn-there": (_saved, "becomes a unicorn in the other world of --set-b and not here"),
}
NEEDS_TWO = ("unicorn-here", "unicorn-there")
Which = Annotated[str, typer.Option(metavar="WHICH", help="Whose life, where no id is given: " + "; ".join(f"{name}: {what}" for name, (_, what) in WHICH.items()) + ".")]


@app.command()
@answers
def story(
    scenario: ScenarioName = "baseline",
    settings: Settings = [],  # noqa: B006
    settings_b: OtherPolicy = [],  # noqa: B006
    venture: Annotated[str | None, typer.Option(metavar="V123", help="The venture's id.  [default: as --which says]")] = None,
    which: Which = "largest",
    seed: Seed = 1,
    years: Years = 40,
    language: Language = "en",
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, markdown or figure.")] = "text",
    out: Annotated[str | None, typer.Option(metavar="FILE", help="Write it to this file; a figure needs one: .png, .svg or .pdf.")] = None,
) -> None:
    """Tell the life of one venture: who paid what and when, what its investors believed at each decision, and what nobody could see.

    With --set-b the story ends with its twin: the same founder with the same idea and luck under another policy, and the event where the two lives part.

    \b
    Examples:
      seedbed story baseline
      seedbed story baseline --which first-unicorn --seed 7
      seedbed story baseline --which not-waited-for --set-b fund.tolerance.market=7
      seedbed story hangzhou --venture V123 --format markdown --out V123.md
      seedbed story baseline --language zh
      seedbed story baseline --format figure --out story.png
    """
    _check(which, form, out, bool(settings_b))
    with compiling_told():
        here, there = _worlds(scenario, settings, settings_b, seed, years)
        chosen = venture or _choose(which, here, there)
        if form == "figure":
            from .pictures import draw_story

            figure = draw_story(here, chosen, language=language)
            _write(out, lambda place: figure.savefig(place, metadata={}))
            return
        told = here.story(chosen, other=there, language=language)
    text = told.markdown() if form == "markdown" else told.wrapped(WIDTH) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        _write(out, lambda place: place.write_text(text, encoding="utf-8"))


@app.command()
@answers
def twins(
    scenario: ScenarioName = "baseline",
    settings: Settings = [],  # noqa: B006
    settings_b: OtherPolicy = [],  # noqa: B006
    seed: Seed = 1,
    years: Years = 40,
    fate: Annotated[str, typer.Option(metavar="FATE", help="List those with this fate in one world only: unicorn, listed, acquired, closed, living.")] = "unicorn",
    paper: Annotated[bool, typer.Option("--paper", help="Count unicorns on paper rather than by fundamental value.")] = False,
    language: Language = "en",
    json: Json = False,
) -> None:
    """Set two worlds side by side: the same people with the same luck, here as the scenario says, there changed by --set-b.

    Lists the ventures that met a fate in one world only, the quarter in which the two lives part, and what happened then here and there. One pair of runs is
    an anecdote: what a policy does on average says `seedbed compare`. --json prints every venture.

    \b
    Examples:
      seedbed twins baseline --set-b fund.tolerance.market=7
      seedbed twins baseline --set-b fund.life.market=5 --fate closed --seed 7
      seedbed twins baseline --set-b programme.steady_support=on --language zh
      seedbed twins baseline --set-b fund.tolerance.market=7 --json > pairs.json
    """
    from seedbed.model.twins import FATES, twins as paired

    if fate not in FATES[:-1]:
        raise BadInput(what="the fate", given=fate, allowed=list(FATES[:-1]), where="--fate")
    if not settings_b:
        raise BadInput(what="the other policy", given=None, allowed="a change of one world (--set-b fund.tolerance.market=7)", where="command line")
    with compiling_told():
        here, there = _worlds(scenario, settings, settings_b, seed, years)
        pairs = paired(here, there, paper=paper, language=language)
    if json:
        show_json({"counts": pairs.counts(), "ventures": [{"key": str(key), **line} for key, line in zip(pairs.table.index, pairs.table.to_dict("records"), strict=True)]})
        return
    typer.echo(f"{pairs}\n")
    _list(pairs, fate)


def _list(pairs: Any, fate: str) -> None:
    """Those with a fate in one world only, by the year in which their lives part."""
    from seedbed.model.language import say as told

    language = pairs.language
    heads = tuple(told(head, language) for head in ("name", "here", "there", "fate here", "fate there", "parted", "why"))
    titles = {"here": "Only here: {fate}", "there": "Only there: {fate}"}
    for title, found in ((titles["here"], pairs.only_here(fate)), (titles["there"], pairs.only_there(fate))):
        found = found.sort_values("parted", kind="stable")
        lines = [
            (line.name, line.here or "", line.there or "", told(line.fate_here, language), told(line.fate_there, language), f"{line.parted:.2f}", line.why)
            for line in found.itertuples(index=False)
        ]
        head = f"{told(title, language, fate=told(fate, language))} ({len(lines):,})"
        if lines:
            show_table(head, heads, lines, right=heads[5], whole=" ".join(heads[:6]))
        else:
            typer.echo(head)
        typer.echo()


def _worlds(name: str, settings: list[str], settings_b: list[str], seed: int, years: int) -> tuple[Any, Any]:
    """The run, and the run of the other policy if one is given."""
    from seedbed.model.simulate import simulate

    scenario = _scenario(name, settings)
    other = scenario.with_(settings_b, where="--set-b") if settings_b else None
    return simulate(scenario, seed=seed, years=years), simulate(other, seed=seed, years=years) if other else None


def _choose(which: str, here: Any, there: Any) -> str:
    """The id of the venture that is meant."""
    from seedbed.model.twins import twins as paired

    ranked = WHICH[which][0](here, here.ventures(), paired(here, there) if which in NEEDS_TWO else None)
    if not len(ranked):
        raise BadInput(what="the venture to tell of", given=which, allowed=f"another one: in this run there is none that {WHICH[which][1]}", where="--which")
    return str(ranked.index[0])


def _check(which: str, form: str, out: str | None, two_worlds: bool) -> None:
    """Tell before the run that it could not be told or kept."""
    if which not in WHICH:
        raise BadInput(what="whose life to tell", given=which, allowed=list(WHICH), where="--which")
    if which in NEEDS_TWO and not two_worlds:
        raise BadInput(what="the other policy", given=None, allowed=f"a change of the other world (--set-b fund.tolerance.market=7), which {which} is about", where="--which")
    if form not in FORMATS:
        raise BadInput(what="the format", given=form, allowed=list(FORMATS), where="--format")
    if form == "figure" and (out is None or Path(out).suffix not in PICTURES):
        raise BadInput(what="the file for the figure", given=out, allowed=f"a file that ends in {', '.join(PICTURES)}", where="--out")
    if out is not None and (os.path.isdir(out) or not Path(out).absolute().parent.is_dir()):
        raise BadInput(what="the file to write to", given=out, allowed="a file in a directory that exists", where="--out")


def _write(out: str | None, write: Any) -> None:
    """Write a file beside its place, and then put it there: whole or not at all."""
    place = Path(str(out))
    beside = place.with_name(f".{os.urandom(6).hex()}-{place.name}")
    try:
        write(beside)
        os.replace(beside, place)
    except OSError as error:
        raise BadInput(what="the file to write to", given=out, allowed="a file that can be written", where=f"--out: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
    say(str(place))
