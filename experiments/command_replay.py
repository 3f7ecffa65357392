"""The command that writes a run as one file to pass around. `command.py` registers it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from seedbed.model.language import LANGUAGES, check_language

from .command import ScenarioName, Settings, _scenario, answers, app, compiling_told, say

__all__ = ["replay"]


@app.command()
@answers
def replay(
    scenario: ScenarioName,
    second: Annotated[str | None, typer.Argument(metavar="[B]", help="Another one, as its twin; without it SCENARIO changed by --set-b.")] = None,
    settings: Settings = [],  # noqa: B006
    settings_b: Annotated[list[str], typer.Option("--set-b", metavar="NAME=VALUE", help="Change the twin only; may be given many times.")] = [],  # noqa: B006
    seed: Annotated[int, typer.Option(metavar="N", help="The seed of both.")] = 1,
    years: Annotated[int, typer.Option(metavar="N", help="Years to run.")] = 40,
    every: Annotated[int, typer.Option(metavar="N", help="Show only every so many quarters.")] = 1,
    stories: Annotated[int, typer.Option(metavar="N", help="How many lives of each world are told in full; each takes a tenth of a second.")] = 60,
    language: Annotated[str, typer.Option(metavar="|".join(LANGUAGES), help="In which it opens; both are in the file.")] = "en",
    out: Annotated[str, typer.Option(metavar="FILE", help="The file to write.")] = "replay.html",
) -> None:
    """Write a run, or a run and its twin, as one HTML file that opens in any browser, without a network.

    Its network quarter by quarter, the numbers beside it, lives of its unicorns; of twins side by side who was lost and who was found. A file of
    twins through 40 years is some 3 MB, and never more than 6.

    \b
    Examples:
      seedbed replay baseline
      seedbed replay hangzhou --seed 7 --years 30 --out hangzhou.html
      seedbed replay baseline --set-b fund.tolerance.market=7 --out patience.html
      seedbed replay baseline report --language zh
    """
    from .page import replay as files
    from .page.frames import film

    check_language(language, "--language")
    here = _scenario(scenario, settings)
    there = None
    if second is not None or settings_b:
        there = _scenario(second or scenario, settings)
        there = there.with_(settings_b, where="--set-b") if settings_b else there
    with compiling_told():
        films: list[Any] = [film(one, seed, years) for one in (here, there) if one is not None]
        say("The runs are made; now the lives are told.")
        place = files.replay(*films, out=out, language=language, every=every, stories=stories)
    typer.echo(str(place))
    say(f"{place.stat().st_size / 1e6:.1f} MB. Open it in a browser, or pass it on: it needs nothing else.")
