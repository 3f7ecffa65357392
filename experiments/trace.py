"""model/TRACE.md: is the model fit for its purpose, told from the committed results.

    python -m seedbed.experiments.trace        write it anew

The text stands in trace_template.md; every figure in it is filled from results, whatever its sign. A result that is not there is said to
be missing, with the command that makes it: that is no error, an empty place would be one.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seedbed.agents.errors import BadInput
from seedbed.model.scenario import Scenario

from . import report
from .answer import said
from .validate import cells

__all__ = ["ELEMENTS", "MADE_BY", "PARTS", "TEMPLATE", "TRACE", "document", "filled", "write"]

ROOT = Path(__file__).resolve().parent.parent
TRACE = ROOT / "model" / "TRACE.md"
TEMPLATE = Path(__file__).with_name("trace_template.md")
ELEMENTS = (
    "Problem formulation", "Model description", "Data evaluation", "Conceptual model evaluation", "Implementation verification",
    "Model output verification", "Model analysis", "Model output corroboration",
)  # fmt: skip
CALIBRATION = "experiments/results/calibration/baseline/summary.json"
VALIDATION = "experiments/results/validation/baseline/table.json"
ANSWER = "experiments/results/answer/summary.json"
STUDY = "experiments/results/tolerance-horizon/summary.json"
AUDIT = "experiments/results/tolerance-horizon/audit.json"
AUDIT_OF = "experiments/results/tolerance-horizon/table.csv"
STUDIES = "experiments/results/studies"
SENSITIVITY = "experiments/results/sensitivity"
SCIENCE = "tests/science/results"
MADE_BY = {
    CALIBRATION: "make calibrate", VALIDATION: "make validate", ANSWER: "make answer", STUDY: "make study", AUDIT: "seedbed audit results/tolerance-horizon",
    **{f"{SCIENCE}/{name}.json": "make science" for name in ("closed_forms", "falsification", "theory", "docking", "shadow")},
}  # fmt: skip
"""Every result that the page is filled from, and what makes it."""

THEORISTS = {  # which records of science speak about C, by their own names, and the sign that C foretells
    "C2_tolerance_radical": (
        ("theory", "NRK: what is turned down", 1, "stripped"), ("theory", "Manso: full model, life 7", -1, "whole model"),
        ("theory", "Manso: full model, life 12", -1, "whole model"),
    ),
    "C3_hot_market": tuple(
        ("theory", f"NRK 2013: {wave}: {what}", 1, "whole model") for what in ("failed", "value") for wave in ("appetite", "technology")
    ),
    "C5_free_rider": (
        ("docking", "Klabunde, shared: best for all", 1, "stripped"), ("docking", "Klabunde, shared: private less collective", 1, "stripped"),
        ("docking", "Klabunde, shared: gain of who deviates", 1, "stripped"), ("docking", "Klabunde, shared: loss if all do", -1, "stripped"),
        ("docking", "Klabunde, market: private less collective", 1, "market of investors"),
        ("docking", "Klabunde, market: private gain beyond the gain of all", 1, "market of investors"),
    ),
}  # fmt: skip
PUBLIC_PATIENCE = (("three_tolerances", "office"), ("guidance_terms", "allowed loss"), ("guidance_terms", "first loss"), ("guidance_terms", "cost of first loss"), ("guidance_terms", "at all"))
"""Findings of studies on an office that bears losses: what there is on C4."""


class _Missing(Exception):
    """A result that has not been made."""


# -- reading ----------------------------------------------------------------------------------------------------------


def _read(root: Path, place: str) -> Any:
    """A committed result."""
    file = root / place
    if not file.is_file():
        raise _Missing(place)
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise BadInput(what="a result", given=place, allowed=f"a whole JSON file, as `{MADE_BY.get(place, 'its study')}` writes it", where=str(error)) from error


@functools.cache
def _baseline() -> Scenario:
    """The baseline as shipped."""
    return Scenario.load("baseline")


def _science(root: Path, name: str) -> Any:
    return _read(root, f"{SCIENCE}/{name}.json")


def _claims(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rows with a prediction among a science record's results; the others hold material for figures."""
    return [row for row in record["results"].values() if "agrees" in row]


