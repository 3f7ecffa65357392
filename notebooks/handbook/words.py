"""How the generated pages say things: texts out of data files as Markdown, figures, tables, lists of pages."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from seedbed.model.language import say
from seedbed.model.parameters import evidence

ROOT = Path(__file__).resolve().parents[2]


def words(text: Any) -> str:
    """A text out of a data file as Markdown: in one line, its marks taken literally, references to facts and targets as links.

    >>> words("a*b | `x*y` [1]")
    'a\\\\*b \\\\| `x*y` \\\\[1\\\\]'
    """
    flat = literal(" ".join(str(text).split())).replace("|", r"\|")
    flat = re.sub(r"\breport\.([a-z]\w*)((?:\.\w+)?)", lambda found: _linked(found, "report", "fact"), flat)
    return re.sub(r"\btarget\.([ABCR]\w+)()", lambda found: _linked(found, "target", "target"), flat)


def sentence(text: Any) -> str:
    """The same as a sentence of its own."""
    flat = words(text)
    return flat[:1].upper() + flat[1:] + ("" if flat.endswith(".") else ".")


def chinese(*texts: str) -> str:
    """The Chinese of texts that have one, sentence after sentence and marked as Chinese; nothing for those that have none."""
    spoken = [(text, say(text, "zh")) for text in texts]
    known = "。".join(words(one) for text, one in spoken if one != text)
    return f'<span lang="zh-Hans">{known}</span>' if known else ""


def both(*parts: str) -> str:
    """A source and a reason as one text, without those that are empty."""
    return ". ".join(words(part) for part in parts if part)


def literal(text: str) -> str:
    """A text with what Markdown would take for a mark taken literally; what stands between backticks is code there too and stays."""
    return "".join(part if part.startswith("`") else re.sub(r"([\\*<\[\]])", r"\\\1", part) for part in re.split(r"(`+[^`]*`+)", text))


def _linked(found: re.Match[str], kind: str, label: str) -> str:
    return f"[{found[0]}](#{label}-{found[1]})" if found[1] in evidence(kind) else found[0]


def table(head: Iterable[str], rows: Iterable[Iterable[str]], right: str = "") -> str:
    """A Markdown table; nothing if it has no rows. `right`: columns whose figures stand to the right."""
    head, rows = list(head), [list(row) for row in rows]
    rule = [("--:" if name in right.split(", ") else ":--") for name in head]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows)) + "\n" if rows else ""


def number(value: Any) -> str:
    """A figure as files have it: no needless digits, no exponent where it can be read without."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return words(", ".join(map(str, value)) if isinstance(value, list | tuple) else value)
    if isinstance(value, float) and (math.isinf(value) or math.isnan(value)):
        return "none" if math.isinf(value) else "not a number"
    return f"{value:,.10g}" if abs(value) < 1e15 else f"{value:g}"


def between(pair: Any) -> str:
    return f"{number(pair[0])} to {number(pair[1])}" if pair else ""


def code(text: str) -> str:
    return f"`{text}`"


def listed(*points: tuple[str, str]) -> str:
    """Points with a name, those without a text left out."""
    return "\n".join(f"- **{name}**: {text}" for name, text in points if text)


def tree(pages: Iterable[str]) -> str:
    """The pages below a page, for the list at the side; the page itself has a table of them."""
    return "```{toctree}\n:hidden:\n\n" + "\n".join(pages) + "\n```\n"


def read(place: Path) -> Any:
    return json.loads(place.read_text(encoding="utf-8"))
