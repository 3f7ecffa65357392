"""Stories: every event told once, in both languages, and what investors believed read exactly as the rules read it."""

import functools
import math
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from seedbed.agents import accounts
from seedbed.agents.errors import BadInput
from seedbed.agents.fund import belief_in, opinion_of, renew_or_stop
from seedbed.agents.rule import INTERPRETED
from seedbed.agents.venture import BUILDING, DEVELOPMENT, RADICAL, SELLING
from seedbed.model import history as history_module, stories
from seedbed.model.ecosystem import Ecosystem
from seedbed.model.engine import open_run
from seedbed.model.history import History
from seedbed.model.language import catalogue
from seedbed.model.simulate import simulate
from seedbed.model.stories import Belief, Rerun, Story, as_decided, date, money, unmarked, within_a_tick, wrapped, years
from seedbed.model.words import EVENTS

sys.path.insert(0, str(Path(__file__).parent))

from runs import YEARS, recorded, town, unrecorded  # noqa: E402

IDS = re.compile(r"(?<![A-Za-z])[VPFMUCOBG]\d+")
FEW = 2 if INTERPRETED else None  # a story lives its run again, which takes seconds when rules are interpreted
LATIN = re.compile(r"[A-Za-z]+")


@functools.cache
def bayesian():
    """The town where funds stop by their beliefs, some of them tolerant beyond their optimum."""
    return simulate(town().with_({"fund.stopping": "bayesian", "fund.slack.market": 6}), seed=3, years=YEARS)


@functools.cache
def busiest(run, number=FEW or 15):
    """Ventures of a run about which most was decided."""
    events = run().events()
    decided = events[events["what"].isin(["round", "tranche", "stopped"])]
    return tuple(decided["who"].value_counts().index[:number])


@functools.cache
def told(run, venture, language="en"):
    return run().story(venture, language=language)


def lines_of(history, venture):
    events = history.events()
    return events[(events["who"] == venture)]


# --- what happened ---------------------------------------------------------------------------------------------------


def test_words_for_values_by_hand():
    assert [date(tick) for tick in (0, 3, 4, 13)] == ["Year 0, Q1", "Year 0, Q4", "Year 1, Q1", "Year 3, Q2"]
    assert date(13, "zh") == "第3年第2季度"
    assert [money(yuan * 100) for yuan in (0, 42, 999, 1_000, 39_600, 999_400, 5_310_000, 64_400_000, 999_950_000, 1_059_000_000, 1.958e12)] == [
        "0 RMB", "42 RMB", "999 RMB", "1.00 thousand RMB", "39.6 thousand RMB", "999 thousand RMB", "5.31 million RMB", "64.4 million RMB", "1.00 billion RMB",
        "1.06 billion RMB", "1,958 billion RMB",
    ]  # fmt: skip
    assert [money(yuan * 100, "zh") for yuan in (999, 39_600, 5_310_000, 99_000_000, 182_000_000)] == ["999元", "3.96万元", "531万元", "9,900万元", "1.82亿元"]
    assert [years(quarters, "en") for quarters in (0, 1, 4, 6, 28 / 3)] == ["0 years", "0.25 years", "1 year", "1.5 years", "2.3 years"]


def test_a_story_tells_every_event_once():
    history = recorded()
    ventures = history.ventures()
    for venture in [*ventures.index[ventures["rounds"] >= 3][: FEW or 10], *ventures.index[ventures["status"] == "acquired"][: FEW or 5], ventures.index[0]]:
        story, lines = history.story(venture), lines_of(history, venture)
        assert story.events["what"].tolist() == lines["what"].tolist()
        # one sentence for each run of equal events in a quarter, and one for the end
        runs = ((lines["tick"] != lines["tick"].shift()) | (lines["what"] != lines["what"].shift())).sum()
        assert len(story.lines) == runs and len(story.sentences) == runs + 1
        assert [tick for tick, _ in story.lines] == sorted(tick for tick, _ in story.lines)
        assert f"founds {story.name} ({venture})" in story.sentences[0] and story.name == history.name(venture)


