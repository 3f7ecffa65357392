"""Compare arms under common random numbers: one call in, one object out.

patient, impatient = compare("baseline", {"fund.life.market": [12, 7]}, seeds=200)
compare("baseline", "report", seeds=50).differences()
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent import futures

from seedbed.agents.errors import BadInput

from .design import Arm, Experiment, grid, seeds_from
from .runner import Model, Results, run

__all__ = ["ArmResults", "BETTER", "Comparison", "RATIOS", "compare", "effects", "effects_together", "measure"]

# Outcomes that are ratios: pooled over seeds as sum / sum, since the mean of per-run ratios is ruled by the runs in
# which little was invested. A share is weighted by what it is a share of.
RATIOS: dict[str, tuple[tuple[str, ...], str]] = {
    "unicorns_paper_per_billion": (("unicorns_paper",), "invested"),
    "unicorns_fundamental_per_billion": (("unicorns_fundamental",), "invested"),
    "unicorns_paper_per_public_billion": (("unicorns_paper",), "public_outlay"),
    "unicorns_fundamental_per_public_billion": (("unicorns_fundamental",), "public_outlay"),
    "unicorns_radical": (("unicorns_radical", "unicorns_fundamental"), "unicorns_fundamental"),
    "public_net_per_unicorn": (("public_net",), "unicorns_fundamental"),
}

# Ratios that the model does not report run by run, because in one run the denominator may be nought.
DERIVED: dict[str, tuple[str, str, str]] = {
    "public_net_per_unicorn": (
        "net public money per fundamental unicorn",
        "billion RMB",
        "public outlay less what came back, over fundamental unicorns, both summed over seeds",
    ),
}

# Whether more of an outcome is better (+1), worse (-1) or neither (0, the default).
BETTER: dict[str, int] = {
    **dict.fromkeys(
        [
            "unicorns_paper",
            "unicorns_fundamental",
            "unicorns_paper_per_billion",
            "unicorns_fundamental_per_billion",
            "unicorns_paper_per_public_billion",
            "unicorns_fundamental_per_public_billion",
            "near_unicorns",
            "dpi_angel",
            "dpi_market",
            "dpi_patient",
            "dpi_alumni",
            "dpi_guidance",
            "tvpi_angel",
            "tvpi_market",
            "tvpi_patient",
            "tvpi_alumni",
            "tvpi_guidance",
            "irr_market",
            "irr_patient",
            "jobs",
            "job_years",
            "tax",
            "lp_net_private",
            "lp_net_institution",
            "lp_net_alumni",
            "lp_net_government",
            "founders_net",
            "public_returned",
        ],
        1,
    ),
    **dict.fromkeys(
        ["zombies", "zombie_share", "time_to_unicorn", "time_to_unicorn_paper", "public_net_per_unicorn"], -1
    ),
}


def measure(results: Results, outcome: str, arms: Sequence[str]):
    """What an outcome is made of: (numerator, denominator or None), each seeds x arms.

    A share of nothing (no unicorns, so no share of radical ones) counts nought in both, not as a missing run.
    """
    import numpy as np

    if outcome not in RATIOS or RATIOS[outcome][1] not in results.names:
        return results.values(outcome, arms), None
    factors, below = RATIOS[outcome]
    denominator = results.values(below, arms)
    numerator = np.ones_like(denominator)
    for factor in factors:
        numerator = numerator * results.values(factor, arms)
    return np.where((denominator == 0) & np.isnan(numerator), 0.0, numerator), denominator


def outcome_names(results: Results) -> list[str]:
    """The outcomes that can be compared: those that the model reports and the ratios made of them."""
    parts = {name: {*factors, below} for name, (factors, below) in RATIOS.items()}
    return [*results.names, *(name for name in DERIVED if parts[name] <= set(results.names))]


def label_of(results: Results, outcome: str) -> str:
    """The outcome's name for people."""
    return DERIVED[outcome][0] if outcome in DERIVED else results.label(outcome)


def unit_of(results: Results, outcome: str) -> str:
    """The outcome's unit."""
    return DERIVED[outcome][1] if outcome in DERIVED else results.unit(outcome)


def titled(results: Results, outcome: str) -> str:
    """The outcome's name with its unit, unless the name says it already: "Ventures founded", "Net public cost (billion RMB)"."""
    label, unit = label_of(results, outcome), unit_of(results, outcome)
    return label if unit in ("", "ventures") or label.lower().startswith(unit.lower()) else f"{label} ({unit})"


