"""Names: the same in every run under the same seed, pronounceable, invented, in two languages."""

import re
import sys
from pathlib import Path

import pytest

from seedbed.agents.errors import BadInput
from seedbed.model import names
from seedbed.model.ecosystem import Ecosystem
from seedbed.model.names import fund_name, manager_name, person_name, university_name, venture_name
from seedbed.model.simulate import simulate

sys.path.insert(0, str(Path(__file__).parent))

from runs import recorded, town  # noqa: E402

ONCE = re.compile(r"[A-Z][a-z]+")
FAMOUS = (
    "amazon apple baidu bosch bytedance cisco ericsson google honda huawei hyundai intel lenovo meituan microsoft moderna netflix nokia nvidia oracle pfizer "
    "samsung siemens sony spotify stripe tencent tesla toyota unilever xiaomi zalando"
).split()


def test_names_by_hand():
    assert manager_name("angel", 4) == "Angel Fund 4" and manager_name("guidance", 1, "zh") == "政府引导基金1号"
    assert [fund_name("market", 12, vintage).split("-")[1] for vintage in (1, 2, 4, 5, 9, 14, 40)] == ["I", "II", "IV", "V", "IX", "XIV", "XL"]
    assert fund_name("alumni", 2, 14, "zh") == "校友基金2号第14期"
    assert [university_name(n, "zh") for n in (1, 10, 11, 21, 99, 120)] == ["第一大学", "第十大学", "第十一大学", "第二十一大学", "第九十九大学", "第120大学"]
    assert (university_name(10), university_name(11)) == ("Tenth University", "University 11")


def test_every_firm_that_can_be_named():
    """All names that the syllables allow: they can be pronounced, differ from each other, and none is that of a firm that everybody knows."""
    every = [first + bridge + end for first in names.BEGINNINGS for bridge in names.BRIDGES for end in names.ENDS]
    assert len(set(every)) == len(every) == 12_000
    assert all(ONCE.fullmatch(name) and not re.search(r"[^aeiouy]{5}|[aeiou]{3}", name.lower()) for name in every)
    assert not {name.lower() for name in every} & set(FAMOUS)
    assert not any(famous in name.lower() for name in every for famous in FAMOUS)
    for characters in (names.FIRST_CHARACTERS, names.SECOND_CHARACTERS):
        assert len(set(characters)) == len(characters) and all("\u4e00" <= one <= "\u9fff" for one in characters)
    assert not set(names.FIRST_CHARACTERS) & set(names.SECOND_CHARACTERS)


@pytest.mark.parametrize("name_it", [venture_name, person_name])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_names_spread_over_what_there_is(name_it, language):
    keys = [number * 0x9E3779B97F4A7C15 % 2**64 for number in range(2000)]
    every = [name_it(key, language) for key in keys]
    assert every == [name_it(key, language) for key in keys]
    assert len(set(every)) > 1700, "so many of 2000 are called otherwise than all others"
    if language == "zh":
        assert all(re.fullmatch("[\u4e00-\u9fff]{3,4}", name) for name in every)
    else:
        assert all(re.fullmatch(r"\w+( \w+)?", name) for name in every)


def test_a_person_has_one_name_in_two_spellings():
    for key in range(1, 300):
        characters, spelled = person_name(key, "zh"), person_name(key)
        surname, given = spelled.split()
        assert dict(names.SURNAMES)[characters[0]] == surname
        assert (dict(names.FIRST_GIVEN)[characters[1]] + dict(names.SECOND_GIVEN)[characters[2]]).capitalize() == given


def test_a_name_holds_across_runs_and_follows_the_key():
    one = recorded()
    other = simulate(town().with_({"fund.tolerance.market": 8}), seed=3, years=one.years)
    for frame, kind in ((one.ventures(), "ventures"), (one.people(), "people"), (one.funds(), "funds")):
        there = getattr(other, kind)()
        ids = {key: row for row, key in there["key"].items()}
        shared = [(row, ids[key]) for row, key in frame["key"].items() if key in ids]
        assert len(shared) > 0.5 * len(frame)
        assert all(one.name(row) == other.name(twin) for row, twin in shared[:: max(1, len(shared) // 50)])
    assert any(one.ventures()["key"].iloc[n] != other.ventures()["key"].iloc[n] for n in range(min(len(one.ventures()), len(other.ventures())))), "rows differ"


def test_funds_of_one_manager_are_counted():
    history = recorded()
    funds = history.funds()
    for _, of_manager in list(funds.groupby("manager"))[:10]:
        told = [history.name(fund) for fund in of_manager.sort_values("raised").index]
        assert [name.rpartition("-")[2] for name in told] == ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"][: len(told)]
        assert len({name.rpartition("-")[0] for name in told}) == 1
    assert len({history.name(fund) for fund in funds.index}) == len(funds), "no two funds are called the same"


def test_everybody_has_a_name_in_both_languages():
    history = recorded()
    for given in ("V0", "v1", "P3", "F2", "M1", "U0", "C0", "O0", "B0", "G0"):
        assert history.name(given) and re.search("[\u4e00-\u9fff]", history.name(given, "zh")), given
    assert history.name("U0") == "First University" and history.name("G0", "zh") == "小额早期资助"


@pytest.mark.parametrize("given", ["X1", "V", "V-1", "V99999", "123", 5, None, "A0", "L0", "V１"])
def test_an_id_that_is_none_is_refused(given):
    with pytest.raises(BadInput, match="V"):
        recorded().name(given)


def test_another_language_is_refused():
    with pytest.raises(BadInput, match="language.*fr"):
        recorded().name("V0", "fr")


def test_a_country_names_the_city_of_its_funds_and_universities():
    country = Ecosystem("two-cities", years=1, **{"city.graduates": 8, "city.newcomers": 4})
    country.step()
    history = country.history()
    assert history.name("U0").endswith(" University of north") and history.name("C1") == "south"
    every = [history.name(f"U{row}") for row in range(len(history.world.universities))]
    assert len(set(every)) == len(every)
    managers = [history.name(f"M{row}") for row in range(len(history.world.managers))]
    assert len(set(managers)) == len(managers)
