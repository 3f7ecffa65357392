"""The network: by hand, against a naive reading of the event log, and from records against from the log."""

import sys
from itertools import combinations
from pathlib import Path

import networkx
import numpy as np
import pytest

from seedbed.agents import accounts as a
from seedbed.agents.errors import BadInput
from seedbed.agents.venture import BUILDING, HOLDERS, NOBODY, PUBLIC, SELLING, SHUT, SPINOUT, UNIVERSITY_HOLDER
from seedbed.model import network
from seedbed.model.replay import replay
from seedbed.model.scenario import Scenario
from seedbed.model.world import Size, allocate

sys.path.insert(0, str(Path(__file__).parent))

from runs import YEARS, recorded, unrecorded  # noqa: E402

MILLION = 100_000_000


# --- by hand ---------------------------------------------------------------------------------------------------------


def by_hand():
    """Three people, two ventures, two funds: V0 is a spinout backed by both funds and listed; V1 is backed by F1, helped, and closes."""
    lines = [
        (2, a.FOUNDED, 0, 0, 0, 0),
        (3, a.ROUND, 0, 0, 6 * MILLION, 6_000_000),
        (3, a.ROUND, 0, 1, 4 * MILLION, 4_000_000),
        (4, a.FOUNDED, 1, 2, 0, 0),
        (5, a.GRANT, 1, 1, 20_000_000, 0),
        (5, a.ROUND, 1, 1, 1 * MILLION, 2_500_000),
        (6, a.STOPPED, 1, 1, 1 * MILLION, 0),
        (7, a.CLOSED, 1, -1, 1, 0),
        (8, a.LISTED, 0, -1, 40 * MILLION, 0),
    ]
    world = allocate(Scenario.load("baseline"), Size(people=3, ventures=2, live=2, deals=3, funds=2, events=len(lines), ticks=11))
    for n, line in enumerate(lines):
        for name, value in zip(("tick", "what", "who", "whom", "amount", "shares"), line, strict=True):
            world.events[name][n] = value
    clock = world.clock[0]
    clock.recording, clock.n_events, clock.now = 1, len(lines), 11
    clock.n_people, clock.n_ventures, clock.n_funds, clock.n_deals = 3, 2, 2, 3
    p, v, f = world.people, world.ventures, world.funds
    p["arrived"], p["university"] = [0, 1, 4], [2, 2, -1]
    p["ties"] = [[1, -1, -1, -1], [0, 0, -1, -1], [-1, -1, -1, -1]]
    v["founded"], v["founder"], v["university"], v["origin"] = [2, 4], [0, 2], [2, -1], [SPINOUT, 0]
    v["ended"], v["listed"], v["market_entry"], v["unicorn_fundamental"] = [-1, 7], [8, -1], [6, -1], [7, -1]
    v["status"] = [PUBLIC, SHUT]
    v["shares"][0, HOLDERS - 1] = 1_500_000
    f["raised"], f["ended"], f["kind"], f["commitment"] = [0, 1], [9, -1], [1, 2], [50 * MILLION, 80 * MILLION]
    return world


def edges_of(graph, layer):
    """The edges of a layer as {frozenset of ends: data}."""
    return {frozenset((one, other)): data for one, other, key, data in graph.edges(keys=True, data=True) if key == layer}


def test_a_network_by_hand():
    graph = network.graph(by_hand(), 3)
    assert set(graph) == {"P0", "P1", "V0", "F0", "F1", "U0", "U1", "U2", "G0", "G1", "G2"}
    assert edges_of(graph, "studied_at") == {
        frozenset(("P0", "U2")): {"layer": "studied_at", "start": 0},
        frozenset(("P1", "U2")): {"layer": "studied_at", "start": 1},
    }
    assert edges_of(graph, "knows") == {frozenset(("P0", "P1")): {"layer": "knows", "start": 1}}
    assert edges_of(graph, "founded") == {frozenset(("P0", "V0")): {"layer": "founded", "start": 2}}
    assert edges_of(graph, "spun_out") == {frozenset(("U2", "V0")): {"layer": "spun_out", "start": 2, "shares": 1_500_000, "share": 0.075}}
    stake = {"layer": "invested_in", "start": 3, "supports": True}
    assert edges_of(graph, "invested_in") == {
        frozenset(("F0", "V0")): {**stake, "shares": 6_000_000, "share": 0.3, "cost": 6.0},
        frozenset(("F1", "V0")): {**stake, "shares": 4_000_000, "share": 0.2, "cost": 4.0},
    }
    assert edges_of(graph, "co_invested") == {frozenset(("F0", "F1")): {"layer": "co_invested", "start": 3, "ventures": 1}}
    assert edges_of(graph, "supported") == {}
    assert graph.nodes["V0"]["status"] == "building" and graph.nodes["V0"]["origin"] == "spinout" and not graph.nodes["V0"]["unicorn"]
    assert graph.nodes["F1"] == {"kind": "fund", "row": 1, "fund_kind": "patient", "manager": "M0", "raised": 0.25, "commitment": 80.0, "ended": False}
    assert graph.graph == {"tick": 3, "year": 0.75}


