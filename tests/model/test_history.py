"""History: frames in natural units against the tables, measures against naive counts, saving and loading."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest

from seedbed.agents.errors import BadInput
from seedbed.agents.venture import PUBLIC_HOLDER
from seedbed.model import history as module
from seedbed.model.history import History
from seedbed.model.outcomes import outcomes
from seedbed.model.simulate import simulate

sys.path.insert(0, str(Path(__file__).parent))

from runs import CHANGES, YEARS, recorded, town, unrecorded  # noqa: E402

FRAMES = ("ventures", "people", "funds", "deals", "rounds", "events", "series", "programmes", "funnel", "survival", "jcurve")


# --- provenance ---------------------------------------------------------------------------------------------------------


def test_a_history_says_where_it_comes_from():
    history = recorded()
    assert (history.scenario, history.seed, history.years, history.recorded, history.last) == ("baseline", 3, YEARS, True, 4 * YEARS - 1)
    told = history.provenance
    assert told["scenario"]["digest"] == town().digest()
    assert [o["name"] for o in told["scenario"]["overrides"]] == list(CHANGES)
    assert told["versions"]["numpy"] == np.__version__ and told["ticks"] == 4 * YEARS
    assert history.parameters().loc["city.graduates", "value"] == 20 and history.parameters().loc["city.graduates", "status"] == "set"
    json.dumps(told)


def test_the_hash_of_the_rules_is_that_of_their_files(tmp_path, monkeypatch):
    (tmp_path / "agents").mkdir()
    (tmp_path / "model").mkdir()
    rule = tmp_path / "agents" / "a.py"
    rule.write_text("x = 1\n")
    (tmp_path / "model" / "history.py").write_text("")
    monkeypatch.setattr(module, "__file__", str(tmp_path / "model" / "history.py"))
    before = module.source_hash()
    assert module.source_hash() == before
    rule.write_text("x = 2\n")
    assert module.source_hash() != before


def test_its_text_tells_what_happened():
    world = recorded().world
    text = repr(recorded())
    assert f"{int(world.clock[0].n_ventures):,} ventures ({int(world.clock[0].n_live):,} living" in text
    assert f"'baseline' with {len(CHANGES)} settings changed, seed 3, {YEARS} years" in text
    assert "no event log" in repr(unrecorded()) and "no event log" not in text


def test_a_world_still_running_has_a_history_too():
    from seedbed.model.engine import open_run
    from seedbed.model.schedule import quarters

    world = open_run(town(), 3, YEARS, record=True)
    fresh = History.of(world, town(), 3, YEARS)
    assert fresh.last == -1 and len(fresh.ventures()) == 0 and len(fresh.events()) == 0 and len(fresh.rounds()) == 0
    assert len(fresh.network(layers="founded").edges) == 0
    assert "0 ventures" in repr(fresh)
    quarters(world, 12)
    early = History.of(world, town(), 3, YEARS)
    assert early.last == 11
    same = recorded().events()
    pandas.testing.assert_frame_equal(early.events(), same[same["tick"] <= 11])


# --- frames ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FRAMES)
def test_every_column_has_a_unit(name):
    frame = getattr(recorded(), name)()
    assert set(frame.attrs["units"]) >= set(frame.columns) and len(frame) > 0


def test_ventures_in_natural_units():
    world, frame = recorded().world, recorded().ventures()
    n = int(world.clock[0].n_ventures)
    v = world.ventures[:n]
    assert list(frame.index[:3]) == ["V0", "V1", "V2"] and len(frame) == n
    assert np.array_equal(frame["raised"], v["raised"] / 1e8)
    assert np.array_equal(frame["founded"], v["founded"] / 4)
    assert frame["ended"].isna().sum() == (v["ended"] < 0).sum() == world.clock[0].n_live
    assert frame["key"].is_unique
    assert set(frame["form"]) == {"incremental", "radical"} and set(frame["status"]) >= {"building", "selling", "closed", "acquired"}
    row = int(np.flatnonzero((v["rounds"] >= 2) & (v["ended"] >= 0))[0])
    one = frame.loc[f"V{row}"]
    assert one["post"] == v[row].round_post[v[row].rounds - 1] / 1e8
    assert one["founder"] == f"P{v[row].founder}" and one["age"] == (v[row].ended - v[row].founded) / 4
    assert frame["post"].isna().sum() == (v["rounds"] == 0).sum()


def test_people_and_their_ventures_point_to_each_other():
    history = recorded()
    people, ventures = history.people(), history.ventures()
    latest = ventures.groupby("founder")["founded"].idxmax()
    founders = people[people["venture"].notna()]
    assert (founders["venture"] == latest.reindex(founders.index)).all()
    assert (people["tries"].reindex(latest.index) == ventures.groupby("founder").size()).all()


def test_funds_and_deals_add_up():
    history = recorded()
    funds, deals, ventures = history.funds(), history.deals(), history.ventures()
    assert np.allclose(funds[[c for c in funds if c.startswith("part_")]].sum(axis=1), 1)
    assert deals["fund_kind"].tolist() == funds["kind"].reindex(deals["fund"]).tolist()
    bought = deals.groupby("venture")["cost"].sum()
    relayed = history.events().query("what == 'stake sold' and whom.notna()").groupby("who")["amount"].sum()
    raised = ventures["raised"].reindex(bought.index)
    assert np.allclose(bought - relayed.reindex(bought.index).fillna(0), raised)
    closed = deals["closed"].notna()
    assert np.allclose(deals.loc[closed, "multiple"] * deals.loc[closed, "cost"], deals.loc[closed, "got"])
    assert deals.loc[~closed, "multiple"].isna().all() and (~closed).any()
    paid_in = funds["called"] > 0
    assert np.allclose((funds["dpi"] * funds["called"])[paid_in], funds["distributed"][paid_in]) and funds["dpi"][~paid_in].isna().all()


def test_rounds_are_those_of_the_event_log():
    history = recorded()
    events, rounds = history.events(), history.rounds()
    logged = events[events["what"] == "round"].groupby(["who", "tick"])
    told = rounds.set_index(["venture", "tick"])
    assert told.index.is_unique and set(told.index) == set(logged.groups)
    assert np.allclose(told["size"], logged["amount"].sum().reindex(told.index))
    assert (told["lead"] == logged["whom"].first().reindex(told.index)).all()
    second = logged["whom"].agg(lambda who: who.iloc[1] if len(who) > 1 else None).reindex(told.index)
    assert (told["co_investor"].fillna("") == second.fillna("")).all() and second.notna().any()
    assert (rounds["number"] >= 1).all() and np.allclose(rounds["pre"] + rounds["size"], rounds["post"])
    assert (rounds.groupby("venture")["number"].diff().dropna() >= 1).all()
    pandas.testing.assert_frame_equal(rounds, unrecorded().rounds())


def test_the_price_of_a_round_is_that_of_its_shares():
    """Post-money = size over the part of the firm that the investors receive, to the rounding of a share."""
    history = recorded()
    events = history.events()
    checked = 0
    for line in history.rounds().query("tick > 8").head(60).itertuples():
        shares = events.query("what == 'round' and who == @line.venture and tick == @line.tick")["shares"].sum()
        redeemed = events.query("what == 'redeemed' and who == @line.venture and tick == @line.tick")["shares"].sum()
        total = history.cap_table(line.venture, line.tick)["shares"].sum() + redeemed
        assert line.size * total / shares == pytest.approx(line.post, rel=1e-6 + 2.0 / shares)
        checked += 1
    assert checked > 20


def test_events_read_as_words():
    history = recorded()
    events, log = history.events(), history.world.events
    assert len(events) == history.world.clock[0].n_events
    assert events["tick"].is_monotonic_increasing
    founded = events[events["what"] == "founded"]
    assert (founded["who"].str[0] == "V").all() and (founded["whom"].str[0] == "P").all() and (founded["note"] == "savings").all()
    ventures = history.ventures()
    assert founded["whom"].tolist() == ventures["founder"].reindex(founded["who"]).tolist()
    first = events[events["what"] == "round"].index[0]
    assert events.loc[first, "amount"] == log[first].amount / 1e8 and events.loc[first, "whom"] == f"F{log[first].whom}"
    closed = events[events["what"] == "closed"]
    assert closed["amount"].isna().all() and set(closed["note"]) <= {"out of money", "market failed", "acquired", "redemption"}
    done = set(events.loc[events["what"] == "milestone", "note"])
    assert done <= {f"{link} done" for link in ("applied research", "invention", "development", "market entry")} and len(done) >= 3
    assert set(events.loc[events["what"] == "disclosed", "note"]) == {"digital", "hardware", "bio", "consumer"}


def test_series_and_accounts_agree_with_the_end():
    history = recorded()
    series, world = history.series(), history.world
    assert len(series) == 4 * YEARS and series.index[-1] == YEARS - 0.25
    assert series["live"].iloc[-1] == world.clock[0].n_live
    accounts = history.to_frame("accounts")
    for name, balance in accounts["cash"].items():
        assert series[f"account_{name}"].iloc[-1] == balance
    assert (series["imbalance"] == 0).all()


def test_any_table_can_be_had_whole():
    history = recorded()
    for table in module.FIELDS:
        frame = history.to_frame(table)
        assert set(frame.columns) == set(frame.attrs["units"]) and (len(frame) > 0 or table == "loans"), table
    assert list(history.to_frame("cities").filter(like="chance_seen")) == [
        f"chance_seen_{form}_{sector}" for form in ("incremental", "radical") for sector in ("digital", "hardware", "bio", "consumer")
    ]
    with pytest.raises(BadInput, match="did you mean 'ventures'"):
        history.to_frame("venture")


# --- measures -------------------------------------------------------------------------------------------------------------


def test_outcomes_are_those_of_the_model():
    assert recorded().outcomes(2) == pytest.approx(outcomes(recorded().world, 2), nan_ok=True)
    assert recorded().outcomes() == pytest.approx(outcomes(recorded().world, YEARS // 4), nan_ok=True)


def test_the_funnel_counts_ventures_by_round():
    history = recorded()
    ventures, rounds = history.ventures(), history.rounds()
    for burn_in in (None, 2):
        some = ventures[ventures["founded"] >= (burn_in or 0)]
        funnel = history.funnel(burn_in)
        expected = [len(some), *((some["rounds"] >= n).sum() for n in range(1, 7))]
        assert funnel["ventures"].tolist() == expected and expected[2] > 10
        assert funnel["of_founded"].tolist() == pytest.approx([n / expected[0] for n in expected])
        first = rounds[(rounds["number"] == 1) & rounds["venture"].isin(some.index)]
        assert funnel.loc["round 1", "size"] == pytest.approx(first["size"].median())
        assert funnel.loc["round 1", "age"] == pytest.approx(first["age"].median())
    assert funnel.loc["round 2", "of_step_before"] == expected[2] / expected[1]


@pytest.mark.parametrize("group", ["all", "funded"])
def test_survival_is_the_product_of_the_chances_to_live_on(group):
    history = recorded()
    survival = history.survival(group)
    ventures = history.ventures()
    ventures = ventures if group == "all" else ventures[ventures["rounds"] > 0]
    last_seen = YEARS - 0.25  # the quarter in which those who live were last seen
    gone = ventures["listed"].fillna(ventures["ended"]).fillna(last_seen) - ventures["founded"]
    died = (ventures["status"] == "closed") & (ventures["ending"] != "acquired") & ventures["listed"].isna()
    alive = 1.0
    for age, line in survival.iterrows():
        assert line["at_risk"] == (gone >= age).sum()
        alive *= 1 - (died & (gone == age)).sum() / (gone >= age).sum()
        assert line["survival"] == pytest.approx(alive)
    assert survival["survival"].iloc[-1] < 1


def test_the_j_curve_is_the_mean_of_cumulative_flows():
    history = recorded()
    world = history.world
    curve = history.jcurve("market")
    funds = [f for f in world.funds[: int(world.clock[0].n_funds)] if f.kind == 1]
    for age in (0, 5, 12):
        seen = [f.flows[: age + 1].sum() / f.commitment for f in funds if 4 * YEARS - f.raised > age]
        assert curve.loc[age / 4, "funds"] == len(seen) > 0
        assert curve.loc[age / 4, "net_flow"] == pytest.approx(np.mean(seen))
    assert curve["net_flow"].min() < -0.05


@pytest.mark.parametrize(
    "ask",
    [lambda h: h.survival("some"), lambda h: h.jcurve("marked"), lambda h: h.funnel(-1), lambda h: h.funnel(YEARS), lambda h: h.survival(burn_in=1.5)],
)
def test_measures_refuse_what_they_do_not_know(ask):
    with pytest.raises(BadInput):
        ask(recorded())


# --- cap tables -----------------------------------------------------------------------------------------------------------


def test_a_cap_table_adds_up_to_all_shares():
    history = recorded()
    v = history.world.ventures
    for row in np.flatnonzero(v["rounds"] >= 2)[:25].tolist():
        table = history.cap_table(row)
        assert table["shares"].sum() == v[row].all_shares and table["share"].sum() == pytest.approx(1)
        assert table.index[0] == "founders" and table.index.is_unique
        funds = table[table["kind"].str.endswith("fund")]
        held = {f"F{h}": (int(s), c / 1e8) for h, s, c in zip(v[row].holder, v[row].shares, v[row].cost, strict=True) if h >= 0 and s}
        assert {name: (line["shares"], line["cost"]) for name, line in funds.iterrows()} == held


def test_a_cap_table_before_and_after_a_round():
    history = recorded()
    rounds = history.rounds()
    line = next(rounds[(rounds["number"] == 1) & (rounds["tick"] > 8) & (rounds["age"] > 0)].itertuples())
    before, after = history.cap_table(line.venture, line.tick - 1), history.cap_table(line.venture, line.tick)
    assert line.lead not in before.index and after.loc[line.lead, "since"] == line.year
    assert after.loc[[name for name in (line.lead, line.co_investor) if isinstance(name, str)], "cost"].sum() == pytest.approx(line.size)
    assert before.loc["founders", "shares"] == after.loc["founders", "shares"]
    assert before.loc["founders", "share"] > after.loc["founders", "share"]


def test_without_a_log_the_last_cap_table_is_the_same():
    v = recorded().world.ventures
    rows = np.flatnonzero((v["rounds"] >= 1) & ~(np.asarray(v["holder"]) == PUBLIC_HOLDER).any(axis=1))[:25].tolist()
    assert len(rows) == 25
    for row in rows:
        pandas.testing.assert_frame_equal(recorded().cap_table(row), unrecorded().cap_table(row))
    with pytest.raises(BadInput, match="record=True"):
        unrecorded().cap_table(rows[0], 4 * YEARS - 2)


def test_a_cap_table_of_nothing_is_refused():
    late = recorded().ventures()["founded"].idxmax()
    with pytest.raises(BadInput, match="was founded"):
        recorded().cap_table(late, 0)
    with pytest.raises(BadInput, match="V0 to V"):
        recorded().cap_table("V999999")


# --- saving and loading -----------------------------------------------------------------------------------------------------


def bytes_in_use(history):
    return {name: np.asarray(history._rows(name)).tobytes() for name in history.world._fields}


@pytest.mark.parametrize("run", [recorded, unrecorded], ids=["recorded", "unrecorded"])
def test_what_is_saved_comes_back_to_the_byte(tmp_path, run):
    history = run()
    place = history.save(tmp_path / "deep" / "run")
    again = History.load(place)
    assert bytes_in_use(again) == bytes_in_use(history)
    assert again.provenance == history.provenance and repr(again) == repr(history)
    assert again.outcomes(2) == pytest.approx(history.outcomes(2), nan_ok=True)
    pandas.testing.assert_frame_equal(again.ventures(), history.ventures())
    if history.recorded:
        assert str(again.story("V5")) == str(history.story("V5"))
        assert list(again.network(9).edges) == list(history.network(9).edges)
    assert sorted(p.name for p in place.parent.iterdir()) == ["run"]


def test_saved_tables_can_be_read_by_anything(tmp_path):
    place = recorded().save(tmp_path / "run")
    ventures = pandas.read_parquet(place / "ventures.parquet")
    assert ventures["raised"].tolist() == recorded()._rows("ventures")["raised"].tolist()
    assert oct(place.stat().st_mode & 0o700) == "0o700"


def test_a_saved_run_is_replaced_only_on_demand(tmp_path):
    history = recorded()
    place = history.save(tmp_path / "run")
    with pytest.raises(BadInput, match="overwrite=True"):
        history.save(place)
    short = simulate(town(), seed=1, years=1)
    short.save(place, overwrite=True)
    assert History.load(place).years == 1
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(BadInput, match="something is there"):
        history.save(other, overwrite=True)
    assert list(other.iterdir()) == []


def test_a_failed_save_leaves_nothing_behind_and_nothing_changed(tmp_path, monkeypatch):
    history = simulate(town(), seed=1, years=1)
    place = history.save(tmp_path / "run")
    before = {file.name: file.read_bytes() for file in place.iterdir()}
    write = History._write

    def full(self, where):
        write(self, where)
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(History, "_write", full)
    with pytest.raises(BadInput, match="No space left"):
        history.save(tmp_path / "new")
    with pytest.raises(BadInput, match="No space left"):
        history.save(place, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    assert {file.name: file.read_bytes() for file in place.iterdir()} == before


def test_a_replacement_that_cannot_be_moved_into_place_leaves_the_earlier_run(tmp_path, monkeypatch):
    history = simulate(town(), seed=1, years=1)
    place = history.save(tmp_path / "run")
    move = os.replace

    def stuck(source, target):
        if str(source).endswith("-new"):
            raise PermissionError(13, os.strerror(13))
        move(source, target)

    monkeypatch.setattr(module.os, "replace", stuck)
    with pytest.raises(BadInput, match="Permission denied"):
        history.save(place, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["run"] and History.load(place).years == 1


def test_an_interrupted_save_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupted(self, where):
        (where / "half").write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(History, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        recorded().save(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="place to save to"):
        recorded().save(tmp_path / "file" / "run")


def test_loading_says_what_is_wrong(tmp_path):
    with pytest.raises(BadInput, match="no provenance.json"):
        History.load(tmp_path)
    place = simulate(town(), seed=1, years=1).save(tmp_path / "run")
    about = place / "provenance.json"
    text = about.read_text()
    about.write_text("{")
    with pytest.raises(BadInput, match="cannot be read"):
        History.load(place)
    about.write_text("[]")
    with pytest.raises(BadInput, match="layout 1"):
        History.load(place)
    told = json.loads(text)
    told["tables"]["funds"].append(["new_field", "<i4", []])
    told["versions"]["seedbed"] = "9.9.9"
    about.write_text(json.dumps(told))
    with pytest.raises(BadInput, match="'funds' has other fields.*|9.9.9"):
        History.load(place)
    about.write_text(text)
    (place / "deals.parquet").unlink()
    with pytest.raises(BadInput, match="deals.parquet cannot be read"):
        History.load(place)
    (place / "deals.parquet").write_bytes(b"PAR1 is not this")
    with pytest.raises(BadInput, match="deals.parquet cannot be read"):
        History.load(place)