def _n(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}g}".replace("-", "\N{MINUS SIGN}")


def _span(row: Mapping[str, Any]) -> str:
    """An effect with its interval."""
    if row["effect"] is None or row["effect"] != row["effect"]:
        return "nothing that can be counted"
    return f"{_n(row['effect'])} ({_n(row['low'])} to {_n(row['high'])})"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _ways(words: Iterable[str], order: Sequence[str]) -> str:
    """How often each word was said."""
    counted = Counter(words)
    return ", ".join(f"{counted[word]} {word}" for word in (*order, *sorted(set(counted) - set(order))) if counted[word])


# -- the parts, in the order of the page ------------------------------------------------------------------------------


def short(root: Path) -> str:
    """What a reader in a hurry must know, failures first."""
    lines = []
    rows = _read(root, VALIDATION)["rows"]
    for calibrated, words in ((True, "Fitted to (A)"), (False, "Not fitted to (B)")):
        mine = [row for row in rows if row["calibrated"] == calibrated and row["target"][0] in "AB"]
        out = [row["target"] for row in mine if not row["inside"]]
        lines.append(f"- {words}: {len(out)} of {len(mine)} figures fail: {_names(out)}.")
    for name, words in (("theory", "Predictions of theory"), ("docking", "Docking")):
        if (root / SCIENCE / f"{name}.json").is_file():
            mine = [row for row in _claims(_science(root, name)) if row["agrees"]]
            lines.append(f"- {words}: {sum(row['agrees'] == 'no' for row in mine)} of {len(mine)} come out against what is foretold (section 5).")
    if (root / ANSWER).is_file():
        lines.append(f"- The main question, over parameters and structures: {_answered(root, 'unicorns_fundamental')}")
    return "\n".join(lines)


def versions(root: Path) -> str:
    """Which baseline each result was made with: the one shipped, or another."""
    now, lines = _baseline().digest(), []
    found = {VALIDATION: ("digest",)} | {f"{SCIENCE}/{name}.json": ("made with", "scenario digest") for name in ("closed_forms", "falsification", "theory", "docking", "shadow")}
    for place, keys in found.items():
        try:
            value: Any = _read(root, place)
        except _Missing:
            lines.append(f"- `{place}`: **missing**, `{MADE_BY[place]}` makes it")
            continue
        for key in keys:
            value = value.get(key, {}) if isinstance(value, Mapping) else {}
        told = "the baseline as shipped" if value == now else f"**another version of the baseline** (`{value[:8]}`)" if value else "settings of its own, pinned"
        lines.append(f"- `{place}`: {told}")
    return "\n".join([*lines, "", f"The baseline as shipped is `{now[:8]}`; tests in stripped settings pin what they need, so that little hangs on it."])


def parameters(root: Path) -> str:
    """How many values of the baseline are observed, estimated, calibrated, assumed."""
    rows = _baseline().table()
    counted = Counter(row["status"] for row in rows)
    told = ", ".join(f"{counted[name]} {name} ({counted[name] / len(rows):.0%})" for name in ("observed", "estimated", "calibrated", "assumed", *sorted(set(counted) - {"observed", "estimated", "calibrated", "assumed"})) if counted[name])
    return f"{len(rows)} values: {told}."


def kinds_of_targets(root: Path) -> str:
    """How many targets there are, by use."""
    names = list(_targets(root))
    kinds = {"A": "to calibrate to", "R": "claims of the report, shown by a scenario of their own", "B": "to validate with, never tuned to", "C": "results of the literature, reported whatever their sign"}
    return "; ".join(f"{kind}: {sum(name[0] == kind for name in names)}, {words}" for kind, words in kinds.items()) + " (`model/evidence/targets.toml`, each with population and source)."


def _targets(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "model" / "evidence" / "targets.toml").read_text(encoding="utf-8"))


