"""Sentences computed from results, whatever their sign, and the page made of them.

Every function here turns an estimate into words: it raises, it lowers, or it has no clear effect, by whether the
interval covers zero. No sentence knows what anybody hoped for. Each is said in English or in Chinese (`language`); labels come in the language wanted.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seedbed.model.language import catalogue, say

from .statistics import Estimate, Peak
from .store import refused, write_whole

__all__ = [
    "effect",
    "hurts",
    "interaction_words",
    "interval",
    "mechanism",
    "number",
    "show",
    "table",
    "verdict",
    "write",
    "years",
]

BARE = ("", "count", "ratio", "number", "share")  # units that a number is written without


# -- numbers ----------------------------------------------------------------------------------------------------------


def number(value: float, unit: str = "", signed: bool = False, language: str = "en") -> str:
    """A number for reading: three figures, a true minus, shares in percent.

    >>> number(-0.01234), number(12345.6), number(0.256, "share"), number(1.5, "years", signed=True), number(1.5, "years", language="zh")
    ('−0.0123', '12,346', '25.6%', '+1.50 years', '1.50年')
    """
    if value is None or math.isnan(value):
        return say("undefined", language)
    if unit == "share":
        size, counted = 100 * abs(value), "{number}%" if not signed else "{number} points"
    else:
        size, counted = abs(value), "{number}" if unit in BARE else f"{{number}} {unit}"
    figures = _figures(size, language)
    # What rounds to nought has no sign.
    nought = not any(figure in "123456789" for figure in figures) and not math.isinf(value)
    return ("" if nought else "−" if value < 0 else "+" if signed else "") + _counted(figures, counted, unit, language)


def _counted(figures: str, pattern: str, unit: str, language: str) -> str:
    """A number with its unit; Chinese may count in a word of its own ("{number} ventures" = "{number} 家")."""
    if language == "zh":
        pattern = catalogue().get(pattern) or (pattern if unit in (*BARE, "share") else f"{{number}} {say(unit, language)}")
    return pattern.replace("{number}", figures, 1)


def _figures(size: float, language: str = "en") -> str:
    if math.isinf(size):
        return say("infinity", language)
    if size >= 999.5:
        return f"{size:,.0f}"
    if size == 0:
        return "0"
    places = min(max(0, 2 - math.floor(math.log10(size))), 6)
    return f"{size:.{places}f}"


def interval(found: Estimate, unit: str = "", signed: bool = True, language: str = "en") -> str:
    """A value with its interval: "+1.20 (+0.80 to +1.60)"."""
    if math.isnan(found.value):
        return say("undefined", language)
    value = number(found.value, unit, signed, language)
    if math.isnan(found.low) or math.isnan(found.high):
        return say("{value} (no interval)", language, value=value)
    low, high = (_bound(bound, unit, signed, language) for bound in (found.low, found.high))
    return say("{value} ({low} to {high})", language, value=value, low=low, high=high)


def _bound(bound: float, unit: str, signed: bool, language: str) -> str:
    """An end of an interval, which needs no unit beside its value; a percentage keeps its sign."""
    if unit != "share":
        return number(bound, "", signed, language)
    return number(100 * bound, "", True, language) if signed else number(bound, unit, False, language)


def years(value: float, language: str = "en") -> str:
    """A number of years as people write it.

    >>> years(7 / 3), years(12.0), years(1), years(7 / 3, "zh")
    ('2 1/3 years', '12 years', '1 year', '2 1/3年')
    """
    return say("{number} year", language, number=plain(value)) if value == 1 else say("{number} years", language, number=plain(value))


def plain(value: float) -> str:
    """A number of years without the word: thirds as thirds."""
    whole, rest = divmod(value, 1)
    for part, name in ((1 / 3, "1/3"), (2 / 3, "2/3"), (0.5, "1/2")):
        if abs(rest - part) < 1e-6:
            return f"{whole:.0f} {name}" if whole else name
    return f"{value:g}"


def listed(words: Iterable[str], language: str = "en") -> str:
    """Words as a list in a sentence.

    >>> listed(["one"]), listed(["one", "two", "three"]), listed([]), listed(["甲", "乙", "丙"], "zh")
    ('one', 'one, two and three', 'none', '甲、乙和丙')
    """
    words = list(words)
    if len(words) < 2:
        return "".join(words) or say("none", language)
    return say("{first} and {last}", language, first=say(", ", language).join(words[:-1]), last=words[-1])


def gap(language: str) -> str:
    """What stands between two sentences: Chinese ones follow each other without a blank."""
    return " " if language == "en" else ""


# -- sentences --------------------------------------------------------------------------------------------------------


def effect(
    subject: str, label: str, found: Estimate, unit: str = "", relative: float = math.nan, better: int = 0, language: str = "en"
) -> str:
    """What `subject` does to an outcome. `better` = +1 or -1 if more of the outcome is good or bad."""
    told: dict[str, Any] = {"subject": subject, "label": label}
    if math.isnan(found.value):
        return say("{subject} cannot be judged by {label}: it is defined in {n} pairs of runs.", language, n=found.n, **told)
    share = "" if math.isnan(relative) or math.isinf(relative) or unit == "share" else say("; {share}", language, share=f"{relative:+.0%}".replace("-", "−"))
    shown = interval(found, unit, language=language)
    if math.isnan(found.low):
        return say("{subject} moves {label} by {shown}, from too few runs to tell.", language, shown=shown, **told)
    if found.sign == 0:
        return say("{subject} has no clear effect on {label}: {shown}, which covers zero.", language, shown=shown, **told)
    harm = say(", for the worse", language) if found.sign * better < 0 else ""
    size = Estimate(abs(found.value), *sorted((abs(found.low), abs(found.high))), found.n)
    told |= {"size": interval(size, unit, signed=False, language=language), "share": share, "harm": harm}
    if found.sign > 0:
        return say("{subject} raises {label} by {size}{share}{harm}.", language, **told)
    return say("{subject} lowers {label} by {size}{share}{harm}.", language, **told)


def interaction_words(label: str, found: Estimate, unit: str = "", language: str = "en") -> str:
    """Whether two changes do together more or less than the sum of what each does alone."""
    if math.isnan(found.value) or math.isnan(found.low):
        return say("Whether they help or hinder each other cannot be told from {label}.", language, label=label)
    shown = interval(found, unit, language=language)
    if found.sign > 0:
        return say("Together they add more to {label} than the sum of each alone: {shown}; they are complements.", language, label=label, shown=shown)
    if found.sign < 0:
        return say("Together they add less to {label} than the sum of each alone: {shown}; they are substitutes.", language, label=label, shown=shown)
    return say("Their effects on {label} add up: an interaction of {shown}, which covers zero.", language, label=label, shown=shown)


def hurts(axis: str, held: str, label: str, found: Peak, unit: str = "", good: int = 1, name=years, language: str = "en") -> str:
    """Where along an axis more starts to hurt, if it does within the range tried. `name` says a place on the axis."""
    start = say("Along {axis} ({held}), the best place for {label}", language, axis=axis, held=held, label=label)
    if math.isnan(found.best):
        return say("{start} cannot be told: too few runs.", language, start=start)
    if language != "en" and name is years:
        name = functools.partial(years, language=language)
    return say("{start} {where}; {after}.", language, start=start, where=_best(found, name, language), after=_after(found, name, unit, good, language))


def _best(found: Peak, name: Callable[[float], str], language: str) -> str:
    """Which place is the best one, and how sure that is."""
    chance = max(found.probability)
    best = found.values[found.probability.index(chance)]
    if found.best in (found.values[0], found.values[-1]) and found.interior < 0.05 and chance >= 0.95:
        if found.best == found.values[-1]:
            return say("is {place}, the largest value tried", language, place=name(found.best))
        return say("is {place}, the smallest value tried", language, place=name(found.best))
    if chance >= 0.95:
        return say("is {place}", language, place=name(best))
    if chance < 0.5 and chance < 1.5 / len(found.values):
        return say("is not clear", language)
    return say("is most likely {place} (probability {chance})", language, place=name(best), chance=f"{chance:.0%}")


def _after(found: Peak, name: Callable[[float], str], unit: str, good: int, language: str) -> str:
    """What happens beyond the best place."""
    if found.hurts_from is not None:
        place = found.values.index(found.hurts_from)
        first, last, step = name(found.values[place - 1]), name(found.hurts_from), interval(found.steps[place - 1], unit, language=language)
        return say("it starts to get worse from {first} to {last} ({step})", language, first=first, last=last, step=step)
    if found.decline is not None and good * found.decline.sign < 0:
        first, last, loss = name(found.best), name(found.values[-1]), interval(found.decline, unit, language=language)
        return say("no single step is clearly for the worse, yet from {first} to {last} it loses {loss}", language, first=first, last=last, loss=loss)
    return say("nowhere in the range does a step clearly make it worse", language)


def mechanism(name: str, off: str, on: Estimate, without: Estimate, through: Estimate, share: Estimate, unit: str = "", language: str = "en") -> str:
    """How much of an effect is left when a mechanism is switched.

    on, without : the paired effect with all mechanisms as they are, and with this one switched
    through     : their difference, seed by seed
    share       : without / on (see `statistics.share_remaining`)
    """
    start = say("**{name}** ({off}):", language, name=name, off=off)
    return f"{start}{gap(language)}{_through(on, without, through, share, unit, language)}"


def _through(on: Estimate, without: Estimate, through: Estimate, share: Estimate, unit: str, language: str) -> str:
    """What remains without the mechanism, and whether the effect runs through it."""
    if math.isnan(without.value) or math.isnan(on.value):
        return say("cannot be told from these runs.", language)
    left = interval(without, unit, language=language)
    if on.sign == 0:
        moved = "" if through.sign == 0 else say(", clearly another effect than with it", language)
        return say("the effect is {left}{moved}; there was no clear effect to take apart.", language, left=left, moved=moved)
    percent = [f"{end:.0%}".replace("-", "−") if math.isfinite(end) else "" for end in (share.value, share.low, share.high)]
    part = say("{share} of the effect remains", language, share=percent[0] or f"{share.value:.0%}")
    if percent[1] and percent[2]:
        part = say("{value} ({low} to {high})", language, value=part, low=percent[1], high=percent[2])
    if through.sign == 0:
        return say("{part}; no clear part of it runs through this.", language, part=part)
    if through.sign == on.sign:
        if without.sign == 0:
            return say("nothing clear remains ({left}); the effect runs through this.", language, left=left)
        if without.sign == -on.sign:
            return say("the effect turns round ({left}); it runs through this.", language, left=left)
        return say("{part}; the rest runs through this.", language, part=part)
    return say("{part}; this holds the effect back.", language, part=part)


def verdict(expected: int, found: Estimate) -> str:
    """Whether an expected sign is supported, refuted or not shown."""
    if math.isnan(found.value) or math.isnan(found.low):
        return "cannot be told"
    if found.sign == expected:
        return "supported"
    return "not shown" if found.sign == 0 else "refuted"


# -- the page ---------------------------------------------------------------------------------------------------------


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, the first column to the left and the others to the right."""
    lines = [header, [":--"] + ["--:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "/") for cell in line) + " |" for line in lines)


def csv_of(rows: Sequence[Mapping]) -> bytes:
    """Rows with the same keys as a CSV file, numbers to six digits; what is text already stays as it is."""
    import csv
    import io

    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(rows[0])
    lines.writerows([f"{x:.6g}" if isinstance(x, float) else x for x in row.values()] for row in rows)
    return text.getvalue().encode()


def show(markdown: str, plain: bool = False) -> None:
    """Print a page on the terminal."""
    if plain:
        print(markdown)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    # In a log or a pipe the Markdown itself is the most readable form.
    console.print(Markdown(markdown)) if console.is_terminal else print(markdown)


def write(folder: str | os.PathLike, page: str, facts: Mapping, frame) -> list[Path]:
    """summary.md for people, summary.json and table.csv with table.parquet for programs; the paths written."""
    import io
    import json

    folder = Path(folder)
    text = frame.to_csv(index=False, float_format="%.10g", lineterminator="\n")
    parquet = io.BytesIO()
    frame.to_parquet(parquet, index=False)
    made = {
        "summary.md": page.encode(),
        "summary.json": (json.dumps(_plain(facts), indent=1, ensure_ascii=False) + "\n").encode(),
        "table.csv": text.encode(),
        "table.parquet": parquet.getvalue(),
    }
    try:
        for name, content in made.items():
            write_whole(folder / name, content)
    except OSError as error:
        raise refused(folder, error) from None
    return [folder / name for name in made]


def _plain(value: object) -> object:
    """JSON values: estimates as objects, what is not a number as null (JSON has no NaN)."""
    if isinstance(value, Estimate):
        names = ("value", "low", "high", "n")
        return {name: _plain(getattr(value, name)) for name in names} | {"sign": int(value.sign)}
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float):
        if math.isinf(value):
            return "infinity" if value > 0 else "-infinity"
        return None if math.isnan(value) else float(f"{value:.10g}")
    return value
