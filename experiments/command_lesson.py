"""The commands of the guided lessons, for a class without the page. `command.py` registers them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from seedbed.agents.errors import BadInput

from .command import Json, Workers, _seeds, answers, app, compiling_told, show_json, show_table

if TYPE_CHECKING:
    from .page.lessons import Answer, Celebrated, Lesson

__all__ = ["lesson", "lessons"]

WIDTH = 100  # of a paragraph
Language = Annotated[str, typer.Option(metavar="LANGUAGE", help="en (English) or zh (Chinese).")]


@app.command()
@answers
def lessons(language: Language = "en", json: Json = False) -> None:
    """List the guided lessons: six demonstrations with a question that a class can predict.

    \b
    Examples:
      seedbed lessons
      seedbed lessons --language zh
    """
    from seedbed.model.language import check_language, say

    from .page.lessons import LESSONS

    check_language(language, "--language")
    rows = [{"name": one.name, "title": say(one.title, language), "question": say(one.question, language), "seeds": one.seeds} for one in LESSONS.values()]
    if json:
        show_json(rows)
        return
    columns = [say(word, language) for word in ("lesson", "title", "question")]
    show_table(say("{number} lessons", language, number=len(rows)), columns, [(row["name"], row["title"], row["question"]) for row in rows], whole=columns[0])


@app.command()
@answers
def lesson(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The lesson; `seedbed lessons` lists them.")],
    seeds: Annotated[str | None, typer.Option(metavar="SEEDS", help="How many seeds, or which: 20, 1-40, 3,5,8.  [default: the lesson's own number]")] = None,
    years: Annotated[int | None, typer.Option(metavar="N", help="Years to run.  [default: the lesson's own]")] = None,
    predict: Annotated[list[str] | None, typer.Option(metavar="CHOICE", help="A prediction: more, fewer or cannot-tell; with a count: more=21. May be given many times.")] = None,
    read: Annotated[bool, typer.Option("--read", help="Only the question and what it is about: nothing is run.")] = False,
    stories: Annotated[bool, typer.Option("--stories", help="Also the stories of the six most valuable firms of the world to watch, with their twins' fate.")] = False,
    language: Language = "en",
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Give a lesson: the question, the choices, the run, and the answer with its interval, in some seconds.

    The class's runs have other luck than the large study beside them, so that agreeing means something. An interval that covers the mark
    supports "cannot tell".

    \b
    Examples:
      seedbed lesson zombies --read
      seedbed lesson zombies --predict more=21 --predict fewer=4 --predict cannot-tell=3
      seedbed lesson bandit --language zh
      seedbed lesson survivors --seeds 20 --stories
    """
    from seedbed.model.language import check_language

    from .page.lessons import celebrated, lesson as of_name, run

    check_language(language, "--language")
    chosen = of_name(name)
    predictions = _predictions(predict or [])
    if read:
        show_json(chosen.texts(language)) if json else _ask(chosen, language)
        return
    with compiling_told():
        answer = run(chosen, None if seeds is None else _seeds(seeds), years=years, workers=workers)
        firms = celebrated(answer, language) if stories else []
    score = answer.scores(predictions)
    if json:
        told = {"counts": score.counts, "right": score.right, "all": score.all} if predictions else None
        show_json({**chosen.texts(language), **answer.to_dict(language), "scores": told, "celebrated": [firm._asdict() for firm in firms]})
        return
    _ask(chosen, language)
    _tell(answer, language)
    if predictions:
        _paragraph(score.sentence(language))
    if firms:
        _tell_of(answer, firms, language)


def _predictions(given: Sequence[str]) -> dict[str, int]:
    """Counts by choice, as typed: "more", "cannot-tell", "fewer=12".

    >>> _predictions(["more=21", "more", "cannot-tell"])
    {'more': 22, 'cannot tell': 1}
    """
    counts: dict[str, int] = {}
    for text in given:
        choice, equals, number = text.partition("=")
        choice = choice.strip().replace("-", " ").replace("_", " ")
        if equals and not number.strip().isdecimal():
            raise BadInput(what="the number of predictions", given=number, allowed="a whole number, 0 or more", where="--predict")
        counts[choice] = counts.get(choice, 0) + (int(number) if equals else 1)
    return counts


def _ask(chosen: Lesson, language: str) -> None:
    """What is read out before the run."""
    from seedbed.model.language import say

    texts = chosen.texts(language)
    typer.echo(texts["title"] + "\n")
    for paragraph in texts["setting"]:
        _paragraph(paragraph)
    _paragraph(texts["question"])
    typer.echo("\n".join(f"  {choice.replace(' ', '-')}: {text}" for choice, text in texts["choices"].items()) + "\n")
    _list(say("What to look at in the answer", language), texts["look"])


def _tell(answer: Answer, language: str) -> None:
    """The answer: the table of arms, the sentences, what to discuss, sources."""
    from seedbed.model.language import say

    from .page.lessons import figure, interval

    texts = answer.lesson.texts(language)
    columns = [say(word, language) for word in ("outcome", "unit")] + list(texts["arms"].values())
    rows = []
    for chart, row in zip(answer.charts(language), answer.rows, strict=True):
        cells = [interval(bar.value, bar.low, bar.high, "share" if row.unit == "share" else "", language) for bar in row.bars]
        closed = [f" [{figure(row.closed[bar.arm], 'share' if row.unit == 'share' else '', language)}]" if bar.arm in row.closed else "" for bar in row.bars]
        rows.append((chart["title"], chart["unit"], *(cell + formula for cell, formula in zip(cells, closed, strict=True))))
    heading = say("Mean with its 95% interval; in square brackets what the formula says", language) if answer.belief else say("Mean with its 95% interval", language)
    show_table(heading, columns, rows)
    typer.echo("")
    _list(say("The answer", language), answer.sentences(language))
    _list(say("To discuss", language), texts["discussion"])
    _list(say("Sources", language), texts["sources"])


def _tell_of(answer: Answer, firms: Sequence[Celebrated], language: str) -> None:
    """The stories of celebrated firms, and how many of them are unicorns in the other world too."""
    from .page.lessons import of_the_celebrated

    for firm in firms:
        _list(firm.name, firm.sentences)
    _paragraph(of_the_celebrated(answer, firms, language))


def _list(heading: str, texts: Sequence[str]) -> None:
    typer.echo(heading)
    for text in texts:
        typer.echo(_folded(text, "  - ", "    "))
    typer.echo("")


def _paragraph(text: str) -> None:
    typer.echo(_folded(text) + "\n")


def _folded(text: str, first: str = "", later: str = "") -> str:
    """A text folded to a paragraph; Chinese, which has no blanks to fold at, after so many columns."""
    from seedbed.model.stories import wrapped

    chinese = any(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return wrapped(first + text, WIDTH, "zh" if chinese else "en", later)
