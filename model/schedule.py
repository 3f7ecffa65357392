"""One quarter, as a numbered list. This list is the model: `quarter` runs it compiled, `SCHEDULE` names the same steps for walking and reading."""

from __future__ import annotations

from typing import Any, NamedTuple

from seedbed.agents.accounts import HOUSEHOLDS, LP_ALUMNI
from seedbed.agents.bank import (
    ask_for_loans,
    collect,
    compensate,
    keep_the_books,
    lend,
    lend_a_lump,
    open_bank,
    stand_or_fall,
    subsidise_interest,
)
from seedbed.agents.city import call_the_roll, count_money, look_at_funding, take_stock, turn_the_quarter
from seedbed.agents.draws import fill_buckets
from seedbed.agents.economy import open_old_industry, run_old_industry
from seedbed.agents.entrepreneur import consider_founding
from seedbed.agents.fund import (
    charge_fees,
    distribute,
    make_offers,
    mark_holdings,
    open_manager,
    raise_fund,
    review_portfolio,
    set_budget,
)
from seedbed.agents.government import hold_to_account, open_year, pay_grants, pay_parts, repay_grant
from seedbed.agents.markets import (
    buy_stakes_back,
    call_in_redemptions,
    close_rounds,
    end_funds,
    exit_or_stay,
    found_ventures,
    hear_pitches,
    open_books,
    pay_tranches,
    seek_investors,
    settle_exits,
    settle_guided_funds,
    take_stakes,
)
from seedbed.agents.money import fen, pay
from seedbed.agents.prospects import work_out_prospects
from seedbed.agents.rule import market_rule
from seedbed.agents.services import run_services, serve_ventures
from seedbed.agents.university import disclose, do_research, graduate, open_university, welcome_newcomers
from seedbed.agents.venture import need_of_money, note_value, work_a_quarter


class Step(NamedTuple):
    """A step of the quarter: its phase, its rule, and the table each row of which takes it ("" for a market rule over all)."""

    phase: str
    rule: Any
    each: str


SCHEDULE = (
    Step("1 environment", turn_the_quarter, "cities"),
    Step("1 environment", count_money, ""),
    Step("1 environment", look_at_funding, "cities"),
    Step("1 environment", run_old_industry, "cities"),
    Step("2 government", call_the_roll, ""),
    Step("2 government", open_year, "offices"),
    Step("2 government", hold_to_account, "offices"),
    Step("2 government", run_services, "offices"),
    Step("2 government", repay_grant, "live"),
    Step("2 government", pay_parts, ""),
    Step("2 government", pay_grants, ""),
    Step("2 government", serve_ventures, ""),
    Step("3 universities", do_research, "universities"),
    Step("3 universities", graduate, "universities"),
    Step("3 universities", welcome_newcomers, "cities"),
    Step("3 universities", disclose, "universities"),
    Step("4 entrepreneurs", consider_founding, "due"),
    Step("4 entrepreneurs", found_ventures, ""),
    Step("5 ventures", work_a_quarter, "live"),
    Step("6 funds", need_of_money, "live"),
    Step("6 funds", review_portfolio, "open_funds"),
    Step("6 funds", pay_tranches, ""),
    Step("6 funds", set_budget, "open_funds"),
    Step("6 funds", seek_investors, "seekers"),
    Step("6 funds", hear_pitches, ""),
    Step("6 funds", make_offers, "open_funds"),
    Step("6 funds", close_rounds, ""),
    Step("6 funds", take_stakes, ""),
    Step("6 funds", charge_fees, "open_funds"),
    Step("7 banks", keep_the_books, "banks"),
    Step("7 banks", compensate, ""),
    Step("7 banks", stand_or_fall, "banks"),
    Step("7 banks", collect, ""),
    Step("7 banks", subsidise_interest, ""),
    Step("7 banks", ask_for_loans, ""),
    Step("7 banks", lend, ""),
    Step("7 banks", lend_a_lump, "banks"),
    Step("8 exits", buy_stakes_back, ""),
    Step("8 exits", exit_or_stay, "live"),
    Step("8 exits", settle_exits, ""),
    Step("8 exits", call_in_redemptions, ""),
    Step("8 exits", end_funds, ""),
    Step("8 exits", distribute, "open_funds"),
    Step("8 exits", settle_guided_funds, ""),
    Step("8 exits", open_books, ""),
    Step("8 exits", raise_fund, "managers"),
    Step("9 observe", note_value, "live"),
    Step("9 observe", mark_holdings, "open_funds"),
    Step("9 observe", take_stock, ""),
)


