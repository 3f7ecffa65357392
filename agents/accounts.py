"""Accounts that belong to nobody in particular, and the log of what happened.

Every person, venture, fund, university and office keeps its own purse (a field ``cash`` in fen). The rest of the world keeps
these: households, customers, the capital market outside the city, the investors behind the funds by kind, the people
who manage funds, and the treasury. An account may stand below zero: it is then a net payer since the run began. The
sum of all purses and accounts is zero at every tick.
"""

import numpy as np

from .rule import i64, rule

HOUSEHOLDS = i64(0)  # wages and suppliers' income; the savings that founders bring
CUSTOMERS = i64(1)  # pay for what ventures sell
OUTSIDE = i64(2)  # acquirers, stock investors, buyers of second-hand stakes, buyers of salvage
LP_PRIVATE = i64(3)  # wealthy families and firms behind funds
LP_INSTITUTION = i64(4)  # insurers and pension funds
LP_ALUMNI = i64(5)  # alumni and former founders who give back
LP_GOVERNMENT = i64(6)  # the office's purse for guidance commitments
MANAGERS = i64(7)  # fees and carry
TREASURY = i64(8)  # local taxes in, budgets out
SAVERS = i64(9)  # who keep money at banks and own them
OLD_BUSINESS = i64(10)  # the established firms that banks lend to
CENTRAL_BANK = i64(11)  # lends to banks, within a quota, what they lend on
ACCOUNT_NAMES = (
    "households", "customers", "outside", "lp_private", "lp_institution", "lp_alumni", "lp_government", "managers", "treasury",
    "savers", "old_business", "central_bank",
)  # fmt: skip

ACCOUNT = np.dtype(
    [
        ("cash", "i8"),  # fen; negative: a net payer since the start
        ("committed", "i8"),  # fen promised to funds and not yet called (investors behind funds only)
    ],
    align=True,
)

# Constants are typed, since a bare whole number as an argument would have each rule compiled anew for every value of it.
# What an event says. Each name is a word of the event log.
FOUNDED = i64(1)
MILESTONE = i64(2)
ROUND = i64(3)
TRANCHE = i64(4)
STOPPED = i64(5)
ABANDONED = i64(6)
MARKET_ENTRY = i64(7)
CLOSED = i64(8)
ACQUIRED = i64(9)
LISTED = i64(10)
UNICORN_PAPER = i64(11)
UNICORN_FUNDAMENTAL = i64(12)
GRANT = i64(13)
REPAID = i64(14)
FUND_RAISED = i64(15)
FUND_ENDED = i64(16)
SOLD_STAKE = i64(17)
REDEEMED = i64(18)
FROZEN = i64(19)
DISCLOSED = i64(20)
GAVE_BACK = i64(21)
LAPSED = i64(22)
SERVED = i64(23)
STAKE = i64(24)
BOUGHT_BACK = i64(25)
MOVED = i64(26)
RELOCATED = i64(27)
LOAN_GRANTED = i64(28)
LOAN_REPAID = i64(29)
LOAN_DEFAULT = i64(30)
BANK_RUN = i64(31)
PAID_OUT = i64(32)
EVENT_NAMES = (
    "", "founded", "milestone", "round", "tranche", "stopped", "abandoned", "market entry", "closed", "acquired", "listed",
    "unicorn (paper)", "unicorn (fundamental)", "grant", "repaid", "fund raised", "fund ended", "stake sold", "redeemed",
    "programme frozen", "disclosed", "gave back", "award lapsed", "served", "stake taken", "stake bought back",
    "moved", "seat moved",
    "loan", "loan repaid", "loan lost", "bank run", "stake paid out",
)  # fmt: skip

EVENT = np.dtype(
    [
        ("tick", "i4"),
        ("what", "i4"),
        ("who", "i4"),  # row of the venture (of the fund, the university, the programme: see EVENT_NAMES)
        ("whom", "i4"),  # row of the fund or person on the other side, or -1
        ("amount", "i8"),  # fen, or the milestone's number
        ("shares", "i8"),  # that changed hands with it
    ],
    align=True,
)


@rule
def log(clock, events, what, who, whom, amount, shares=0):
    """Write one line of the event log, when the run keeps one. A full log is reported by the engine, never cut silently."""
    if clock.recording == 1:
        n = clock.n_events
        clock.n_events += 1
        if n < events.shape[0]:
            line = events[n]
            line.tick = clock.now
            line.what = what
            line.who = who
            line.whom = whom
            line.amount = amount
            line.shares = shares