def calibration(root: Path) -> str:
    """What was fitted, how well, and what is known by it."""
    found = _read(root, CALIBRATION)
    missed = [row for row in found["targets"] if not row["inside"]]
    lines = [
        f"{len(found['parameters'])} parameters were fitted to {len(found['targets'])} figures of A (`experiments/calibrations/{found['calibration']}.toml`, {found['cost']['runs']:,} runs). "
        + _at_best_point(found["mode"]), "",
        f"- *Missed* at the best point: {len(missed)} of {len(found['targets'])}"
        + "".join(f"; `{row['target']}` is {_n(row['mode'])}, accepted are {_n(row['band_low'])} to {_n(row['band_high'])}" for row in missed) + ".",
        f"- *How near the posterior is*: {found['draws']} points, out of {found['candidates']['number']} candidates, of which {found['candidates']['within']} have every figure inside its band; "
        f"the worst figure of a draw is at most {_n(found['epsilon'])} half-widths of a band off (1 is the edge).",
    ]  # fmt: skip
    for pair in found["conflicts"]:
        lines.append(f"- *Cannot be met together*: `{pair['one']}` ({pair['one_met']:.0%} of the posterior) and `{pair['other']}` ({pair['other_met']:.0%}); both {pair['both_met']:.0%}.")
    for row in found["recovery"]:
        lines.append(f"- *Known truths found again*, {row['round']}: ranks of {row['truths']} truths are compatible with an honest posterior for {row['uniform']} of {row['of']} parameters; 90% intervals hold {row['covered']:.0%} of them.")
    for words, low, high in (("Well identified", 0.5, 9.0), ("A little", 0.2, 0.5), ("Hardly or not at all", -9.0, 0.2)):
        mine = [row["parameter"] for row in found["parameters"] if low <= row["variance_gone"] < high]
        lines.append(f"- *{words}* ({len(mine)}): {_names(mine)}.")
    for row in found["correlations"]:
        lines.append(f"- *Stand for each other*: `{row['one']}` and `{row['other']}`, correlation {_n(row['correlation'], 2)}.")
    return "\n".join(lines)


def _at_best_point(best: Mapping[str, float]) -> str:
    """Whether the baseline that is shipped is the calibration's best point, value by value."""
    now = {row["name"]: row["value"] for row in _baseline().table()}
    other = [name for name, value in best.items() if not math.isclose(now[name], value, rel_tol=6e-3, abs_tol=1e-9)]  # the files have three figures
    if not other:
        return "The values of the baseline are its best point, rounded to three figures."
    return f"**The baseline as shipped is not its best point:** {len(other)} of {len(best)} values differ."


def contradictions(root: Path) -> str:
    """Where sources disagree, by their own figures."""
    t, facts = _targets(root), tomllib.loads((root / "model" / "evidence" / "facts.toml").read_text(encoding="utf-8"))
    fails, angel = facts["failure"]["values"], facts["vc_returns"]["values"]["angel"]
    died, rounds, grade = t["A4_mortality_shape"]["value"], t["A1_rounds"]["value"], t["A8_graduation"]["value"]
    years = facts["six_dragons"]["values"]["years"]
    return "\n".join([
        f"- *Early failure.* The report has {fails['fail_share']:.0%} of start-ups fail within {fails['fail_within_months']} months; the registries have {died[0]:.1%} die in the first year and {died[1]:.1%} in the second. "
        "The report counts self-declared teams, the registries registered firms. Scenario `report` shows the first, calibration meets the second.",
        f"- *Success.* The report's rungs have denominators of their own: {fails['firm_success'][0]:.0%} to {fails['firm_success'][1]:.0%} of firms, {angel[0]:.0%} to {angel[1]:.0%} of angels' deals in one place and "
        f"{facts['china_vc']['values']['angel_success']:.0%} in another. R2: {t['R2_ladder']['note']}.",
        f"- *Public money.* {t['B8_gross']['value']:.2f} yuan of others stand beside each public one in the books, {t['B8_crowd_in']['value']} are drawn in by it (B8): a ratio of sums is not an effect.",
        f"- *Years to a unicorn.* Six celebrated firms took {min(years)} to {max(years)} years; the median of those listed is {t['B1_time_to_unicorn']['value']['median']} (B1). The six were picked.",
        f"- *Late rounds.* The Chinese count (A1) has {rounds[1] / rounds[0]:.0%} of firms with two rounds find a third and {rounds[2] / rounds[1]:.0%} of these a fourth; American graduation (A8) has {grade[2]:.0%} and {grade[3]:.0%}.",
    ])  # fmt: skip


