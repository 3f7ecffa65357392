"""Before and after a study: whether it can be carried out at all, what it will cost, and its main numbers.

check(experiment)                 every arm checked against the model, before the first run
forecast(experiment, out=...)     runs, time and disk, from a stated rate or from a few timed runs
summary(results)                  what came out, for a screen; what to type next
"""

from __future__ import annotations

import math
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from seedbed.agents.errors import BadInput

from .design import Experiment
from .store import RUNS_A_PIECE, SECONDS_A_PIECE

__all__ = ["Check", "Forecast", "Summary", "check", "forecast", "summary"]

DESIGNS = Path(__file__).with_name("designs")

# Kinds of plan in which two equal arms are a slip. Sampled plans repeat cells where a factor takes few values, and must,
# since their analysis counts on every point; arms named one by one may be equal on purpose (a placebo).
NO_TWINS = ("grid", "one_at_a_time", "table")
FEW_ARMS = 12  # that a table shows one by one
FEW_TIMED = 3  # runs, spread over the arms
BYTES_AN_OUTCOME = 7.5  # in Parquet, compressed
BYTES_A_RUN = 15  # arm, seed, status, seconds
BYTES_A_COLUMN = 350  # of each piece, for its description of itself
BYTES_A_STUDY = 200e3  # the manifest, with every parameter and its source
MAIN = (
    "unicorns_fundamental",
    "unicorns_paper",
    "dpi_market",
    "zombies",
    "founders_retry",
    "jobs",
    "public_net",
)  # where an experiment declares no outcomes


# -- which one? -------------------------------------------------------------------------------------------------------


def file_of(name_or_path: str) -> Path:
    """The design file of that path, or the shipped one of that name; BadInput lists those that are shipped."""
    from seedbed.model.parameters import find_file

    return find_file(name_or_path, DESIGNS, "design", "command line")


def folder_of(experiment: Experiment) -> str:
    """Where its runs are kept if nothing else is said: results/ and its name, without what a folder's name cannot have."""
    return "results/" + (re.sub(r"[^\w.-]+", "-", experiment.name).strip("-.") or "study")


# -- can it be done? --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Check:
    """What a check found: notes to read before the first run, and each arm's digest (equal digests give equal runs)."""

    digests: Mapping[str, str]
    notes: tuple[str, ...]


def check(experiment: Experiment, model: object = None) -> Check:
    """Everything that can be known before the first run; BadInput names the first arm that cannot be, and why.

    Every arm's scenario is made as it will be run: unknown settings, values outside their limits and contradictions are
    told here. So are outcomes that the model does not know, and arms of a grid or table that are the same.
    """
    from .runner import Model

    model = model or Model()
    known = list(model.labels())
    for name in experiment.outcomes:
        if name not in known:
            from seedbed.model.parameters import closest_first

            raise BadInput(
                what="the outcome", given=name, allowed=closest_first(name, known), where=f"{experiment.name}, outcomes"
            )
    digests, seen = {}, {}
    twins = 0
    for arm in experiment.arms:
        try:
            digest = model.digest(model.case(arm))
        except BadInput as error:
            raise BadInput(
                what=error.what,
                given=error.given,
                allowed=error.allowed,
                where=f"{experiment.name}, arm {arm.name!r}: {error.where}",
            ) from None
        digests[arm.name] = digest
        twin = seen.setdefault(digest, arm.name)
        if twin != arm.name:
            if experiment.plan.get("kind") in NO_TWINS:
                raise BadInput(
                    what="an arm of the plan",
                    given=arm.name,
                    allowed=f"different arms; the arm {twin!r} is the same",
                    where=experiment.name,
                )
            twins += 1
    notes = _beyond_evidence(experiment)
    if twins:
        notes.append(
            f"{twins} of {len(experiment.arms)} arms repeat another one (a factor takes few values, or its programme "
            "is off); they are run all the same, since the analysis counts on every point."
            if experiment.plan
            else f"{twins} of {len(experiment.arms)} arms are the same as another one."
        )
    return Check(digests, tuple(notes))


