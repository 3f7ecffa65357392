"""Names, ids and units of what the tables hold."""

import numpy as np
import pytest

from seedbed.agents import accounts
from seedbed.agents.errors import BadInput
from seedbed.model import words
from seedbed.model.scenario import Scenario
from seedbed.model.world import Size, allocate

WORLD = allocate(Scenario.load("baseline"), Size(1, 1, 1, 1, 1, 1, 1, 1))
RECORDS = [name for name in WORLD._fields if name not in ("p", "tables", "clock", "live", "seekers", "open_funds", "residents", "open_loans")]


def test_every_table_of_records_is_described():
    assert set(RECORDS) == set(words.FIELDS)


@pytest.mark.parametrize("table", RECORDS)
def test_every_field_has_a_meaning_and_no_meaning_is_left_over(table):
    dtype = getattr(WORLD, table).dtype
    assert set(dtype.names) == set(words.FIELDS[table]), f"model/words.py, FIELDS[{table!r}]"


@pytest.mark.parametrize("table", RECORDS)
def test_axes_have_a_name_for_each_place(table):
    dtype = getattr(WORLD, table).dtype
    places = {name: int(np.prod(dtype[name].shape)) for name in dtype.names if dtype[name].shape}
    named = {name: len(meaning.axis) for name, meaning in words.FIELDS[table].items() if meaning.axis}
    assert named == places


def test_every_event_can_be_read():
    assert set(words.EVENTS) == set(range(1, len(accounts.EVENT_NAMES)))


@pytest.mark.parametrize("table", RECORDS)
def test_a_table_without_rows_has_its_columns(table):
    """A run may end before the first fund is raised."""
    rows = np.zeros(0, getattr(WORLD, table).dtype)
    data, units = words.columns(table, rows)
    some, _ = words.columns(table, np.zeros(2, rows.dtype))
    assert list(data) == list(some) == list(units) and all(len(column) == 0 for column in data.values())


def one(table, **fields):
    """A row of a table with some fields set, as people read it."""
    rows = np.zeros(1, getattr(WORLD, table).dtype)
    for name, value in fields.items():
        rows[name] = value
    data, units = words.columns(table, rows)
    return {name: values[0] for name, values in data.items()}, units


def test_money_time_and_codes_are_read_in_natural_units():
    venture, units = one("ventures", cash=250_000_000, pace=25_000_000.0, price=1234.0, founded=5, ended=-1, support=6.0, form=1, link=4, seen=1)
    assert venture["cash"] == 2.5 and units["cash"] == "million RMB"
    assert venture["pace"] == 1.0 and units["pace"] == "million RMB a year"
    assert venture["price"] == 12.34 and units["price"] == "RMB"
    assert venture["founded"] == 1.25 and units["founded"] == "year"
    assert np.isnan(venture["ended"])
    assert venture["support"] == 1.5 and units["support"] == "years"
    assert (venture["form"], venture["link"], venture["seen"]) == ("radical", "in the market", True)
    assert venture["status"] is None


def test_several_values_become_several_columns():
    fund, units = one("funds", part=[250_000, 0, 0, 750_000], manager=7)
    assert (fund["part_private"], fund["part_government"], fund["manager"]) == (0.25, 0.75, "M7")
    assert units["part_alumni"] == "share"
    assert "part" not in fund


def test_no_limit_is_infinite_and_never_is_no_year():
    programme, _ = one("programmes", ends=1_000_000, ceiling=2**60, starts=8)
    assert programme["ends"] == np.inf and programme["ceiling"] == np.inf and programme["starts"] == 2.0
    account, _ = one("programme_accounts", frozen_until=0)
    assert np.isnan(account["frozen_until"])
    account, _ = one("programme_accounts", frozen_until=6)
    assert account["frozen_until"] == 1.5


@pytest.mark.parametrize("given", ["V12", "v12", 12, np.int32(12)])
def test_an_id_or_a_row_number_names_a_row(given):
    assert words.row_of("venture", given, 20, "here") == 12


@pytest.mark.parametrize("given", ["V20", "P3", "V", "V-1", "V²", "", 20, -1, 1.0, True, None])
def test_what_names_no_row_is_refused(given):
    with pytest.raises(BadInput, match="V0 to V19"):
        words.row_of("venture", given, 20, "here")
    with pytest.raises(BadInput, match="has no venture"):
        words.row_of("venture", "V0", 0, "here")