def test_what_has_ended_leaves_the_network_and_can_be_asked_for():
    world = by_hand()
    six = network.graph(world, 6)
    assert edges_of(six, "supported") == {frozenset(("G1", "V1")): {"layer": "supported", "start": 5, "amount": 0.2}}
    assert edges_of(six, "invested_in")[frozenset(("F1", "V1"))]["supports"] is False
    assert six.nodes["V0"]["status"] == "selling"
    living = network.graph(world, 9)
    assert "V1" not in living and "F0" not in living and living.nodes["V0"]["status"] == "listed" and living.nodes["V0"]["unicorn"]
    assert edges_of(living, "invested_in") == edges_of(living, "co_invested") == edges_of(living, "supported") == {}
    assert edges_of(living, "spun_out")[frozenset(("U2", "V0"))]["shares"] == 0
    everything = network.graph(world, 9, living=False)
    assert everything.nodes["V1"]["status"] == "closed" and everything.nodes["F0"]["ended"]
    assert edges_of(everything, "invested_in") == {
        frozenset(("F0", "V0")): {"layer": "invested_in", "start": 3, "end": 8, "shares": 0, "share": 0.0, "cost": 6.0, "supports": False},
        frozenset(("F1", "V0")): {"layer": "invested_in", "start": 3, "end": 8, "shares": 0, "share": 0.0, "cost": 4.0, "supports": False},
        frozenset(("F1", "V1")): {"layer": "invested_in", "start": 5, "end": 7, "shares": 0, "share": 0.0, "cost": 1.0, "supports": False},
    }
    assert edges_of(everything, "co_invested") == {frozenset(("F0", "F1")): {"layer": "co_invested", "start": 3, "end": 8, "ventures": 1}}
    assert edges_of(everything, "founded")[frozenset(("P2", "V1"))] == {"layer": "founded", "start": 4, "end": 7}


def test_stakes_that_follow_each_other_are_no_co_investment():
    stakes = network.Edges(
        ("fund", "venture"), np.array([0, 1, 2]), np.array([7, 7, 7]), np.array([1, 4, 3]), np.array([4, -1, 6]), {}
    )
    pairs = network._co_invested(stakes)
    found = {(s, t): (start, end) for s, t, start, end in zip(pairs.source, pairs.target, pairs.start, pairs.end, strict=True)}
    assert found == {(0, 2): (3, 4), (1, 2): (4, 6)}


def test_funds_that_meet_again_are_one_relation_from_first_to_last():
    #             V7: F0 2-4, F1 1-8    V8: F0 5-9, F1 6-7    V9: F2 and F0, still
    fund, venture = np.array([0, 1, 0, 1, 2, 0]), np.array([7, 7, 8, 8, 9, 9])
    start, end = np.array([2, 1, 5, 6, 3, 4]), np.array([4, 8, 9, 7, -1, -1])
    pairs = network._co_invested(network.Edges(("fund", "venture"), fund, venture, start, end, {}))
    columns = (pairs.source, pairs.target, pairs.start, pairs.end, pairs.attributes["ventures"])
    assert set(zip(*(column.tolist() for column in columns), strict=True)) == {(0, 1, 2, 7, 2), (0, 2, 4, -1, 1)}


# --- against a naive reading of the log -------------------------------------------------------------------------------


