"""Who refers to whom: the fields of records that hold the row of another, as data.

A row number says where somebody stands in a table, not who it is (that is the ``key``). Whatever reads, draws, exports or reorders tables can
find here where row numbers are kept. Below zero there is nobody, except where `refers_to` says otherwise.
"""

from .programme import PROGRAMME_HOLDER
from .venture import UNIVERSITY_HOLDER

__all__ = ["IN_USE", "LISTS", "ONLY_IF", "REFERENCES", "refers_to"]

REFERENCES = {
    "people.venture": "ventures",
    "people.city": "cities",
    "people.home": "cities",
    "people.heading": "cities",
    "people.university": "universities",
    "people.ties": "people",
    "people.award": "awards",
    "agenda.row": "people",
    "ventures.founder": "people",
    "ventures.city": "cities",
    "ventures.birthplace": "cities",
    "ventures.university": "universities",
    "ventures.manager": "managers",
    "ventures.holder": "funds",  # or a university, a programme, or the public: see `refers_to`
    "ventures.deal": "deals",
    "ventures.contact": "managers",
    "ventures.offer_fund": "funds",
    "ventures.owes_programme": "programmes",
    "ventures.desk_programme": "programmes",
    "ventures.match_programme": "programmes",
    "awards.programme": "programmes",
    "awards.venture": "ventures",
    "awards.person": "people",
    "awards.previous": "awards",
    "deals.fund": "funds",
    "deals.venture": "ventures",
    "managers.city": "cities",
    "managers.university": "universities",
    "managers.fund": "funds",
    "managers.last": "funds",
    "managers.guide": "programmes",
    "funds.manager": "managers",
    "funds.elder": "funds",
    "funds.guide": "programmes",
    "funds.portfolio": "ventures",
    "funds.candidate": "ventures",
    "universities.city": "cities",
    "universities.alumni_manager": "managers",
    "universities.first_graduate": "people",
    "offices.city": "cities",
    "programmes.city": "cities",
    "cities.roster": "managers",
    "cities.first_programme": "programmes",
    "city_series.city": "cities",
    "tables.circle": "people",
    "tables.ranked": "ventures",
}
"""Table of the row that a field holds, by ``table.field``."""

LISTS = {"live": "ventures", "seekers": "ventures", "residents": "ventures", "open_funds": "funds"}
"""Tables that are bare lists of rows, each with the table that it lists."""

IN_USE = {
    "ventures.offer_fund": "offers",
    "funds.portfolio": "holdings",
    "funds.candidate": "listed_n",
}
"""Fields that count how many places of a reference are in use, from the first; what stands in the others is left over."""

ONLY_IF = {
    "ventures.contact": "seeking",
    "ventures.owes_programme": "owes",
    "ventures.desk_programme": "desk_until",
    "ventures.match_programme": "speed_gain",
    "universities.first_graduate": "graduates",
    "cities.first_programme": "programmes",
}
"""Fields that are above zero when a reference means something, and zero when what stands there is left over."""


def refers_to(field: str, value: int) -> tuple[str, int] | None:
    """Table and row that a value of a reference stands for; None for nobody and for the public at large.

    >>> refers_to("ventures.founder", 7)
    ('people', 7)
    >>> refers_to("ventures.holder", UNIVERSITY_HOLDER - 2)  # a cap table notes universities below zero
    ('universities', 2)
    >>> refers_to("ventures.holder", PROGRAMME_HOLDER - 1)  # and a programme's stake further below
    ('programmes', 1)
    >>> refers_to("people.university", -1) is None
    True
    """
    if value >= 0:
        return REFERENCES[field], int(value)
    if field == "ventures.holder" and value <= PROGRAMME_HOLDER:
        return "programmes", PROGRAMME_HOLDER - int(value)
    if field == "ventures.holder" and value <= UNIVERSITY_HOLDER:
        return "universities", UNIVERSITY_HOLDER - int(value)
    return None