def test_a_quarter_is_told_together_and_payments_after_the_end_they_follow_from():
    history = recorded()
    ventures = history.ventures()
    for status, words in (("acquired", "is acquired for"), ("listed", "is listed on the stock market")):
        for venture in ventures.index[(ventures["status"] == status) & (ventures["rounds"] > 0)][: FEW or 5]:
            story = history.story(venture)
            place = next(n for n, (_, text) in enumerate(story.lines) if words in text)
            after = [n for n, (tick, text) in enumerate(story.lines) if tick == story.lines[place][0] and "paid for their stakes" in text]
            assert all(n > place for n in after)
            dates = [line.partition(":")[0] for line in str(story).split("\n")[1:-1]]
            assert len(set(dates)) == len(dates) == len(story.quarters), "each date stands once"


def test_a_story_names_sums_and_people():
    history = recorded()
    rounds = history.rounds()
    line = next(rounds[rounds["co_investor"].notna()].itertuples())
    (sentence,) = [text for tick, text in history.story(line.venture).lines if tick == line.tick and " round of " in text]
    assert sentence.startswith(f"{history.name(line.lead)} ({line.lead}) leads the ") and f"{history.name(line.co_investor)} ({line.co_investor}) joins" in sentence
    assert f"together they receive {line.size / line.post:.1%} of the firm, which is priced at {money(line.post * 1e8)}." in sentence


def test_sellers_of_stakes_are_named():
    history = recorded()
    events = history.events()
    stake_sold = events[events["what"] == "stake sold"]
    for line in stake_sold.drop_duplicates(["who", "tick"]).head(FEW or 20).itertuples():
        (sentence,) = [text for tick, text in history.story(line.who).lines if tick == line.tick and "end of their lives" in text]
        ended = set(events.loc[(events["what"] == "fund ended") & (events["tick"] == line.tick), "who"])
        held = set(history.cap_table(line.who, line.tick - 1).index)
        named = {given for given in IDS.findall(sentence) if given in ended}
        assert named and named <= held


def test_every_kind_of_event_has_a_sentence():
    history = recorded()
    teller = stories.Teller(history, 0, "en")
    assert set(teller.tell_by) == {code for code, event in EVENTS.items() if event.who == "venture"}
    events = history.events()
    kinds = set(events.loc[events["who"].str[0] == "V", "what"])
    for what in sorted(kinds)[:FEW]:
        assert str(history.story(events.loc[events["what"] == what, "who"].iloc[-1]))
    assert INTERPRETED or len(kinds) >= 14


def test_loans_are_told():
    changes = {"city.graduates": 30, "city.newcomers": 20, "bank.ip_haircut": 0.5, "bank.rating": 0.6, "sector.closure": 0.05}
    history = simulate("bank_lump", seed=2, years=6, changes=changes)
    events = history.events()
    for what, words in (("loan", "The bank lends it "), ("loan repaid", "It has paid its loan back"), ("loan lost", "The bank does not get ")):
        those = events[events["what"] == what]
        assert INTERPRETED or len(those), what
        for line in those.head(1 if INTERPRETED else 2).itertuples():
            assert any(text.startswith(words) for tick, text in history.story(line.who).lines if tick == line.tick)
            assert any("银行" in text or "贷款" in text for tick, text in history.story(line.who, language="zh").lines if tick == line.tick)


def test_what_belongs_to_an_end_is_told_after_it():
    def line(what, whom=-1):
        return (7, int(what), 0, whom, 100, 0)

    lines = np.array([line(accounts.STOPPED, 3), line(accounts.PAID_OUT, 1), line(accounts.PAID_OUT, 2), line(accounts.ACQUIRED)], accounts.EVENT)
    assert [group[0]["what"] for _, group in within_a_tick(lines)] == [int(what) for what in (accounts.STOPPED, accounts.ACQUIRED, accounts.PAID_OUT)]
    (_, both), (_, _) = list(within_a_tick(lines[1:]))[::-1]
    assert [one["whom"] for one in both] == [1, 2]


