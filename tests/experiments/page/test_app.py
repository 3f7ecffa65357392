"""How the page is served: what is refused before anything is loaded, and what its component is made of. No server and no browser here."""

import os
import re
import socket
import sys

import pytest

from seedbed.agents.errors import BadInput
from seedbed.experiments.page import app
from seedbed.experiments.page.desk import ACTS, WORDS


@pytest.mark.parametrize("port", [0, -1, 65536, 99_999_999])
def test_a_port_that_cannot_be_is_refused(port):
    with pytest.raises(BadInput, match=f"place of the page.*:{port}.*1 to 65535"):
        app.check_place("127.0.0.1", port)


def test_a_port_that_is_taken_is_refused():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(BadInput, match="place of the page.*free"):
            app.check_place("127.0.0.1", taken.getsockname()[1])


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(BadInput, match="192.0.2.1:8765.*address of this machine"):
        app.check_place("192.0.2.1", 8765)  # set apart for documentation (RFC 5737): nobody's


def test_without_the_libraries_of_the_page_it_says_how_to_get_them(monkeypatch):
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    with pytest.raises(BadInput, match=r"page's library.*uvicorn.*pip install 'seedbed\[page\]'"):
        app.serve(port=free, browser=False)


def test_the_component_asks_for_acts_and_words_that_there_are():
    """What the template names, Python has: every act, and every word but those of other parts."""
    text = app.template()
    assert "/* drawing.js stands here */" not in text and "SeedbedDrawing" in text
    page = (app.FOLDER / "page.vue").read_text(encoding="utf-8")
    assert set(re.findall(r"\bdo: '(\w+)'", page)) <= set(ACTS)
    assert set(re.findall(r"\bw\.(\w+)", page)) <= set(WORDS) | {"drawing"}
    assert "v-html" not in page and "innerHTML" not in text, "nothing is read as markup"
