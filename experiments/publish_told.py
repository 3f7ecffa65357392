"""What a store tells: read, and said in sentences that follow its numbers. `publish.py` puts it in order.

A store is any folder that this project writes: of the main study, of a study of the report's claims (its runs or its answer), of the answer over
parameters and structures, of a validation, or of any other experiment, whose runs have no verdict and are told as they are.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from seedbed.agents.errors import BadInput
from seedbed.model.language import say

from . import report
from .design import Experiment
from .judging import arm_name
from .publish import Figure, Heading, Items, Paragraph, Strong, Table, Text, lines_of, rich

__all__ = ["Told", "told"]

DIGESTED = ("manifest.json", "summary.json", "table.csv", "table.json")  # files whose bytes say which results these are
MOST_PANELS = 4  # of a figure
FEW_ARMS = 24  # that a table of levels shows one by one


@dataclass
class Told:
    """What is known of a store, in a language.

    size        : what there is of it, as (what, how much); how: paragraphs of its design
    parameters  : the rows of the scenario's table; `recorded` says that the store kept them, `evidence` holds those of what arms switch on
    programmes  : name -> title and sources, of all that run or are switched; running: those of the scenario
    """

    name: str
    title: str
    question: str
    short: list[str]
    answer: list[Any]
    limits: list[str]
    size: list[tuple[str, str]]
    commands: list[tuple[str, str]]
    how: list[str] = field(default_factory=list)
    sure: list[str] = field(default_factory=list)
    claim: str = ""
    expected: list[str] = field(default_factory=list)
    refuted: list[str] = field(default_factory=list)
    arms: Sequence[Any] = ()
    figures: list[Figure] = field(default_factory=list)
    tables: list[Any] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    prints: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    scenario: str = "baseline"
    parameters: Sequence[Mapping] = ()
    recorded: bool = False
    evidence: dict[str, Mapping] = field(default_factory=dict)
    programmes: dict[str, dict] = field(default_factory=dict)
    running: tuple[str, ...] = ()


def told(store: str | os.PathLike, language: str) -> Told:
    """What a store tells; BadInput for what is no store, is damaged, or has no runs."""
    folder = _folder(Path(store))
    reader = _reader(folder)
    try:
        return reader(folder, language)
    except BadInput:
        raise
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, OSError) as error:
        raise BadInput(
            what="the store", given=str(folder), allowed="a folder as a study writes it, whole", where=f"STORE: damaged ({type(error).__name__}: {error})"
        ) from error


ALLOWED = "a folder that `seedbed study`, `studies`, `sweep`, `answer` or `validate` wrote"


def _folder(place: Path) -> Path:
    """The folder of the results: the one given, the only study within it, or the answer that a finished study keeps beside its runs."""
    if not place.is_dir():
        raise BadInput(what="the store", given=str(place), allowed=ALLOWED, where="STORE")
    if not any((place / name).is_file() for name in ("manifest.json", "table.json", "summary.json")):
        within = sorted(entry.name for entry in place.iterdir() if (entry / "manifest.json").is_file())
        if len(within) != 1:
            given = f"{place}, which holds {len(within)}" if within else str(place)
            raise BadInput(what="the store", given=given, allowed=[f"{place}/{name}" for name in within] or ALLOWED, where="STORE")
        place = place / within[0]
    return place


def _reader(folder: Path) -> Callable[[Path, str], Told]:
    """How a folder is read, by what is in it."""
    if (folder / "table.json").is_file():
        return _validation
    summary = _json(folder / "summary.json") if (folder / "summary.json").is_file() else {}
    if not isinstance(summary, Mapping):
        raise BadInput(what="the summary", given=str(folder / "summary.json"), allowed="the JSON that a study wrote", where="STORE")
    from .tolerance_horizon import NAME

    if summary.get("study") == NAME:
        return _main
    if "findings" in summary:
        return _study
    if "effects" in summary:
        return _structures
    if summary:
        raise BadInput(what="the summary", given=sorted(summary)[:6], allowed=ALLOWED, where="STORE")
    return _answer_beside if (folder / "answer" / "summary.json").is_file() else _runs


def _json(place: Path) -> Any:
    try:
        return json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(what="the file of a store", given=str(place), allowed="the JSON that a study wrote", where=f"STORE: {error}") from None


def _answer_beside(folder: Path, language: str) -> Told:
    """A study's answer with the parameters that its runs recorded; later runs that the answer does not know of are told."""
    made = _reader(folder / "answer")(folder / "answer", language)
    manifest = _json(folder / "manifest.json")
    if not made.arms:  # a study of somebody's own, whose file is not here: its design is in the manifest
        declared = Experiment.from_dict(manifest["experiment"])
        made.arms, made.expected, made.refuted = declared.arms, lines_of(declared.expectation), lines_of(declared.refuted_if)
    _recorded(made, manifest)
    counted = _json(folder / "answer" / "manifest.json").get("runs")
    if manifest.get("runs") not in (None, counted):
        made.unfinished.append(
            say("The store holds {there} runs, this answer was made of {used}: the same command makes it anew.", language, there=manifest["runs"], used=counted)
        )
    return made


# -- the main study ---------------------------------------------------------------------------------------------------