def test_markdown_shows_what_is_written():
    story = Story("V1", "A_b", None, ((5, "Pays *much* <b>to</b> [x](y)."), (5, "Then more."), (6, "Ends.")), "It lived 1 year.", notes=("No | more.",))
    assert story.markdown() == (
        "### A\\_b (V1)\n\n- **Year 1, Q2** Pays \\*much\\* \\<b\\>to\\</b\\> \\[x\\](y). Then more.\n- **Year 1, Q3** Ends.\n\nIt lived 1 year.\n\n*No \\| more.*\n"
    )
    assert story._repr_markdown_() == story.markdown() and unmarked("plain") == "plain"
    assert str(story).split("\n")[:2] == ["A_b (V1)", "Year 1, Q2: Pays *much* <b>to</b> [x](y). Then more."]


def test_lines_fit_a_terminal():
    for language in ("en", "zh"):
        story = told(recorded, busiest(recorded)[0], language)
        text = story.wrapped(80)
        wide = [sum(2 if ord(letter) > 0x2000 else 1 for letter in line) for line in text.split("\n")]
        assert max(wide) <= 84 and re.sub(r"\s+", "", text) == re.sub(r"\s+", "", str(story)), "nothing is lost"
    chinese = wrapped("一二三四五，六七八F123（九）。", 10, "zh").split("\n")
    assert chinese[0] == "一二三四" and chinese[1].startswith("    五，") and all(line.lstrip()[0] not in stories.CLOSING for line in chinese) and any("F123" in line for line in chinese)


# --- what was believed -----------------------------------------------------------------------------------------------


def test_belief_against_the_closed_form():
    """A venture and a fund made by hand: an investor that sees quality without noise believes p e^{-lL} / (1 - p + p e^{-lL}) after effort L."""
    world = open_run(town(), 1, 2, record=True)
    p, v = world.p[0], world.ventures[0]
    v.form, v.sector, v.link, v.start_link, v.status, v.quality = RADICAL, 1, DEVELOPMENT, 1, BUILDING, 0.7
    v.market_entry, v.abandoned, v.founded, v.last_milestone, v.effort, v.withheld = -1, -1, 1, 4, 5.0, 1.0
    v.holder[:] = -1
    v.holder[3], v.since[3], v.shares[3] = 0, 6, 1
    world.funds[0].manager = 0
    world.managers[0].skill, world.managers[0].tolerance = 1e9, 12.0
    rerun = Rerun.__new__(Rerun)
    rerun.world = world
    b, c = float(p.venture_feasibility[RADICAL, DEVELOPMENT]), float(p.venture_quality_weight)
    prior = 1 / (1 + math.exp(-(b + c * 0.7)))
    silent = prior * math.exp(-float(p.venture_speed[RADICAL, DEVELOPMENT] * p.sector_speed[1]) * 6.0)
    expected = silent / (1 - prior + silent)

    tranche = rerun.belief(9, v.copy(), v, {"what": int(accounts.TRANCHE), "whom": 0}, abandoned=False)
    assert tranche.belief == pytest.approx(expected, rel=1e-6)
    assert (tranche.silence, tranche.tolerance, tranche.link) == (3.0, 12.0, DEVELOPMENT), "the fund bought in after the milestone"
    round_ = rerun.belief(9, v.copy(), v, {"what": int(accounts.ROUND), "whom": 0}, abandoned=False)
    assert round_.belief == pytest.approx(expected, rel=1e-6) and round_.silence == 5.0, "a newcomer counts from the milestone"
    warned = rerun.belief(9, v.copy(), v, {"what": int(accounts.ROUND), "whom": 0}, abandoned=True)
    assert warned.belief == pytest.approx(expected * (1 - float(p.market_insider_stop_discount)), rel=1e-6)


