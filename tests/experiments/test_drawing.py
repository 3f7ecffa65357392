"""What figures share: fonts that are found or asked for, a style that is left behind nowhere, palettes that stay apart."""

import threading

import matplotlib
import pytest
from matplotlib import font_manager

from seedbed.agents.errors import BadInput
from seedbed.experiments import drawing
from seedbed.experiments.drawing import find_font, panels, png, styled


@pytest.fixture
def no_fonts(monkeypatch):
    """A machine on which matplotlib finds its own fonts alone."""
    own = [font for font in font_manager.fontManager.ttflist if font.name.startswith("DejaVu")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda *_, **__: [])
    find_font.cache_clear()
    yield own
    find_font.cache_clear()


def test_english_needs_no_font(no_fonts):
    assert find_font("en") is None


def test_without_a_chinese_font_it_is_said_what_to_install(no_fonts):
    with pytest.raises(BadInput, match="font with Chinese characters.*Noto Sans CJK SC.*fonts-noto-cjk"):
        find_font("zh")

    @styled
    def draw(*, language="en"):
        raise AssertionError("nothing is drawn without a font")

    with pytest.raises(BadInput, match="Chinese"):
        draw(language="zh")


def test_the_first_font_of_the_list_is_taken(no_fonts):
    no_fonts += [font_manager.FontEntry(name=name) for name in ("SimHei", "Noto Sans SC", "Comic Sans MS")]
    assert find_font("zh") == "Noto Sans SC"


def test_a_font_that_was_installed_since_is_found(no_fonts, monkeypatch):
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda *_, **__: ["/fonts/broken.ttf", "/fonts/new.ttf"])

    def add(place):
        if "broken" in place:
            raise RuntimeError("not a font")
        no_fonts.append(font_manager.FontEntry(fname=place, name="WenQuanYi Zen Hei"))

    monkeypatch.setattr(font_manager.fontManager, "addfont", add)
    assert find_font("zh") == "WenQuanYi Zen Hei"


def test_another_language_is_refused_by_name_and_by_place():
    @styled
    def draw(what, language="en"):
        return what

    with pytest.raises(BadInput, match="language.*fr.*draw"):
        draw(1, "fr")
    with pytest.raises(BadInput, match="language.*fr.*draw"):
        draw(1, language="fr")
    with pytest.raises(BadInput, match="find_font"):
        find_font("fr")


def test_a_figure_keeps_its_style_and_leaves_none_behind():
    before = dict(matplotlib.rcParams)

    @styled
    def draw():
        figure, ((ax,),) = panels(2, 2)
        ax.plot([0, 1], [-1, 1])
        return figure

    figure = draw()
    assert dict(matplotlib.rcParams) == before
    with matplotlib.rc_context({"font.size": 30, "savefig.dpi": 20, "axes.unicode_minus": False}):
        image = png(figure)
    assert image == png(draw()) == draw()._repr_png_(), "whatever a notebook has set"
    assert dict(matplotlib.rcParams) == before


def test_threads_that_draw_at_once_leave_nothing_set():
    before = dict(matplotlib.rcParams)
    meeting = threading.Barrier(4, timeout=20)
    found = []

    @styled
    def draw():
        figure, ((ax,),) = panels(2, 2)
        ax.set_xlabel("x")
        return figure

    def work():
        meeting.wait()
        found.extend(png(draw(), 50) for _ in range(3))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12 and len(set(found)) == 1 and dict(matplotlib.rcParams) == before


def test_colours_stay_apart_for_the_colour_blind():
    """No two of the eight colours are alike to those who see no red or no green (matrices of Viénot et al. 1999). Grey is for the background: without green,
    purple is near it."""
    import numpy as np

    rgb = np.array([matplotlib.colors.to_rgb(colour) for colour in drawing.PALETTE if colour != drawing.GREY]) ** 2.2
    red_blind = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
    green_blind = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    for seen in (red_blind, green_blind):
        colours = (rgb @ seen.T).clip(0) ** (1 / 2.2)
        apart = np.abs(colours[:, None] - colours[None]).max(axis=2) + np.eye(len(colours))
        assert apart.min() > 0.08
