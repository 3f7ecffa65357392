"""The generated reference: every parameter, programme, scenario, fact, target, outcome, event and command, from the files and the code that they are.

`library.py` adds the public names of the library, `findings.py` the studies. Nothing here belongs to the model.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from findings import write_studies
from library import write_library
from words import ROOT, between, both, chinese, code, listed, number, sentence, table, tree, words

from seedbed.agents.accounts import EVENT_NAMES
from seedbed.model import programmes
from seedbed.model.odd import readers
from seedbed.model.outcomes import OUTCOMES
from seedbed.model.parameters import AXES, Definition, definitions, evidence
from seedbed.model.scenario import Scenario
from seedbed.model.words import EVENTS, LETTERS

# -- parameters -------------------------------------------------------------------------------------------------------


def write_parameters(pages: Any) -> None:
    """A page for each group of parameters, and one that says how to read them."""
    groups: dict[str, list[Definition]] = {}
    for definition in definitions().values():
        groups.setdefault(definition.name.partition(".")[0], []).append(definition)
    read_by, section = readers(), _sections_of_rules()
    for group, members in groups.items():
        head = f"# Parameters: {group}\n\n{len(members)} parameters, from `model/parameters/{group}.toml`."
        pages.write(f"reference/parameters/{group}", "\n\n".join([head, *(_parameter(one, read_by, section) for one in members)]))
    pages.write("reference/parameters/index", _about_parameters(groups))


def _about_parameters(groups: dict[str, list[Definition]]) -> str:
    count = Counter(definition.status for members in groups.values() for definition in members)
    kinds = ", ".join(f"{n} {status}" for status, n in count.most_common())
    links = {group: ", ".join(f"[{one.name}](#parameter-{one.name})" for one in members) for group, members in groups.items()}
    rows = ([f"[{group}]({group}.md)", str(len(members)), links[group]] for group, members in groups.items())
    return f"""# Parameters

Every number about the world stands in a file, with its meaning, unit, range, status and source. There are {sum(count.values())}: {kinds}.
*Observed* and *estimated* ones name a source, *calibrated* ones were fitted to the targets, *assumed* ones say why they are as they are. The *range* is
what sensitivity studies try; the *limits* are what is accepted at all. `seedbed sources` prints the same for any scenario.

{table(("group", "number", "parameters"), rows, "number")}
{tree(groups)}"""


def _parameter(one: Definition, read_by: dict[str, list[str]], section: dict[str, str]) -> str:
    cites = dict(one.cites)
    if one.by:
        axes = "; ".join(", ".join(AXES[axis]) for axis in one.by)
        columns = ("element", "value", "equals the report's")[: 3 if cites else 2]
        rows = ([code(path), number(each), _cite(cites.get(path))][: len(columns)] for path, each in zip(one.paths, one.defaults, strict=True))
        value = f"by {' and '.join(one.by)} ({axes})\n\n" + table(columns, rows, "value")
    else:
        value = number(one.defaults[0]) + (f", which equals {_cite(cites[one.name])}" if one.name in cites else "")
    told = listed(
        ("Unit", words(one.unit)), ("Options", ", ".join(map(code, one.options))), ("Range", between(one.range)),
        ("Limits", between(one.limits) if one.unit != "choice" else ""), ("Status", one.status), ("Source", words(one.source)), ("Why", words(one.why)),
        ("Read by", ", ".join(_rule(rule, section) for rule in read_by[one.name])),
    )  # fmt: skip
    return f"""(parameter-{one.name})=
## {one.name}

{sentence(one.what)}

{chinese(one.what)}

{told}

