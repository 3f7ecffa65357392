"""What came out, for the site: the committed answers of the studies as pages, and sentences about them for the pages that are written by hand.

No number is typed here and no verdict: each is read from the file that the study left, whatever its sign.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from words import ROOT, chinese, read, table, words

from seedbed.experiments import systems
from seedbed.experiments.studies import Study
from seedbed.model.scenario import Scenario
from seedbed.model.schedule import SCHEDULE

RESULTS = ROOT / "experiments" / "results"


def write_studies(pages: Any) -> None:
    """Each study of the report's claims: its committed answer and its figure; and a list of all with their verdicts."""
    rows = []
    for file, page in pages.of_file.items():
        if not page.startswith("reference/studies/"):
            continue
        name = page.rpartition("/")[2]
        found = read(RESULTS / "studies" / name / "summary.json")
        pages.take(file, before="---\norphan: true\n---\n\n[Studies](index.md) /\n\n", after=_beside(pages, name, found["title"], page))
        title = f"[{words(found['title'])}]({name}.md)<br>{chinese(found['title'])}"
        rows.append([title, words(found["claim"]), found["verdict"], words(found["result"])])
    count = Counter(row[2] for row in rows)
    pages.write(
        "reference/studies/index",
        f"""# Studies of the report's claims

{len(rows)} studies, each declared before its first run. By the interval of the first finding: {", ".join(f"{n} {verdict}" for verdict, n in count.most_common())}.
What that does and does not mean: [](../../explanation/found.md).

{table(("study", "the report's claim", "verdict", "what came out"), rows)}""",
    )


def _beside(pages: Any, name: str, title: str, page: str) -> str:
    """What stands below the answer of a study: its figure, its declaration, and the systems of the report that it is about."""
    picture = pages.lay(f"experiments/results/studies/{name}/figure.png", page)
    declared = pages.lay(f"experiments/studies/{name}.toml", page)
    about = ", ".join(f"[{system}](#system-{system})" for system in Study.load(name).systems)
    return f"""

## Figure

![{words(title)}: the findings and the arms, with 95% intervals]({picture})

## Files

[The declaration, fixed before the first run]({declared}). Again: `seedbed study {name}`.{f" Systems of the report: {about}." if about else ""}"""


def figures_of(pages: Any, file: str) -> str:
    """The figures beside a committed result, as a last part of its page."""
    folder = (ROOT / file).parent
    if RESULTS not in folder.parents or not file.endswith("summary.md"):
        return ""
    places = sorted({*folder.glob("*.png"), *folder.glob("figures/*.png")})
    shown = [f"![{place.stem.replace('_', ' ')}]({pages.lay(place.relative_to(ROOT).as_posix(), pages.of_file[file])})" for place in places]
    return "\n\n## Figures\n\n" + "\n\n".join(shown) if shown else ""


def _section(file: Path, title: str) -> str:
    """The part of a committed summary under a heading, without the heading; its smaller headings lose their mark."""
    found = re.search(rf"^## {re.escape(title)}$\n(.*?)(?=^## |\Z)", file.read_text(encoding="utf-8"), re.M | re.S)
    if found is None:
        raise ValueError(f"{file} has no part {title!r}")
    return found[1].strip()


def main_answer() -> str:
    """The sentences that the main study computed about its four contrasts."""
    return _section(RESULTS / "tolerance-horizon" / "summary.md", "The answer").partition("\n|")[0].strip()


def where_it_hurts() -> str:
    """The sentences that the main study computed about where more patience makes things worse."""
    return _section(RESULTS / "tolerance-horizon" / "summary.md", "Where more patience starts to hurt")


def what_it_costs() -> str:
    return _section(RESULTS / "tolerance-horizon" / "summary.md", "What it costs, and who pays")


def through_what() -> str:
    return _section(RESULTS / "tolerance-horizon" / "summary.md", "Through which mechanism (Unicorns founded (fundamental), both together)")


def expected() -> str:
    return _section(RESULTS / "tolerance-horizon" / "summary.md", "What was expected, and what would have refuted it")


def over_worlds() -> str:
    """What `seedbed answer` found over parameters and structures: its first part, which is computed."""
    return (RESULTS / "answer" / "summary.md").read_text(encoding="utf-8").partition("\n## ")[0].partition("\n")[2].strip()


def claims() -> str:
    """The report's systems with the verdict and the sentence of each one's study."""
    rows = []
    for system in systems.load():
        one = systems.found(system.study, system.finding)
        place = "../reference/results/tolerance-horizon.md" if system.study == systems.MAIN else f"../reference/studies/{system.study}.md"
        verdict, sentence = (one["verdict"], one["sentence"]) if one else ("not run", "")
        rows.append([str(system.number), words(system.name), f"[{system.study.replace('_', ' ')}]({place})", words(verdict or ""), words(sentence)])
    return table(("system", "what the report tells of", "study", "verdict", "what came out"), rows, "system")


