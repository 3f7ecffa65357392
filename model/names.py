"""Names by which people remember agents. An id such as V123 holds in one run only; a name is made from what holds in every run under the same seed.

    history.name("V123")           'Tavonmere'
    history.name("P77", "zh")      '沈知远'
    history.name("F12")            'Patient Fund 3-II'

Ventures and people are named after their `key`, funds after their kind, their manager's number and their vintage, universities by their number. All names are
invented: firms from syllables as in the names of places that do not exist, people from common surnames and characters that are given to girls and boys
alike. Two ventures of thousands may be called the same, so a sentence says the id as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.agents.errors import BadInput
from seedbed.agents.fund import KINDS as FUND_KINDS

from .language import check_language, say
from .words import LETTERS, row_of
from .world import in_use

if TYPE_CHECKING:
    from .history import History

__all__ = ["fund_name", "manager_name", "name_in", "person_name", "university_name", "venture_name"]

# Firms. English: 40 x 10 x 30 beginnings, bridges and ends; Chinese: two characters out of 47 x 47, and what such firms call their trade.
BEGINNINGS = (
    "Ald Barn Bel Brav Cald Corm Dav Dorn Ebb Elst Fal Fenn Gorm Grav Hal Hest Ild Jast Kelm Kest Lam Lorn Mald Mern Nav Norv Olst Osk Pell Prav "
    "Quen Rast Rolv Sav Selm Tav Tolm Ulv Varn Wend"
).split()
BRIDGES = "a e i o ar en er il in on".split()
ENDS = (
    "bourne brook by combe croft dale den fell field ford garth gate ham haven holt how hurst kirk lea low mere moor ness rigg shaw stead thorpe ton wick worth"
).split()
FIRST_CHARACTERS = "岚汐榆槿棠荻芷蓼茗菖薇蘅苇枫杉桐梓楸槐柏松竹兰菱荷葭蒲芦藻苔露霁霜雪雾虹曦晖晴昕旻峤屿岑汀渚洲"
SECOND_CHARACTERS = "川野岭溪澜湾泉潭泽沚浦津渡桥亭台阁轩庭舍坊里塬坪坡谷崖石岩砚墨笺弦笙笛鸢鹭鸥雁鹤鹿麓原林丘陌畔"
TRADES = ("科技", "技术", "实业", "创研", "工坊", "新创")

# People: surname, and a first and a second character of the given name.
SURNAMES = list(
    zip(
        "陈林沈周吴郑许何吕施曹严魏姜谢邹喻范彭鲁韦苗方袁",
        "Chen Lin Shen Zhou Wu Zheng Xu He Lü Shi Cao Yan Wei Jiang Xie Zou Yu Fan Peng Lu Wei Miao Fang Yuan".split(),
        strict=True,
    )
)
FIRST_GIVEN = list(zip("知景怀书文思若庭予沐晓亦仲希南维明嘉松容", "zhi jing huai shu wen si ruo ting yu mu xiao yi zhong xi nan wei ming jia song rong".split(), strict=True))
SECOND_GIVEN = list(zip("远宁川然言舟行遥清声云禾乐时越安之岭微格", "yuan ning chuan ran yan zhou xing yao qing sheng yun he le shi yue an zhi ling wei ge".split(), strict=True))

ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")
DIGITS = "零一二三四五六七八九"
ALL_BITS = 0xFFFF_FFFF_FFFF_FFFF
ROMAN = ((50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def venture_name(key: int, language: str = "en") -> str:
    """The name of a venture from its key, the same in every run in which the same founder has the same idea.

    >>> venture_name(1), venture_name(1, "zh")
    ('Pravonthorpe', '屿笙工坊')
    """
    if language == "zh":
        first, second, trade = _chosen(key, len(FIRST_CHARACTERS), len(SECOND_CHARACTERS), len(TRADES))
        return FIRST_CHARACTERS[first] + SECOND_CHARACTERS[second] + TRADES[trade]
    first, bridge, end = _chosen(key, len(BEGINNINGS), len(BRIDGES), len(ENDS))
    return BEGINNINGS[first] + BRIDGES[bridge] + ENDS[end]


def person_name(key: int, language: str = "en") -> str:
    """The name of a person from the key: surname first, in English spelled in pinyin.

    >>> person_name(1), person_name(1, "zh")
    ('Jiang Mule', '姜沐乐')
    """
    surname, first, second = _chosen(key, len(SURNAMES), len(FIRST_GIVEN), len(SECOND_GIVEN))
    parts = [SURNAMES[surname], FIRST_GIVEN[first], SECOND_GIVEN[second]]
    if language == "zh":
        return "".join(character for character, _ in parts)
    return f"{parts[0][1]} {(parts[1][1] + parts[2][1]).capitalize()}"


def manager_name(kind: str, number: int, language: str = "en") -> str:
    """The name under which a manager raises its funds: its kind and which of its kind it is, counted from 1.

    >>> manager_name("patient", 3), manager_name("patient", 3, "zh")
    ('Patient Fund 3', '耐心基金3号')
    """
    return say("{kind} {number}", language, kind=_fund_kind(kind, language), number=number)


def fund_name(kind: str, number: int, vintage: int, language: str = "en") -> str:
    """The name of a fund: its manager's and which vintage of it, counted from 1.

    >>> fund_name("patient", 3, 2), fund_name("patient", 3, 2, "zh")
    ('Patient Fund 3-II', '耐心基金3号第2期')
    """
    counted = vintage if language == "zh" else _roman(vintage)
    return say("{manager}-{vintage}", language, manager=manager_name(kind, number, language), vintage=counted)


def university_name(number: int, language: str = "en") -> str:
    """The name of a university by its number, counted from 1.

    >>> university_name(1), university_name(12), university_name(12, "zh")
    ('First University', 'University 12', '第十二大学')
    """
    if language == "zh":
        return f"第{_in_characters(number)}大学"
    return f"{ORDINALS[number - 1]} University" if number <= len(ORDINALS) else f"University {number}"


def name_in(history: History, given: str, language: str = "en") -> str:
    """The name of whom an id means in a history: a venture, person, fund, manager, university, city, office, programme or bank."""
    check_language(language, "History.name")
    kinds = {letter: kind for kind, letter in LETTERS.items() if kind not in ("award", "loan")}
    if not isinstance(given, str) or given[:1].upper() not in kinds or not re.fullmatch(r"\d+", given[1:], re.ASCII):
        allowed = f"an id: {', '.join(f'{letter} ({kind})' for letter, kind in kinds.items())} and a number, such as V123"
        raise BadInput(what="the id", given=given, allowed=allowed, where="History.name")
    kind = kinds[given[:1].upper()]
    table = {"person": "people", "university": "universities", "city": "cities"}.get(kind, f"{kind}s")
    return name_of(history, kind, row_of(kind, given, in_use(history.world, table), "History.name"), language)


def name_of(history: History, kind: str, row: int, language: str) -> str:
    """The name of the agent of a kind in a row. In a country, what several cities have one of each is named with its city."""
    world = history.world
    if kind == "venture":
        return venture_name(int(world.ventures[row].key), language)
    if kind == "person":
        return person_name(int(world.people[row].key), language)
    if kind == "programme":
        return say(history.provenance["scenario"]["running"][row]["title"], language)
    cities = [city["name"] for city in history.provenance["scenario"]["cities"]]
    if kind == "city":
        return say(cities[row] if cities else history.provenance["scenario"]["title"], language)
    if kind == "fund":
        m = world.managers[world.funds[row].manager]
        name = fund_name(FUND_KINDS[m.kind], int(m.number) + 1, _vintage(world, row), language)
    elif kind == "manager":
        m = world.managers[row]
        name = manager_name(FUND_KINDS[m.kind], int(m.number) + 1, language)
    elif kind == "university":
        m = world.universities[row]
        name = university_name(int(m.number) + 1, language)
    else:
        m = world.offices[row] if kind == "office" else world.banks[row]
        name = say("the government office", language) if kind == "office" else say("the bank", language)
    return say("{name} of {city}", language, name=name, city=say(cities[m.city], language)) if cities else name


def _vintage(world: Any, row: int) -> int:
    """Which vintage of its manager a fund is, counted from 1."""
    elder, number = np.asarray(world.funds["elder"]), 1
    while (row := int(elder[row])) >= 0:
        number += 1
    return number


def _chosen(key: int, *lengths: int) -> list[int]:
    """A place in each of several lists, from a key: its bits stirred (the finaliser of SplitMix64) and read as digits."""
    bits = int(key)
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9 & ALL_BITS
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB & ALL_BITS
    left = bits ^ (bits >> 31)
    places = []
    for length in lengths:
        left, place = divmod(left, length)
        places.append(place)
    return places


def _fund_kind(kind: str, language: str) -> str:
    return say(f"{kind} fund", language) if language == "zh" else f"{kind.capitalize()} Fund"


def _roman(number: int) -> str:
    """A number as Romans wrote it.

    >>> _roman(14)
    'XIV'
    """
    written = ""
    for value, letters in ROMAN:
        written += letters * (number // value)
        number %= value
    return written


def _in_characters(number: int) -> str:
    """A number below 100 in Chinese characters; larger ones in digits.

    >>> _in_characters(3), _in_characters(12), _in_characters(20), _in_characters(35)
    ('三', '十二', '二十', '三十五')
    """
    if number >= 100:
        return str(number)
    tens, ones = divmod(number, 10)
    if tens == 0:
        return DIGITS[ones]
    return (DIGITS[tens] if tens > 1 else "") + "十" + (DIGITS[ones] if ones else "")