**Value**: {value}"""


def _rule(name: str, section: dict[str, str]) -> str:
    """A rule, with the section of the ODD that tells of it; what only builds the world has none."""
    return code(name) + (f" ([{section[name].replace('-', '.')}](#odd-{section[name]}))" if name in section else "")


def _cite(cite: Any) -> str:
    if cite is None:
        return ""
    shown = words(cite.fact)
    if cite.over != 1.0:
        shown += f" over {number(cite.over)}"
    return shown + (f" times {number(cite.times)}" if cite.times != 1 else "")


def _sections_of_rules() -> dict[str, str]:
    """The section of the ODD that tells of each rule: {"open_year": "7-3", ...}."""
    headings = re.findall(r"^### 7\.(\d+) [^:\n]*: (.*)$", (ROOT / "model" / "ODD.md").read_text(encoding="utf-8"), re.M)
    return {rule: f"7-{section}" for section, rules in headings for rule in re.findall(r"`(\w+)`", rules)}


# -- programmes and scenarios -----------------------------------------------------------------------------------------


def write_programmes(pages: Any) -> None:
    """All programmes on one page, by instrument, and every field that a programme file may have."""
    every = [programmes.load(name) for name in programmes.names()]
    parts = [
        f"""# Programmes

What a government office does is a file. There are {len(every)}, each with the source of each figure; a scenario names those that run in its city.
`seedbed programmes show NAME` prints one, and [](programme-fields.md) says what a file may hold. To write your own, see
[](../how-to/own-programme.md)."""
    ]
    for instrument in programmes.NEEDS:
        of_it = [one for one in every if one.instrument == instrument]
        parts.append(f"## Instrument: {instrument}" + ("" if of_it else "\n\nNo programme that is shipped uses it."))
        parts += [_programme(pages, one) for one in of_it]
    pages.write("reference/programmes", "\n\n".join(parts))
    rows = (
        [code(name), words(field.what), words(field.unit), ", ".join(map(code, field.options)) or between(field.limits), ", ".join(field.by)]
        for name, field in programmes.FIELDS.items()
    )
    uses = []
    for instrument, needs in programmes.NEEDS.items():
        needed = [need.replace("|", " or ") for need in needs.split()]
        uses.append([instrument, ", ".join(map(code, needed)), ", ".join(code(field) for field in programmes.USES[instrument] if field not in needs.split())])
    pages.write(
        "reference/programme-fields",
        f"""# Fields of a programme file

Each with its meaning, its unit, and the options or limits of its value. A figure is written plainly (`amount = 0.2`) or with its evidence
(`amount = {{ value = 0.2, unit = "million RMB", source = "report.dxy" }}`).

{table(("field", "what it is", "unit", "allowed", "by"), rows)}
## Which instrument takes which

{table(("instrument", "needs", "also takes"), uses)}""",
    )


def _programme(pages: Any, one: Any) -> str:
    file = pages.lay(f"model/programmes/{one.name}.toml", "reference/programmes")
    rows = (
        [
            f"{code(row['name'].removeprefix(f'programme.{one.name}.'))}<br>{words(row['what'])}",
            number(row["value"]) + (f" {words(row['unit'])}" if row["unit"] not in ("choice", "names", "count") else ""),
            between((row["low"], row["high"]) if row["low"] is not None else None),
            row["status"],
            both(row["source"], row["why"]),
        ]
        for row in one.table()
    )
    return f"""(programme-{one.name})=
### {one.name}

**{words(one.title)}.** {words(one.about)}

{chinese(one.title, one.about)}

[The file]({file}).

{table(("field", "value", "range", "status", "source and reason"), rows)}"""


def write_scenarios(pages: Any) -> None:
    """All scenarios on one page: what each is, its programmes, and what differs from its base."""
    names = Scenario.names()
    parts = [
        f"""# Scenarios

A scenario is a city, or a country of cities, as a named difference from the evidence. There are {len(names)}. `seedbed scenarios` lists them,
`seedbed sources --scenario NAME` prints every number that holds in one. To write your own, see [](../how-to/own-city.md)."""
    ]
    pages.write("reference/scenarios", "\n\n".join(parts + [_scenario(pages, Scenario.load(name)) for name in names]))


def _scenario(pages: Any, one: Scenario) -> str:
    cities = Counter(city.name for _, city in one.cities)
    known = {name: f"[{name}](#scenario-{name})" for name in Scenario.names()}
    inside = ", ".join(known.get(name, name) + (f" ({count})" if count > 1 else "") for name, count in cities.items())
    running = ", ".join(f"[{p.name}](#programme-{p.name})" for p in one.programmes)
    rows = ([_parameter_link(o.name), number(o.value), both(o.source, o.why), words(o.where)] for o in one.overrides)
    file = pages.lay(f"model/scenarios/{one.name}.toml", "reference/scenarios")
    base = f"[{one.base}](#scenario-{one.base})" if one.base else ""
    return f"""(scenario-{one.name})=
