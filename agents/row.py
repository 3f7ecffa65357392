"""The Mesa view of a row: one class for each kind of agent.

A row of a table is the agent's state; its view is what Mesa knows: an index, a model, and the agent's steps. A view keeps nothing of its own. It looks
the record up in the model each time, so that it always tells the present, two models never read each other's state, and a table may be replaced
by a larger one under its feet. Its steps are the rules themselves, bound once for each model:

    venture.work_a_quarter()      is      work_a_quarter(world, venture.index)

Nothing else in `agents` imports this file, because importing Mesa takes longer than a whole run: the rules and records of a kind can be used
without it, and `seedbed.model.ecosystem` brings both together.

To change what one kind does, derive from its view and tell the model::

    class Stoic(Venture):
        def need_of_money(self):
            ...

    class Experiment(Ecosystem):
        kinds = {**Ecosystem.kinds, "ventures": Stoic}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from mesa.discrete_space import CellAgent

from . import city, economy, entrepreneur, fund, government, markets, services, university, venture
from .references import IN_USE, ONLY_IF, REFERENCES, refers_to

__all__ = ["KINDS", "City", "Entrepreneur", "Fund", "GovernmentOffice", "Manager", "Row", "University", "Venture", "takes"]


class Field:
    """A field of the record, read from and written to the model's table at the moment of asking."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.__doc__ = f"Field {name!r} of the record."

    def __get__(self, agent: Row | None, owner: type | None = None) -> Any:
        if agent is None:
            return self
        value = agent.model.rows[agent.table][agent.index][self.name]
        return value if isinstance(value, np.ndarray) else value.item()

    def __set__(self, agent: Row, value: Any) -> None:
        agent.model.rows[agent.table][self.name][agent.index] = value


def takes(rule: Any) -> Callable[[Row], None]:
    """A rule for one row as a step of that row's agent. It is looked up in the model, which has bound it to its world."""
    name = rule.__name__

    def step(self: Row) -> None:
        model = self.model
        model.rules[name](model.world, self.index)

    step.__name__ = step.__qualname__ = name
    step.__doc__ = rule.__doc__
    return step


class Row(CellAgent):
    """A Mesa agent that is a view of one row of a table of its model. Derived classes say which table and with which record."""

    table: ClassVar[str]
    record: ClassVar[np.dtype]

    def __init_subclass__(cls, table: str = "", record: np.dtype | None = None, **more: Any) -> None:
        super().__init_subclass__(**more)
        if record is None:
            return  # a class derived from a kind: it has that kind's fields
        cls.table = table
        cls.record = record
        for name in record.names or ():
            if hasattr(cls, name) or name in ("index", "model", "unique_id"):
                raise TypeError(f"field {name!r} of {table} has the name of something that every Mesa agent has")
            setattr(cls, name, Field(name))

    def __init__(self, model: Any, index: int) -> None:
        super().__init__(model)
        self.index = index

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.index}>"

    def state(self) -> dict[str, Any]:
        """The whole record as plain Python values, by field: a copy, to print or to compare with a later one."""
        row = self.model.rows[self.table][self.index]
        return {name: row[name].tolist() for name in self.record.names or ()}

    def refer(self, field: str) -> Any:
        """The agents that a field points to: one or None, or a list of those there are where the field has several places.

        ``venture.refer("founder")``, ``fund.refer("portfolio")``. Those that have ended are given too: their rows are kept.
        """
        path = f"{self.table}.{field}"
        if path not in REFERENCES:
            known = sorted(name.split(".")[1] for name in REFERENCES if name.startswith(self.table + "."))
            raise AttributeError(f"{field!r} of {self.table} refers to nobody; fields that do: {', '.join(known)}")
        row = self.model.rows[self.table][self.index]
        several = row.dtype[field].shape != ()
        values = row[field].tolist() if several else [int(row[field])]
        if path in IN_USE:
            values = values[: int(row[IN_USE[path]])]
        elif path in ONLY_IF and row[ONLY_IF[path]] == 0:
            values = []
        places = [refers_to(path, value) for value in values]
        agents = [self.model.view(*place) for place in places if place is not None and place[0] in self.model.kinds]
        return agents if several else (agents[0] if agents else None)


class City(Row, table="cities", record=city.CITY):
    """A city: technology waves, the listing window, social tolerance of failure, and what can be seen of funding."""

    turn_the_quarter = takes(city.turn_the_quarter)
    look_at_funding = takes(city.look_at_funding)
    run_old_industry = takes(economy.run_old_industry)
    welcome_newcomers = takes(university.welcome_newcomers)


class GovernmentOffice(Row, table="offices", record=government.OFFICE):
    """An office with a yearly budget, programmes, and a limit to the losses that it is forgiven."""

    open_year = takes(government.open_year)
    hold_to_account = takes(government.hold_to_account)
    run_services = takes(services.run_services)


class University(Row, table="universities", record=university.UNIVERSITY):
    """A university: knowledge, disclosures, graduates, and an alumni fund."""

    do_research = takes(university.do_research)
    graduate = takes(university.graduate)
    disclose = takes(university.disclose)


class Entrepreneur(Row, table="people", record=entrepreneur.ENTREPRENEUR):
    """A person who may found a venture, again and again."""

    consider_founding = takes(entrepreneur.consider_founding)


class Venture(Row, table="ventures", record=venture.VENTURE):
    """A company, from its first milestone to an exit or an end."""

    repay_grant = takes(government.repay_grant)
    work_a_quarter = takes(venture.work_a_quarter)
    need_of_money = takes(venture.need_of_money)
    seek_investors = takes(markets.seek_investors)
    exit_or_stay = takes(markets.exit_or_stay)
    note_value = takes(venture.note_value)


class Manager(Row, table="managers", record=fund.MANAGER):
    """A firm of investors that raises one fund after another."""

    raise_fund = takes(fund.raise_fund)


class Fund(Row, table="funds", record=fund.FUND):
    """One vintage of a manager, from its first closing to its end."""

    review_portfolio = takes(fund.review_portfolio)
    set_budget = takes(fund.set_budget)
    make_offers = takes(fund.make_offers)
    charge_fees = takes(fund.charge_fees)
    distribute = takes(fund.distribute)
    mark_holdings = takes(fund.mark_holdings)


KINDS: dict[str, type[Row]] = {
    view.table: view for view in (City, GovernmentOffice, University, Entrepreneur, Venture, Manager, Fund)
}
"""The view of each table's rows."""
