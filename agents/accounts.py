"""Accounts that belong to nobody in particular, and the log of what happened.

Every person, venture, fund, university and office keeps its own purse (a field ``cash`` in fen). The rest of the world keeps
these: households, customers, the capital market outside the city, the investors behind the funds by kind, the people
who manage funds, and the treasury. An account may stand below zero: it is then a net payer since the run began. The
sum of all purses and accounts is zero at every tick.
"""

import numpy as np

from .rule import rule

HOUSEHOLDS = 0  # wages and suppliers' income; the savings that founders bring
CUSTOMERS = 1  # pay for what ventures sell
OUTSIDE = 2  # acquirers, stock investors, buyers of second-hand stakes, buyers of salvage
LP_PRIVATE = 3  # wealthy families and firms behind funds
LP_INSTITUTION = 4  # insurers and pension funds
LP_ALUMNI = 5  # alumni and former founders who give back
LP_GOVERNMENT = 6  # the office's purse for guidance commitments
MANAGERS = 7  # fees and carry
TREASURY = 8  # local taxes in, budgets out
ACCOUNT_NAMES = (
    "households", "customers", "outside", "lp_private", "lp_institution", "lp_alumni", "lp_government", "managers", "treasury",
)  # fmt: skip

ACCOUNT = np.dtype(
    [
        ("cash", "i8"),  # fen; negative: a net payer since the start
        ("committed", "i8"),  # fen promised to funds and not yet called (investors behind funds only)
    ],
    align=True,
)

# What an event says. Each name is a word of the event log.
FOUNDED = 1
MILESTONE = 2
ROUND = 3
TRANCHE = 4
STOPPED = 5
ABANDONED = 6
MARKET_ENTRY = 7
CLOSED = 8
ACQUIRED = 9
LISTED = 10
UNICORN_PAPER = 11
UNICORN_FUNDAMENTAL = 12
GRANT = 13
REPAID = 14
FUND_RAISED = 15
FUND_ENDED = 16
SOLD_STAKE = 17
REDEEMED = 18
FROZEN = 19
DISCLOSED = 20
GAVE_BACK = 21
EVENT_NAMES = (
    "", "founded", "milestone", "round", "tranche", "stopped", "abandoned", "market entry", "closed", "acquired", "listed",
    "unicorn (paper)", "unicorn (fundamental)", "grant", "repaid", "fund raised", "fund ended", "stake sold", "redeemed",
    "programme frozen", "disclosed", "gave back",
)  # fmt: skip

EVENT = np.dtype(
    [
        ("tick", "i4"),
        ("what", "i4"),
        ("who", "i4"),  # row of the venture (of the fund, the university, the programme: see EVENT_NAMES)
        ("whom", "i4"),  # row of the fund or person on the other side, or -1
        ("amount", "i8"),  # fen, or the milestone's number
    ],
    align=True,
)


@rule
def log(clock, events, what, who, whom, amount):
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