def alternatives(root: Path) -> str:
    """The structures that were tried besides the one chosen."""
    rows = _read(root, ANSWER)["effects"]
    worlds = list(dict.fromkeys(row["world"] for row in rows))
    return f"The main question was asked in {len(worlds)} worlds that differ in how funds stop, whether founders know it, and how investors fund successors: {'; '.join(worlds)}. Section 7 tells where the answer hangs on it."


def closed_forms(root: Path) -> str:
    """How many limiting cases were computed in closed form and met."""
    found = _science(root, "closed_forms")["results"]
    groups = list(dict.fromkeys(re.split(r"[:,]", name)[0] for name in found))
    return f"{len(found)} cases in which the answer can be worked out, in {len(groups)} groups ({'; '.join(groups)}); a test fails where one is off its formula by more than its standard error allows (`tests/science/test_closed_forms.py`)."


def falsification(root: Path) -> str:
    """What must follow when a mechanism is off, and what did not."""
    tests = _science(root, "falsification").get("tests")
    if tests is None:
        return f"`{SCIENCE}/falsification.json` is **of an older form**, without its claims: `{MADE_BY[f'{SCIENCE}/falsification.json']}` makes it anew."
    lines = []
    for where, words in (("stripped", "in stripped settings, where theory fixes what must follow"), ("full model", "in the full model, where several mechanisms work at once; recorded, not asserted")):
        mine = [row for row in tests if row["where"] == where]
        failed = [row for row in mine if not row["holds"]]
        lines.append(f"{len(failed)} of {len(mine)} fail {words}" + (":" if failed else "."))
        lines += [f"- **fails**: {row['name']}: {row['must_follow']}; found {_span(row)} {row['unit']}" for row in failed]
        lines.append("")
    return "\n".join([*lines, "Each with effect and interval: [FALSIFICATION.md](../tests/science/results/FALSIFICATION.md)."])


def _theory(root: Path, name: str) -> str:
    rows = _claims(_science(root, name))
    expected = [row for row in rows if row["agrees"]]
    lines = [f"{_ways((row['agrees'] for row in expected), ('no', 'undecided', 'yes'))} of {len(expected)} predictions (no: against it; yes: as foretold); {sum(row['asserted'] for row in rows)} are asserted, so that a test fails when they turn."]
    lines += [f"- **against**: {row['theory']}: {row['claim']}; expected {row['expected']}, found {_span(row)} {row['unit']}" for row in expected if row["agrees"] == "no"]
    lines += [f"- undecided: {row['theory']}: {row['claim']}; {_span(row)} {row['unit']}" for row in expected if row["agrees"] == "undecided"]
    return "\n".join([*lines, "", "All of them: [THEORY.md](../tests/science/results/THEORY.md)."])


def theory(root: Path) -> str:
    """Predictions of papers, with those against first."""
    return _theory(root, "theory")


def docking(root: Path) -> str:
    """Other models' results, with those against first."""
    return _theory(root, "docking")


def shadow(root: Path) -> str:
    """What the independent model gave; its record is told in its own words, failures included."""
    found = _science(root, "shadow")
    rows = [row for row in found.get("results", {}).values() if isinstance(row, Mapping) and "agrees" in row]
    told = f"{_ways((row['agrees'] for row in rows), ('no', 'undecided', 'yes'))} of {len(rows)} comparisons agree. " if rows else "Its record is committed. "
    return told + "What it found, and what is still open: [SHADOW.md](../tests/science/SHADOW.md)."


