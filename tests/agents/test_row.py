"""The Mesa view of a row: it tells and changes the present state of its record, and nothing of its own."""

import subprocess
import sys

import numpy as np
import pytest

from seedbed.agents.references import REFERENCES, refers_to
from seedbed.agents.row import KINDS, Field, Fund, Row, Venture
from seedbed.agents.venture import VENTURE
from seedbed.model.ecosystem import Ecosystem
from seedbed.model.world import World

TOWN = {"city.graduates": 10, "city.newcomers": 5}


@pytest.fixture(scope="module")
def town():
    town = Ecosystem(years=3, **TOWN)
    while town.now < 8:
        town.step()
    return town


@pytest.fixture
def venture(town):
    """One with a fund among its holders."""
    return next(v for v in town.living("ventures") if (v.holder >= 0).any())


def test_rules_and_records_do_without_mesa():
    code = "import sys; import seedbed.agents.venture, seedbed.agents.markets, seedbed.agents.references; print('mesa' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize("table", KINDS)
def test_every_field_of_a_record_is_an_attribute(town, table):
    agent = town.view(table, 0)
    row = getattr(town.world, table)[0]
    assert agent.table == table
    for name in agent.record.names:
        assert isinstance(getattr(type(agent), name), Field)
        assert np.array_equal(getattr(agent, name), row[name], equal_nan=True)
    assert agent.state() == {name: row[name].tolist() for name in agent.record.names}


def test_a_single_value_is_plain_python_and_several_are_the_record_itself(venture):
    assert type(venture.cash) is int
    assert type(venture.quality) is float
    assert type(venture.key) is int
    assert np.shares_memory(venture.holder, venture.model.rows["ventures"])


def test_what_is_written_stands_in_the_table_and_what_changes_there_is_seen(town, venture):
    before = venture.cash
    venture.cash = before + 5
    assert town.world.ventures[venture.index].cash == before + 5
    town.world.ventures[venture.index].cash = before
    assert venture.cash == before
    with pytest.raises(AttributeError):
        _ = venture.money


def test_a_view_follows_its_model_to_another_world(town, venture):
    old = town.world
    ventures = old.ventures.copy()
    ventures["cash"] += 1
    town.world = old._replace(ventures=ventures)
    try:
        assert venture.cash == old.ventures[venture.index].cash + 1
    finally:
        town.world = old
    assert venture.cash == old.ventures[venture.index].cash


def test_views_of_two_models_read_their_own(venture):
    other = Ecosystem(seed=2, years=1, **TOWN)
    other.step()
    mine = venture.model.view("universities", 0)
    theirs = other.view("universities", 0)
    before = theirs.cash
    mine.cash += 7
    assert theirs.cash == before
    mine.cash -= 7


def test_a_step_is_the_rule(town, venture):
    venture.offers = 9
    venture.need_of_money()
    assert venture.offers == 0
    assert Venture.note_value.__name__ == "note_value"
    assert Venture.note_value.__doc__.startswith("Phase 9")


def test_references_lead_to_agents(town, venture):
    founder = venture.refer("founder")
    assert founder.key == town.world.people[venture.founder].key
    assert founder.refer("venture") is venture
    held_by = [agent for agent in venture.refer("holder") if isinstance(agent, Fund)]
    assert held_by
    for fund in held_by:
        assert venture in fund.refer("portfolio")
        assert len(fund.refer("portfolio")) == fund.holdings
        assert fund.refer("manager").key == town.world.managers[fund.manager].key
    assert all(tie.table == "people" for tie in founder.refer("ties"))


def test_references_that_mean_nothing_lead_nowhere(town, venture):
    quiet = next(v for v in town.living("ventures") if not v.seeking)
    assert quiet.refer("contact") == []
    assert next(v for v in town.living("ventures") if not v.owes).refer("owes_programme") is None
    newcomer = next(e for e in town.living("people") if e.university < 0)
    assert newcomer.refer("university") is None
    assert refers_to("ventures.holder", -1) is None and refers_to("ventures.holder", -2) is None
    with pytest.raises(AttributeError, match="founder, .*university"):
        venture.refer("cash")


def test_the_map_of_references_names_fields_that_there_are():
    for path, target in REFERENCES.items():
        table, field = path.split(".")
        assert target in World._fields
        if table in KINDS:
            assert np.issubdtype(KINDS[table].record[field].base, np.signedinteger)


def test_a_field_must_not_hide_what_mesa_needs():
    with pytest.raises(TypeError, match="'random'"):
        type("Odd", (Row,), {}, table="odd", record=np.dtype([("random", "i4")]))


def test_it_says_which_it_is(venture):
    assert repr(venture) == f"<Venture {venture.index}>"


def test_a_kind_can_be_derived_and_its_steps_changed():
    class Stoic(Venture):
        def need_of_money(self):
            super().need_of_money()
            if self.asks:
                type(self).held_back += 1
                self.asks = 0

    class Experiment(Ecosystem):
        kinds = {**Ecosystem.kinds, "ventures": Stoic}

    Stoic.held_back = 0
    town, usual = Experiment(years=3, audit=True, **TOWN), Ecosystem(years=3, audit=True, **TOWN)
    while town.running:
        town.step()
        usual.step()
    assert Stoic.record is VENTURE
    assert Stoic.held_back > 0
    assert usual.world.ventures["tranches"].sum() > 0 == town.world.ventures["tranches"].sum()
    assert not town.world.series.imbalance.any()
    assert all(type(v) is Stoic for v in town.living("ventures"))
