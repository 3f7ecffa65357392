"""A programme of a government office, as a record. It holds every instrument; the offices' rules read it.

A programme is evidence, not code: a file says what the office does, and becomes one row of this table. Fields that an
instrument does not use stand at their neutral value (nothing paid, nobody excluded), so that a rule never has to ask
which instrument it deals with before it reads who qualifies. Figures and their sources are in the files.
"""

import numpy as np

# What the office does. The order is the order of `instrument` in the record; it never changes.
INSTRUMENTS = (
    "grant",  # paid once, gone once paid
    "staged_grant",  # paid in tranches, each on a condition
    "repayable_grant",  # returned, with more, on success
    "equity",  # the office itself holds a stake
    "space",  # room and a desk at a lower rent
    "talent_award",  # paid to a person, by credential or recognised tier
    "interest_subsidy",  # a part of a bank loan's interest
    "loan_risk_compensation",  # a pool that bears part of a bank's loss
    "guidance",  # commitments to funds that bring other money
    "listing_coaching",  # a shorter way to the stock market
    "service",  # less friction for everybody
    "institute_slots",  # places where firms set the question and researchers answer
)
GRANT, STAGED_GRANT, REPAYABLE_GRANT, EQUITY, SPACE, TALENT_AWARD = 0, 1, 2, 3, 4, 5
INTEREST_SUBSIDY, LOAN_RISK_COMPENSATION, GUIDANCE, LISTING_COACHING, SERVICE, INSTITUTE_SLOTS = 6, 7, 8, 9, 10, 11

OFFICES = ("science", "talent", "finance", "service")

# Who may be chosen, and how
CREDENTIALS = ("bachelor", "master", "doctorate")
TIERS = ("none", "first", "second", "third")  # recognised talent, the first the highest
SELECTIONS = ("score", "lottery", "first_come", "without_application")
BY_SCORE, BY_LOTTERY, FIRST_COME, WITHOUT_APPLICATION = 0, 1, 2, 3

# When a tranche after the first is paid
CONDITIONS = ("alive", "milestone", "private_money")
WHILE_ALIVE, ON_MILESTONE, ON_PRIVATE_MONEY = 0, 1, 2

# What counts as the success that a grant is repaid on
TRIGGERS = ("never", "milestone", "priced_round", "market_entry", "profit", "exit")
NEVER, AT_MILESTONE, AT_PRICED_ROUND, AT_MARKET_ENTRY, AT_PROFIT, AT_EXIT = 0, 1, 2, 3, 4, 5

PROGRAMME_HOLDER = -1_000_000  # a programme k holds a stake as PROGRAMME_HOLDER - k in a cap table, far below universities
NO_LIMIT = 1_000_000  # of counts and quarters: far beyond any run, and small enough to add to a tick
NO_CEILING = 2**60  # of money, fen; small enough to add to another sum
OFFICE_DECIDES = -1  # the office's own rule holds instead