def audit(root: Path) -> str:
    """What changing the machinery does to the main study's claims."""
    found = _read(root, AUDIT)
    lines = [f"{len(found['claims'])} claims of the main study under changes that should not matter, {found['runs']} runs ({found['tool']['name']} {found['tool']['version']}).", ""]
    table = root / AUDIT_OF
    if not table.is_file() or hashlib.sha256(table.read_bytes()).hexdigest() != found["study"]["table"]:
        lines[0] += f" **The claims are those of another run of the main study than the one committed:** `{MADE_BY[AUDIT]}` makes it anew."
    for check in found["checks"]:
        mine = [row for row in found["verdicts"] if row["check"] == check["name"]]
        words = []
        for row in mine:
            same = row.get("of") and row.get("identical") == row["of"]
            words.append("identical to the last bit" if same else "open (too few seeds to say)" if row["verdict"] == "INCONCLUSIVE" else row["verdict"].lower())
        order = ("fragile", "vanished", "shifted", "open (too few seeds to say)")
        lines.append(f"- *{check['name']}*: {_ways(words, order)}.")
    return "\n".join(lines)


def fit(root: Path) -> str:
    """How well A is met and with how much freedom."""
    table = _read(root, VALIDATION)
    rows = [row for row in table["rows"] if row["calibrated"]]
    out = [row for row in rows if not row["inside"]]
    names = [f"`{row['target']}` ({row['what']}) {_n(row['model'])} ({_n(row['low'])} to {_n(row['high'])}), accepted {cells(row)[3]}" for row in out]
    text = f"{len(out)} of {len(rows)} figures that were fitted to fail, {len(table['seeds'])} seeds pooled" + (": " + "; ".join(names) if names else "") + "."
    try:
        found = _read(root, CALIBRATION)
    except _Missing as missing:
        return f"{text} {_gone(missing)}"
    known = sum(row["variance_gone"] >= 0.5 for row in found["parameters"])
    return (
        f"{text} **How much calibration was used:** {len(found['parameters'])} free parameters for {len(found['targets'])} figures, which are not independent of each other; the figures identify {known} parameters well. "
        "A good fit is therefore weak evidence by itself: sections 5, 7 and 8 carry the weight."
    )


def _table(root: Path, kind: str) -> str:
    rows = [row for row in _read(root, VALIDATION)["rows"] if row["target"][0] == kind]
    rows.sort(key=lambda row: row["inside"])  # failures first
    header = ("target", "what", "wanted", "accepted", "model", "95% interval", "verdict")
    return report.table(header, [(f"`{name}`", *others[:-2], "inside" if row["inside"] else "**fails**") for row, (name, *others) in ((row, cells(row)) for row in rows)])


def table_a(root: Path) -> str:
    """What was fitted to."""
    return _table(root, "A")


def table_b(root: Path) -> str:
    """What was not."""
    rows = [row for row in _read(root, VALIDATION)["rows"] if row["target"][0] == "B"]
    out = sum(not row["inside"] for row in rows)
    return f"**Validation (B).** {out} of {len(rows)} figures that were never fitted to fail.\n\n{_table(root, 'B')}"


def sensitivity(root: Path) -> str:
    """Whether there is a global analysis to read."""
    places = sorted((root / SENSITIVITY).glob("*/summary.md"))
    if places:
        return "Results: " + ", ".join(f"[{place.parent.name}](../{place.relative_to(root).as_posix()})" for place in places) + "."
    return "No result of a global sensitivity analysis is committed: what is known about parameters is their identification (section 3) and the answer over the posterior below."


