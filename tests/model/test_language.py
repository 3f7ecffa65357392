"""Every sentence that people read is known in both languages, with the same values in it."""

import ast
import string
from pathlib import Path

import pytest

from seedbed.agents.errors import BadInput
from seedbed.model import language
from seedbed.model.language import catalogue, check_language, say

ROOT = Path(language.__file__).resolve().parent.parent


def said():
    """The sentences that code says: the literal first argument of each call of `say`, with its place."""
    for folder in ("model", "experiments"):
        for place in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(place.read_text(encoding="utf-8"))):
                called = isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", None)) == "say"
                if called and len(node.args) >= 2 and isinstance(node.args[0], ast.Constant):
                    yield node.args[0].value, f"{place.relative_to(ROOT)}:{node.lineno}"


def fields(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_every_sentence_that_code_says_has_its_chinese():
    missing = [(text, where) for text, where in said() if text not in catalogue()]
    assert not missing, missing


def test_a_translation_fills_in_the_same_values():
    for english, chinese in catalogue().items():
        assert set(fields(chinese)) == set(fields(english)), (english, chinese)
        assert chinese.strip(), english


def test_saying():
    assert say("unicorn", "en") == "unicorn"
    assert say("unicorn", "zh") == "独角兽"
    assert say("{n} of them", "zh", n=3) == "3 of them", "what has no Chinese is said in English"


def test_another_language_is_refused():
    with pytest.raises(BadInput, match="language.*fr.*en.*zh"):
        check_language("fr", "draw_funnel")
    assert check_language("zh", "draw_funnel") == "zh"