def naive(history, tick):
    """Living relations after a tick, read line by line from the frame of events and nothing else (but who studied where and who is who)."""
    events = history.events()
    living, stakes, grants, funds = {}, {}, {}, set()
    ending_fund = {}
    pending = []
    for line in events.itertuples():
        if line.what == "stake sold":
            pending.append(line.Index)
        elif line.what == "fund ended":
            ending_fund |= dict.fromkeys(pending, line.who)
            pending = []
    for line in events[events["tick"] <= tick].itertuples():
        if line.what == "founded":
            living[line.who] = line.whom
        elif line.what in ("round", "tranche"):
            stake = stakes.setdefault((line.whom, line.who), {"shares": 0, "cost": 0.0, "start": line.tick, "supports": True})
            stake["shares"] += line.shares
            stake["cost"] += line.amount
        elif line.what == "stopped":
            stakes[line.whom, line.who]["supports"] = False
        elif line.what == "stake sold":
            sold = stakes.pop((ending_fund[line.Index], line.who))
            if isinstance(line.whom, str):
                stakes[line.whom, line.who] = {"shares": sold["shares"], "cost": line.amount, "start": line.tick, "supports": True}
        elif line.what == "redeemed":
            del stakes[line.whom, line.who]
        elif line.what in ("closed", "acquired", "listed"):
            stakes = {key: stake for key, stake in stakes.items() if key[1] != line.who}
            if line.what != "listed":
                del living[line.who]
        elif line.what == "grant":
            grants[line.whom, line.who] = (line.tick, line.amount)
        elif line.what == "fund raised":
            funds.add(line.who)
        elif line.what == "fund ended":
            funds.remove(line.who)
    grants = {key: grant for key, grant in grants.items() if key[1] in living}
    return living, stakes, grants, funds