def study(root: Path) -> str:
    """What was expected of the main study before it ran, and what came."""
    found = _read(root, STUDY)
    header = ("expected before the first run", "effect", "verdict")
    order = {"refuted": 0, "not shown": 1}
    rows = sorted(found["expectations"], key=lambda row: order.get(row["verdict"], 2))
    body = [(row["expected"], _span({"effect": row["estimate"]["value"], **row["estimate"]}), f"**{row['verdict']}**" if row["verdict"] == "refuted" else row["verdict"]) for row in rows]
    checks = found["checks"]
    return (
        f"{found['question']} {found['seeds']} seeds, {found['runs']:,} runs; of {checks['comparisons']} comparisons of cells more patient than the market case {checks['clearly_worse']} are clearly worse and {checks['clearly_better']} clearly better. "
        f"All of it: [summary.md](../experiments/results/tolerance-horizon/summary.md).\n\n{report.table(header, body)}"
    )


def _answered(root: Path, outcome: str) -> str:
    rows = [row for row in _read(root, ANSWER)["effects"] if row["outcome"] == outcome]
    order, told = ("harms", "harms on average", "open", "helps on average", "helps"), []
    for contrast in ("tolerance", "horizon", "both"):
        mine = [row for row in rows if row["contrast"] == contrast]
        counted = Counter(said(row) for row in mine)
        ways = ", ".join(f"{word} in {counted[word]}" for word in order if counted[word])
        told.append(f"{contrast} {ways} of {len(mine)} worlds ({_n(min(row['effect'] for row in mine))} to {_n(max(row['effect'] for row in mine))})")
    return "; ".join(told) + "."


def answer(root: Path) -> str:
    """The main question over the posterior and over structures."""
    from seedbed.model.outcomes import OUTCOMES as LABELS

    found = _read(root, ANSWER)
    about = found["about"]
    outcomes = list(dict.fromkeys(row["outcome"] for row in found["effects"]))
    lines = [f"{about['draws']} draws of the posterior `{about['posterior']['name']}`, {about['runs']:,} runs. *On average*: the mean effect is clear, but less than nine tenths of the posterior have its sign."]
    lines += [f"- {LABELS[outcome][0]}: {_answered(root, outcome)}" for outcome in outcomes]
    return "\n".join([*lines, "", "All of it: [summary.md](../experiments/results/answer/summary.md)."])


def studies(root: Path) -> str:
    """Verdicts on the report's claims, those against them by name."""
    found = [_read(root, place.relative_to(root).as_posix()) for place in sorted((root / STUDIES).glob("*/summary.json"))]
    if not found:
        return f"`{STUDIES}` is **missing**: `make studies` makes it."
    counted = _ways((row["verdict"] for row in found), ("contradicted", "open", "supported"))
    lines = [f"{len(found)} studies, each with expectation and refutation fixed before it ran: {counted}."]
    for row in found:
        if row["verdict"] == "contradicted":
            lines.append(f"- **contradicted**: [{row['study']}](../{STUDIES}/{row['study']}/summary.md) (report {row['section']}): {row['result']}")
    return "\n".join([*lines, f"- open: {_names(row['study'] for row in found if row['verdict'] == 'open')}."])


# -- C: what the literature holds -------------------------------------------------------------------------------------


def _sign(row: Mapping[str, Any]) -> int:
    return int(row["low"] > 0) - int(row["high"] < 0)


def _against(sign: int, wanted: int) -> str:
    return "undecided" if sign == 0 else "as it says" if sign == wanted else "**against it**"


def _c1(root: Path) -> list[str]:
    """More tolerance against innovation and flops, in the main study and over the posterior."""
    lines, found = [], _read(root, STUDY)["contrasts"]["tolerance"]
    for outcome, words in (("unicorns_fundamental", "innovation"), ("radical_share", "innovation"), ("zombies", "flops"), ("dpi_market", "what flops cost")):
        row = found[outcome]
        wanted = -1 if outcome == "dpi_market" else 1
        lines.append(f"{words}: {row['label']} {_span({**row, 'effect': row['difference']})} {row['unit'] if row['unit'] != 'share' else ''}".rstrip() + f", {_against(_sign(row), wanted)} (main study)")
    if (root / ANSWER).is_file():
        for outcome, words in (("unicorns_fundamental", "innovation"), ("zombies", "flops")):
            mine = [row for row in _read(root, ANSWER)["effects"] if row["outcome"] == outcome and row["contrast"] == "tolerance"]
            counted = Counter(_sign(row) for row in mine)
            lines.append(f"{words}: {outcome.replace('_', ', ')} rise clearly in {counted[1]}, fall clearly in {counted[-1]} of {len(mine)} worlds (over the posterior)")
    return [*lines, "flops are stood in for by zombies and by what funds return; failures of firms after their listing are not tested"]