def _main(folder: Path, language: str) -> Told:
    from . import tolerance_horizon as th

    found, manifest = th.kept_findings(folder), _json(folder / "manifest.json")
    declared = found.results.experiment
    counted = len(declared), found.results.good
    answer: list[Any] = [Paragraph(Strong(th.headline(found, language)))]
    disagreement = th.disagreement(found, language)
    if disagreement:
        answer.append(Paragraph((Strong(say(th.PRICES, language)), report.gap(language), disagreement)))
    answer.append(_items(th.main_words(found, language)))
    answer += [Heading(say("Where more patience starts to hurt", language), 3), _items([*th.hurt_words(found, language), th.harm_words(found, language)])]
    answer += [Heading(say("What it costs, and who pays", language), 3), _items(th.cost_words(found, language))]
    if found.decomposition:
        answer += [
            Heading(say("Through which mechanism", language), 3),
            Paragraph(
                say(
                    "What is left of what both together do to {label}, with one mechanism switched at a time:",
                    language,
                    label=say(found.results.label(th.MAIN), language),
                )
            ),
        ]
        answer.append(_items([th.mechanism_words(found, entry, language) for entry in th.main_mechanisms(found)]))
    answer += [Heading(say("What was expected, and what came of it", language), 3), _judged(th.judged(found), language)]
    short = [
        f"**{th.headline(found, language)}**",
        *([f"**{say(th.PRICES, language)}** {disagreement}"] if disagreement else []),
        th.harm_words(found, language),
    ]
    made = Told(
        name=th.NAME, title=say("Tolerance and horizon of money", language), question=say(th.QUESTION, language), short=short, answer=answer,
        limits=th.limit_words(found, language), size=_size(declared, found.results.good, language), how=[th.compared_words(language), *_main_design(language)],
        expected=[say(line, language) for line in lines_of(declared.expectation)], refuted=[say(line, language) for line in lines_of(declared.refuted_if)],
        sure=_structural_words(language), arms=declared.arms, commands=[], figures=_main_figures(folder, found, language), tables=[_main_table(found, language), _grid_table(found, language)],
    )  # fmt: skip
    if counted[1] < counted[0]:
        made.unfinished.append(_unfinished(*counted, language))
    _recorded(made, manifest)
    made.prints |= _prints(folder, manifest)
    made.commands = [("the runs and the answer", _main_command(declared)), ("this report", _report_command(language))]
    return made


def _main_design(language: str) -> list[str]:
    from . import tolerance_horizon as th

    tolerances, lives = (report.listed(map(report.plain, axis), language) for axis in (th.TOLERANCES, th.LIVES))
    return [
        say("Tolerance is how long a market fund goes on without a milestone before it stops; horizon is the life of the fund. Tolerances of {tolerances} years are "
            "crossed with lives of {lives} years, while the money committed to funds is the same in every arm.", language, tolerances=tolerances, lives=lives),
        say("To see through which mechanism an effect runs, five of the arms are repeated with one mechanism switched: {mechanisms}.", language,
            mechanisms=say("; ", language).join(say("{name} ({what})", language, name=say(name, language), what=say(off, language)) for name, (off, _) in th.MECHANISMS.items())),
    ]  # fmt: skip


def _main_table(found: Any, language: str) -> Table:
    from . import tolerance_horizon as th

    header, rows = th.results_rows(found, language)
    caption = say(
        "Outcomes fixed beforehand: their value in the market case, and paired differences from it with 95% intervals. Bold: the interval excludes zero.",
        language,
    )
    return Table(tuple(header), _clear(rows), caption, (3, 2, 3, 3, 3, 3), numbers=True)


def _grid_table(found: Any, language: str) -> Table:
    """The main outcome in every cell of the grid."""
    from . import tolerance_horizon as th

    by = {(round(row.tolerance, 6), round(row.life, 6)): row for row in found.effects[found.effects["outcome"] == th.MAIN].itertuples()}
    rows = []
    for tolerance in th.TOLERANCES:
        cells: list[Text] = [report.years(tolerance, language)]
        for life in th.LIVES:
            row = by.get((round(float(tolerance), 6), round(float(life), 6)))
            shown = "" if row is None else report.interval(report.Estimate(row.difference, row.low, row.high, row.n), language=language)
            if row is not None and (tolerance, life) == th.MARKET:
                shown = say("market case", language)
            cells.append(Strong(shown) if row is not None and row.sign else shown)
        rows.append(tuple(cells))
    header = (say("tolerance", language), *(say("life {years}", language, years=report.plain(life)) for life in th.LIVES))
    label = say(found.results.label(th.MAIN), language)
    caption = say("{label} in every arm of the grid: paired difference from the market case, with its 95% interval.", language, label=label)
    return Table(header, tuple(rows), caption, (2, *([3] * len(th.LIVES))), numbers=True)


def _judged(rows: Sequence[tuple], language: str) -> Table:
    """Expectations with their verdicts."""
    header = tuple(say(word, language) for word in ("expected", "verdict", "estimate with its 95% interval"))
    made = tuple(
        (say(words, language), Strong(say(word.capitalize(), language)), report.interval(found, unit, language=language)) for words, word, found, unit in rows
    )
    return Table(header, made, say("Expectations, judged by the interval of the paired difference", language), (5, 2, 4))


def _main_command(declared: Any) -> str:
    """What to type for the same study: what all arms share beside the study's own settings was asked for."""
    from . import tolerance_horizon as th

    first = declared.arms[0]
    own = {*th.AXES, *th.BASE}
    settings = "".join(f" --set {path}={value}" for path, value in first.changes.items() if path not in own)
    scenario = "" if first.scenario_name == "baseline" else f" --scenario {first.scenario_name}"
    return f"seedbed study {th.NAME}{_extent(declared)}{scenario}{settings}"