## {one.name}

**{words(one.title)}.** {words(one.about)}

{chinese(one.title, one.about)}

{listed(("Base", base), ("Cities", inside), ("Programmes", running), ("File", f"[{one.name}.toml]({file})"))}

{table(("setting", "value", "source and reason", "set in"), rows, "value") or "No setting of its own differs from its base."}"""


def _parameter_link(path: str) -> str:
    known = definitions()
    parts = path.split(".")
    name = next((".".join(parts[:n]) for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in known), "")
    if name:
        return f"[{path}](#parameter-{name})"
    return f"[{path}](#programme-{parts[1]})" if parts[0] == "programme" and parts[1] in programmes.names() else code(path)


# -- evidence, outcomes, events ---------------------------------------------------------------------------------------


def write_evidence(pages: Any) -> None:
    """The facts of the report with what rests on them, and the targets."""
    resting = _what_cites()
    parts = ["# Facts of the report\n\nWhat the report states, in our words, with its figures; parameters, programmes and scenarios cite them by these names."]
    for name, fact in evidence("report").items():
        values = "; ".join(f"{code(key)} = {number(value)}" for key, value in fact.get("values", {}).items())
        said = listed(("Section", words(fact.get("section", ""))), ("Figures", values), ("Cited by", ", ".join(resting.get(name, []))))
        parts.append(f"(fact-{name})=\n## {name}\n\n{words(fact['says'])}\n\n{said}")
    pages.write("reference/facts", "\n\n".join(parts))
    parts = [
        """# Targets

What the model is held to: *A* was calibrated to, *B* never tuned to and reported as found, *C* is shown whatever its sign, *R* are the report's own rates.
How near the baseline comes is in [the README's table](readme.md#how-near-the-baseline-is-to-what-is-known)."""
    ]
    for name, target in evidence("target").items():
        told = listed(
            ("Value", _value_of(target.get("value"))), ("Band", _value_of(target.get("band"))),
            ("Band, as a share of the value", _value_of(target.get("band_relative"))),
            ("Expected sign", _value_of(target.get("expect"))), ("Population", words(target.get("population", ""))), ("Source", words(target.get("source", ""))),
            ("Seen", words(target.get("seen", ""))), ("Note", words(target.get("note", ""))),
        )  # fmt: skip
        parts.append(f"(target-{name})=\n## {name}\n\n{sentence(target['what'])}\n\n{told}")
    pages.write("reference/targets", "\n\n".join(parts))


