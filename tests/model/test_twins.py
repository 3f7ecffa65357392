"""Twin worlds: paired by key, parted where a naive comparison of two logs parts them, the same either way round."""

import functools
import math
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import seedbed
from seedbed.agents.errors import BadInput
from seedbed.agents.rule import INTERPRETED
from seedbed.model import twins as module
from seedbed.model.ecosystem import Ecosystem
from seedbed.model.language import catalogue
from seedbed.model.simulate import simulate
from seedbed.model.stories import date
from seedbed.model.twins import FATES, policy_of, twins
from seedbed.model.words import EVENTS

sys.path.insert(0, str(Path(__file__).parent))

from runs import YEARS, recorded, town, unrecorded  # noqa: E402

FEW = 2 if INTERPRETED else None  # a story lives its run again, which takes seconds when rules are interpreted
POLICY = {"fund.tolerance": 1.5, "fund.life": 4, "market.unicorn": 60, "programme.dream_town": "off"}


@functools.cache
def elsewhere():
    """The town under a policy that changes much, and that cannot be seen in the log of a life by itself."""
    return simulate(town().with_(POLICY), seed=3, years=YEARS)


@functools.cache
def pairs():
    return twins(recorded(), elsewhere())


@functools.cache
def back():
    return twins(elsewhere(), recorded())


def naive_lives(history):
    """Each venture's life as a sorted list of what happened, partners by key: written line by line."""
    key_of = {kind: frame["key"].to_dict() for kind, frame in (("fund", history.funds()), ("person", history.people()))}
    ventures = history.ventures()
    lives = {key: [] for key in ventures["key"]}
    kind_of = {"".join(name): event.whom for name, event in zip(_names(), EVENTS.values(), strict=True)}
    for line in history.events().itertuples():
        if str(line.who).startswith("V"):
            partner = key_of.get(kind_of[line.what], {}).get(line.whom, line.whom)
            more = ventures.loc[line.who, "form"] if line.what == "founded" else line.shares
            amount = line.note if math.isnan(line.amount) else line.amount
            lives[ventures.loc[line.who, "key"]].append((line.tick, line.what, str(partner), amount, more))
    return {key: sorted(life, key=repr) for key, life in lives.items()}


def _names():
    from seedbed.agents.accounts import EVENT_NAMES

    return [EVENT_NAMES[code] for code in EVENTS]


# --- the pairs -------------------------------------------------------------------------------------------------------


def test_lives_part_where_a_naive_comparison_parts_them():
    table, one, other = pairs().table, naive_lives(recorded()), naive_lives(elsewhere())
    assert set(table.index) == {*one, *other}
    for key, line in table.iterrows():
        a, b = one.get(key, []), other.get(key, [])
        ticks = [tick for tick in sorted({event[0] for event in a + b}) if [e for e in a if e[0] == tick] != [e for e in b if e[0] == tick]]
        assert (math.nan if not ticks else ticks[0] / 4) == pytest.approx(line["parted"], nan_ok=True), line
        assert (line["why"] == "") == (not ticks)
        assert not ticks or line["why"].startswith(date(ticks[0]) + ": here ")
    assert INTERPRETED or min(table["parted"].notna().sum(), table["parted"].isna().sum()) >= 10


def test_fates_are_those_of_the_frames():
    for history, side in ((recorded(), "here"), (elsewhere(), "there")):
        ventures = history.ventures()
        for line in pairs().table.dropna(subset=side).itertuples():
            v = ventures.loc[getattr(line, side)]
            status = v["status"] if v["status"] in ("listed", "acquired", "closed") else "living"
            assert getattr(line, f"fate_{side}") == ("unicorn" if v["unicorn_fundamental"] >= 0 else status)
            assert v["key"] == line.Index and history.name(getattr(line, side)) == line.name
        assert set(pairs().table[side].dropna()) == set(ventures.index)
        assert (pairs().table[side].isna() == (pairs().table[f"fate_{side}"] == "never founded")).all()
    assert set(pairs().table["fate_here"]) | set(pairs().table["fate_there"]) <= set(FATES)


def test_unicorns_on_paper_are_others():
    on_paper = twins(recorded(), elsewhere(), paper=True)
    ventures = elsewhere().ventures()
    expected = set(ventures.index[ventures["unicorn_paper"].notna()])
    assert set(on_paper.table.loc[on_paper.table["fate_there"] == "unicorn", "there"]) == expected
    assert INTERPRETED or expected != set(pairs().table.loc[pairs().table["fate_there"] == "unicorn", "there"])


def test_either_way_round_is_the_same():
    one, other = pairs().table, back().table.loc[pairs().table.index]
    for a, b in (("here", "there"), ("there", "here"), ("fate_here", "fate_there"), ("fate_there", "fate_here"), ("name", "name")):
        assert [x for x in one[a]] == [y for y in other[b]]
    np.testing.assert_array_equal(one["parted"], other["parted"])
    for fate in FATES[:-1]:
        assert set(pairs().only_here(fate).index) == set(back().only_there(fate).index)
    assert set(pairs().died_only_here().index) == set(back().died_only_there().index)
    for why, turned in zip(one["why"], other["why"], strict=True):
        head, _, rest = why.partition(": here ")
        if "; there " in rest:
            here, there = rest.removesuffix(".").split("; there ")
            assert turned == f"{head}: here {there}; there {here}."
        else:
            assert turned == why