@pytest.mark.parametrize("tick", [0, 7, 4 * YEARS // 2, 4 * YEARS - 1])
def test_the_network_is_exactly_what_the_events_up_to_then_say(tick):
    history = recorded()
    graph = history.network(tick)
    living, stakes, grants, funds = naive(history, tick)
    kinds = {kind: {node for node, its in graph.nodes(data="kind") if its == kind} for kind in network.HUBS + ("venture", "person")}
    assert kinds["venture"] == set(living)
    assert kinds["fund"] == funds
    assert edges_of(graph, "founded").keys() == {frozenset(pair) for pair in living.items()}
    invested = edges_of(graph, "invested_in")
    assert invested.keys() == {frozenset(key) for key in stakes}
    for key, stake in stakes.items():
        data = invested[frozenset(key)]
        assert {name: data[name] for name in ("shares", "start", "supports")} == {name: stake[name] for name in ("shares", "start", "supports")}
        assert data["cost"] == pytest.approx(stake["cost"], rel=1e-12)
        assert data["share"] == pytest.approx(history.cap_table(key[1], tick).loc[key[0], "share"], rel=1e-12)
    holders = {}
    for fund, venture in stakes:
        holders.setdefault(venture, []).append(fund)
    together = [frozenset(pair) for held in holders.values() for pair in combinations(held, 2)]
    assert {pair: data["ventures"] for pair, data in edges_of(graph, "co_invested").items()} == {pair: together.count(pair) for pair in set(together)}
    supported = edges_of(graph, "supported")
    assert {key: (data["start"], data["amount"]) for key, data in supported.items()} == {
        frozenset(key): (start, pytest.approx(amount)) for key, (start, amount) in grants.items()
    }
    people = history.people()
    assert kinds["person"] == set(people.index[people["arrived"] <= tick / 4])
    if tick > 7:
        assert len(stakes) > 50 and len(together) > 20 and len(grants) > 10


def test_every_edge_joins_nodes_that_are_there():
    for living in (True, False):
        graph = recorded().network(2 * YEARS, living=living)
        assert all("kind" in data for _, data in graph.nodes(data=True))
        assert all(data["start"] <= 2 * YEARS for *_, data in graph.edges(data=True))


# --- from records and from the log ------------------------------------------------------------------------------------


@pytest.mark.parametrize("living", [True, False])
def test_records_and_log_give_the_same_network_at_the_end(living):
    world = recorded().world
    from_records = network.relations(world, living=living)
    from_log = network.relations(world, living=living, ledger=replay(world))
    assert len(from_records["invested_in"].source) > 100
    for layer in network.LAYERS:
        one, other = from_records[layer], from_log[layer]
        for name in ("source", "target", "start", "end"):
            assert np.array_equal(getattr(one, name), getattr(other, name)), (layer, name)
        assert one.attributes.keys() == other.attributes.keys()
        for name, values in one.attributes.items():
            assert np.array_equal(values, other.attributes[name]), (layer, name)


def test_university_stakes_are_those_of_the_records():
    world = recorded().world
    spun_out = network.relations(world, layers=["spun_out"])["spun_out"]
    expected = {
        (UNIVERSITY_HOLDER - int(holder), row, int(shares))
        for row in range(int(world.clock[0].n_ventures))
        for holder, shares in zip(world.ventures[row].holder, world.ventures[row].shares, strict=True)
        if holder <= UNIVERSITY_HOLDER and world.ventures[row].status in (BUILDING, SELLING)
    }
    held = spun_out.attributes["shares"] > 0
    found = set(zip(spun_out.source[held].tolist(), spun_out.target[held].tolist(), spun_out.attributes["shares"][held].tolist(), strict=True))
    assert found == expected and len(expected) > 3
    assert NOBODY > UNIVERSITY_HOLDER


def test_without_a_log_the_end_is_known_but_not_when_grants_were_paid():
    logged, silent = recorded().relations(), unrecorded().relations()
    for layer in set(network.LAYERS) - {"supported"}:
        assert np.array_equal(logged[layer].source, silent[layer].source) and np.array_equal(logged[layer].target, silent[layer].target)
        assert np.array_equal(logged[layer].start, silent[layer].start)
    pairs = [set(zip(r["supported"].source.tolist(), r["supported"].target.tolist(), strict=True)) for r in (logged, silent)]
    assert pairs[0] == pairs[1] and len(pairs[0]) > 10
    assert set(silent["supported"].start.tolist()) == {-1}
    amounts = dict(zip(zip(logged["supported"].source.tolist(), logged["supported"].target.tolist(), strict=True), logged["supported"].attributes["amount"], strict=True))
    known = 0
    for pair, amount in zip(zip(silent["supported"].source.tolist(), silent["supported"].target.tolist(), strict=True), silent["supported"].attributes["amount"], strict=True):
        if not np.isnan(amount):
            assert amount == pytest.approx(amounts[pair])
            known += 1
    assert known > 10
    assert all("start" not in data for *_, data in unrecorded().network(layers="supported").edges(data=True))


# --- refused ------------------------------------------------------------------------------------------------------------


def test_looking_back_without_a_log_is_refused_where_the_log_is_needed():
    with pytest.raises(BadInput, match="record=True"):
        unrecorded().network(5)
    with pytest.raises(BadInput, match="record=True"):
        unrecorded().relations(5, layers=["founded", "invested_in"])
    same = recorded().relations(5, layers=network.FROM_RECORDS)
    for layer, edges in unrecorded().relations(5, layers=network.FROM_RECORDS).items():
        assert np.array_equal(edges.source, same[layer].source) and np.array_equal(edges.start, same[layer].start)


def test_an_unknown_layer_is_refused():
    with pytest.raises(BadInput, match="did you mean 'knows'"):
        recorded().network(layers=["know"])


# --- files and pictures -------------------------------------------------------------------------------------------------


def test_the_network_can_be_written_and_read_by_others(tmp_path):
    graph = recorded().network(20)
    networkx.write_graphml(graph, tmp_path / "network.graphml")
    again = networkx.read_graphml(tmp_path / "network.graphml", force_multigraph=True)
    assert set(again) == set(graph) and again.number_of_edges() == graph.number_of_edges()


def test_a_node_once_placed_stays():
    layout = network.Layout()
    late = layout.place(recorded().network(4 * YEARS - 1))
    early = layout.place(recorded().network(8))
    both = late.keys() & early.keys()
    assert len(both) > 10 and all(late[node] == early[node] for node in both)
    assert early.keys() == set(recorded().network(8))


def test_a_network_without_hubs_is_placed_and_hubs_find_room_later():
    layout = network.Layout()
    people = recorded().network(8, layers=["knows"])
    people.remove_nodes_from([node for node, kind in people.nodes(data="kind") if kind != "person"])
    assert layout.place(people).keys() == set(people) and layout.place(type(people)()) == {}
    later = recorded().network(8)
    assert layout.place(later).keys() == set(later)


def test_the_same_networks_give_the_same_positions_and_all_are_in_the_picture():
    graph = recorded().network(2 * YEARS, layers=["invested_in", "co_invested"])
    one, other = network.Layout().place(graph), network.Layout().place(graph)
    assert one == other
    places = np.array(list(one.values()))
    assert np.isfinite(places).all() and np.abs(places).max() < 1.5


def test_hubs_do_not_hide_each_other():
    layout = network.Layout()
    layout.place(recorded().network(8, layers=["invested_in"]))
    graph = recorded().network(2 * YEARS, layers=["invested_in"])
    places = layout.place(graph)
    hubs = np.array([places[node] for node, kind in graph.nodes(data="kind") if kind == "fund"])
    distance = np.hypot(*(hubs[:, None] - hubs[None]).transpose(2, 0, 1)) + 10 * np.eye(len(hubs))
    assert len(hubs) > 50 and np.median(distance.min(axis=0)) > 0.02
