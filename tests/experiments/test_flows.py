"""Who paid whom: both books balance to the fen, agree with each other and with the records, and are known from the other side as well."""

import numpy as np
import pytest

from seedbed.agents.errors import BadInput
from seedbed.agents.fund import KINDS
from seedbed.experiments.flows import INVESTORS, left_over, money_flows
from seedbed.model.simulate import simulate

TOWN = {"city.graduates": 25, "city.newcomers": 15, "sector.acquisition": 0.1, "market.least_price": 0.1}
YEARS = 12


@pytest.fixture(scope="module", params=["baseline", "shuozhou", "bank_lump", "two-cities"])
def history(request):
    changes = {} if request.param in ("two-cities", "shuozhou") else TOWN
    return simulate(request.param, seed=3, years=8 if request.param == "two-cities" else YEARS, changes=changes)


def total(flows, **where):
    chosen = flows
    for column, value in where.items():
        chosen = chosen[chosen[column] == value]
    return int(chosen["fen"].sum())


def test_what_flows_in_flows_out_or_is_kept(history):
    flows = money_flows(history)
    assert flows["fen"].dtype == np.int64 and (flows["fen"] > 0).all()
    for node in [f"{kind} funds" for kind in KINDS]:
        assert total(flows, source=node) == total(flows, target=node)
    assert total(flows, source="ventures") == total(flows, target="ventures") > 0


def test_the_two_books_meet(history):
    flows = money_flows(history)
    assert total(flows, target="paid to ventures") == total(flows, book="ventures", source="funds", target="ventures") == int(history.world.clock[0].invested)
    assert total(flows, source="exits and sales of stakes") == total(flows, book="ventures", source="ventures", target="funds")
    assert total(flows, target="stakes of elder funds") == total(flows, source="younger funds' money")


def test_funds_pay_what_their_records_say(history):
    flows, funds = money_flows(history), history._rows("funds")
    for field, way in (("called", "source"), ("distributed", "target")):
        mine = flows[(flows["book"] == "funds") & flows[way].isin(INVESTORS.values())]
        assert int(mine["fen"].sum()) == int(np.asarray(funds[field]).sum())
    assert total(flows, target="managers' fees") + total(flows, target="managers' carry") == history.world.accounts["cash"][7]


def test_the_rest_is_known_from_the_other_side(history):
    """Wages and suppliers are what the ventures' book leaves; households have got just that, to the fen. Investors' parts are exact but for rounding."""
    rest = left_over(history)
    assert rest["households"] == 0
    calls = 2 * len(history._rows("funds")) * (history.last + 1)
    assert abs(rest["private investors"]) < calls and abs(rest["institutions"]) < calls


def test_a_single_grant_by_hand():
    """In a city without funds and programmes the ventures' book has founders' savings, customers and buyers alone."""
    history = simulate("baseline", seed=1, years=1, changes={**TOWN, "fund.managers.angel": 0, "fund.managers.market": 0, "fund.managers.patient": 0})
    flows = money_flows(history)
    assert total(flows, source="founders' savings") == round(history.events().query("what == 'founded'")["amount"].sum() * 1e8)
    grants = history.events().query("what == 'grant'")["amount"].sum()
    assert total(flows, book="ventures", source="programmes") == round(grants * 1e8)


def test_a_run_without_its_log_is_refused():
    with pytest.raises(BadInput, match="event log.*record=True"):
        money_flows(simulate("baseline", seed=1, years=1, record=False))