def _c4(root: Path) -> list[str]:
    """An office that bears losses, in the studies."""
    lines = []
    for name, finding in PUBLIC_PATIENCE:
        place = f"{STUDIES}/{name}/summary.json"
        if not (root / place).is_file():
            lines.append(f"`{place}` is **missing**: `make studies` makes it")
            continue
        for row in _read(root, place)["findings"]:
            if row["name"] == finding:
                lines.append(f"{row['sentence'].rstrip('.')}: {row['verdict']} (study `{name}`)")
    return [*lines, "not tested: a longer life of public funds alone, other money held fixed"]


def _by_theorists(root: Path, name: str) -> list[str]:
    lines = []
    for record, key, wanted, where in THEORISTS[name]:
        row = _science(root, record)["results"].get(key)
        if row is None:
            lines.append(f"not tested: {key}")
        else:
            place = "" if row["claim"].startswith(where) else f"{where}: "
            lines.append(f"{place}{row['claim']}: {_span(row)} {row['unit']}, {_against(_sign(row), wanted)}")
    return lines


def results_c(root: Path) -> str:
    """Headline results of the literature, each with what the model says to it."""
    lines = ["**Results of the literature (C)**, reported whatever their sign. They are not fitted to, and no test asks for them."]
    for name, target in _targets(root).items():
        if name[0] != "C":
            continue
        try:
            told = _c1(root) if name == "C1_tolerance" else _c4(root) if name == "C4_public_patience" else _by_theorists(root, name) if name in THEORISTS else ["not tested"]
        except _Missing as missing:
            told = [_gone(missing).rstrip(".")]
        against = [line for line in told if "**against it**" in line]
        lines += ["", f"`{name}`: {target['what']} ({target['source']})", ""]
        lines += [f"- {line}." for line in (*against, *(line for line in told if line not in against))]
    return "\n".join(lines)


# -- the page ---------------------------------------------------------------------------------------------------------

PARTS: dict[str, Callable[[Path], str]] = {
    "short": short, "versions": versions, "parameters": parameters, "targets": kinds_of_targets, "calibration": calibration,
    "contradictions": contradictions, "alternatives": alternatives, "closed_forms": closed_forms, "falsification": falsification,
    "theory": theory, "docking": docking, "shadow": shadow, "audit": audit, "fit": fit, "table_a": table_a, "sensitivity": sensitivity,
    "study": study, "answer": answer, "studies": studies, "table_b": table_b, "results_c": results_c,
}  # fmt: skip


def _gone(missing: _Missing) -> str:
    place = str(missing)
    return f"`{place}` is **missing**: `{MADE_BY[place]}` makes it."


def filled(template: str, parts: Mapping[str, str]) -> str:
    """The text with each place filled; a place without a part, or a part without a place, is an error.

    >>> filled("There are {{n}}.", {"n": "two"})
    'There are two.'
    """
    places = re.findall(r"\{\{(\w+)\}\}", template)
    if sorted(places) != sorted(parts):
        raise BadInput(what="the places of the template", given=sorted(places), allowed=f"each of {sorted(parts)} once", where=TEMPLATE.name)
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], template)


def document(root: Path = ROOT) -> str:
    """The whole page from what is committed below a folder."""
    parts = {}
    for name, part in PARTS.items():
        try:
            parts[name] = part(root)
        except _Missing as missing:
            parts[name] = _gone(missing)
    return filled(TEMPLATE.read_text(encoding="utf-8"), parts)


def write(place: Path = TRACE, root: Path = ROOT) -> None:
    """Write model/TRACE.md anew."""
    place.write_text(document(root), encoding="utf-8")


if __name__ == "__main__":
    write()