PROGRAMME = np.dtype(
    [
        ("key", "u8"),  # identity in the randomness contract: from its name, never from its place in a list
        ("instrument", "i4"),
        ("office", "i4"),
        ("city", "i4"),  # row of the city whose office runs it
        ("bit", "i4"),  # of a venture's note of who helped it: programmes of one name in several cities share it
        # money a year
        ("budget", "i8"),  # fen in the first year
        ("growth", "f8"),  # of the budget, share a year
        ("revenue_share", "f8"),  # of the city's new tax revenue, added to the budget
        ("revolving", "i4"),  # 1: what comes back is spent again; 0: it goes to the treasury
        ("starts", "i4"),  # tick
        ("ends", "i4"),  # tick, NO_LIMIT: never
        # money an award
        ("number", "i4"),  # awards a year at most
        ("awards_each", "i4"),  # awards that one recipient may have, all its life
        ("amount", "i8"),  # fen
        ("amount_by_credential", "i8", (3,)),  # fen, by CREDENTIALS; the amount where a file names none
        ("amount_by_tier", "i8", (4,)),  # fen, by TIERS; the amount where a file names none
        ("ceiling", "i8"),  # fen that one recipient may have within `ceiling_window`
        ("ceiling_window", "i4"),  # quarters
        ("tier_share", "f8", (4,)),  # share of founders that is recognised, by TIERS
        ("tranches", "i4"),
        ("interval", "i4"),  # quarters between tranches
        ("condition", "i4"),  # of tranches after the first
        # who qualifies
        ("min_team", "i4"),  # people
        ("min_credential", "i4"),
        ("origins", "i4"),  # bit masks: bit i is name i of the list; all bits where a file names none
        ("sectors", "i4"),
        ("forms", "i4"),
        ("links", "i4"),
        ("min_age", "i4"),  # quarters since founding
        ("max_age", "i4"),
        ("outsiders_only", "i4"),  # 1: only founders from elsewhere
        ("attracts", "i4"),  # 1: only firms based in other cities, which move their seat here for it
        ("in_need", "i4"),  # 1: only ventures that have run out of money
        # how they are found and chosen
        ("selection", "i4"),
        ("accuracy", "f8"),  # correlation of the officials' judgement with quality
        ("credential_weight", "f8"),  # share of the judgement that goes by credential: one standard for all
        ("examined", "i4"),  # applicants that are looked at in a year, at most
        ("apply_share", "f8"),  # share of those who qualify that apply
        ("delay", "i4"),  # quarters from application to payment
        ("scouting", "f8"),  # share of those who do not apply that officials find in a year
        # what comes back
        ("repay_trigger", "i4"),
        ("repay_multiple", "f8"),  # of what was paid
        ("repay_profit", "i8"),  # fen of yearly profit that count as success, where the trigger is profit
        ("repay_within", "i4"),  # quarters after the award; a later success owes nothing
        # equity
        ("stake", "f8"),  # share of the venture at most
        ("co_invest", "i4"),  # 1: only beside an outside lead, at its price
        ("buy_back_multiple", "f8"),  # founders may buy the stake back at this multiple of cost; 0: they may not
        # space
        ("places", "i4"),
        ("stay", "i4"),  # quarters
        ("rent_saved", "i8"),  # fen a quarter for each place
        ("contacts", "f8"),  # new ties a quarter for each place
        # loans
        ("interest_share", "f8"),  # of the interest paid
        ("interest_quarters", "i4"),
        ("loss_share", "f8"),  # of a bank's loss on a covered loan
        ("loan_ceiling", "i8"),  # fen, the largest loan that is covered
        ("pool_multiple", "f8"),  # loans covered for each fen of the pool
        # guidance
        ("private_per_public", "f8"),  # other investors' fen that a fund must bring for each fen of the office's
        ("local_share", "f8"),  # of the office's money that must be invested in the city
        ("early_share", "f8"),  # of the office's money that must go to ventures before the market
        ("first_loss", "f8"),  # share of other investors' loss that the office bears before they do
        ("profit_given_up", "f8"),  # share of the office's profit left to other investors
        # listing, service, institutes
        ("queue_cut", "i4"),  # quarters saved of the mean wait of a firm that has passed the listing gate
        ("friction_cut", "f8"),  # share of every programme's friction that goes away
        ("slots", "i4"),
        ("speed_gain", "f8"),  # of the milestone's hazard for a venture that is matched
        ("dual_appointment", "f8"),  # part of the wage that a scientist who founds keeps while the institute runs
        # accountability
        ("allowed_loss", "f8"),  # loss ratio that passes without an inquiry; OFFICE_DECIDES: as the office
        ("freeze", "i4"),  # quarters that an inquiry stops it; OFFICE_DECIDES: as the office
    ],
    align=True,
)

PROGRAMME_ACCOUNT = np.dtype(
    [
        ("cash", "i8"),  # fen in its purse
        ("planned", "i8"),  # fen, this year's budget as written
        ("budget", "i8"),  # fen, this year's as far as the city's taxes allow it
        ("spent", "i8"),  # fen, this year
        ("committed", "i8"),  # fen promised and not yet paid, or to funds and not yet called
        ("called", "i8"),  # fen that funds have called of a guidance programme
        ("offered", "i8"),  # fen that one fund which is raised this quarter may ask of a guidance programme
        ("paid", "i8"),  # fen since the start
        ("returned", "i8"),  # fen since the start
        ("written_off", "i8"),  # fen whose recipients ended without success
        ("revolved", "i8"),  # fen returned and not yet spent again
        ("recent_resolved", "f8"),  # fen of awards whose outcome is known, fading: the loss ratio's lower part
        ("recent_lost", "f8"),  # fen of these that were lost, fading: its upper part
        ("quarters", "i4"),  # in which it looked for recipients, since the start
        ("looked_at", "i8"),  # ventures looked at, each in each of these quarters
        ("qualified", "i8"),  # of these looks, those at ventures that qualified
        ("applicants", "i4"),  # since the start
        ("scouted", "i4"),
        ("awards", "i4"),
        ("awards_this_year", "i4"),
        ("examined_this_year", "i4"),
        ("succeeded", "i4"),  # awards
        ("failed", "i4"),
        ("frozen_until", "i4"),  # tick; 0: never frozen
        ("inquiries", "i4"),
    ],
    align=True,
)

AWARD = np.dtype(
    [
        ("programme", "i4"),  # row
        ("venture", "i4"),  # row
        ("person", "i4"),  # row of its founder
        ("previous", "i4"),  # row of the founder's award before this one, from whatever programme; -1
        ("granted", "i4"),  # tick
        ("due", "i4"),  # tick of the next part
        ("parts", "i4"),  # still to be paid
        ("milestones", "i4"),  # of the venture when the last part was paid
        ("raised", "i8"),  # fen of funds' money that the venture had raised by then
        ("promised", "i8"),  # fen
        ("paid", "i8"),  # fen so far
    ],
    align=True,
)
