"""What theory predicts beside what the model gives: one line for each prediction, a forest of effects and intervals, and the page `results/THEORY.md`, all from the records."""

import json
import math

import numpy as np
from stripped import RESULTS, Record, standard_error

RECORDS = ("docking", "theory")
BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#808080"  # Okabe & Ito 2008
SIGNS = ("> 0", "< 0", "= 0", ">= 0", "<= 0")  # what a prediction may say of an effect


def recorded(name, whole, draw):
    """The record of a file of tests, for its fixture; written with the page and drawn when at least `whole` of its entries are there: a whole run, not a single test."""
    record = Record(name)
    yield record
    if len(record.entries) >= whole:
        write(record, name)
        draw(record.entries)


def agreement(expected, low, high):
    """Whether a 95% interval agrees with a sign: "yes", "no", "undecided" where a strict sign is expected and the interval holds both, or "" where none is."""
    if expected in ("< 0", "<= 0"):
        expected, low, high = {"< 0": "> 0", "<= 0": ">= 0"}[expected], -high, -low
    if expected == "> 0":
        return "yes" if low > 0.0 else "undecided" if high >= 0.0 else "no"
    if expected == ">= 0":
        return "yes" if high >= 0.0 else "no"
    if expected == "= 0":
        return "yes" if low <= 0.0 <= high else "no"
    return ""


def finding(record, key, *, theory, claim, effect, unit, expected, asserted, error=0.0, low=None, high=None, note="", **details):
    """One line of the record: an effect with its 95% interval, what theory expects of it (`expected`: a sign, or "" where it fixes none), and whether a test holds it to that."""
    if expected and expected not in SIGNS:
        raise ValueError(f"{key}: expected is {expected!r}, not one of {SIGNS} or an empty text")
    if key in record.entries:
        raise ValueError(f"{key}: there is a finding of that name already")
    low = effect - 1.96 * error if low is None else low
    high = effect + 1.96 * error if high is None else high
    agrees = agreement(expected, low, high)
    record.add(
        key, theory=theory, claim=claim, effect=effect, low=low, high=high, unit=unit, expected=expected, asserted=asserted, agrees=agrees, note=note, **details
    )  # fmt: skip
    return record.entries[key]


def by_seed(differences):
    """Mean and standard error of differences, one for each seed; seeds without a difference are left out."""
    d = np.asarray(differences, float)
    d = d[np.isfinite(d)]
    return {"effect": float(d.mean()), "error": standard_error(d) * math.sqrt(len(d) / max(1, len(d) - 1)) if len(d) > 1 else math.nan}


def lines_of(results):
    """The entries of a record that are findings, in their order."""
    return {key: e for key, e in results.items() if "claim" in e}


def number(x):
    return "-" if x is None or not math.isfinite(x) else f"{x:.3g}"


VERDICTS = {"yes": "as expected", "no": "**against it**", "undecided": "undecided", "": "no sign expected"}
COLOURS = {"yes": BLUE, "no": VERMILION, "undecided": GREY, "": GREY}


def draw_forest(results, name):
    """Every finding as effect and 95% interval. Units differ, so each row is drawn as parts of the farther end of its interval, and its figures stand beside it."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    rows = lines_of(results)
    figure = Figure(figsize=(11, 1.2 + 0.36 * len(rows)), layout="constrained")
    panel = figure.subplots()
    for y, e in enumerate(rows.values()):
        scale = max(abs(e["low"]), abs(e["high"]), 1e-12)
        colour = COLOURS[e["agrees"]]
        panel.plot([e["low"] / scale, e["high"] / scale], [y, y], color=colour, lw=2)
        panel.plot(e["effect"] / scale, y, "o" if e["asserted"] else "s", color=colour, ms=5, mfc=colour if e["asserted"] else "white")
        panel.text(1.08, y, f"{number(e['effect'])} [{number(e['low'])}, {number(e['high'])}] {e['unit']}", va="center", fontsize=7)
    panel.axvline(0, color="black", lw=0.8)
    panel.set_yticks(range(len(rows)), [key for key in rows], fontsize=7)
    panel.set(xlim=(-1.1, 2.6), ylim=(len(rows) - 0.4, -0.6), xticks=[-1, -0.5, 0, 0.5, 1], xlabel="effect and 95% interval, as parts of the interval's farther end")
    figure.suptitle("Blue: as theory or the paper expects; vermilion: against it; grey: undecided, or no sign expected. Full circle: asserted by a test; open square: recorded only", fontsize=8)
    panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(RESULTS / f"{name}.png", dpi=120, metadata={"Software": None})


def page():
    """The page, from the records that there are."""
    out = [
        "# What theory predicts, and what the model gives",
        "",
        "Made by `make science` from `docking.json` and `theory.json` beside it. An effect stands with its 95% interval. *Asserted*: a test fails when the sign is not the one that theory",
        "fixes in that setting; all else is recorded as it came out. Settings, and where a paper and this model differ, are told in `test_docking.py` and `test_theory.py`.",
    ]
    for name in RECORDS:
        path = RESULTS / f"{name}.json"
        if not path.exists():
            continue
        rows = lines_of(json.loads(path.read_text())["results"])
        for theory in dict.fromkeys(e["theory"] for e in rows.values()):
            out += ["", f"## {theory}", "", "| prediction | effect | 95% interval | unit | expected | outcome | asserted |", "|---|---|---|---|---|---|---|"]
            mine = {key: e for key, e in rows.items() if e["theory"] == theory}
            for e in mine.values():
                out.append(
                    f"| {e['claim']} | {number(e['effect'])} | {number(e['low'])} to {number(e['high'])} | {e['unit']} | {e['expected'] or '-'} | {VERDICTS[e['agrees']]} | {'yes' if e['asserted'] else 'no'} |"
                )
            notes = list(dict.fromkeys(e["note"] for e in mine.values() if e["note"]))
            out += [""] + [f"- {note}" for note in notes] if notes else []
    return "\n".join(out) + "\n"


def write(record, name):
    """A record, its forest and the page."""
    record.write()
    draw_forest(record.entries, name)
    (RESULTS / "THEORY.md").write_text(page())