FIGURES = {
    "surface": "Response surfaces over tolerance and fund life, with the 95% interval of each cell; the market case is framed, triangles mark clear differences from it.",
    "forest": "Paired differences of the four named contrasts in all outcomes, in standard deviations of the market case, with 95% intervals.",
    "profiles": "Paired differences from the market case along tolerance, one line for each fund life, with 95% bands.",
    "payers": "Who ends with more and who with less than in the market case, with 95% intervals.",
    "survival": "How long ventures live, and how they end, in the market case and the named contrasts.",
    "funnel": "How many ventures reach each round of funding.",
    "j_curves": "The cumulative net cash flow of funds by age.",
    "zombies": "Ventures that live on without progress, over time.",
    "decomposition_unicorns_fundamental": "What remains of the effect on fundamental unicorns with one mechanism switched at a time, with 95% intervals.",
    "decomposition_dpi_market": "What remains of the effect on the DPI of market funds with one mechanism switched at a time, with 95% intervals.",
}  # fmt: skip


def _main_figures(folder: Path, found: Any, language: str) -> list[Figure]:
    """The figures that the study drew; in another language those that can be drawn anew from its table are."""
    from .figures import SURFACES
    from .tolerance_horizon import MAIN, headline

    anew = {} if language == "en" else {"surface": ("draw_surface", SURFACES), "forest": ("draw_forest", (MAIN, "dpi_market"))}
    made = []
    for name, caption in FIGURES.items():
        alt = headline(found, language) if name in ("surface", "forest") else ""
        if name in anew and _can_draw(language):
            function, outcomes = anew[name]
            made.append(_drawn(function, folder, outcomes, FOREST if name == "forest" else caption, alt, language))
            continue
        place = folder / "figures" / f"{name}.png"
        if place.is_file():
            made.append(_figure(place.read_bytes(), caption, alt, language))
    return made


FOREST = "Paired differences of every arm from the one that all are compared with, sorted, with 95% intervals; upward triangles are clearly better, downward ones clearly worse, squares not clear."


def _can_draw(language: str) -> bool:
    """Whether figures can be drawn here in that language: with matplotlib, and a font that has it."""
    try:
        from .drawing import find_font

        find_font(language)
    except (BadInput, ImportError):
        return False
    return True


def _drawn(function: str, folder: Path, outcomes: Sequence[str], caption: str, alt: str, language: str) -> Figure:
    """A figure drawn from a store, in the language of the report. Names of arms are words, whatever signs of mathematics they hold."""
    import matplotlib

    from . import pictures
    from .drawing import png

    words = say(caption, language)
    with matplotlib.rc_context({"text.parse_math": False}):
        drawn = png(getattr(pictures, function)(folder, list(outcomes), language=language))
    return Figure(drawn, words, f"{words} {alt}".strip())


def _structural_words(language: str) -> list[str]:
    """How sure the answer is over parameters and structures: counted in the committed answer, if this installation has it."""
    from .answer import CONTRASTS, said

    place = Path(__file__).with_name("results") / "answer" / "summary.json"
    if not place.is_file():
        return []
    summary = _json(place)
    rows, about = [row for row in summary["effects"] if row["outcome"] == "unicorns_fundamental"], summary["about"]
    parts = [
        f"{say(name, language)}{say(': ', language)}{_counted([said(row) for row in rows if row['contrast'] == name], language)}"
        for name in CONTRASTS
        if name != "interaction"
    ]
    return [
        say("This answer holds for one set of parameters and one way to build the model. Over {draws} draws of what the parameters might be, in {worlds} ways in which the "
            "model might have been built, the effect on fundamental unicorns is this: {parts}.", language,
            draws=about["draws"], worlds=len({row["world"] for row in rows}), parts=say("; ", language).join(parts)),
        say("It is an explanation in a model city, not a forecast for a real one.", language),
    ]  # fmt: skip


HELPS = ("helps", "helps on average", "open", "harms on average", "harms")


def _counted(words: Sequence[str], language: str) -> str:
    """In how many worlds what is said."""
    counted = [say("{word} in {n}", language, word=say(word, language), n=words.count(word)) for word in HELPS if word in words]
    return say("{counted} of {n} worlds", language, counted=say(", ", language).join(counted), n=len(words))


# -- a study of a claim -----------------------------------------------------------------------------------------------


def _study(folder: Path, language: str) -> Told:
    from . import judging

    summary, manifest = _json(folder / "summary.json"), _json(folder / "manifest.json")
    study, changed = _declared(summary)
    sentences = [_sentence(row, place, study, language) for place, row in enumerate(summary["findings"])]
    verdict = say(judging.VERDICTS[summary["verdict"]], language)
    short = [f"**{verdict}{say('.', language)}** {sentences[0]}"]
    short += [
        say("Of {n} findings that the claim implies something for, {supported} are supported, {contradicted} contradicted and {open} left open.", language,
            n=sum(row["expected"] != "none" for row in summary["findings"]),
            **{word: sum(row["verdict"] == word for row in summary["findings"]) for word in ("supported", "contradicted", "open")})
    ]  # fmt: skip
    if changed:
        short.append(say("The declaration of this study was changed since these runs; what is told here is what was run.", language))
    answer: list[Any] = [Paragraph((Strong(verdict + say(".", language)), report.gap(language), sentences[0])), _findings_table(summary, sentences, language)]
    answer += _special(summary, language)
    header, rows = judging.arms_rows(summary, language)
    caption = say(
        "Every arm: its level, and its paired difference from “{arm}” with a 95% interval. Bold: the interval excludes zero.", language,
        arm=arm_name(summary["against"], language),
    )  # fmt: skip
    tables = [Table(tuple(header), _clear(rows), caption, (3, *([3] * (len(header) - 1))), numbers=True)]
    made = Told(
        name=summary["study"], title=say(summary["title"], language), question=say(summary["question"], language), claim=_claim(summary, language), short=short,
        sure=judging.limits(summary, language)[-1:], answer=answer, limits=judging.limits(summary, language), size=_study_size(summary, manifest, language), commands=[], tables=tables,
        how=[say("Every arm meets the same people with the same luck, and is compared with the others seed by seed.", language)],
    )  # fmt: skip
    done, wanted = summary["runs"], summary["runs"] + summary["failed"] + summary["missing"]
    if done < wanted:
        made.unfinished.append(_unfinished(wanted, done, language))
    if language != "en" and not summary.get("special") and _can_draw(language):
        made.figures.append(_drawn("draw_forest", folder, _shown(summary), FOREST, sentences[0], language))
    elif (folder / "figure.png").is_file():
        made.figures.append(_figure((folder / "figure.png").read_bytes(), STUDY_FIGURE, sentences[0], language))
    if study is not None:
        _declaration(made, study, language)
    made.prints |= _prints(folder, manifest)
    made.versions |= {"seedbed": str(manifest.get("seedbed", ""))} if manifest.get("seedbed") else {}
    posterior = f" --posterior {summary['posterior']}" if summary.get("posterior") else ""
    extent = f" --seeds {_seeds(manifest['seeds'])} --years {summary['years']} --burn-in {summary['burn_in']}"
    command = f"seedbed studies {summary['study']} --run{extent}" if not posterior else f"seedbed study {summary['study']}{extent}{posterior}"
    made.commands = [("the runs and the answer", command), ("this report", _report_command(language))]
    return made


