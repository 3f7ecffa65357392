"""Sentences computed from results, whatever their sign, and the page made of them.

Every function here turns an estimate into words: it raises, it lowers, or it has no clear effect, by whether the
interval covers zero. No sentence knows what anybody hoped for.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

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


def number(value: float, unit: str = "", signed: bool = False) -> str:
    """A number for reading: three figures, a true minus, shares in percent.

    >>> number(-0.01234), number(12345.6), number(0.256, "share"), number(1.5, "years", signed=True)
    ('−0.0123', '12,346', '25.6%', '+1.50 years')
    """
    if value is None or math.isnan(value):
        return "undefined"
    if unit == "share":
        text = _figures(100 * abs(value)) + ("%" if not signed else " points")
    else:
        text = _figures(abs(value)) + ("" if unit in BARE else f" {unit}")
    # What rounds to nought has no sign.
    nought = not any(figure in "123456789" for figure in text.split(" ")[0]) and not math.isinf(value)
    return text if nought else ("−" if value < 0 else "+" if signed else "") + text


def _figures(size: float) -> str:
    if math.isinf(size):
        return "infinity"
    if size >= 999.5:
        return f"{size:,.0f}"
    if size == 0:
        return "0"
    places = min(max(0, 2 - math.floor(math.log10(size))), 6)
    return f"{size:.{places}f}"


def interval(found: Estimate, unit: str = "", signed: bool = True) -> str:
    """A value with its interval: "+1.20 (+0.80 to +1.60)"."""
    if math.isnan(found.value):
        return "undefined"
    bare = unit if unit == "share" else ""
    value = number(found.value, unit, signed)
    if math.isnan(found.low) or math.isnan(found.high):
        return f"{value} (no interval)"
    low, high = (number(bound, bare, signed).removesuffix(" points") for bound in (found.low, found.high))
    return f"{value} ({low} to {high})"


def years(value: float) -> str:
    """A number of years as people write it.

    >>> years(7 / 3), years(12.0), years(1)
    ('2 1/3 years', '12 years', '1 year')
    """
    return f"{plain(value)} year" + ("" if value == 1 else "s")


def plain(value: float) -> str:
    """A number of years without the word: thirds as thirds."""
    whole, rest = divmod(value, 1)
    for part, name in ((1 / 3, "1/3"), (2 / 3, "2/3"), (0.5, "1/2")):
        if abs(rest - part) < 1e-6:
            return f"{whole:.0f} {name}" if whole else name
    return f"{value:g}"


def listed(words: Iterable[str]) -> str:
    """Words as a list in a sentence.

    >>> listed(["one"]), listed(["one", "two", "three"]), listed([])
    ('one', 'one, two and three', 'none')
    """
    words = list(words)
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words) or "none"


# -- sentences --------------------------------------------------------------------------------------------------------


def effect(
    subject: str, label: str, found: Estimate, unit: str = "", relative: float = math.nan, better: int = 0
) -> str:
    """What `subject` does to an outcome. `better` = +1 or -1 if more of the outcome is good or bad."""
    if math.isnan(found.value):
        return f"{subject} cannot be judged by {label}: it is defined in {found.n} pairs of runs."
    share = "" if math.isnan(relative) or math.isinf(relative) or unit == "share" else f"; {relative:+.0%}"
    share = share.replace("-", "−")
    if math.isnan(found.low):
        return f"{subject} moves {label} by {interval(found, unit)}, from too few runs to tell."
    if found.sign == 0:
        return f"{subject} has no clear effect on {label}: {interval(found, unit)}, which covers zero."
    verb = "raises" if found.sign > 0 else "lowers"
    harm = ", for the worse" if found.sign * better < 0 else ""
    size = Estimate(abs(found.value), *sorted((abs(found.low), abs(found.high))), found.n)
    return f"{subject} {verb} {label} by {interval(size, unit, signed=False)}{share}{harm}."


def interaction_words(label: str, found: Estimate, unit: str = "") -> str:
    """Whether two changes do together more or less than the sum of what each does alone."""
    if math.isnan(found.value) or math.isnan(found.low):
        return f"Whether they help or hinder each other cannot be told from {label}."
    shown = interval(found, unit)
    if found.sign > 0:
        return f"Together they add more to {label} than the sum of each alone: {shown}; they are complements."
    if found.sign < 0:
        return f"Together they add less to {label} than the sum of each alone: {shown}; they are substitutes."
    return f"Their effects on {label} add up: an interaction of {shown}, which covers zero."


def hurts(axis: str, held: str, label: str, found: Peak, unit: str = "", good: int = 1, name=years) -> str:
    """Where along an axis more starts to hurt, if it does within the range tried."""
    start = f"Along {axis} ({held}), the best place for {label}"
    if math.isnan(found.best):
        return f"{start} cannot be told: too few runs."
    chance = max(found.probability)
    best = found.values[found.probability.index(chance)]
    if found.best in (found.values[0], found.values[-1]) and found.interior < 0.05 and chance >= 0.95:
        end = "the largest" if found.best == found.values[-1] else "the smallest"
        where = f"is {name(found.best)}, {end} value tried"
    elif chance >= 0.95:
        where = f"is {name(best)}"
    elif chance < 0.5 and chance < 1.5 / len(found.values):
        where = "is not clear"
    else:
        where = f"is most likely {name(best)} (probability {chance:.0%})"
    if found.hurts_from is not None:
        place = found.values.index(found.hurts_from)
        step = found.steps[place - 1]
        after = (
            f"it starts to get worse from {name(found.values[place - 1])} to {name(found.hurts_from)} "
            f"({interval(step, unit)})"
        )
    elif found.decline is not None and good * found.decline.sign < 0:
        after = (
            f"no single step is clearly for the worse, yet from {name(found.best)} to {name(found.values[-1])} "
            f"it loses {interval(found.decline, unit)}"
        )
    else:
        after = "nowhere in the range does a step clearly make it worse"
    return f"{start} {where}; {after}."


def mechanism(name: str, off: str, on: Estimate, without: Estimate, through: Estimate, share: Estimate, unit="") -> str:
    """How much of an effect is left when a mechanism is switched.

    on, without : the paired effect with all mechanisms as they are, and with this one switched
    through     : their difference, seed by seed
    share       : without / on (see `statistics.share_remaining`)
    """
    start = f"**{name}** ({off}):"
    if math.isnan(without.value) or math.isnan(on.value):
        return f"{start} cannot be told from these runs."
    left = interval(without, unit)
    if on.sign == 0:
        moved = "" if through.sign == 0 else ", clearly another effect than with it"
        return f"{start} the effect is {left}{moved}; there was no clear effect to take apart."
    part = f"{share.value:.0%} of the effect remains".replace("-", "−")
    if not math.isnan(share.low) and math.isfinite(share.low) and math.isfinite(share.high):
        part += f" ({share.low:.0%} to {share.high:.0%})".replace("-", "−")
    if through.sign == 0:
        return f"{start} {part}; no clear part of it runs through this."
    if through.sign == on.sign:
        if without.sign == 0:
            return f"{start} nothing clear remains ({left}); the effect runs through this."
        if without.sign == -on.sign:
            return f"{start} the effect turns round ({left}); it runs through this."
        return f"{start} {part}; the rest runs through this."
    return f"{start} {part}; this holds the effect back."


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