def verdicts() -> str:
    """How many studies came out which way, in a sentence."""
    found = [read(place)["verdict"] for place in sorted((RESULTS / "studies").glob("*/summary.json"))]
    count = Counter(found)
    told = [f"{count[verdict]} {verdict}" for verdict in ("supported", "contradicted", "open", "described") if count[verdict]]
    return f"Of {len(found)} studies the first finding leaves the report's claim: {', '.join(told)}."


def targets_met() -> str:
    """How many targets the baseline meets, in a sentence."""
    rows = read(RESULTS / "validation" / "baseline" / "table.json")
    rows = rows["rows"] if isinstance(rows, dict) else rows
    parts = []
    for calibrated, told in ((True, "that it was fitted to"), (False, "that it was never tuned to")):
        those = [row for row in rows if bool(row["calibrated"]) is calibrated]
        parts.append(f"{sum(bool(row['inside']) for row in those)} of {len(those)} figures {told}")
    return f"The baseline lies inside the band of {' and of '.join(parts)}."


def statuses() -> str:
    """How many values of the baseline are observed, estimated, calibrated, assumed."""
    count = Counter(row["status"] for row in Scenario.load("baseline").parameters.table())
    total = sum(count.values())
    return f"Of {total} values of the baseline, " + ", ".join(f"{n} ({n / total:.0%}) are {status}" for status, n in count.most_common()) + "."


# -- the figure of the quarter ----------------------------------------------------------------------------------------

# What each phase of the quarter does, in a line; its steps are those of the schedule.
PHASES = {
    "environment": ("The climate turns", "booms, what people see of money, the old industry"),
    "government": ("Offices act", "the year's budgets, accountability, grants, services"),
    "universities": ("Universities teach and research", "graduates, newcomers, disclosures"),
    "entrepreneurs": ("People consider founding", "which project, with whose money in sight"),
    "ventures": ("Ventures work", "milestones, market entry, sales, closing"),
    "funds": ("Funds go on or stop, and meet new ventures", "tolerance and horizon decide here"),
    "banks": ("Banks lend and collect", "pledged rights, talent loans, a run"),
    "exits": ("Exits, ends of funds, new funds", "sales, listings, what investors get back"),
    "observe": ("Everybody takes stock", "values, unicorns, zombies, the books"),
}


def quarter() -> str:
    """The quarter as a drawing: its phases in order, how many steps each has, and back to the first."""
    steps = Counter(step.phase.partition(" ")[2] for step in SCHEDULE)
    if list(steps) != list(PHASES):
        raise ValueError(f"the phases of the schedule are {list(steps)}, those described {list(PHASES)}")
    width, high, gap, left = 640, 44, 14, 44
    total = len(steps) * (high + gap) + 10
    rows = []
    for n, (phase, count) in enumerate(steps.items()):
        top, (title, said) = 6 + n * (high + gap), PHASES[phase]
        look = "quarter-money" if phase == "funds" else "quarter-phase"
        rows.append(
            f'<rect class="{look}" x="{left}" y="{top}" width="{width - left - 8}" height="{high}" rx="7"/>'
            f'<text class="quarter-title" x="{left + 14}" y="{top + 19}">{n + 1}. {html.escape(title)}</text>'
            f'<text class="quarter-said" x="{left + 14}" y="{top + 36}">{html.escape(said)}; {count} step{"s" if count > 1 else ""}</text>'
        )
        if n:
            rows.append(f'<path class="quarter-way" d="M{left + 60} {top - gap} v{gap - 3}" marker-end="url(#quarter-end)"/>')
    last, first = 6 + (len(steps) - 1) * (high + gap) + high / 2, 6 + high / 2
    back = f'<path class="quarter-way" d="M{left} {last} H18 V{first} H{left - 4}" marker-end="url(#quarter-end)"/>'
    label = f'<text class="quarter-said" transform="translate(12 {(first + last) / 2}) rotate(-90)" text-anchor="middle">the next quarter</text>'
    size = 'viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7"'
    marker = f'<defs><marker id="quarter-end" {size} orient="auto"><path class="quarter-head" d="M0 0 L8 4 L0 8 z"/></marker></defs>'
    said = "; ".join(f"{n + 1} {PHASES[phase][0]}" for n, phase in enumerate(steps))
    return (
        f'<figure class="quarter"><svg viewBox="-10 0 {width + 10} {total}" role="img" aria-label="The nine phases of a quarter: {html.escape(said)}">'
        f"{marker}{''.join(rows)}{back}{label}</svg>"
        f"<figcaption>One quarter: {len(SCHEDULE)} steps in {len(steps)} phases, read from the schedule that runs.</figcaption></figure>"
    )


PARTS: dict[str, Callable[[], str]] = {
    "claims": claims, "expected": expected, "main answer": main_answer, "over worlds": over_worlds, "quarter": quarter, "statuses": statuses,
    "targets met": targets_met, "through what": through_what, "verdicts": verdicts, "what it costs": what_it_costs,
    "where it hurts": where_it_hurts,
}  # fmt: skip


def filled(text: str) -> str:
    """A page with its computed parts in place of `{{name}}`."""
    return re.sub(r"\{\{([a-z ]+)\}\}", lambda found: PARTS[found[1]](), text)