def _shown(summary: Mapping) -> list[str]:
    """The outcomes of a study's figure: those that it shows, at most four."""
    return list(dict.fromkeys(row["outcome"] for row in summary["arms"]))[:MOST_PANELS]


STUDY_FIGURE = "All arms against the reference, with 95% intervals, or what this study has to show besides. Blue: clearly better; vermilion: clearly worse; black: clear but neither; grey: not clear."


def _declared(summary: Mapping) -> tuple[Any, bool]:
    """(the shipped declaration that these runs were made by, or None; whether it was changed since)."""
    from .studies import Study, names

    if summary["study"] not in names():
        return None, False
    study = Study.load(summary["study"])
    return (study, False) if study.digest == summary["declaration"] else (None, True)


def _sentence(row: Mapping, place: int, study: Any, language: str) -> str:
    """A finding in words: as it was written in English, computed from its numbers in another language. The headline is judged by itself."""
    from .judging import Finding, sentence

    if language == "en":
        return row["sentence"]
    says = next((finding.says for finding in study.findings if finding.name == row["name"]), "") if study is not None else ""
    finding = Finding(row["name"], says, row["outcome"], row["weights"], row["expected"], row["than"], row["within"], row["label"], row["unit"])
    found = report.Estimate(*(_finite(row[key]) for key in ("value", "low", "high", "n")))
    return sentence(finding, found, row["unit"], _finite(row["holm"]) if place else 0.0, language)


def _findings_table(summary: Mapping, sentences: Sequence[str], language: str) -> Table:
    from .judging import implied

    rows = []
    for row, sentence in zip(summary["findings"], sentences, strict=True):
        wanted = say("nothing", language) if row["expected"] == "none" else implied(row, language)
        rows.append((sentence, wanted, Strong(say(row["verdict"].capitalize(), language))))
    header = tuple(say(word, language) for word in ("finding", "the claim implies", "verdict"))
    return Table(header, tuple(rows), say("Findings, in the order in which they were declared; the first is the headline", language), (7, 2, 2))


def _claim(summary: Mapping, language: str) -> str:
    systems = summary.get("systems") or ()
    words = say("{claim} (the policy report, section {section})", language, claim=say(summary["claim"], language), section=summary["section"])
    if not systems:
        return words
    return words + report.gap(language) + say("In this project's reading: system {listed}.", language, listed=report.listed(map(str, systems), language))


def _study_size(summary: Mapping, manifest: Mapping, language: str) -> list[tuple[str, str]]:
    rows = [
        ("arms", f"{len(manifest['arms']):,}"), ("seeds", f"{summary['seeds']:,}"), ("runs that went well", f"{summary['runs']:,}"),
        ("runs that failed", f"{summary['failed']:,}"), ("runs that were not done", f"{summary['missing']:,}"),
        ("years of a run", f"{summary['years']:,}"), ("of which the first do not count", f"{summary['burn_in']:,}"), ("posterior of the parameters", summary.get("posterior") or ""),
    ]  # fmt: skip
    return [(say(name, language), value) for name, value in rows]


def _declaration(made: Told, study: Any, language: str) -> None:
    """What the declaration says besides: expectation, arms with their settings, assumptions, and the figures of its scenario."""
    made.expected = [say(line, language) for line in lines_of(study.given["expectation"])]
    made.refuted = [say(line, language) for line in lines_of(study.given["refuted_if"])]
    made.assumed = [say(line, language) for line in study.assumed]
    if study.unmet():
        return
    made.arms = study.experiment.arms
    _as_now(made)


def _special(summary: Mapping, language: str) -> list[Any]:
    """What a special analysis found: its sentences, in Chinese said anew from its figures; and the ranks of packages as a table."""
    special = summary.get("special") or {}
    if not special.get("lines"):
        return []
    blocks: list[Any] = [Heading(say(special["heading"], language), 3)]
    lines = special["lines"] if language == "en" else _special_words(special, language)
    if lines:
        blocks.append(_items(lines))
    labels = {row["outcome"]: row["label"] for row in summary["arms"]}
    for outcome, rows in (special.get("ranked") or {}).items():
        blocks.append(_ranks(labels.get(outcome, outcome), rows, language))
    return blocks