def test_the_same_world_twice_does_not_part():
    again = twins(recorded(), simulate(town(), seed=3, years=YEARS))
    assert again.table["parted"].isna().all() and (again.table["why"] == "").all() and (again.table["here"] == again.table["there"]).all()
    assert (again.table["fate_here"] == again.table["fate_there"]).all()
    for fate in FATES:
        assert not len(again.only_here(fate)) and not len(again.only_there(fate))
    counts = again.counts()
    assert counts["same_life"] == counts["here"] == counts["there"] == len(recorded().ventures())
    key = again.table.index[3]
    side = again.story(key)
    assert side.parted is None and side.rows == () and "the same to the end" in str(side) and str(side).count("founds") == 1
    assert recorded().story(again.table["here"].iloc[3], other=again.there).parting[1] == "Its life there is the same, event for event."


def test_counts_by_hand():
    table = pairs().table
    counts = pairs().counts()
    assert counts["unicorn_only_here"] == sum(a == "unicorn" != b for a, b in zip(table["fate_here"], table["fate_there"], strict=True))
    assert counts["died_only_there"] == sum(b == "closed" and a not in ("closed", "never founded") for a, b in zip(table["fate_here"], table["fate_there"], strict=True))
    assert counts["unicorns_there"] - counts["unicorns_here"] == counts["unicorn_only_there"] - counts["unicorn_only_here"]
    told = str(pairs())
    assert f"{counts['unicorn_only_here']:,} only here, {counts['unicorn_only_there']:,} only there" in told and repr(pairs()) == told
    assert f"There: {policy_of(elsewhere())}." in told and "fund.tolerance=1.5" in told and "programme.dream_town=off" in told


def test_a_parting_is_told_with_what_each_side_has_alone():
    """The reason names, for each side, the funds that stop or pay there and not in the other world, and says where nothing happens."""
    here, there = recorded(), simulate(town().with_({"fund.tolerance.market": 6}), seed=3, years=YEARS)
    names = {str(key): history.name(fund) for history in (here, there) for fund, key in history.funds()["key"].items()}
    lives = [naive_lives(history) for history in (here, there)]
    told_of = {"stopped": "{} will pay no more", "tranche": "{} pays a further ", "round": "{} invests "}
    seen = set()
    table = twins(here, there).table
    for line in table[table["parted"].notna() & table["here"].notna() & table["there"].notna()].itertuples():
        now = [[event for event in life[line.Index] if event[0] == line.parted * 4] for life in lives]
        alone = [[event for event in now[side] if event not in now[1 - side]] for side in (0, 1)]
        rest = line.why.partition(": here ")[2]
        if rest.startswith("as there "):
            continue
        for events, told in zip(alone, rest.split("; there "), strict=True):
            assert (told.removesuffix(".") == "nothing of the kind happens") == (not events)
            for _, what, partner, _, _ in events if len(events) <= module.MOST_TOLD else ():
                if what in told_of:
                    assert told_of[what].format(names[partner]) in told, line
                    seen.add(what)
    assert INTERPRETED or seen == set(told_of)


def test_a_venture_of_one_world_only():
    alone = pairs().table[pairs().table["here"].isna() | pairs().table["there"].isna()]
    assert len(alone)
    for line in alone.head(10).itertuples():
        history, venture, where = (elsewhere(), line.there, "here") if line.here is None else (recorded(), line.here, "there")
        assert f"{where} it is never founded" in line.why
        assert line.parted == history.ventures().loc[venture, "founded"]
    story = pairs().story(alone.index[0])
    assert (story.here is None) != (story.there is None) and "never founded" in str(story) and "never founded" in story.markdown()


# --- two lives side by side ------------------------------------------------------------------------------------------


def test_both_lives_side_by_side():
    for line in pairs().table[pairs().table["parted"].notna() & pairs().table["here"].notna() & pairs().table["there"].notna()].head(FEW or 6).itertuples():
        side = pairs().story(line.Index)
        one, other = recorded().story(line.here), elsewhere().story(line.there)
        assert (side.name, side.parted) == (line.name, int(line.parted * 4))
        assert side.before == tuple(pair for pair in one.lines if pair[0] < side.parted)
        assert [tick for tick, _ in side.before] == [tick for tick, _ in other.lines if tick < side.parted]
        for column, story in ((1, one), (2, other)):
            assert " ".join(row[column] for row in side.rows if row[column]) == " ".join(text for tick, text in story.lines if tick >= side.parted)
        text, table = str(side), side.markdown()
        assert text.index("part in this quarter") < text.index("  Here: " if "  Here: " in text else "  There: ")
        rows = [row for row in table.split("\n") if row.startswith("|")]
        assert len(rows) == len(side.rows) + 3 and all(row.replace("\\|", "").count("|") == 4 for row in rows)
        assert max(map(len, side.wrapped(90).split("\n"))) <= 90


