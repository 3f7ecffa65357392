"""From the table of a study's runs to findings, verdicts and sentences; all of it can be computed again from the table.

A finding is a weighted sum over arms of an outcome, seed by seed: an arm against another, an arm by itself, or any weights. An
outcome is the name of one, or sums and differences of outcomes and of their ratios, each ratio as sum over sum of the runs:

    unicorns_fundamental        unicorns_fundamental / public_outlay        deaths_winners / winners - deaths_all / all
"""

from __future__ import annotations

import ast
import io
import math
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seedbed.agents.errors import BadInput
from seedbed.model.language import catalogue, say

from . import report
from .compare import BETTER, DERIVED, RATIOS
from .statistics import LEVEL, Estimate, contrast, family

__all__ = ["EXPECTED", "Finding", "Table", "finding_from", "judge", "page", "parts_of", "sentence", "verdict"]

EXPECTED = ("above", "below", "zero", "none")
DIGITS = 7  # of a figure in the table

# Whether more is better (1) or worse (-1), beside the outcomes of which the comparisons know it.
GOOD = BETTER | dict.fromkeys(["home_unicorns", "home_unicorns_based", "home_near_unicorns", "home_founded", "home_jobs", "tfp_growth"], 1) \
    | dict.fromkeys(["idle_jobs", "bank_failures", "bank_losses"], -1)  # fmt: skip

# -- outcomes ---------------------------------------------------------------------------------------------------------

Linear = dict[str, float]  # outcome -> how often it counts
Term = tuple[float, Linear, Linear | None]  # weight x (sum of outcomes / sum of outcomes)


def terms_of(outcome: str, where: str = "outcome") -> list[Term]:
    """An outcome as weighted ratios; what is not divided stands over one.

    >>> terms_of("a / (b + c) - 2 * d")
    [(1.0, {'a': 1.0}, {'b': 1.0, 'c': 1.0}), (1.0, {'d': -2.0}, None)]
    """

    def wrong() -> BadInput:
        return BadInput(
            what="the outcome", given=outcome, allowed="a name, or sums, differences and ratios of names, such as jobs / founded", where=where
        )

    def linear(node: ast.AST) -> Linear:
        if isinstance(node, ast.Name):
            return {node.id: 1.0}
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return {name: -part for name, part in linear(node.operand).items()}
        if isinstance(node, ast.BinOp):
            if isinstance(node.op, ast.Mult) and isinstance(node.left, ast.Constant) and isinstance(node.left.value, (int, float)):
                return {name: node.left.value * part for name, part in linear(node.right).items()}
            if isinstance(node.op, (ast.Add, ast.Sub)):
                sign = 1.0 if isinstance(node.op, ast.Add) else -1.0
                left, right = linear(node.left), linear(node.right)
                return {name: left.get(name, 0.0) + sign * right.get(name, 0.0) for name in {**left, **right}}
        raise wrong()

    def terms(node: ast.AST) -> list[Term]:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return [(1.0, linear(node.left), linear(node.right))]
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            try:
                return [(1.0, linear(node), None)]
            except BadInput:
                sign = 1.0 if isinstance(node.op, ast.Add) else -1.0
                right = [_signed(term, sign) for term in terms(node.right)]
                return terms(node.left) + right
        return [(1.0, linear(node), None)]

    if not isinstance(outcome, str):
        raise wrong()
    try:
        return terms(ast.parse(outcome, mode="eval").body)
    except (SyntaxError, ValueError):
        raise wrong() from None


def _signed(term: Term, sign: float) -> Term:
    weight, top, below = term
    if below is None:
        return weight, {name: sign * part for name, part in top.items()}, None
    return sign * weight, top, below


def parts_of(outcome: str) -> list[str]:
    """The outcomes that a run must report for it.

    >>> parts_of("jobs / founded - public_net_per_unicorn")
    ['jobs', 'founded', 'public_net', 'unicorns_fundamental']
    """
    names = [name for _, top, below in terms_of(outcome) for name in (*top, *(below or ()))]
    return list(dict.fromkeys(part for name in names for part in ((*RATIOS[name][0], RATIOS[name][1]) if name in RATIOS else (name,))))


