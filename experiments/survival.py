"""How ventures end, and when: the share that failed, was acquired or was listed by each age, with intervals over seeds.

    table = lives([simulate("baseline", seed=seed) for seed in range(1, 11)])
    incidence(table, by="backer")

The endings compete: a venture that is bought can no longer fail. So each has its own cumulative incidence (Aalen and
Johansen 1978), and they and the share still private sum to one; one minus Kaplan-Meier would overstate every ending.
A quarter is the shortest time in the model, so many end in the same one: the estimate here is exact with such ties.
lifelines' fitters are given as well (`fitters`, `hazard_ratios`), for all that they can do besides.

The seed is the unit: ventures of one city share its luck and its money, so intervals come from resampling whole seeds.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from seedbed.agents.errors import BadInput

from .statistics import KEY, LEVEL, Estimate, cumulative_incidence, resampled, resampling

__all__ = ["ENDINGS", "fitters", "hazard_ratios", "incidence", "incidence_gap", "incidence_of_curves", "kaplan_meier", "lives"]

ENDINGS = ("failed", "acquired", "listed")
QUARTERS = 4
COLUMNS = ("seed", "venture", "quarters", "ending")
RESAMPLES = 1000


# -- lives ------------------------------------------------------------------------------------------------------------


def lives(source: Any, *, burn_in: int = 0, last: int | None = None):
    """One row for each venture founded after `burn_in` years: how long it stayed private, and how that ended.

    source : a History, a list of them (one a seed), or an event log (the frame of `History.events` or of a store; with a
             column `seed` if there are several runs).
    last   : the last tick of the runs; needed only for an event log whose last line comes earlier than the end.

    Columns: seed, venture, founded (tick), quarters (from founding to the ending or to the end of the run), ending
    ("failed", "acquired", "listed", or "private" at the end of the run), funded and granted (whether it ever had a round or
    a grant). Of a History also form, sector, origin, and backer: the kind of the fund that led its first round ("none").
    The first ending counts: a firm that is bought after its listing was listed. A team taken over at shutting is acquired.
    """
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return _lives_of_log(source, burn_in, last)
    histories = list(source) if isinstance(source, (list, tuple)) else [source]
    parts = []
    for history in histories:
        if not hasattr(history, "events"):
            raise BadInput(what="the source of lives", given=type(history).__name__, allowed="a History, a list of them, or an event log", where="lives")
        log = history.events()
        part = _lives_of_log(log.assign(seed=history.seed), burn_in, history.last)
        ventures = history.ventures()
        kind = history.funds()["kind"]
        lead = history.rounds().query("number == 1").set_index("venture")["lead"].map(kind)
        for name in ("form", "sector", "origin"):
            part[name] = ventures[name].reindex(part["venture"]).to_numpy()
        part["backer"] = lead.reindex(part["venture"]).fillna("none").to_numpy()
        parts.append(part)
    if len({history.seed for history in histories}) < len(histories):
        raise BadInput(what="the seeds of the histories", given=[h.seed for h in histories][:10], allowed="each seed once", where="lives")
    if not parts:
        raise BadInput(what="the histories", given=None, allowed="at least one", where="lives")
    return pd.concat(parts, ignore_index=True)


def _lives_of_log(log: Any, burn_in: int, last: int | None):
    import pandas as pd

    missing = [name for name in ("tick", "what", "who") if name not in log.columns]
    if missing:
        raise BadInput(what="the event log", given=list(log.columns), allowed="the columns tick, what and who", where="lives")
    if isinstance(burn_in, bool) or not isinstance(burn_in, int) or burn_in < 0:
        raise BadInput(what="the burn-in", given=burn_in, allowed="a whole number of years", where="lives")
    if "seed" not in log.columns:
        log = log.assign(seed=0)
    if last is None:
        last = int(log["tick"].max()) if len(log) else 0
    key = ["seed", "who"]
    founded = log[log["what"] == "founded"].drop_duplicates(key).set_index(key)["tick"]
    founded = founded[founded >= burn_in * QUARTERS]
    over = log[log["what"].isin(["closed", "acquired", "listed"])]
    word = over["what"].map({"closed": "failed", "acquired": "acquired", "listed": "listed"})
    if "note" in over.columns:
        word = word.mask((over["what"] == "closed") & (over["note"] == "acquired"), "acquired")
    over = over.assign(ending=word).sort_values("tick", kind="stable").drop_duplicates(key).set_index(key)
    # A run with n quarters has ticks 0 to n - 1: who is still private was watched in that last quarter too.
    end = over["tick"].reindex(founded.index)
    table = pd.DataFrame(
        {
            "founded": founded,
            "quarters": (end - founded).where(end.notna(), last + 1 - founded).astype(int),
            "ending": over["ending"].reindex(founded.index).fillna("private").astype(object),
        }
    )
    for name, what in (("funded", "round"), ("granted", "grant")):
        table[name] = table.index.isin(pd.MultiIndex.from_frame(log.loc[log["what"] == what, key]))
    return table.rename_axis(["seed", "venture"]).reset_index()


def _check(table: Any, by: str | None, endings: Sequence[str]) -> None:
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise BadInput(what="the table of lives", given=list(table.columns), allowed=f"the columns {', '.join(COLUMNS)}", where="survival")
    if not len(table):
        raise BadInput(what="the table of lives", given="no venture", allowed="at least one venture", where="survival")
    if by is not None and by not in table.columns:
        raise BadInput(what="what to tell apart by", given=by, allowed=[c for c in table.columns if c not in COLUMNS], where="survival")
    if not len(endings) or isinstance(endings, str):
        raise BadInput(what="the endings", given=endings, allowed=list(ENDINGS), where="survival")
    for name in endings:
        if name not in (*ENDINGS, *set(table["ending"])):
            raise BadInput(what="the ending", given=name, allowed=list(ENDINGS), where="survival")
    if (table["quarters"] < 0).any():
        raise BadInput(what="the time of a life", given=int(table["quarters"].min()), allowed="nought quarters or more", where="survival")


def _counts(table: Any, seeds: Sequence, endings: Sequence[str], ages: int):
    """At risk and gone each way: a list of arrays, seeds x ages. All endings together are the risk, even those not asked for."""
    row = table["seed"].map({seed: place for place, seed in enumerate(seeds)}).to_numpy()
    age = np.minimum(table["quarters"].to_numpy(), ages)  # beyond the last age all that counts is that it was reached
    ending = table["ending"].to_numpy()

    def count(chosen):
        chosen = chosen & (age < ages)
        return np.bincount(row[chosen] * ages + age[chosen], minlength=len(seeds) * ages).reshape(len(seeds), ages).astype(float)

    private = ending == "private"
    # An event in quarter a was at risk in a; who is private after n quarters was watched in the quarters 0 to n - 1.
    watched = age + ~private
    stops = np.bincount(row * (ages + 2) + watched, minlength=len(seeds) * (ages + 2)).reshape(len(seeds), ages + 2)
    at_risk = stops[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1 : ages + 1].astype(float)
    ways = [count(ending == name) for name in endings]
    others = sorted(set(ending) - set(endings) - {"private"})
    return [at_risk, *ways, *(count(ending == name) for name in others)]


# -- incidence --------------------------------------------------------------------------------------------------------


def incidence(
    table: Any,
    by: str | None = None,
    *,
    endings: Sequence[str] = ENDINGS,
    years: float | None = None,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    key: str = KEY,
):
    """The share gone each way by each age, for all ventures or for each group, as a data frame.

    table  : from `lives`.
    by     : a column of it, such as "backer", "form", "sector", "granted".
    years  : up to which age; by default the longest life seen.

    Columns: group, ending (also "private"), age (years), value, low, high (pointwise, resampling seeds; NaN with one seed),
    at_risk (ventures still private and watched at that age, all seeds together), ventures, seeds.
    """
    import pandas as pd

    _check(table, by, endings)
    seeds = sorted(set(table["seed"]))
    ages = _ages(table, years)
    names = ["private", *endings]
    draws = resampling(len(seeds), resamples, key)
    tails = [(1 - level) / 2, (1 + level) / 2]
    frames = []
    for group, part in [("all", table)] if by is None else list(table.groupby(by, sort=True)):
        counts = _counts(part, seeds, endings, ages)
        value = cumulative_incidence(*(count.sum(axis=0) for count in counts))[: len(names)]
        drawn = cumulative_incidence(*(draws @ count for count in counts))[: len(names)]
        at_risk = np.append(counts[0].sum(axis=0), np.nan)
        for name, curve, replicates in zip(names, value, drawn, strict=True):
            low, high = np.quantile(replicates, tails, axis=0) if len(seeds) > 1 else np.full((2, ages + 1), np.nan)
            frames.append(
                pd.DataFrame(
                    {
                        "group": group, "ending": name, "age": np.arange(ages + 1) / QUARTERS, "value": curve, "low": low, "high": high,
                        "at_risk": at_risk, "ventures": len(part), "seeds": part["seed"].nunique(),
                    }
                )
            )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def kaplan_meier(
    table: Any, by: str | None = None, *, ending: str = "failed", years: float | None = None, level: float = LEVEL, resamples: int = RESAMPLES, key: str = KEY
):
    """The share that has not ended so by each age, as it would be if nobody ever ended otherwise: who does is watched no longer (Kaplan and Meier 1958).

    The columns of `incidence`, with the ending's name. It answers what `incidence` does not: how hard an ending presses on
    those that are left. One minus it is no share of ventures; read both together.
    """
    import pandas as pd

    _check(table, by, (ending,))
    seeds = sorted(set(table["seed"]))
    ages = _ages(table, years)
    draws = resampling(len(seeds), resamples, key)
    tails = [(1 - level) / 2, (1 + level) / 2]
    frames = []
    for group, part in [("all", table)] if by is None else list(table.groupby(by, sort=True)):
        at_risk, deaths, *_ = _counts(part, seeds, (ending,), ages)
        value = cumulative_incidence(at_risk.sum(axis=0), deaths.sum(axis=0))[0]
        drawn = cumulative_incidence(draws @ at_risk, draws @ deaths)[0]
        low, high = np.quantile(drawn, tails, axis=0) if len(seeds) > 1 else np.full((2, ages + 1), np.nan)
        frames.append(
            pd.DataFrame(
                {
                    "group": group, "ending": ending, "age": np.arange(ages + 1) / QUARTERS, "value": value, "low": low, "high": high,
                    "at_risk": np.append(at_risk.sum(axis=0), np.nan), "ventures": len(part), "seeds": part["seed"].nunique(),
                }
            )
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def _ages(table: Any, years: float | None) -> int:
    longest = int(table["quarters"].max()) + 1
    if years is None:
        return longest
    if isinstance(years, bool) or not isinstance(years, (int, float)) or not 0 < years <= 1000:
        raise BadInput(what="the age", given=years, allowed="a number of years above nought", where="survival")
    return max(1, round(years * QUARTERS))


def incidence_gap(
    table: Any, by: str, first: Any, second: Any, ending: str, years: float, *, level: float = LEVEL, resamples: int = 4000, key: str = KEY
) -> Estimate:
    """By how much more of the group `second` than of `first` has ended so by that age: the difference of incidences.

    Both groups lived in the same cities, so a resample of seeds carries both along; the interval is BCa. Groups that are
    chosen (whom a fund backs) differ before they are treated: the gap tells what happened to them, not what did it.
    """
    _check(table, by, (ending,))
    groups = sorted(set(table[by]), key=str)
    for name in (first, second):
        if name not in groups:
            raise BadInput(what=f"the {by}", given=name, allowed=[str(group) for group in groups], where="survival")
    seeds = sorted(set(table["seed"]))
    ages = _ages(table, years)
    of_group = [_counts(table[table[by] == name], seeds, (ending,), ages) for name in (first, second)]

    def gap(weights):
        before, after = (cumulative_incidence(*(weights @ count for count in counts))[1][:, -1] for counts in of_group)
        return after - before

    return resampled(gap, len(seeds), level=level, resamples=resamples, key=key)


def incidence_of_curves(results: Any, arm: str, group: str = "funded", *, level: float = LEVEL, resamples: int = RESAMPLES, key: str = KEY):
    """The same from the curves that an arm kept: endings "failed" and "exited" (bought or listed), for all or funded ventures.

    Needs an arm with keeps=("curves",); BadInput otherwise.
    """
    import pandas as pd

    names = [f"{part}_{group}" for part in ("at_risk", "deaths", "exits")]
    curves = [results.curve(name, arm) for name in names]
    if any(curve is None for curve in curves):
        raise BadInput(what="the curves", given=names, allowed='those of an arm with keeps = ["curves"], group "all" or "funded"', where=f"arm {arm}")
    there = np.isfinite(curves[0]).all(axis=1)
    curves = [curve[there] for curve in curves]
    value = cumulative_incidence(*(curve.sum(axis=0) for curve in curves))
    draws = resampling(len(curves[0]), resamples, key)
    drawn = cumulative_incidence(*(draws @ curve for curve in curves))
    ages = len(value[0])
    frames = []
    for name, curve, replicates in zip(("private", "failed", "exited"), value, drawn, strict=True):
        low, high = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2], axis=0) if len(curves[0]) > 1 else np.full((2, ages), np.nan)
        frames.append(
            pd.DataFrame(
                {
                    "group": arm, "ending": name, "age": np.arange(ages) / QUARTERS, "value": curve, "low": low, "high": high,
                    "at_risk": np.append(curves[0].sum(axis=0), np.nan), "ventures": int(curves[0][:, 0].sum()), "seeds": len(curves[0]),
                }
            )
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


# -- lifelines --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _lifelines_quiet() -> Iterator[None]:
    # lifelines 0.30 passes arguments that pandas 4 will want by name, and tells of ties, which are told here.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="lifelines")
        yield


def fitters(table: Any, by: str | None = None, *, endings: Sequence[str] = ENDINGS, seed: int = 1, variance: bool = False) -> dict:
    """lifelines' Aalen-Johansen fitters: (group, ending) -> AalenJohansenFitter, times in years.

    lifelines cannot do with ties and moves them apart by chance (by `seed`), so its curves differ from `incidence` by less
    than a quarter. variance = True gives its own intervals, which take ventures for independent: too narrow where a city's
    luck is shared.
    """
    _check(table, by, endings)
    with _lifelines_quiet():
        from lifelines import AalenJohansenFitter

        found = {}
        for group, part in [("all", table)] if by is None else list(table.groupby(by, sort=True)):
            names = [*endings, *sorted(set(part["ending"]) - set(endings) - {"private"})]
            code = part["ending"].map({name: place for place, name in enumerate(names, 1)}).fillna(0).astype(int)
            time = (part["quarters"] + (part["ending"] != "private")) / QUARTERS  # by the end of that quarter
            for place, name in enumerate(endings, 1):
                if (code == place).any():
                    fitter = AalenJohansenFitter(calculate_variance=variance, seed=seed)
                    found[group, name] = fitter.fit(time, code, event_of_interest=place, label=f"{name} ({group})")
    return found


def hazard_ratios(table: Any, ending: str, by: Sequence[str], *, level: float = LEVEL):
    """How many times as likely each quarter, among those still private: cause-specific hazard ratios (Cox, by lifelines).

    Each column of `by` enters beside the others; a column of words is set against its most frequent one. Errors allow for
    what ventures of one seed share. Columns: factor, against, ratio, low, high, p.
    """
    import pandas as pd

    by = [by] if isinstance(by, str) else list(by)
    if not by:
        raise BadInput(what="what to tell apart by", given=None, allowed="at least one column of the lives", where="hazard_ratios")
    for name in by:
        _check(table, name, (ending,))
    if table["seed"].nunique() < 2:
        raise BadInput(what="the seeds", given=1, allowed="at least two, so that errors over seeds can be told", where="hazard_ratios")
    columns, against = {}, {}
    for name in by:
        if pd.api.types.is_numeric_dtype(table[name]) or pd.api.types.is_bool_dtype(table[name]):
            columns[name], against[name] = table[name].astype(float), "one more"
            continue
        usual = table[name].value_counts().index[0]
        for other in sorted(set(table[name]) - {usual}, key=str):
            columns[f"{name} = {other}"], against[f"{name} = {other}"] = (table[name] == other).astype(float), usual
    frame = pd.DataFrame(columns)
    if frame.shape[1] == 0 or (frame.nunique() < 2).any():
        raise BadInput(what="what to tell apart by", given=by, allowed="columns that differ between ventures", where="hazard_ratios")
    frame["_time"] = (table["quarters"] + 1) / QUARTERS
    frame["_event"] = (table["ending"] == ending).astype(int)
    frame["_seed"] = table["seed"]
    if frame["_event"].sum() < 2 * len(columns):
        raise BadInput(what="the ventures that ended so", given=int(frame["_event"].sum()), allowed=f"at least {2 * len(columns)}", where="hazard_ratios")
    with _lifelines_quiet():
        from lifelines import CoxPHFitter

        found = CoxPHFitter(alpha=1 - level).fit(frame, "_time", "_event", cluster_col="_seed", robust=True).summary
    bounds = [column for column in found.columns if column.startswith("exp(coef) ")]
    return pd.DataFrame(
        {
            "factor": found.index, "against": [against[name] for name in found.index], "ratio": found["exp(coef)"].to_numpy(),
            "low": found[bounds[0]].to_numpy(), "high": found[bounds[1]].to_numpy(), "p": found["p"].to_numpy(),
        }
    )  # fmt: skip