def test_a_story_ends_with_its_twin():
    table = pairs().table
    for line in [*table[table["parted"].notna() & table["there"].notna()].dropna(subset="here").head(FEW or 20).itertuples()]:
        story = recorded().story(line.here, other=elsewhere())
        assert story.parting[0] == f"There: {policy_of(elsewhere())}." and story.parting[1] == f"The two lives part. {line.why}"
        assert f"There it is {line.there}." in story.parting
        words = {"unicorn": "becomes a unicorn by fundamental value", "listed": "is listed", "acquired": "is acquired for", "closed": "closes", "living": "alive"}
        assert words[line.fate_there] in " ".join(story.parting[2:])
        assert "In the other world" in str(story) and "#### In the other world" in story.markdown()
    gone = table[table["there"].isna()]["here"].iloc[0]
    assert recorded().story(gone, other=elsewhere()).parting[-1] == "There nobody founds it."


def test_in_chinese():
    chinese = twins(recorded(), elsewhere(), language="zh")
    assert [text for text in module.BRIEFLY.values() if text not in catalogue()] == [] and all(fate in catalogue() for fate in FATES)
    assert set(module.BRIEFLY) == {code for code, event in EVENTS.items() if event.who == "venture"}
    for why in chinese.table["why"]:
        assert not any("a" <= letter.lower() <= "z" for letter in why), why
    assert chinese.table["parted"].equals(pairs().table["parted"]) and "独角兽" in str(chinese)
    key = chinese.table.index[chinese.table["parted"].notna()][0]
    assert "此处" in str(chinese.story(key)) and "Here" in str(chinese.story(key, language="en"))


# --- what is refused, what goes on, and how fast ------------------------------------------------------------------------


def test_runs_that_are_no_twins_are_refused():
    small = {"city.graduates": 5, "city.newcomers": 3}
    one = simulate("baseline", seed=1, years=1, changes=small)
    for other, words in (
        (simulate("baseline", seed=2, years=1, changes=small), "seed"), (simulate("baseline", seed=1, years=2, changes=small), "years"),
        (simulate("baseline", seed=1, years=1, changes=small, record=False), "record=True"), ("baseline", "History"), (None, "History"),
    ):  # fmt: skip
        for ask in (lambda: twins(one, other), lambda: twins(other, one), lambda: one.story("V0", other=other) if other is not None else twins(one, other)):  # noqa: B023
            with pytest.raises(BadInput, match=words):
                ask()
    with pytest.raises(BadInput, match="record=True"):
        twins(recorded(), unrecorded())
    with pytest.raises(BadInput, match="language"):
        twins(one, one, language="fr")
    with pytest.raises(BadInput, match="fate.*unicorn"):
        twins(one, one).only_here("unicron")
    for key in (1, -1, True, "V3", 2**70, None):
        with pytest.raises(BadInput, match="key"):
            twins(one, one).story(key)


def test_worlds_that_are_still_running():
    small = {"city.graduates": 15, "city.newcomers": 10}
    here, there = Ecosystem("baseline", years=9, **small), Ecosystem("baseline", years=9, **small, **{"fund.tolerance.market": 1})
    empty = twins(here.history(), there.history())
    assert len(empty.table) == 0 and empty.counts()["here"] == 0 and str(empty)
    for _ in range(9):
        here.step()
        there.step()
    early = twins(here.history(), there.history())
    whole = twins(simulate("baseline", seed=1, years=9, changes=small), simulate("baseline", seed=1, years=9, changes={**small, "fund.tolerance.market": 1}))
    both = whole.table.loc[early.table.index]
    assert len(early.table) and early.table["parted"].equals(both["parted"].where(both["parted"] < 9 / 4))
    here.step()
    with pytest.raises(BadInput, match="last quarter"):
        twins(here.history(), there.history())


def test_twins_at_the_door():
    assert seedbed.twins is twins


@pytest.mark.slow
def test_two_baseline_runs_are_paired_at_once():
    """The page pairs two worlds whenever it is asked: a tenth of a second of one processor on a machine of today, here with room for a slower one."""
    here, there = simulate("baseline", seed=1), simulate("baseline", seed=1, changes={"fund.tolerance.market": 7})
    took = []
    for _ in range(5):
        begun = time.process_time()
        found = twins(here, there)
        assert len(found.table) > 3000
        took.append(time.process_time() - begun)
    assert min(took) < 0.4


def test_a_world_without_any_venture_has_twins_too():
    empty, other = simulate("shuozhou", seed=1, years=1), simulate("baseline", seed=1, years=1)
    assert len(empty.ventures()) == 0
    for found, alone in ((twins(empty, other), "there"), (twins(other, empty), "here")):
        assert len(found.table) == len(other.ventures()) and found.table[alone].notna().all()
        assert set(found.table["parted"]) <= {0.0, 0.25, 0.5, 0.75} and str(found)
    nobody = twins(empty, empty)
    assert len(nobody.table) == 0 and str(nobody)