# -- the table --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """The runs of a study: outcome -> seeds x arms, NaN where there is no run; labels: outcome -> (label, unit)."""

    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    found: Mapping[str, np.ndarray]
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, results: Any, names: Iterable[str]) -> Table:
        """The outcomes of those names out of the runs of a study."""
        values = {name: results.values(name) for name in names}
        arms = tuple(arm.name for arm in results.experiment.arms)
        return cls(arms, tuple(results.experiment.seeds), values, {name: results.labels.get(name, (name, ""))[:2] for name in values})

    @property
    def names(self) -> list[str]:
        """Its outcomes."""
        return list(self.found)

    def csv(self) -> str:
        """One row a run that went well, seven digits a figure."""
        import pandas as pd

        there = np.any([np.isfinite(values) for values in self.found.values()], axis=0)
        rows, columns = np.nonzero(there)
        frame = {"arm": np.array(self.arms, dtype=object)[columns], "seed": np.array(self.seeds)[rows]}
        frame |= {name: values[rows, columns] for name, values in self.found.items()}
        return pd.DataFrame(frame).to_csv(index=False, float_format=f"%.{DIGITS}g", lineterminator="\n")

    @classmethod
    def read(cls, source: Any, arms: Sequence[str], seeds: Sequence[int], labels: Mapping[str, Sequence[str]]) -> Table:
        """The table in a CSV file; runs that it lacks are NaN."""
        import pandas as pd

        frame = pd.read_csv(source, dtype={"arm": str})
        column, row = ({name: place for place, name in enumerate(order)} for order in (arms, seeds))
        places = frame["seed"].map(row).to_numpy(dtype=int), frame["arm"].map(column).to_numpy(dtype=int)
        values = {}
        for name in frame.columns[2:]:
            values[name] = np.full((len(seeds), len(arms)), np.nan)
            values[name][places] = frame[name].to_numpy(dtype=float)
        return cls(tuple(arms), tuple(seeds), values, labels)

    def as_written(self) -> Table:
        """As it will be read again: what is judged is what is kept."""
        return Table.read(io.StringIO(self.csv()), self.arms, self.seeds, self.labels)

    def values(self, name: str, arms: Sequence[str]) -> np.ndarray:
        """One outcome, seeds x the arms of those names."""
        return self.found[name][:, [self.arms.index(arm) for arm in arms]]

    def label(self, outcome: str) -> str:
        """The outcome's name in a sentence: a small letter first."""
        label = DERIVED[outcome][0] if outcome in DERIVED else self.labels.get(outcome, (outcome.replace("_", " "),))[0]
        return label if label[1:2].isupper() else label[:1].lower() + label[1:]

    def unit(self, outcome: str) -> str:
        """The outcome's unit."""
        return DERIVED[outcome][1] if outcome in DERIVED else self.labels.get(outcome, ("", ""))[1]

    def measured(self, outcome: str, arm: str) -> list[tuple[np.ndarray, np.ndarray]]:
        """An outcome of an arm as slots: (numerator by seed, denominator by seed), whose ratios of sums add up to it."""
        from .compare import measure

        slots = []
        for weight, top, below in terms_of(outcome):
            names = list(top)
            if below is None and len(names) == 1 and names[0] in RATIOS:
                above, under = measure(self, names[0], [arm])
                slots.append((weight * top[names[0]] * above[:, 0], np.ones(len(self.seeds)) if under is None else under[:, 0]))
                continue
            above = sum(part * self.values(name, [arm])[:, 0] for name, part in top.items())
            under = np.ones(len(self.seeds)) if below is None else sum(part * self.values(name, [arm])[:, 0] for name, part in below.items())
            # A share of nothing counts nought in both, not as a missing run.
            slots.append((weight * np.where((under == 0) & np.isnan(above), 0.0, above), under))
        return slots