def effects(results: Results, base: str, arms: Sequence[str], outcomes: Sequence[str] | None = None, **options):
    """Paired differences of each arm from the base, as a data frame with one row per arm and outcome.

    Columns: arm, outcome, label, unit, base (its value), value with value_low and value_high (the arm's own), difference
    with low and high (95% bootstrap interval over seeds), relative (difference / |base|), n (pairs of runs), sign (+1, -1,
    or 0 where the interval covers zero), better (+1, -1 or 0: whether the difference is for the better), pairing_gain
    (how many times more runs independent seeds would need; NaN for ratios).
    """
    import numpy as np
    import pandas as pd

    from .statistics import contrast, mean, pairing_gain

    names = list(outcomes) if outcomes is not None else outcome_names(results)
    parts = {name: measure(results, name, [base, *arms]) for name in names}
    groups = [[n for n in names if parts[n][1] is None], [n for n in names if parts[n][1] is not None]]
    rows = {}
    for group, ratio in zip(groups, (False, True), strict=True):
        if not group:
            continue
        top = np.stack([parts[name][0] for name in group], axis=2)
        below = np.stack([parts[name][1] for name in group], axis=2) if ratio else None

        def flat(values):
            """Seeds x (arms x outcomes): one table of resamples then serves all of them."""
            return values.reshape(len(values), -1)

        def pairs(values):
            """Seeds x 2 x (arms x outcomes): the base beside each other arm."""
            return np.stack([flat(np.broadcast_to(values[:, :1], values[:, 1:].shape)), flat(values[:, 1:])], axis=1)

        own = mean(flat(top), flat(below) if ratio else None, **options)
        change = contrast(pairs(top), (-1.0, 1.0), pairs(below) if ratio else None, **options)
        for place, arm in enumerate(arms):
            for column, name in enumerate(group):
                start, value = own[column], own[(place + 1) * len(group) + column]
                step = change[place * len(group) + column]
                sign = int(step.sign)
                rows[arm, name] = {
                    "arm": arm,
                    "outcome": name,
                    "label": label_of(results, name),
                    "unit": unit_of(results, name),
                    "base": float(start.value),
                    "value": float(value.value),
                    "value_low": float(value.low),
                    "value_high": float(value.high),
                    "difference": float(step.value),
                    "low": float(step.low),
                    "high": float(step.high),
                    "relative": float(step.value / abs(start.value)) if start.value and np.isfinite(start.value) else float("nan"),
                    "n": int(step.n),
                    "sign": sign,
                    "better": sign * BETTER.get(name, 0),
                    "pairing_gain": float("nan")
                    if ratio
                    else pairing_gain(top[:, 0, column], top[:, place + 1, column]),
                }
    return pd.DataFrame([rows[arm, name] for arm in arms for name in names])


def effects_together(results: Results, base: str, arms: Sequence[str], outcomes: Sequence[str] | None = None, *, level: float = 0.95):
    """The table of `effects`, all its differences judged as one family: who compares much finds something by chance.

    Further columns: p (each alone), holm, discovery and joint (p-values adjusted, see `statistics.Family`), and band_low and
    band_high, bands that hold for all differences at once. A difference is clear among all of them if joint is below 1 - level.
    """
    import numpy as np

    from .statistics import family

    names = list(outcomes) if outcomes is not None else outcome_names(results)
    frame = effects(results, base, arms, names, level=level)
    tops, belows = [], []
    for arm in arms:
        for name in names:
            top, below = measure(results, name, [base, arm])
            tops.append(top)
            belows.append(np.ones_like(top) if below is None else below)  # over ones a ratio of sums is the mean
    found = family(np.stack(tops, axis=2), (-1.0, 1.0), np.stack(belows, axis=2), level=level)
    columns = {"p": found.p, "holm": found.holm, "discovery": found.discovery, "joint": found.joint, "band_low": found.low, "band_high": found.high}
    return frame.assign(**columns)