def _special_words(special: Mapping, language: str) -> list[str]:
    def shown(one: Mapping, unit: str) -> str:
        return report.interval(_found(one), unit, signed=False, language=language)

    lines = []
    for arm, found in (special.get("support") or {}).items():
        years = {who: shown(one, "years") for who, one in found.items()}
        lines.append(
            say(
                "{arm}: the six most valuable firms of a run had {celebrated} of support, all winners {winners}, all backed ventures {backed}.",
                language,
                arm=arm_name(arm, language),
                **years,
            )
        )
    if "break_even" in special:
        lines.append(
            say("What is repaid is {multiple} times the grant, so the account breaks even if {share} of the awards succeed.", language,
                multiple=f"{special['multiple']:g}", share=f"{special['break_even']:.0%}")
        )  # fmt: skip
    for arm, found in (special.get("points") or {}).items():
        shares = {name: shown(one, "share") for name, one in found.items()}
        lines.append(say("{arm}: {share} of the awards succeeded, and {back} of what was paid came back.", language, arm=arm_name(arm, language), **shares))
    for arm, groups in (special.get("shares") or {}).items():
        parts = [
            say("{group} {soon} and {late}", language, group=say(group, language), **{key: report.number(one[key]["value"], "share", language=language) for key in ("soon", "late")})
            for group, one in groups.items()
        ]  # fmt: skip
        lines.append(
            say("{arm}, shut by eighteen months and by ten years: {groups}.", language, arm=arm_name(arm, language), groups=say("; ", language).join(parts))
        )
    return lines


def _ranks(label: str, rows: Sequence[Mapping], language: str) -> Table:
    """Packages by expected regret in one outcome."""
    from .judging import named

    def shown(one: Mapping) -> str:
        return report.interval(_found(one), signed=False, language=language)

    header = tuple(say(word, language) for word in ("package", "regret, mean over the assumptions", "regret at worst", "level, mean over the assumptions"))
    made = tuple((arm_name(row["package"], language), *(shown(row[key]) for key in ("expected", "worst", "level"))) for row in rows)
    caption = say(
        "{label}: how far each package falls short of the best one under the same assumption, least first, with 95% intervals",
        language,
        label=named(label, language),
    )
    return Table(header, made, caption, (3, 3, 3, 3), numbers=True)


# -- the answer over structures, and a validation ---------------------------------------------------------------------


def _structures(folder: Path, language: str) -> Told:
    from seedbed.model.outcomes import OUTCOMES as LABELS

    from .answer import OUTCOMES

    summary = _json(folder / "summary.json")
    rows, about = summary["effects"], summary["about"]
    lines, tables = [], []
    for outcome in OUTCOMES:
        label, unit = (say(word, language) for word in LABELS[outcome][:2])
        own = [row for row in rows if row["outcome"] == outcome]
        lines.append(_structure_line(label, own, language))
        tables.append(_structure_table(label, unit, own, language))
    title = say("Does patience help? The answer over parameters and structures", language)
    question = say(
        "Where does patience help, where does it not, and how sure are we, given what the data leave open about the parameters and how the model might have been "
        "built?", language,
    )  # fmt: skip
    size = {
        "draws of the posterior": "draws", "seeds a draw": "seeds_a_draw", "runs that went well": "runs", "runs that failed": "failed", "years of a run": "years",
        "of which the first do not count": "burn_in",
    }  # fmt: skip
    limits = [
        say("Eight worlds are eight ways to build this model, not all ways to build one.", language),
        say("The form of the posterior's effect is assumed to be normal, since a handful of seeds a draw is too few to see it.", language),
        say("This is an explanation in a model city calibrated to a few patterns, not a forecast for a real one.", language),
    ]
    made = Told(
        name="answer", title=title, question=question, short=lines, answer=[_items(lines)], limits=limits, tables=tables, how=_structure_design(rows, about, language),
        size=[(say(name, language), f"{about[key]:,}") for name, key in size.items()], arms=_structure_arms(about, language),
        commands=[("the runs and the answer", about["command"]), ("this report", _report_command(language))],
    )  # fmt: skip
    if (folder / "figure.png").is_file():
        made.figures.append(_figure((folder / "figure.png").read_bytes(), STRUCTURE_FIGURE, lines[0].replace("**", ""), language))
    made.prints |= _prints(folder, about)
    _as_now(made)
    return made


STRUCTURE_FIGURE = "Effects by world: thin, the 95% interval of the mean effect; thick, the middle 80% over the parameters; blue helps, vermilion harms, grey is open."


def _structure_line(label: str, own: Sequence[Mapping], language: str) -> str:
    """In how many worlds tolerance, horizon and both help or harm an outcome."""
    from .answer import CONTRASTS, said

    parts = []
    for name in CONTRASTS:
        mine = [row for row in own if row["contrast"] == name]
        if name == "interaction" or not mine:
            continue
        low, high = (report.number(end(row["effect"] for row in mine), "", True, language) for end in (min, max))
        counted = _counted([said(row) for row in mine], language)
        parts.append(say("{name}: {counted} (effects {low} to {high})", language, name=say(name, language), counted=counted, low=low, high=high))
    return f"**{label}{say('.', language)}**{report.gap(language)}" + say("; ", language).join(parts) + say(".", language)