# -- findings ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """What is asked of the runs, fixed beforehand.

    weights  : arm -> weight; an arm against another is {arm: 1, other: -1}.
    expected : what the claim implies of the value: above, below or zero (`than` stands for another mark than nought);
               none: it implies nothing, and the finding only describes.
    within   : what counts as nought where zero is expected: the interval must lie in -+ within.
    says     : a sentence with words that follow the sign, see WORDS.
    """

    name: str
    says: str
    outcome: str
    weights: Mapping[str, float]
    expected: str = "none"
    than: float = 0.0
    within: float = 0.0
    label: str = ""
    unit: str | None = None


KEYS = ("name", "says", "outcome", "arm", "against", "weights", "expected", "than", "within", "label", "unit")

# placeholder -> (above, below, unclear); {size} is how far from the mark
WORDS = {
    "more": ("{size} more", "{size} fewer", "neither clearly more nor clearly fewer"),
    "much": ("{size} more", "{size} less", "neither clearly more nor clearly less"),
    "higher": ("{size} higher", "{size} lower", "neither clearly higher nor clearly lower"),
    "longer": ("{size} longer", "{size} shorter", "neither clearly longer nor clearly shorter"),
    "raises": ("raises", "lowers", "does not clearly change"),
    "above": ("above", "below", "not clearly above or below"),
    "gains": ("gains {size}", "loses {size}", "neither clearly gains nor clearly loses"),
}
FIGURES = ("difference", "value", "interval", "low", "high", "than", "size")


def finding_from(given: Mapping, where: str) -> Finding:
    """The finding that a declaration holds; BadInput for what cannot be."""
    from seedbed.model.parameters import check_keys

    check_keys(given, KEYS, "a key of the finding", where)
    for key in ("name", "says", "outcome"):
        if not isinstance(given.get(key), str) or not given[key].strip():
            raise BadInput(what=f"the key {key} of the finding", given=given.get(key), allowed="a text", where=where)
    where = f"{where} ({given['name']})"
    terms = terms_of(given["outcome"], where)
    if (len(terms) > 1 or terms[0][2] is not None or len(terms[0][1]) > 1) and "label" not in given:
        raise BadInput(what="the key label of the finding", given=None, allowed="a text, since its outcome is computed of several", where=where)
    expected = given.get("expected")
    if expected not in EXPECTED:
        raise BadInput(what="the key expected of the finding", given=expected, allowed=list(EXPECTED), where=where)
    numbers = {}
    for key in ("than", "within"):
        numbers[key] = given.get(key, 0.0)
        if isinstance(numbers[key], bool) or not isinstance(numbers[key], (int, float)):
            raise BadInput(what=f"the key {key} of the finding", given=numbers[key], allowed="a number", where=where)
    if (expected == "zero") != ("within" in given) or numbers["within"] < 0 or ("within" in given and numbers["within"] == 0):
        raise BadInput(what="the key within of the finding", given=given.get("within"), allowed="a number above nought where zero is expected, else nothing", where=where)
    _check_sentence(given["says"], expected, where)
    return Finding(
        given["name"], given["says"], given["outcome"], _weights(given, where), expected, float(numbers["than"]), float(numbers["within"]),
        given.get("label", ""), given.get("unit"),
    )  # fmt: skip


def _weights(given: Mapping, where: str) -> dict[str, float]:
    if ("weights" in given) == ("arm" in given) or ("weights" in given and "against" in given):
        allowed = "arm, arm and against, or weights = { arm = 1, other = -1 }"
        raise BadInput(what="the arms of the finding", given=sorted({"arm", "against", "weights"} & {*given}) or None, allowed=allowed, where=where)
    if "weights" in given:
        weights = given["weights"]
        if not isinstance(weights, Mapping) or not weights or not all(isinstance(one, (int, float)) and one for one in weights.values()):
            raise BadInput(what="the weights", given=weights, allowed="a table of arm = number other than nought", where=where)
        return {arm: float(weight) for arm, weight in weights.items()}
    weights: dict[str, float] = {}
    for key, sign in (("arm", 1.0), ("against", -1.0)):
        listed = given.get(key, [])
        listed = [listed] if isinstance(listed, str) else listed
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed) or (key in given and not listed):
            raise BadInput(what=f"the key {key} of the finding", given=given.get(key), allowed="an arm, or a list of arms whose mean is meant", where=where)
        for arm in listed:
            if arm in weights:
                raise BadInput(what=f"the key {key} of the finding", given=arm, allowed="each arm once", where=where)
            weights[arm] = sign / len(listed)
    return weights


def _check_sentence(says: str, expected: str, where: str) -> None:
    """A sentence about an expectation may not say beforehand which way it went."""
    try:
        used = [name for _, name, _, _ in string.Formatter().parse(says) if name is not None]
    except ValueError as error:
        raise BadInput(what="the key says of the finding", given=str(error), allowed="a sentence with words in braces", where=where) from None
    for name in used:
        if name not in (*WORDS, *FIGURES):
            raise BadInput(what="a word in braces", given=name, allowed=[*WORDS, *FIGURES], where=where)
    if expected != "none" and not {*used} & {*WORDS}:
        raise BadInput(what="the key says of the finding", given=says, allowed=f"a sentence with a word that follows the sign: {', '.join(WORDS)}", where=where)


def estimates(table: Table, findings: Sequence[Finding]) -> tuple[Estimate, Any]:
    """(each finding's value with its 95% interval, what the family of all says of its distance from its mark)."""
    slots = []
    for finding in findings:
        own = [(weight * top, below) for arm, weight in finding.weights.items() for top, below in table.measured(finding.outcome, arm)]
        slots.append(own)
    width = max(map(len, slots)) + 1  # the last slot holds the mark that it is judged against
    shape = (len(table.seeds), width, len(findings))
    top, below = np.zeros(shape), np.ones(shape)
    for column, own in enumerate(slots):
        for place, (above, under) in enumerate(own):
            top[:, place, column], below[:, place, column] = above, under
    found = contrast(top, np.ones(width), below)
    shifted = top.copy()
    shifted[:, -1, :] = [-finding.than for finding in findings]
    return found, family(shifted, np.ones(width), below)


def verdict(finding: Finding, found: Estimate, holm: float = 0.0, level: float = LEVEL) -> str:
    """supported, contradicted or open: whether what the claim implies holds, by the interval.

    holm : p-value adjusted for all findings of the study; a finding that is clear only by itself is open. (The headline, fixed beforehand
           as the one that counts, is judged by itself: 0.)

    Where zero is expected it is supported if the interval lies within -+ `within` of the mark, contradicted if it lies wholly outside.
    """
    if finding.expected == "none":
        return "described"
    low, high = found.low - finding.than, found.high - finding.than
    if not (math.isfinite(low) and math.isfinite(high)):
        return "open"
    if finding.expected == "zero":
        if -finding.within <= low and high <= finding.within:
            return "supported"
        return "contradicted" if low > finding.within or high < -finding.within else "open"
    side = 1 if low > 0 else -1 if high < 0 else 0
    if side == 0 or holm >= 1 - level:
        return "open"
    return "supported" if side == (1 if finding.expected == "above" else -1) else "contradicted"


def sentence(finding: Finding, found: Estimate, unit: str = "", holm: float = 0.0, language: str = "en") -> str:
    """What was found, in the declared sentence; its words follow the sign, and say so if nothing is clear.

    In Chinese it is the sentence's Chinese if there is one, else one made of the names of the arms and the outcome.
    """
    if not math.isfinite(found.value):
        return say("{name}: cannot be told from these runs.", language, name=say(finding.name, language))
    low, high = found.low - finding.than, found.high - finding.than
    told = math.isfinite(low) and math.isfinite(high)
    place = 0 if told and low > 0 else 1 if told and high < 0 else 2
    gap = len(finding.weights) > 1 and finding.than == 0.0  # a difference has a sign, a level has none
    bare = "" if unit in COUNTED and language == "en" else unit
    says = finding.says if language == "en" or finding.says in catalogue() else _plainly(finding, language)
    shown = _words(finding, found, place, bare, gap, language)
    words = say(says, language, **shown).strip().rstrip(".。")
    if "{interval}" not in says and "{low}" not in says:
        few = "" if told else say(", too few runs to tell", language)
        words = say("{words}: {shown}{few}", language, words=words, shown=shown["interval"], few=few)
    words = words[:1].upper() + words[1:]
    if gap and found.low == found.value == found.high == 0.0:
        return say("{words}. Not one run differs.", language, words=words)
    alone = place < 2 and holm >= 1 - LEVEL and finding.expected in ("above", "below")
    if alone:
        return say("{words}. Clear by itself, not among all findings of the study.", language, words=words)
    return say("{words}.", language, words=words)


def _words(finding: Finding, found: Estimate, place: int, unit: str, gap: bool, language: str) -> dict[str, str]:
    """What stands in the braces of a finding's sentence."""

    def number(value: float, signed: bool = False) -> str:
        return report.number(value, unit, signed, language)

    far = abs(found.value - finding.than)
    size = number(far, signed=True).lstrip("+") if unit == "share" else number(far)
    words = {name: say(forms[place], language, size=size) for name, forms in WORDS.items()}
    figures = {name: number(value, gap) for name, value in (("value", found.value), ("low", found.low), ("high", found.high))}
    figures |= {"size": size, "difference": number(found.value, True), "than": number(finding.than)}
    return words | figures | {"interval": report.interval(found, unit, signed=gap, language=language)}


def _plainly(finding: Finding, language: str) -> str:
    """A sentence about any finding, made of the names of its arms: who is compared with whom, in what."""

    def side(sign: int) -> str:
        return report.listed([_quoted(arm_name(arm, language)) for arm, weight in finding.weights.items() if sign * weight > 0], language)

    label = _quoted(named(finding.label or finding.outcome, language))
    if all(weight > 0 for weight in finding.weights.values()):
        return f"{side(1)}：{label}{{value}}"
    return f"{side(1)}与{side(-1)}相比，{label}{{higher}}"


def named(label: str, language: str) -> str:
    """An outcome's name as it stands in a sentence, in a language: its small first letter is a matter of English."""
    return label if language == "en" else catalogue().get(label[:1].upper() + label[1:]) or say(label, language)


def _quoted(name: str) -> str:
    """A name in quotation marks; its own braces are no words to be filled in."""
    return "“" + name.replace("{", "{{").replace("}", "}}") + "”"


COUNTED = ("ventures", "jobs", "job-years", "inquiries", "people", "runs", "count", "number", "ratio")  # units that a sentence says by itself


# -- a whole study ----------------------------------------------------------------------------------------------------


def judge(study: Any, table: Table, manifest: Mapping) -> dict:
    """The summary of a study, computed from its table: findings with verdicts and sentences, and every arm against the reference."""
    findings = study.findings
    found, together = estimates(table, findings)
    rows = []
    for place, finding in enumerate(findings):
        one = found[place]
        one = Estimate(float(one.value), float(one.low), float(one.high), int(one.n))
        adjusted = 0.0 if place == 0 else float(together.holm[place])
        unit = unit_of(finding, table)
        rows.append(
            {
                "name": finding.name, "outcome": finding.outcome, "label": finding.label or table.label(finding.outcome), "unit": unit,
                "weights": dict(finding.weights), "value": one.value, "low": one.low, "high": one.high, "n": one.n,
                "than": finding.than, "expected": finding.expected, "within": finding.within, "p": float(together.p[place]), "holm": float(together.holm[place]),
                "verdict": verdict(finding, one, adjusted), "sentence": sentence(finding, one, unit, adjusted),
            }
        )  # fmt: skip
    summary = {
        "study": study.name, "title": study.title, "question": study.given["question"], "claim": study.claim, "section": study.section,
        "systems": list(study.systems), "facts": list(study.facts), "verdict": rows[0]["verdict"], "result": rows[0]["sentence"],
        "seeds": len(table.seeds), "years": manifest["years"], "burn_in": manifest["burn_in"], "runs": manifest["runs"], "failed": manifest["failed"],
        "missing": manifest["missing"], "declaration": study.digest, "rules": manifest["rules"], "findings": rows, "against": reference_of(study, table),
        "arms": arms_of(study, table), "special": {},
    }  # fmt: skip
    if manifest.get("posterior"):
        summary["posterior"] = manifest["posterior"]["name"]
    if study.analysis and study.special.compute is not None:
        summary["special"] = study.special.compute(study, table)
    return summary


def unit_of(finding: Finding, table: Table) -> str:
    """The unit of a finding: its own, or that of its outcome."""
    return finding.unit if finding.unit is not None else table.unit(finding.outcome)


def reference_of(study: Any, table: Table) -> str:
    """The arm that the others are compared with in the figure."""
    return study.against or table.arms[0]


def shown_outcomes(study: Any) -> list[str]:
    """What the figure and the table of arms show: what the study names, or the outcomes of its design."""
    return list(study.shows or study.given["outcomes"])


def arms_of(study: Any, table: Table) -> list[dict]:
    """Each arm and outcome shown: its level, and its paired difference from the reference arm."""
    base, made = reference_of(study, table), []
    for outcome in shown_outcomes(study):
        asked = [Finding("", "", outcome, {arm: 1.0}) for arm in table.arms] + [Finding("", "", outcome, {arm: 1.0, base: -1.0}) for arm in table.arms if arm != base]
        found = _contrasts(table, asked)
        levels, gaps = dict(zip(table.arms, found, strict=False)), dict(zip([arm for arm in table.arms if arm != base], found[len(table.arms) :], strict=True))
        for arm in table.arms:
            gap = gaps.get(arm)
            better = int(gap.sign) * GOOD.get(outcome, 0) if gap is not None else 0
            made.append(
                {
                    "arm": arm, "outcome": outcome, "label": table.label(outcome), "unit": table.unit(outcome), "level": levels[arm].value,
                    "level_low": levels[arm].low, "level_high": levels[arm].high, "difference": None if gap is None else gap.value,
                    "low": None if gap is None else gap.low, "high": None if gap is None else gap.high, "better": better,
                }
            )  # fmt: skip
    return made


def _contrasts(table: Table, asked: Sequence[Finding]) -> list[Estimate]:
    """Value and interval of each, without the family."""
    made = []
    for finding in asked:
        own = [(weight * top, below) for arm, weight in finding.weights.items() for top, below in table.measured(finding.outcome, arm)]
        tops, belows = (np.stack(parts, axis=1) for parts in zip(*own, strict=True))
        one = contrast(tops, np.ones(len(own)), belows)
        made.append(Estimate(float(one.value), float(one.low), float(one.high), int(one.n)))
    return made


VERDICTS = {
    "supported": "The claim is supported here", "contradicted": "The claim is contradicted here", "open": "The runs leave it open", "described": "A description",
}  # fmt: skip


def page(study: Any, summary: Mapping) -> str:
    """The summary in Markdown; every sentence about the result is computed."""
    given = study.given
    systems = f" System{'s' if len(study.systems) > 1 else ''} {report.listed(map(str, study.systems))}." if study.systems else ""
    lines = [
        f"# {study.title}", "", f"**Claim** (section {study.section}): {study.claim}{systems}", "", f"**Asked:** {given['question']}", "",
        f"**{VERDICTS[summary['verdict']]}.** {summary['result']}", "", "## Findings", "",
    ]  # fmt: skip
    for row in summary["findings"]:
        lines.append(f"- {row['sentence']} *{row['verdict'].capitalize()}{'' if row['expected'] == 'none' else f' (the claim implies: {implied(row)})'}.*")
    special = summary.get("special") or {}
    if special.get("lines"):
        lines += ["", f"## {special['heading']}", "", *(f"- {line}" for line in special["lines"])]
    lines += ["", f"## Arms, against {summary['against']}", "", arms_table(summary), ""]
    lines += [f"Expected beforehand: {' '.join(_listed(given['expectation']))}", "", f"Refuted if: {' '.join(_listed(given['refuted_if']))}", "", "## Limits", ""]
    lines += [f"- {line}" for line in (*study.assumed, *limits(summary))]
    return "\n".join(lines) + "\n"


def implied(row: Mapping, language: str = "en") -> str:
    """What the claim implies, in words."""
    unit = row["unit"] if row["unit"] == "share" else ""
    mark = report.number(row["than"], unit, language=language)
    if row["expected"] == "zero":
        return say("within {within} of {mark}", language, within=report.number(row["within"], unit, language=language), mark=mark)
    return say("above {mark}", language, mark=mark) if row["expected"] == "above" else say("below {mark}", language, mark=mark)


def arms_table(summary: Mapping) -> str:
    """Levels of all arms, with clear differences from the reference in bold."""
    header, rows = arms_rows(summary)
    return report.table(header, [[f"**{cell}**" if clear else cell for cell, clear in row] for row in rows])


def arms_rows(summary: Mapping, language: str = "en") -> tuple[list[str], list[list[tuple[str, bool]]]]:
    """Levels of all arms with their differences from the reference: (header, rows of (cell, whether the difference is clear))."""
    shown = list(dict.fromkeys(row["outcome"] for row in summary["arms"]))
    by = {(row["arm"], row["outcome"]): row for row in summary["arms"]}
    header = [say("arm", language), *(_headed(by[summary["arms"][0]["arm"], outcome], language) for outcome in shown)]
    rows = []
    for arm in dict.fromkeys(row["arm"] for row in summary["arms"]):
        rows.append([(arm_name(arm, language), False), *(_arm_cell(by[arm, outcome], language) for outcome in shown)])
    return header, rows


def arm_name(arm: str, language: str = "en") -> str:
    """An arm's name; of "package | assumption" each part by itself. An arm may have a Chinese of its own where its word means something else too."""
    if language == "en":
        return arm
    return " | ".join(catalogue().get(f"arm: {part}") or say(part, language) for part in arm.split(" | "))


def _arm_cell(row: Mapping, language: str) -> tuple[str, bool]:
    unit = "share" if row["unit"] == "share" else ""
    cell = say("undefined", language) if row["level"] is None else report.number(row["level"], unit, language=language)
    if row["difference"] is None or row["level"] is None:
        return cell, False
    gap = Estimate(*(_finite(row[key]) for key in ("difference", "low", "high")), 0)
    return f"{cell}; {report.interval(gap, unit, language=language)}", bool(gap.sign)


def _finite(value: float | str | None) -> float:
    """A number out of JSON, where an undefined one is null and an infinite one a word."""
    return math.nan if value is None else float(value)


def _headed(row: Mapping, language: str = "en") -> str:
    label = named(row["label"], language)
    return label if row["unit"] in ("", "share", *COUNTED) else say("{name} ({what})", language, name=label, what=say(row["unit"], language))


def _listed(given: object) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def limits(summary: Mapping, language: str = "en") -> list[str]:
    """What a reader must know of these runs before believing them."""
    lines = []
    if summary["failed"] or summary["missing"]:
        lines.append(
            say("{failed} runs failed and {missing} were not done; their seeds are left out where they matter.", language,
                failed=summary["failed"], missing=summary["missing"])
        )  # fmt: skip
    if summary["seeds"] < 30:
        lines.append(say("{n} seeds are few: the intervals are rough and tend to be too narrow.", language, n=summary["seeds"]))
    lines.append(
        say(
            "{seeds} seeds, {runs} runs of {years} years, of which the first {burn_in} do not count. Arms meet the same people with the same luck and are compared "
            "seed by seed; 95% bootstrap intervals over seeds.", language,
            seeds=summary["seeds"], runs=f"{summary['runs']:,}", years=summary["years"], burn_in=summary["burn_in"],
        )
    )  # fmt: skip
    if len(summary["findings"]) > 1:
        lines.append(
            say(
                "The headline is the first finding, fixed beforehand, and judged by its own interval. Every other one counts as clear only if it is so among all "
                "{n} findings together (Holm).", language, n=len(summary["findings"]),
            )
        )  # fmt: skip
    if summary.get("posterior"):
        covered = say("Under each seed another draw of the posterior `{name}` held: the intervals cover chance and parameters.", language, name=summary["posterior"])
    else:
        covered = say("The intervals are over the model's chance, not over what its parameters might be (`--posterior baseline` covers both).", language)
    lines.append(say("A model city calibrated to a few patterns: an explanation, not a forecast. {covered}", language, covered=covered))
    return lines