def test_a_row_as_it_was_at_the_decision():
    world = open_run(town(), 1, 2, record=True)
    before, after = world.ventures[0].copy(), world.ventures[1].copy()
    for v in (before, after):
        v.founded, v.last_milestone, v.market_entry, v.abandoned = 2, 5, -1, -1
        v.holder[:] = -1
    before.holder[2], before.since[2] = 7, 4
    after.status, after.holder[2], after.since[2] = 5, -1, 4  # it closed later in the quarter, and the stake is gone
    v, slot = as_decided(before, after, 9, 7, True, False)
    assert (v.status, slot, v.since[slot], v.abandoned) == (BUILDING, 2, 4, -1)
    after.holder[0], after.since[0] = 8, 9
    v, slot = as_decided(before, after, 9, 8, False, True)
    assert (slot, v.abandoned) == (0, 9), "a newcomer has heard that the last insider stopped"
    after.market_entry, before.abandoned = 9, 3
    assert as_decided(before, after, 9, 8, False, False)[0].status == SELLING
    assert as_decided(before, after, 9, 8, False, False)[0].abandoned == 3
    after.last_milestone = 9
    assert as_decided(before, after, 9, 8, False, False)[0].abandoned == -1, "a milestone makes good"


class Watched(Ecosystem):
    """Walks the quarter step by step and writes down what holders believe at the moment they review, and outsiders at the moment they hear a pitch."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.seen = {}
        hear = self.rules["hear_pitches"]

        def watched(world):
            for row in world.seekers[: world.clock[0].n_seekers].tolist():
                v = world.ventures[row]
                for manager, tie in reversed(list(zip(v.contact.tolist(), v.contact_tie.tolist(), strict=True))):
                    if manager >= 0 and world.managers[manager].fund >= 0:
                        self.note("round", row, int(world.managers[manager].fund), bool(tie == 1), v.last_milestone)
            hear(world)

        self.rules["hear_pitches"] = watched

    def _take_turns(self, step):
        if step.rule.__name__ == "review_portfolio":
            for fund in self.world.open_funds[: self.world.clock[0].n_open_funds].tolist():
                f = self.world.funds[fund]
                for place in range(f.holdings if f.ended < 0 else 0):
                    row, slot = int(f.portfolio[place]), int(f.slot[place])
                    v = self.world.ventures[row]
                    if v.status in (BUILDING, SELLING) and v.active[slot] and v.holder[slot] == fund and v.shares[slot] > 0:
                        stops = renew_or_stop(self.world, self.world.managers[f.manager], v, slot, self.world.p[0], self.now, self.seed)
                        self.note("stopped" if stops else "tranche", row, fund, bool(v.tie[slot] == 1), max(int(v.last_milestone), int(v.since[slot])))
        super()._take_turns(step)

    def note(self, decision, row, fund, tie, since):
        world, v = self.world, self.world.ventures[row]
        m, p = world.managers[world.funds[fund].manager], self.world.p[0]
        belief = math.nan
        if v.status == BUILDING:
            z, _ = opinion_of(p, world.tables[0], m, v, tie, np.uint64(self.seed) if not INTERPRETED else self.seed)
            belief = float(belief_in(p, v, z, p.market_insider_stop_discount))
        self.seen[self.now, f"V{row}", f"F{fund}", decision] = (belief, (self.now - since) / 4, float(m.tolerance) / 4)


@pytest.mark.parametrize("stopping", ["patience", "bayesian"])
def test_beliefs_are_those_of_the_moment_of_decision(stopping):
    """The quarter walked step by step: what a fund believes when it decides is what the story tells, to the last bit."""
    long = 4 if INTERPRETED else 6
    walked = Watched(town().with_({"fund.stopping": stopping, "city.graduates": 12, "city.newcomers": 8}), seed=5, years=long)
    for _ in range(4 * long):
        walked.step()
    history = walked.history()
    events = history.events()
    decided = events[events["what"].isin(["round", "tranche", "stopped"])]
    kinds = Counter()
    for venture in decided["who"].value_counts().index[: FEW or 40]:
        for one in history.story(venture).beliefs.itertuples():
            belief, silence, tolerance = walked.seen[one.tick, venture, one.fund, one.decision]
            assert (one.belief, one.silence) == pytest.approx((belief, silence), rel=0, abs=0, nan_ok=True), one
            assert one.tolerance == tolerance if stopping == "patience" else math.isnan(one.tolerance)
            kinds[one.decision, one.milestone is None or one.milestone != one.milestone] += 1
    assert INTERPRETED or len(kinds) >= 5, f"rounds, tranches and stops, before and in the market: {kinds}"


def test_what_is_told_makes_the_decision_come_out_as_logged():
    """Under the rule of thumb a holder stops when its tolerance is used up, under the Bayesian rule when its belief no longer pays; and not before."""
    stops = Counter()
    for run in (recorded, bayesian):
        for venture in busiest(run):
            beliefs, lines = told(run, venture).beliefs, lines_of(run(), venture)
            logged = lines[lines["what"].isin(["round", "tranche", "stopped"])]
            assert list(zip(beliefs["tick"], beliefs["fund"], beliefs["decision"], strict=True)) == list(
                zip(logged["tick"], logged["whom"], logged["what"], strict=True)
            )
            for one in beliefs[beliefs["decision"] != "round"].itertuples():
                stopped = one.decision == "stopped"
                stops[one.rule, stopped] += 1
                if one.rule == "patience":
                    assert (one.silence >= one.tolerance) == stopped
                elif isinstance(one.milestone, str):
                    assert (one.judged < one.cutoff) == stopped
            for one in beliefs[beliefs["rule"] == "bayesian"].dropna(subset="belief").itertuples():
                market = run().funds().loc[one.fund, "kind"] == "market"
                assert (one.judged > one.belief) if market else one.judged == pytest.approx(one.belief, rel=1e-12) or one.decision == "round"
    assert INTERPRETED or len(stops) == 4, stops


def test_beliefs_are_told_beside_what_was_decided():
    history = recorded()
    found = Counter()
    for venture in busiest(recorded):
        story = told(recorded, venture)
        for one in story.beliefs.dropna(subset="belief").itertuples():
            sentences = [text for tick, text in story.lines if tick == one.tick and f"gives {one.milestone} a chance of {stories.percent(one.belief)}" in text]
            assert sentences, one
            found[one.decision] += 1
            named = history.name(one.fund)
            assert any(f"{named} gives" in text or "The fund gives" in text for text in sentences)
    assert set(found) >= {"round", "tranche"}


def test_what_nobody_saw_is_what_nature_had_decided():
    """Told when the last investor stops; where the milestone was reached later after all, it could be reached."""
    history, seen = simulate(town().with_({"fund.tolerance": 1}), seed=3, years=YEARS), Counter()
    events = history.events()
    for venture in events.loc[events["what"] == "abandoned", "who"].unique()[: FEW or 40]:
        lines = lines_of(history, venture)
        for tick, text in history.story(venture).lines:
            if "What nobody could see" not in text:
                continue
            could = "could be reached" in text
            later = lines[(lines["tick"] > tick) & (lines["what"] == "milestone")]
            assert could or later.empty, (venture, tick)
            seen[could] += 1
    assert INTERPRETED or len(seen) == 2, seen


def test_sentences_of_the_bayesian_rule():
    told_ = " ".join(str(told(bayesian, venture)) for venture in busiest(bayesian))
    assert "with its slack allowed for; below " in told_ and "so it stops." in told_ and "rule of thumb" not in told_
    teller = stories.Teller(recorded(), 0, "en")
    one = Belief(4, 0, int(accounts.STOPPED), 4.0, math.nan, False, link=2, belief=0.1, judged=0.1, cutoff=1.4)
    assert "after 1 year without a milestone; going on would take certainty, so it stops." in teller.belief(one, alone=True)
    assert teller.belief(one._replace(seen=True, belief=0.0), alone=True) == "The fund can see that development cannot be reached."
    assert teller.belief(one._replace(seen=True, belief=1.0), alone=True) == "The fund can see that development can be reached."


# --- in Chinese ------------------------------------------------------------------------------------------------------


def test_every_sentence_has_its_chinese():
    texts = [*stories.BY_PATIENCE.values(), *stories.BY_BELIEF.values(), *stories.HOW.values(), stories.AFRESH]
    assert [text for text in texts if text not in catalogue()] == []


@pytest.mark.parametrize("run", [recorded, bayesian], ids=["patience", "bayesian"])
def test_a_chinese_story_has_no_english_left(run):
    other = bayesian() if run is recorded else recorded()
    events = run().events()
    rare = [events.loc[events["what"] == what, "who"].iloc[-1] for what in set(events.loc[events["who"].str[0] == "V", "what"])]
    for venture in sorted({*busiest(run)[:8], *rare})[:FEW]:
        story = run().story(venture, other=other, language="zh")
        settings = {setting["name"] for history in (run(), other) for setting in history.provenance["scenario"]["overrides"]}
        policies = story.parting[0]
        for text in (str(story).replace(policies, ""), story.markdown().replace(unmarked(policies), "")):
            assert LATIN.findall(IDS.sub("", text)) == [], (venture, text)
        assert all(setting in policies for setting in settings & set(policies)) and len(story.lines) == len(told(run, venture).lines)


def test_another_language_is_refused():
    with pytest.raises(BadInput, match="language.*de"):
        recorded().story("V0", language="de")


# --- runs that cannot be lived again ---------------------------------------------------------------------------------


def test_without_a_log_there_is_no_story():
    for ask in (lambda h: h.story("V0"), lambda h: h.events(), lambda h: h.ledger):
        with pytest.raises(BadInput, match="record=True"):
            ask(unrecorded())


def test_a_run_that_was_kept_tells_the_same_story(tmp_path):
    again = History.load(recorded().save(tmp_path / "run"))
    assert again.settings.digest() == recorded().settings.digest()
    for venture in busiest(recorded)[:3]:
        assert str(again.story(venture)) == str(told(recorded, venture)) and again.story(venture).beliefs.equals(told(recorded, venture).beliefs)


def test_without_its_scenario_a_run_is_told_without_beliefs_and_says_so(tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text('title = "Mine"\nabout = "A city of my own."\nbase = "baseline"\n[set]\n"city.graduates" = 10\n"city.newcomers" = 5\n')
    history = simulate(str(mine), seed=1, years=3)
    again = History.load(history.save(tmp_path / "run"))
    assert again.settings is None and history.settings is not None
    story, whole = again.story("V0"), history.story("V0")
    assert story.beliefs is None and whole.beliefs is not None and story.events.equals(whole.events)
    assert story.notes and "cannot be lived again" in str(story) and "cannot be lived again" in story.markdown() and not whole.notes
    assert "gives" not in str(story) and "无法" in str(again.story("V0", language="zh"))


def test_other_rules_or_another_run_are_found_out(monkeypatch):
    history = recorded()
    venture = busiest(recorded)[0]
    with monkeypatch.context() as patch:
        patch.setattr(history_module, "source_hash", lambda: "other rules")
        assert history.story(venture).beliefs is None
    other = History(history.world, {**history.provenance, "seed": history.seed + 1}, history.settings)
    assert other.story(venture).beliefs is None, "the log of that seed is another one"


def test_a_run_that_goes_on_is_told_so_far():
    walked = Ecosystem(town(), seed=3, years=YEARS)
    for _ in range(12):
        walked.step()
    history = walked.history()
    events = recorded().events()
    early = events[(events["tick"] < 12) & events["what"].isin(["round", "tranche"])]["who"].value_counts().index[:3]
    for venture in early:
        so_far, whole = history.story(venture), told(recorded, venture)
        assert so_far.lines == tuple(line for line in whole.lines if line[0] < 12)
        assert so_far.beliefs.equals(whole.beliefs[whole.beliefs["tick"] < 12])
        assert "At the end of the run" not in so_far.end
        assert ("So far" in so_far.end) == bool(np.isnan(history.ventures().loc[venture, "ended"]))


def test_tables_that_turn_out_too_small_are_made_anew(monkeypatch):
    history, venture = recorded(), busiest(recorded)[0]
    whole = told(recorded, venture)
    small = stories.first_guess(history.settings, history.years, True)
    monkeypatch.setattr(stories, "first_guess", lambda *_: type(small)(**{**vars(small), "events": small.events // 64, "deals": 8}))
    assert history.story(venture).beliefs.equals(whole.beliefs)