def _structure_table(label: str, unit: str, own: Sequence[Mapping], language: str) -> Table:
    """The effects on an outcome, world by world."""
    from .answer import CONTRASTS

    body = []
    for world in dict.fromkeys(row["world"] for row in own):
        mine = {row["contrast"]: row for row in own if row["world"] == world}
        base = report.number(mine["tolerance"]["base"], "", False, language)
        body.append((_world(world, language), base, *(_effect_cell(mine[name], language) for name in CONTRASTS)))
    header = (say("world", language), say("market case", language), *(say(name, language) for name in CONTRASTS))
    caption = say("{label} ({unit}): effect, 95% interval, and the share of the posterior in which it is above zero. Bold: sure.", language, label=label, unit=unit)
    return Table(header, tuple(body), caption, (4, 2, 4, 4, 4, 4), numbers=True)


def _structure_design(rows: Sequence[Mapping], about: Mapping, language: str) -> list[str]:
    from .answer import HORIZON, MORE_QUARTERS, SURE, TOLERANCE

    patience = dict(zip(("before", "after"), (report.years(value, language) for value in TOLERANCE), strict=True))
    life = dict(zip(("short", "long"), (report.years(value, language) for value in HORIZON), strict=True))
    return [
        say("{draws} draws of the posterior `{name}`, {seeds} seeds each, in {worlds} ways in which the model might have been built.", language,
            draws=about["draws"], name=about["posterior"]["name"], seeds=about["seeds_a_draw"], worlds=len({row["world"] for row in rows})),
        say("Tolerance: {after} of silence instead of {before} (under Bayes: {quarters} quarters beyond the fund's own optimum). Horizon: a fund's life of {long} instead of {short}.",
            language, quarters=f"{MORE_QUARTERS:.0f}", **patience, **life),
        say("Helps and harms: the 95% interval of the mean effect excludes zero and at least {share} of the posterior has that sign; on average: the interval does, the "
            "posterior does not; open: neither.", language, share=f"{SURE:.0%}"),
    ]  # fmt: skip


def _structure_arms(about: Mapping, language: str) -> list[Any]:
    """The arms of the answer as this version declares them, named in a language."""
    from .answer import experiment

    declared = experiment(about["draws"] * about["seeds_a_draw"], about["years"], about["burn_in"])
    named = []
    for arm in declared.arms:
        world, _, contrast = arm.name.partition(": ")
        named.append(replace(arm, name=_world(world, language) + say(": ", language) + say("market case" if contrast == "market" else contrast, language)))
    return named


def _world(world: str, language: str) -> str:
    return say(", ", language).join(say(part, language) for part in world.split(", "))


def _effect_cell(row: Mapping, language: str) -> Text:
    from .answer import said

    effect = report.interval(_found(row, "effect"), language=language)
    shown = say("{effect}, {share} above 0", language, effect=effect, share=f"{_finite(row['share_above']):.0%}")
    return Strong(shown) if said(row) in ("helps", "harms") else shown


def _validation(folder: Path, language: str) -> Told:
    from .validate import cells

    summary, manifest = _json(folder / "table.json"), _json(folder / "manifest.json")
    rows = summary["rows"]
    counted = []
    for fitted, words in (
        (True, "Of {n} numbers that the model was calibrated to, {inside} are inside."),
        (False, "Of {n} numbers that it was not calibrated to, {inside} are inside."),
    ):
        own = [row for row in rows if row["calibrated"] is fitted]
        if own:
            counted.append(say(words, language, n=len(own), inside=sum(bool(row["inside"]) for row in own)))
    outside = [say(row["what"], language) for row in rows if not row["inside"]]
    short = [f"**{report.gap(language).join(counted)}**"]
    if outside:
        short.append(say("Outside: {listed}.", language, listed=say("; ", language).join(outside)))
    words = ("target", "what is meant", "known value", "band", "in the model", "95% interval", "inside", "calibrated to")
    lines = tuple(tuple(_shown_cell(cell, language) for cell in cells(row)) for row in rows)
    table = Table(tuple(say(word, language) for word in words), lines, say("Every target beside the model", language), (3, 5, 2, 3, 2, 3, 2, 2))
    size = {"seeds": len(summary["seeds"]), "runs that went well": summary["runs"], "years of a run": summary["years"], "of which the first do not count": summary["burn_in"]}
    command = str(manifest.get("command") or f"seedbed validate {summary['scenario']}")
    made = Told(
        name=f"validation-{summary['scenario']}", title=say("What is known, beside the model: {scenario}", language, scenario=say(summary["title"], language)),
        question=say("How near is the model to what is known?", language), short=short, answer=[_items(short), table],
        how=[say("A number is inside if its 95% interval over replications overlaps the band; a sign, if the interval lies wholly on its side.", language)],
        limits=[say("A target that the parameters were fitted to says little when it is met; one that they were not says something either way.", language)],
        size=[(say(name, language), f"{count:,}") for name, count in size.items()],
        commands=[("the runs and the answer", command), ("this report", _report_command(language))], scenario=summary["scenario"],
    )  # fmt: skip
    for place in sorted((folder / "figures").glob("*.png")):
        made.figures.append(_figure(place.read_bytes(), "{name}: the model beside the data", "", language, name=place.stem.replace("_", " ")))
    made.prints |= _prints(folder, manifest)
    _as_now(made)
    return made


def _shown_cell(cell: str, language: str) -> str:
    low, to, high = cell.partition(" to ")
    if to and low[:1] in "−-+0123456789":
        return say("{low} to {high}", language, low=low, high=high)
    return say(cell, language)


# -- runs without a verdict -------------------------------------------------------------------------------------------