def _beyond_evidence(experiment: Experiment) -> list[str]:
    """A sentence for each factor that goes beyond the sensitivity range of its evidence."""
    from seedbed.model.scenario import Scenario

    from .factor import settings_from

    if not experiment.cells:
        return []
    scene = Scenario.load(experiment.arms[0].scenario)
    notes = []
    for path, setting in settings_from(list(experiment.cells), scene, {}, experiment.name).items():
        column = experiment.cells[path]
        if setting.range is None or column.dtype.kind not in "if":
            continue
        held = column[column == column]
        if len(held) and (held.min() < setting.range[0] or held.max() > setting.range[1]):
            low, high = setting.range
            notes.append(
                f"{path} goes from {held.min():g} to {held.max():g} {setting.unit}, beyond the range of its evidence, "
                f"{low:g} to {high:g}."
            )
    return notes


# -- what will it cost? -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Forecast:
    """What a study will cost: `runs` to do of `total`, on `workers` at a time.

    seconds_a_run : on one worker; None if it is not known.
    bytes_a_run   : in the store, and bytes_a_piece for each of the files that hold a hundred runs or ten seconds of them.
    free          : bytes on the disk of `out`, None if nothing is kept.
    rate_from     : where the time comes from, in words.
    """

    total: int
    runs: int
    workers: int
    seconds_a_run: float | None
    bytes_a_run: float
    bytes_a_piece: float
    free: float | None
    rate_from: str

    @property
    def seconds(self) -> float | None:
        """All runs, if the workers share them evenly."""
        if not self.runs:
            return 0.0
        return None if self.seconds_a_run is None else self.runs * self.seconds_a_run / max(1, self.workers)

    @property
    def long(self) -> bool:
        """Whether it is worth a question before it begins: minutes, or gigabytes."""
        return self.seconds is None or self.seconds > 60 or self.bytes > 1e9

    @property
    def bytes(self) -> float:
        """What the store will grow by."""
        if not self.runs:
            return 0.0
        pieces = math.ceil(max(self.runs / RUNS_A_PIECE, (self.seconds or 0.0) / SECONDS_A_PIECE))
        return BYTES_A_STUDY + self.runs * self.bytes_a_run + pieces * self.bytes_a_piece

    def to_dict(self) -> dict:
        """As plain values."""
        return {
            "runs": self.total,
            "runs_to_do": self.runs,
            "workers": self.workers,
            "seconds_a_run": self.seconds_a_run,
            "seconds": self.seconds,
            "bytes_a_run": self.bytes_a_run,
            "bytes": self.bytes,
            "bytes_free": self.free,
            "rate_from": self.rate_from,
        }


