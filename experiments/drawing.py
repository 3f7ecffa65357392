"""What all figures share: colours, style, fonts, and a figure that shows itself in a notebook.

    @styled
    def draw_something(history, language="en"):
        figure, axes = panels(7.5, 3.6)
        ...
        return figure

Figures are made without pyplot, so that drawing leaves no state behind and works in any thread.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from seedbed.agents.errors import BadInput
from seedbed.model.language import check_language

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["CJK_FONTS", "COLOURS", "DASHES", "PALETTE", "STYLE", "find_font", "panels", "png", "styled"]

Drawing = TypeVar("Drawing", bound=Callable[..., Any])

# Okabe and Ito (2008): eight colours that stay apart for the colour-blind, and a grey for what is in the background.
BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, YELLOW, BLACK = (
    "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#F0E442", "#000000",
)  # fmt: skip
GREY = "#808080"
PALETTE = (BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, YELLOW, BLACK, GREY)
COLOURS = (BLACK, BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY)
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), "-")
STYLE = {
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10, "figure.dpi": 100,
    "savefig.dpi": 130, "svg.hashsalt": "seedbed", "svg.fonttype": "none", "legend.frameon": False,
    "axes.unicode_minus": True,
}  # fmt: skip


# -- fonts ------------------------------------------------------------------------------------------------------------

# Families with simplified Chinese, the first that is found is used.
CJK_FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "PingFang SC",
    "Hiragino Sans GB", "Heiti SC", "STHeiti", "Microsoft YaHei", "SimHei", "Noto Sans CJK JP", "Noto Sans CJK TC", "Droid Sans Fallback", "SimSun",
    "Arial Unicode MS",
)  # fmt: skip


@functools.cache
def find_font(language: str = "zh") -> str | None:
    """The family in which a language's own characters are drawn; None where those that matplotlib brings along are enough.

    BadInput where there is none, with what to install.
    """
    if check_language(language, "find_font") != "zh":
        return None
    from matplotlib.font_manager import fontManager

    def found() -> str | None:
        known = {font.name for font in fontManager.ttflist}
        return next((family for family in CJK_FONTS if family in known), None)

    if found() is None:
        _look_again()
    if (family := found()) is not None:
        return family
    allowed = f"one of {', '.join(CJK_FONTS[:6])} and others; on Debian and Ubuntu: apt-get install fonts-noto-cjk (or fonts-wqy-microhei)"
    raise BadInput(what="a font with Chinese characters", given="none that matplotlib finds", allowed=allowed, where='language="zh"')


def _look_again() -> None:
    """Matplotlib keeps a list of fonts from when it first ran; one that was installed since is added."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    known = {font.fname for font in fontManager.ttflist}
    for place in sorted(set(findSystemFonts()) - known):
        with contextlib.suppress(Exception):  # whatever is no font that can be read is not ours
            fontManager.addfont(place)


def _style_for(language: str) -> dict[str, Any]:
    """Figures and Latin letters look alike in both languages: characters that matplotlib's own font lacks are taken from the other."""
    family = find_font(language)
    return STYLE if family is None else {**STYLE, "font.family": ["DejaVu Sans", family]}


# -- style ------------------------------------------------------------------------------------------------------------

# Matplotlib's settings are one for all threads: who draws at the same time would find the other's.
_DRAWING = threading.RLock()


@contextlib.contextmanager
def _in_style(style: dict[str, Any]) -> Iterator[None]:
    import matplotlib

    with _DRAWING, matplotlib.rc_context(style):
        yield


def styled(draw: Drawing) -> Drawing:
    """Draw under the style of all figures, without leaving it set. A drawing that takes a `language` is drawn in its font, and refuses others."""
    place = [*inspect.signature(draw).parameters, "language"].index("language")

    @functools.wraps(draw)
    def drawn(*arguments: Any, **named: Any) -> Any:
        language = named.get("language", arguments[place] if len(arguments) > place else "en")
        with _in_style(_style_for(check_language(language, draw.__name__))):
            return draw(*arguments, **named)

    return drawn  # type: ignore[return-value]


@functools.cache
def _figure_class() -> type[Figure]:
    import matplotlib
    from matplotlib.figure import Figure

    class Picture(Figure):
        """A figure that a notebook shows without further ado, in the style that it was made in."""

        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self._style = {name: matplotlib.rcParams[name] for name in (*STYLE, "font.family")}

        def draw(self, renderer: Any) -> None:
            # Ticks are made when they are first drawn, which may be long after the drawing function has returned.
            with _in_style(self._style):
                super().draw(renderer)

        def savefig(self, *arguments: Any, **named: Any) -> None:
            with _in_style(self._style):
                super().savefig(*arguments, **named)

        def _repr_png_(self) -> bytes:
            return png(self)

    return Picture


def panels(width: float, height: float, rows: int = 1, columns: int = 1, **how: Any) -> tuple[Figure, Any]:
    """A figure of so many inches and its axes, rows x columns."""
    figure = _figure_class()(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **how)


@styled
def png(figure: Figure, dpi: float | None = None) -> bytes:
    """A figure as PNG: the same bytes from the same data."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", **({} if dpi is None else {"dpi": dpi}), metadata={"Software": None})
    return buffer.getvalue()