def _runs(folder: Path, language: str) -> Told:
    """Runs that nobody has judged: every outcome by arm with its interval, or over the arms if they are many."""
    from .runner import Results
    from .store import Store
    from .sweep import MAIN, _each_arm, _over_arms

    store = Store.existing(folder, "STORE")
    results = Results(store.experiment, store)
    experiment = results.experiment
    if not results.good:
        raise BadInput(what="the store", given=f"{folder}, with none of its {len(experiment):,} runs", allowed="a store with at least one run", where="STORE")
    names = [name for name in experiment.outcomes or MAIN if name in results.names] or list(results.names[:6])
    short = [
        say(
            "{done} of {all} runs went well. Nobody fixed a verdict beforehand: what follows describes.",
            language,
            done=f"{results.good:,}",
            all=f"{len(experiment):,}",
        )
    ]
    few = len(experiment.arms) <= FEW_ARMS
    values = (_each_arm if few else _over_arms)(results, names)[2]
    answer = _levels(values, len(experiment.seeds) > 1, language) if few else [_spread_over(values, language)]
    made = Told(
        name=experiment.name, title=experiment.name, question=say(experiment.question, language) or say("None was stated.", language), short=short, answer=answer,
        sure=_runs_limits(results, language)[-2:], limits=_runs_limits(results, language), size=_size(experiment, results.good, language), commands=[], arms=experiment.arms,
        expected=[say(line, language) for line in lines_of(experiment.expectation)], refuted=[say(line, language) for line in lines_of(experiment.refuted_if)],
        how=[say("Every arm meets the same people with the same luck, and is compared with the others seed by seed.", language)],
    )  # fmt: skip
    if results.good < len(experiment):
        made.unfinished.append(_unfinished(len(experiment), results.good, language))
    if few and len(experiment.arms) > 1 and len(experiment.seeds) > 1 and _can_draw(language):
        made.figures.append(_drawn("draw_forest", folder, names[:MOST_PANELS], FOREST, "", language))
    if few:
        made.short += _clear_words(values, experiment.arms[0].name, language)
    _recorded(made, store.manifest)
    made.prints |= _prints(folder, store.manifest)
    design = f"seedbed sweep {_shipped(experiment.name) or 'EXPERIMENT.toml'} --seeds {_seeds(experiment.seeds)}"
    made.commands = [
        ("the runs", f"{design} --out DIR"),
        ("a sample of the runs again, compared bit by bit", "seedbed verify DIR"),
        ("this report", _report_command(language)),
    ]
    return made


def _shipped(name: str) -> str:
    from .sweep import DESIGNS

    return name if (DESIGNS / f"{name}.toml").is_file() else ""


def _levels(values: Sequence[Mapping], several: bool, language: str) -> list[Any]:
    """A table for each outcome: the mean of each arm, and its paired difference from the first."""
    blocks: list[Any] = []
    for outcome in dict.fromkeys(row["outcome"] for row in values):
        own = [row for row in values if row["outcome"] == outcome]
        unit = "share" if own[0]["unit"] == "share" else ""
        rows = []
        for row in own:
            level = report.interval(report.Estimate(row["mean"], row["low"], row["high"], row["n"]), unit, signed=False, language=language)
            gap = report.Estimate(row["difference"], row["difference_low"], row["difference_high"], row["n"])
            shown = "" if math.isnan(gap.value) else report.interval(gap, unit, language=language)
            rows.append((arm_name(row["arm"], language), level, Strong(shown) if row["clear"] else shown, f"{row['n']:,}"))
        header = tuple(say(word, language) for word in ("arm", "mean with its 95% interval", "less the first arm", "good runs"))
        caption = _with_unit(own[0], language)
        blocks.append(Table(header, tuple(rows), caption, (4, 4, 4, 2), numbers=True))
    if several:
        blocks.append(
            Paragraph(say("Bold: the 95% interval of the paired difference excludes zero. Each is judged by itself: one in twenty misses by chance.", language))
        )
    return blocks


def _with_unit(row: Mapping, language: str) -> str:
    label = say(row["label"], language)
    return label if row["unit"] in ("", "share", "ratio") else say("{name} ({what})", language, name=label, what=say(row["unit"], language))


def _clear_words(values: Sequence[Mapping], first: str, language: str) -> list[str]:
    """Which arms differ clearly from the first one, up or down."""
    lines = []
    for outcome in dict.fromkeys(row["outcome"] for row in values):
        own = [row for row in values if row["outcome"] == outcome and row["arm"] != first]
        if not own:
            continue
        up, down = ([arm_name(row["arm"], language) for row in own if row["clear"] and sign * row["difference"] > 0] for sign in (1, -1))
        lines.append(
            say("**{label}**, against {first}: clearly more in {up}; clearly less in {down}; not clear in {n} of {all}.", language, label=say(own[0]["label"], language),
                first=arm_name(first, language), up=_few(up, language), down=_few(down, language), n=len(own) - len(up) - len(down), all=len(own))
        )  # fmt: skip
    return lines


def _few(names: Sequence[str], language: str) -> str:
    return report.listed(names, language) if len(names) <= 4 else say("{n} arms", language, n=len(names))


def _spread_over(values: Sequence[Mapping], language: str) -> Table:
    header = tuple(say(word, language) for word in ("outcome", "mean of the arms", "5% of arms", "median", "95% of arms", "luck", "highest in"))
    rows = []
    for row in values:
        unit = "share" if row["unit"] == "share" else ""
        figures = (report.number(row[key], unit, language=language) for key in ("mean", "low_5", "median", "high_95", "luck"))
        rows.append((_with_unit(row, language), *figures, arm_name(row["highest_arm"], language)))
    caption = say("How the means of {n} arms spread; luck is the standard error of one arm's mean", language, n=f"{max(row['arms'] for row in values):,}")
    return Table(header, tuple(rows), caption, (4, 2, 2, 2, 2, 2, 4), numbers=True)