class ArmResults:
    """One arm of a comparison: its name, what it changes, and its outcomes."""

    def __init__(self, results: Results, arm: Arm) -> None:
        self._results, self.name, self.scenario, self.changes = results, arm.name, arm.scenario, dict(arm.changes)

    @property
    def outcomes(self):
        """A data frame, one row a seed and one column an outcome."""
        frame = self._results.outcomes
        return frame[frame["arm"] == self.name].drop(columns="arm").set_index("seed")

    def mean(self):
        """The mean over seeds of each outcome (ratios as sum over sum), as a data frame with 95% intervals."""
        import pandas as pd

        from .statistics import mean

        rows = []
        for name in outcome_names(self._results):
            top, below = measure(self._results, name, [self.name])
            found = mean(top[:, 0], None if below is None else below[:, 0])
            rows.append((name, float(found.value), float(found.low), float(found.high), int(found.n)))
        return pd.DataFrame(rows, columns=["outcome", "value", "low", "high", "n"]).set_index("outcome")

    def curve(self, name: str):
        """A curve, seeds x length (if the comparison kept curves)."""
        return self._results.curve(name, self.name)

    def __repr__(self) -> str:
        return f"<{self.name}: {len(self.outcomes)} runs>"


class Comparison(Sequence):
    """Arms that ran under the same seeds. Unpacks into its arms; `differences()` compares them pair by pair."""

    def __init__(self, results: Results) -> None:
        self.results = results
        self.arms = tuple(ArmResults(results, arm) for arm in results.experiment.arms)

    def __len__(self) -> int:
        return len(self.arms)

    def __iter__(self) -> Iterator[ArmResults]:
        return iter(self.arms)

    def __getitem__(self, place: int | str) -> ArmResults:
        if isinstance(place, str):
            return self.arms[[arm.name for arm in self.arms].index(self.results.experiment.arm(place).name)]
        return self.arms[place]

    def differences(self, base: int | str = 0, outcomes: Sequence[str] | None = None, together: bool = False, **options):
        """The paired table of every other arm against `base` (by place or name), see `effects`.

        together : also judge all its differences as one family, see `effects_together`.
        """
        start = self[base].name
        return (effects_together if together else effects)(self.results, start, [arm.name for arm in self.arms if arm.name != start], outcomes, **options)

    def to_frame(self):
        """All runs: arm, seed and every outcome."""
        return self.results.outcomes

    def __repr__(self) -> str:
        names = " | ".join(arm.name for arm in self.arms)
        return f"<Comparison of {names}: {self.results.good} runs, {len(self.results.experiment.seeds)} seeds>"


def compare(
    scenario: object,
    against: Mapping[str, object] | object | Sequence[object],
    *,
    seeds: int | Sequence[int] = 200,
    years: int = 40,
    burn_in: int = 10,
    workers: int | None = None,
    out: str | os.PathLike | None = None,
    executor: str | futures.Executor = "threads",
    progress: bool | None = None,
    keeps: Sequence[str] = (),
    settings: Mapping[str, object] | None = None,
    model: Model | None = None,
) -> Comparison:
    """Run arms under the same seeds and give them side by side.

    against  : {"fund.life.market": [12, 5]} makes an arm of each value (of several parameters: of each combination);
               {"fund.life.market": 12} compares the scenario as it is with the changed one; a scenario or a list of
               scenarios compares those with the first.
    settings : changes made to all arms alike.
    keeps    : what each run keeps besides its outcomes, such as ("curves",).
    The other arguments are those of `runner.run`. The first arm is the base of `differences()`.
    """
    common = dict(settings or {})
    if isinstance(against, Mapping):
        if not against:
            raise BadInput(
                what="what to compare",
                given=None,
                allowed="a parameter with values, or a second scenario",
                where="compare",
            )
        if any(isinstance(values, Sequence) and not isinstance(values, (str, bytes)) for values in against.values()):
            arms = grid(scenario, against, common, keeps)
        else:
            changed = ", ".join(f"{key}={value}" for key, value in against.items())
            name = Arm("", scenario).scenario_name
            arms = (
                Arm(name, scenario, common, keeps),
                Arm(f"{name}, {changed}", scenario, {**common, **against}, keeps),
            )
    else:
        others = list(against) if isinstance(against, (list, tuple)) else [against]
        arms = tuple(Arm(Arm("", each).scenario_name, each, common, keeps) for each in [scenario, *others])
    experiment = Experiment("compare", arms, seeds_from(seeds), years, burn_in)
    return Comparison(run(experiment, model=model, out=out, workers=workers, executor=executor, progress=progress))
