"""What people read, in English or in Chinese.

The English sentence stands in the code, where it is read; its Chinese stands in `model/tongues/*.toml`, one file for each part of the project:

    say("a unicorn at {age} years", language, age="6.5")

A value is filled in where its name stands in braces, so that a translation may order them as it needs. Ids, names of scenarios and files, and the
words of errors stay as they are in both languages.
"""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any

from seedbed.agents.errors import BadInput

__all__ = ["LANGUAGES", "catalogue", "check_language", "say"]

LANGUAGES = {"en": "English", "zh": "中文"}
FOLDER = Path(__file__).resolve().parent / "tongues"


def check_language(given: Any, where: str) -> str:
    """The language that is meant, after refusing one that is not spoken here."""
    if given not in LANGUAGES:
        raise BadInput(what="the language", given=given, allowed=list(LANGUAGES), where=where)
    return str(given)


@functools.cache
def catalogue() -> dict[str, str]:
    """Every English sentence that has a Chinese one, over all files. Two files that disagree about a sentence are an error of the project."""
    merged: dict[str, str] = {}
    for place in sorted(FOLDER.glob("*.toml")):
        for english, chinese in tomllib.loads(place.read_text(encoding="utf-8")).items():
            if merged.setdefault(english, chinese) != chinese:
                raise ValueError(f"{place.name}: {english!r} is {merged[english]!r} in another file and {chinese!r} here")
    return merged


def say(text: str, language: str = "en", /, **values: Any) -> str:
    """An English sentence in a language, with values filled in. One that has no Chinese yet is said in English; a test finds it.

    >>> say("{n} unicorns", n=3), say("unicorn", "zh")
    ('3 unicorns', '独角兽')
    """
    spoken = catalogue().get(text, text) if language == "zh" else text
    return spoken.format(**values) if values else spoken