def _runs_limits(results: Any, language: str) -> list[str]:
    lines = []
    if len(results.experiment.seeds) < 30:
        lines.append(say("{n} seeds are few: the intervals are rough and tend to be too narrow.", language, n=len(results.experiment.seeds)))
    if results.failed:
        lines.append(say("{n} runs failed; their seeds are left out of the comparisons concerned.", language, n=f"{results.failed:,}"))
    lines.append(say("The intervals are over the model's chance, not over what its parameters might be.", language))
    lines.append(say("This is an explanation in a model city calibrated to a few patterns, not a forecast for a real one.", language))
    return lines


# -- small parts ------------------------------------------------------------------------------------------------------


def _items(lines: Sequence[str]) -> Items:
    return Items(tuple(rich(line) for line in lines))


def _clear(rows: Sequence[Sequence[tuple[str, bool]]]) -> tuple[tuple[Text, ...], ...]:
    """Cells with what is clear to be seen first."""
    return tuple(tuple(Strong(cell) if clear else cell for cell, clear in row) for row in rows)


def _figure(png: bytes, caption: str, alt: str, language: str, **values: Any) -> Figure:
    """A picture out of a store; its own words are English."""
    words = say(caption, language, **values)
    if language != "en":
        words += say("The words in this figure are English.", language)
    return Figure(png, words, f"{words} {alt}".strip())


def _unfinished(wanted: int, done: int, language: str) -> str:
    return say(
        "{done} of {wanted} runs are there; the others failed or were not done. What follows rests on what there is.",
        language,
        done=f"{done:,}",
        wanted=f"{wanted:,}",
    )


def _size(experiment: Any, good: int, language: str) -> list[tuple[str, str]]:
    rows = [
        ("arms", f"{len(experiment.arms):,}"), ("seeds", f"{len(experiment.seeds):,}"), ("runs in the design", f"{len(experiment):,}"), ("runs that went well", f"{good:,}"),
        ("years of a run", f"{experiment.years:,}"), ("of which the first do not count", f"{experiment.burn_in:,}"),
    ]  # fmt: skip
    return [(say(name, language), value) for name, value in rows]


def _seeds(seeds: Sequence[int]) -> str:
    """Seeds as they are typed: 1-200, or one by one.

    >>> _seeds([1, 2, 3]), _seeds([3, 5, 8]), _seeds([7])
    ('1-3', '3,5,8', '7,')
    """
    seeds = list(seeds)
    if len(seeds) > 1 and seeds == list(range(seeds[0], seeds[-1] + 1)):
        return f"{seeds[0]}-{seeds[-1]}"
    return ",".join(map(str, seeds)) + ("," if len(seeds) == 1 else "")


def _extent(experiment: Any) -> str:
    return f" --seeds {_seeds(experiment.seeds)} --years {experiment.years} --burn-in {experiment.burn_in}"


def _report_command(language: str) -> str:
    return "seedbed report DIR" + ("" if language == "en" else f" --language {language}")


def _prints(folder: Path, manifest: Mapping) -> dict[str, str]:
    """What says which results these are: fingerprints in the manifest, and the bytes of the files."""
    named = {
        "the experiment": manifest.get("fingerprint"),
        "the rules": manifest.get("rules") or manifest.get("source"),
        "the declaration": manifest.get("declaration"),
    }
    found = {what: str(value) for what, value in named.items() if value}
    return found | {f"{name}, SHA-256": hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in DIGESTED if (folder / name).is_file()}


def _recorded(made: Told, manifest: Mapping) -> None:
    """The parameters and versions that the runs recorded."""
    sessions = manifest.get("sessions") or [{}]
    made.versions = {**made.versions, **sessions[-1].get("versions", {})}
    scenarios = manifest.get("parameters")
    first = next(iter(scenarios.items()), None) if isinstance(scenarios, Mapping) else None
    if first is None or not isinstance(first[1], Mapping) or "parameters" not in first[1]:
        return
    made.scenario, described = first
    made.parameters, made.recorded = described["parameters"], True
    made.running = tuple(dict.fromkeys(one["name"] for one in described.get("running", ())))
    _switched(made)


def _as_now(made: Told) -> None:
    """The parameters of the scenario as this version has them, where the results kept none."""
    from seedbed.model.scenario import Scenario

    scenario = made.arms[0].scenario if made.arms else made.scenario
    scene = Scenario.load(scenario)
    made.scenario, made.parameters, made.recorded = scene.name, scene.table(), False
    made.running = tuple(dict.fromkeys(programme.name for _, place in scene.places for programme in place.programmes))
    _switched(made)


def _switched(made: Told) -> None:
    """The programmes of the scenario and of the arms, with the evidence of what arms switch on."""
    from seedbed.model import programmes

    asked = [*made.running, *(path.partition("programme.")[2].partition(".")[0] for arm in made.arms for path in arm.changes if "programme." in path)]
    for name in dict.fromkeys(asked):
        try:
            programme = programmes.load(name)
        except BadInput:  # a file of somebody's own, or of another version
            made.programmes[name] = {"title": name.replace("_", " "), "sources": []}
            continue
        rows = programme.table()
        made.programmes[name] = {"title": programme.title, "sources": [row["source"] for row in rows]}
        made.evidence |= {row["name"]: row for row in rows}


def _found(one: Mapping, value: str = "value") -> report.Estimate:
    """A value with its interval, as it was written."""
    return report.Estimate(*(_finite(one[key]) for key in (value, "low", "high")), 0)


def _finite(value: Any) -> float:
    return math.nan if value is None else float(value)