@market_rule
def open_world(w):
    """Before the first quarter: prospects, universities, managers, each city's roster of those whom a team may meet, and the alumni's first endowment."""
    clock = w.clock[0]
    work_out_prospects(w)
    for i in range(w.universities.shape[0]):
        u = w.universities[i]
        open_university(u, w.p[u.city], clock.seed)
        pay(w.accounts[HOUSEHOLDS], w.accounts[LP_ALUMNI], fen(w.p[u.city].university_endowment))
    for i in range(w.banks.shape[0]):
        open_bank(w, i)
    for j in range(w.managers.shape[0]):
        open_manager(w.managers[j], w.p[0], clock.seed)
    for i in range(w.cities.shape[0]):
        city = w.cities[i]
        city.tolerance = w.p[i].city_tolerance_norm
        city.repute = w.p[i].fund_repute
        open_old_industry(w, i)
        for j in range(w.managers.shape[0]):
            m = w.managers[j]
            m.reach = int(w.p[0].fund_reach[m.kind]) if m.city == i else 0
            city.managers += 1 if m.city == i else 0
        open_old_industry(w, i)
        fill_buckets(w.managers["key"], w.managers["reach"], clock.seed, city.roster)
    for j in range(w.managers.shape[0]):
        w.managers[j].reach = int(w.p[0].fund_reach[w.managers[j].kind])


@market_rule
def environment(w):
    for i in range(w.cities.shape[0]):
        turn_the_quarter(w, i)
    count_money(w)
    for i in range(w.cities.shape[0]):
        look_at_funding(w, i)
    for i in range(w.cities.shape[0]):
        run_old_industry(w, i)


@market_rule
def government(w):
    call_the_roll(w)
    for i in range(w.offices.shape[0]):
        open_year(w, i)
    for i in range(w.offices.shape[0]):
        hold_to_account(w, i)
    for i in range(w.offices.shape[0]):
        run_services(w, i)
    for n in range(w.clock[0].n_live):
        repay_grant(w, w.live[n])
    pay_parts(w)
    pay_grants(w)
    serve_ventures(w)


@market_rule
def universities(w):
    for i in range(w.universities.shape[0]):
        do_research(w, i)
    for i in range(w.universities.shape[0]):
        graduate(w, i)
    for i in range(w.cities.shape[0]):
        welcome_newcomers(w, i)
    for i in range(w.universities.shape[0]):
        disclose(w, i)


@market_rule
def entrepreneurs(w):
    clock = w.clock[0]
    for n in range(clock.n_agenda):
        if w.agenda[n].tick == clock.now:
            consider_founding(w, w.agenda[n].row)
    found_ventures(w)


@market_rule
def ventures(w):
    for n in range(w.clock[0].n_live):
        work_a_quarter(w, w.live[n])


@market_rule
def insiders(w):
    for n in range(w.clock[0].n_live):
        need_of_money(w, w.live[n])
    for n in range(w.clock[0].n_open_funds):
        review_portfolio(w, w.open_funds[n])
    pay_tranches(w)


@market_rule
def outsiders(w):
    for n in range(w.clock[0].n_open_funds):
        set_budget(w, w.open_funds[n])
    for n in range(w.clock[0].n_seekers):
        seek_investors(w, w.seekers[n])
    hear_pitches(w)
    for n in range(w.clock[0].n_open_funds):
        make_offers(w, w.open_funds[n])
    close_rounds(w)
    take_stakes(w)
    for n in range(w.clock[0].n_open_funds):
        charge_fees(w, w.open_funds[n])


@market_rule
def banks(w):
    for i in range(w.banks.shape[0]):
        keep_the_books(w, i)
    compensate(w)
    for i in range(w.banks.shape[0]):
        stand_or_fall(w, i)
    collect(w)
    subsidise_interest(w)
    ask_for_loans(w)
    lend(w)
    for i in range(w.banks.shape[0]):
        lend_a_lump(w, i)


@market_rule
def exits(w):
    buy_stakes_back(w)
    for n in range(w.clock[0].n_live):
        exit_or_stay(w, w.live[n])
    settle_exits(w)
    call_in_redemptions(w)
    end_funds(w)
    for n in range(w.clock[0].n_open_funds):
        distribute(w, w.open_funds[n])
    settle_guided_funds(w)
    open_books(w)
    for j in range(w.managers.shape[0]):
        raise_fund(w, j)


@market_rule
def observe(w):
    for n in range(w.clock[0].n_live):
        note_value(w, w.live[n])
    for n in range(w.clock[0].n_open_funds):
        mark_holdings(w, w.open_funds[n])
    take_stock(w)


@market_rule
def quarters(w, until):
    """Run quarters up to a tick, or until a table is full, in the order of SCHEDULE. Short calls keep a run interruptible."""
    clock = w.clock[0]
    while clock.now < until and clock.full == 0:
        environment(w)  # 1
        government(w)  # 2
        universities(w)  # 3
        entrepreneurs(w)  # 4: those whose idea comes this quarter
        ventures(w)  # 5
        insiders(w)  # 6
        outsiders(w)  # 6
        banks(w)  # 7
        exits(w)  # 8
        observe(w)  # 9
        clock.now += 1