def forecast(
    experiment: Experiment,
    *,
    out: str | os.PathLike | None = None,
    workers: int | None = None,
    rate: float | None = None,
    shard: tuple[int, int] | None = None,
    model: object = None,
) -> Forecast:
    """Runs, time and disk of a study. Without a `rate` (runs a second on one worker) a few runs are timed.

    The timed runs are done in a directory of their own that is removed again; they also show what curves, series and
    events take. Runs that `out` has already are not counted. shard: (i, n), if this is one of n parts.

    BadInput for a rate that cannot be, and for a study that does not fit on the disk.
    """
    from .runner import Model, _workers_from

    model, workers = model or Model(), _workers_from(workers)
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 < rate < math.inf):
        raise BadInput(what="the rate", given=rate, allowed="runs a second, a number above 0", where="--rate")
    total = len(experiment)
    left = total - _done(out, total)
    left = left if shard is None else -(-left // shard[1])
    keeps = sum(bool(arm.keeps) for arm in experiment.arms)
    outcomes = len(model.labels())
    bytes_a_run, bytes_a_piece = BYTES_A_RUN + BYTES_AN_OUTCOME * outcomes, BYTES_A_COLUMN * (outcomes + 5)
    seconds, source = (
        None if rate is None else 1 / rate,
        f"at {rate:g} runs a second and worker, as stated" if rate else "",
    )
    if not left:
        source = "it is done"
    elif rate is None or keeps:
        trial = _timed(experiment, model)
        if rate is None:
            seconds, source = trial["seconds"], trial["words"]
        bytes_a_run += trial["bytes"] * keeps / len(experiment.arms)
    free = None if out is None else _free(Path(out))
    found = Forecast(total, left, workers, seconds, bytes_a_run, bytes_a_piece, free, source)
    if free is not None and found.bytes > free:
        raise BadInput(
            what="the size of the study",
            given=_size(found.bytes),
            allowed=f"at most what is free on the disk of {out}, {_size(free)}",
            where="--out",
        )
    return found


def _done(out: str | os.PathLike | None, total: int) -> int:
    """How many runs the directory has already."""
    from .store import Store

    if out is None or not (Path(out) / "manifest.json").exists():
        return 0
    store = Store.existing(out)
    return min(total, store.good + store.failed)


def _timed(experiment: Experiment, model: object) -> dict:
    """Seconds a run, and bytes of what a run keeps besides outcomes, from a few runs spread over the arms."""
    from .runner import run

    arms = experiment.arms
    keeping = [arm for arm in arms if arm.keeps]
    number = min(FEW_TIMED, len(arms))
    chosen = {arm.name: arm for arm in (*keeping[:1], *(arms[place * len(arms) // number] for place in range(number)))}
    few = tuple(replace(arm, first=None) for arm in list(chosen.values())[:number])
    small = Experiment(f"{experiment.name}, timed", few, experiment.seeds[:1], experiment.years, experiment.burn_in)
    with tempfile.TemporaryDirectory(prefix="seedbed-") as place:
        try:
            results = run(small, model=model, out=place, workers=1, progress=False)
        except RuntimeError as error:
            return {"seconds": None, "bytes": 0.0, "words": f"a trial failed: {str(error).splitlines()[-1]}"}
        seconds = [
            second
            for table in results.store.tables("runs", ["status", "seconds"])
            for status, second in zip(table["status"].to_pylist(), table["seconds"].to_pylist(), strict=True)
            if status == "ok"
        ]
        extra = sum(
            _content(file) for part in ("curves", "series", "events") for file in (Path(place) / part).rglob("*")
        )
    with_extra = sum(bool(arm.keeps) for arm in few)
    return {
        "seconds": sum(seconds) / len(seconds),
        "bytes": extra / with_extra if with_extra else 0.0,
        "words": f"{_duration(sum(seconds) / len(seconds))} a run, measured on {len(seconds)}",
    }


def _content(file: Path) -> int:
    """Bytes of the columns of a Parquet file, without its description of itself, which a hundred runs share."""
    import pyarrow.parquet as pq

    if file.suffix != ".parquet":
        return 0
    about = pq.read_metadata(file)
    groups = [about.row_group(number) for number in range(about.num_row_groups)]
    return sum(group.column(column).total_compressed_size for group in groups for column in range(group.num_columns))


def _free(out: Path) -> float | None:
    """Bytes that are free where `out` is, or will be; None where the disk does not tell."""
    place = out.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        return float(shutil.disk_usage(place).free) or None
    except OSError:
        return None


def _size(number: float) -> str:
    """Bytes for reading.

    >>> _size(512), _size(2_345_678), _size(1.2e10)
    ('512 bytes', '2.3 MB', '12.0 GB')
    """
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number:.0f} bytes"


def _duration(seconds: float) -> str:
    """A time for reading.

    >>> _duration(0.052), _duration(12.3), _duration(150), _duration(8000), _duration(400000)
    ('52 ms', '12 s', '2.5 minutes', '2.2 hours', '4.6 days')
    """
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    for unit, size, from_ in (("days", 86400, 172800), ("hours", 3600, 5400), ("minutes", 60, 90)):
        if seconds >= from_:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def told(experiment: Experiment, cost: Forecast, notes: tuple[str, ...], out: object) -> list[tuple[str, str]]:
    """What will be done and what it costs, as rows of (what, value)."""
    arms, seeds = len(experiment.arms), len(experiment.seeds)
    kind = experiment.plan.get("kind")
    factors = len(experiment.cells)
    made = f" ({kind.replace('_', ' ')}, {factors} factor{'s' * (factors != 1)})" if kind else ""
    rows = [
        ("arms", f"{arms:,}{made}"),
        ("seeds", f"{seeds:,}"),
        ("runs", f"{cost.total:,} of {experiment.years} years"),
    ]
    if cost.runs != cost.total:
        rows.append(("runs to do here", f"{cost.runs:,}"))
    workers = f"{cost.workers} worker{'s' * (cost.workers != 1)}"
    if cost.seconds is None:
        rows.append(("time", f"not known ({cost.rate_from})"))
    else:
        rows.append(("time", f"about {_duration(cost.seconds)} on {workers} ({cost.rate_from})"))
    free = f", {_size(cost.free)} free" if cost.free is not None else ""
    rows.append(("disk", f"about {_size(cost.bytes)}{free}" if out else "nothing is kept"))
    rows += [("kept in", str(out))] if out else []
    return rows + [("note", note) for note in notes]


# -- what came out? ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Summary:
    """The main numbers of a study: a table for reading (`columns`, `rows`, `sections`), the same for programs (`values`)."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple, ...]
    values: tuple[dict, ...]
    sections: tuple[int, ...]
    next: tuple[str, ...]


def summary(results: object, out: object = None, commands: tuple[str, ...] = ()) -> Summary:
    """The outcomes that the experiment declared (or a handful), arm by arm if they are few, over all arms if not.

    Few arms: mean over seeds with its 95% interval, and the paired difference from the first arm with its own. Many arms:
    how the arms' means spread, and how much of that is luck: the standard error of one arm's mean.
    commands : those that there are, out of which the next one to type is named.
    """
    experiment = results.experiment
    names = [name for name in experiment.outcomes or MAIN if name in results.names]
    names = names or list(results.names[:6])
    few = len(experiment.arms) <= FEW_ARMS
    made = _each_arm(results, names) if few else _over_arms(results, names)
    arms, seeds = len(experiment.arms), len(experiment.seeds)
    title = (
        f"{experiment.name}: {results.good:,} of {len(experiment):,} runs, {arms:,} arm{'s' * (arms != 1)}, "
        f"{seeds:,} seed{'s' * (seeds != 1)}, {experiment.years} years"
    )
    return Summary(title, *made, _next(experiment, out, commands))


def _each_arm(results: object, names: list[str]) -> tuple:
    import numpy as np

    from .compare import effects, label_of, measure, unit_of
    from .statistics import mean

    arms = [arm.name for arm in results.experiment.arms]
    base, others = arms[0], arms[1:]
    seeds = len(results.experiment.seeds)
    steps = {}
    if others and seeds > 1:
        frame = effects(results, base, others, names)
        steps = {(row["arm"], row["outcome"]): row for row in frame.to_dict("records")}
    values, sections = [], []
    for name in names:
        sections.append(len(values))
        top, below = measure(results, name, arms)
        for place, arm in enumerate(arms):
            column, under = top[:, place], None if below is None else below[:, place]
            row = {"outcome": name, "label": label_of(results, name), "unit": unit_of(results, name), "arm": arm}
            if seeds > 1:
                own = mean(column, under)
                row |= {"mean": float(own.value), "low": float(own.low), "high": float(own.high), "n": int(own.n)}
            else:
                value = column[0] if under is None else column[0] / under[0] if under[0] else math.nan
                row |= {"mean": float(value), "low": math.nan, "high": math.nan, "n": int(np.isfinite(value))}
            step = steps.get((arm, name))
            row |= {
                "difference": step["difference"] if step else math.nan,
                "difference_low": step["low"] if step else math.nan,
                "difference_high": step["high"] if step else math.nan,
                "clear": bool(step and step["sign"]),
            }
            values.append(row)
    columns = ("outcome", "arm", "mean", "interval", *(("minus the first", "its interval", "") if steps else ()))
    rows = []
    for number, row in enumerate(values):
        unit = row["unit"]
        line = [_titled(row) if number in sections else "", row["arm"], _read(row["mean"], unit)]
        line.append(_between(row["low"], row["high"], unit))
        if steps:
            line += [
                _read(row["difference"], unit, signed=True),
                _between(row["difference_low"], row["difference_high"], unit, signed=True),
                "*" if row["clear"] else "",
            ]
        rows.append(tuple(line))
    return columns, tuple(rows), tuple(values), tuple(sections)


def _over_arms(results: object, names: list[str]) -> tuple:
    import numpy as np

    from .compare import label_of, measure, unit_of

    arms = [arm.name for arm in results.experiment.arms]
    values = []
    for name in names:
        top, below = measure(results, name, arms)
        with np.errstate(invalid="ignore", divide="ignore"):
            cells = top if below is None else np.where(below > 0, top / below, np.nan)
        count = np.isfinite(cells).sum(axis=0)
        sums = np.where(np.isfinite(cells), cells, 0.0).sum(axis=0)
        means = np.divide(sums, count, out=np.full(len(arms), np.nan), where=count > 0)
        apart = np.where(np.isfinite(cells), cells - means, 0.0)
        noise = np.divide(
            (apart**2).sum(axis=0), count - 1, out=np.full(len(arms), np.nan), where=count > 1
        ) / np.maximum(count, 1)
        held = means[np.isfinite(means)]
        low, middle, high = np.quantile(held, [0.05, 0.5, 0.95]) if len(held) else [math.nan] * 3
        best = int(np.nanargmax(means)) if len(held) else -1
        values.append(
            {
                "outcome": name,
                "label": label_of(results, name),
                "unit": unit_of(results, name),
                "mean": float(held.mean()) if len(held) else math.nan,
                "low_5": float(low),
                "median": float(middle),
                "high_95": float(high),
                "luck": math.sqrt(float(np.nanmean(noise))) if np.isfinite(noise).any() else math.nan,
                "highest_arm": arms[best] if best >= 0 else "",
                "arms": len(held),
            }
        )
    rows = [
        (
            _titled(row),
            *(_read(row[key], row["unit"]) for key in ("mean", "low_5", "median", "high_95", "luck")),
            row["highest_arm"],
        )
        for row in values
    ]
    columns = ("outcome", "mean", "5% of arms", "median", "95% of arms", "luck", "highest in")
    return columns, tuple(rows), tuple(values), ()


def _next(experiment: Experiment, out: object, commands: tuple[str, ...]) -> tuple[str, ...]:
    """What to type next, out of the commands that there are."""
    if not out:
        return ()
    kind = experiment.plan.get("kind")
    after = {
        "sobol": ("sensitivity", "which factors the variance comes from"),
        "morris": ("sensitivity", "which factors matter at all"),
        "one_at_a_time": ("sensitivity", "what each factor does by itself"),
        "latin_hypercube": ("discover", "where in the space of factors something happens"),
    }.get(kind)
    lines = []
    if after and after[0] in commands:
        lines.append(f"seedbed {after[0]} {out}    {after[1]}")
    if "export" in commands:
        lines.append(f"seedbed export {out}    all runs as a table")
    lines.append(
        f'python -c "from seedbed.experiments.runner import Results; print(Results.load({str(out)!r}).outcomes)"'
    )
    return tuple(lines)


def _titled(row: Mapping) -> str:
    unit = row["unit"]
    told_already = unit in ("", "share", "ratio", "ventures") or row["label"].lower().startswith(unit.lower())
    return row["label"] if told_already else f"{row['label']}, {unit}"


def _read(value: float, unit: str, signed: bool = False) -> str:
    from .report import number

    if value != value:
        return ""
    return number(value, "share" if unit == "share" else "", signed).removesuffix(" points")


def _between(low: float, high: float, unit: str, signed: bool = False) -> str:
    ends = [_read(low, unit, signed), _read(high, unit, signed)]
    return " to ".join(ends) if all(ends) else ""