def _value_of(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return "; ".join(f"{words(key)}: {_value_of(one)}" for key, one in value.items())
    return ", ".join(number(one) for one in value) if isinstance(value, list) else number(value)


def _what_cites() -> dict[str, list[str]]:
    """The parameters, programmes and scenarios whose text names each fact, as links."""
    texts = {f"[{name}](#parameter-{name})": f"{one.source} {one.why} {one.cites}" for name, one in definitions().items()}
    for name in programmes.names():
        texts[f"[{name}](#programme-{name})"] = (programmes.FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    for name in Scenario.names():
        texts[f"[{name}](#scenario-{name})"] = (ROOT / "model" / "scenarios" / f"{name}.toml").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for link, text in texts.items():
        for fact in dict.fromkeys(re.findall(r"report\.([a-z]\w*)", text)):
            found.setdefault(fact, []).append(link)
    return found


def write_outcomes(pages: Any) -> None:
    """Outcomes with unit and definition, and the events of the log."""
    rows = (
        [f"{code(name)}<br>{words(label)}<br>{chinese(label)}", words(unit), f"{words(what)}<br>{chinese(what)}"]
        for name, (label, unit, what) in OUTCOMES.items()
    )
    pages.write(
        "reference/outcomes",
        f"""# Outcomes

One number for each run, fixed before the runs. `history.outcomes()`, `seedbed run` and every study use these names. Money is at constant prices; the
*burn-in* is the first years of a run, which do not count (10 of 40 unless something else is said).

{table(("outcome", "unit", "what it is"), rows)}""",
    )
    amounts = {"fen": "million RMB"}
    rows = ([words(EVENT_NAMES[n]), event.who, event.whom, amounts.get(event.amount, words(event.amount)), words(event.note)] for n, event in EVENTS.items())
    letters = ", ".join(f"{letter} {kind}" for kind, letter in LETTERS.items())
    pages.write(
        "reference/events",
        f"""# Events

What a recorded run writes down, in the order in which it happened: `history.events()`. Ids begin with the letter of their kind ({letters}) and hold within one
run; a `key` names the same person or venture in every run under the same seed.

{table(("event", "about", "with", "amount", "what the amount is"), rows)}""",
    )


# -- the command line -------------------------------------------------------------------------------------------------


def commands() -> dict[str, Any]:
    """Every command by its full name: {"run": ..., "programmes list": ...}."""
    import typer

    from seedbed.experiments.command import app

    def below(group: Any, path: str) -> Iterable[tuple[str, Any]]:
        for name, command in group.commands.items():
            yield f"{path}{name}", command
            if hasattr(command, "commands"):
                yield from below(command, f"{path}{name} ")

    return dict(below(typer.main.get_command(app), ""))


def write_commands(pages: Any) -> None:
    """One page with every command: what it does, its arguments and options, its examples."""
    every = commands()
    rows = ([f"[seedbed {name}](#{_label(name)})", words((command.help or "").split("\n\n")[0])] for name, command in every.items())
    head = f"""# Command line

`seedbed COMMAND --help` prints the same. What was asked for goes to standard output, all else to standard error. Input that is wrong ends with one sentence
and exit code 2, an interrupt with 130, any other error with 1. `seedbed --version` prints the version, `seedbed --traceback COMMAND` shows where an error happened.

{table(("command", "what it does"), rows)}"""
    pages.write("reference/command-line", "\n\n".join([head, *(_command(name, command) for name, command in every.items())]))


def _label(name: str) -> str:
    return "command-" + name.replace(" ", "-")


def _command(name: str, command: Any) -> str:
    options = [one for one in command.params if one.opts[0].startswith("-")]
    arguments = [one for one in command.params if not one.opts[0].startswith("-")]
    given = [one.metavar if one.required else f"[{(one.metavar or one.name).strip('[]')}]" for one in arguments]
    usage = " ".join([f"seedbed {name}", *given, *(["[OPTIONS]"] if options else [])])
    rows = ([code(one.metavar or one.name), words(one.help or "")] for one in arguments)
    more = ([_spelled(one), words(one.help or ""), _default(one)] for one in options)
    return f"""({_label(name)})=
## seedbed {name}

```text
{usage}
```

{_help_of(command)}

{table(("argument", "what it is"), rows)}
{table(("option", "what it does", "default"), more)}"""


def _spelled(option: Any) -> str:
    return ", ".join(code(f"{name} {option.metavar or ''}".strip()) for name in (*option.opts, *option.secondary_opts))


def _default(option: Any) -> str:
    if option.required:
        return "must be given"
    return "" if option.default in (None, False, "", (), []) else code(str(option.default))


def _help_of(command: Any) -> str:
    """The help text as Markdown: paragraphs, and what follows a form feed (examples) as it is."""
    parts = []
    for part in (command.help or "").split("\n\n"):
        if part.lstrip().startswith("\b"):
            title, _, body = part.lstrip().lstrip("\b").lstrip("\n").partition("\n")
            parts.append(f"{title}\n\n```console\n" + "\n".join(f"$ {line.strip()}" for line in body.splitlines()) + "\n```")
        else:
            parts.append(words(part))
    return "\n\n".join(parts)


# -- all of it --------------------------------------------------------------------------------------------------------


def write_all(pages: Any) -> None:
    """Every generated page of the reference."""
    for write in (write_parameters, write_programmes, write_scenarios, write_evidence, write_outcomes, write_commands, write_library, write_studies):
        write(pages)
