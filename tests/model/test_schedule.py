"""SCHEDULE is what the compiled quarter does, step by step; every rule of the book has its place in it."""

import ast
import re
from pathlib import Path

import pytest

from seedbed.agents.row import KINDS
from seedbed.model import schedule
from seedbed.model.ecosystem import IN_TABLE_ORDER, TABLE_OF
from seedbed.model.schedule import SCHEDULE
from seedbed.model.world import World

MODEL = Path(schedule.__file__).parent
AGENTS = MODEL.parent / "agents"
TOOLS = ("draws.py", "money.py", "rule.py")  # used by rules; tested on their own
LISTS = {"n_live": "live", "n_seekers": "seekers", "n_agenda": "due", "n_open_funds": "open_funds"}
TURNS = {"": [], "live": ["w.live[n]"], "seekers": ["w.seekers[n]"], "open_funds": ["w.open_funds[n]"], "due": ["w.agenda[n].row"]}


def functions(file):
    """Functions at the top of a file, by name."""
    return {node.name: node for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)}


BOOK = functions(MODEL / "schedule.py")


def walks_over(loop):
    """What a loop of the compiled quarter goes through: a table, the living, or those due."""
    text = ast.unparse(loop.iter)
    if found := re.fullmatch(r"range\(w\.(\w+)\.shape\[0\]\)", text):
        return found[1]
    return LISTS[re.fullmatch(r"range\((?:w\.clock\[0\]|clock)\.(\w+)\)", text)[1]]


def steps_in(nodes, each=""):
    """Names of the rules that a piece of the compiled quarter calls, in order, and over what; functions of the same file are opened."""
    for node in nodes:
        if isinstance(node, ast.For):
            assert not each, "a loop in a loop is no step"
            yield from steps_in(node.body, walks_over(node))
        elif isinstance(node, ast.If):
            assert each == "due" and ast.unparse(node.test) == "w.agenda[n].tick == clock.now" and not node.orelse
            yield from steps_in(node.body, each)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            name, *given = (ast.unparse(part) for part in (node.value.func, *node.value.args))
            if name in BOOK:
                assert given == ["w"] and not each
                yield from steps_in(BOOK[name].body)
            else:
                assert given[0] == "w"
                assert given[1:] == TURNS[each] if each in TURNS else given[1:] in (["i"], ["j"])
                yield name, each
        elif isinstance(node, ast.Assign):
            assert ast.unparse(node) == "clock = w.clock[0]"
        else:
            assert ast.unparse(node) == "clock.now += 1" or isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant), ast.unparse(node)


def quarter():
    (loop,) = (node for node in BOOK["quarters"].body if isinstance(node, ast.While))
    return loop


def test_the_schedule_is_the_order_of_the_compiled_quarter():
    assert list(steps_in(quarter().body)) == [(step.rule.__name__, step.each) for step in SCHEDULE]


def test_a_quarter_passes_once_and_stops_where_a_table_is_full():
    assert ast.unparse(quarter().test) == "clock.now < until and clock.full == 0"
    assert [ast.unparse(node) for node in quarter().body].count("clock.now += 1") == 1
    assert ast.unparse(quarter().body[-1]) == "clock.now += 1"


def test_phases_follow_each_other():
    numbers = [int(step.phase.split()[0]) for step in SCHEDULE]
    assert numbers == sorted(numbers)
    assert set(numbers) <= set(range(1, 10))
    assert len({step.phase for step in SCHEDULE}) == len(set(numbers))


def test_a_compiled_part_does_steps_of_one_phase():
    phases = {step.rule.__name__: step.phase for step in SCHEDULE}
    for node in quarter().body[:-1]:
        done = {phases[name] for name, _ in steps_in([node])}
        assert len(done) == 1, ast.unparse(node)


@pytest.mark.parametrize("step", SCHEDULE, ids=lambda step: step.rule.__name__)
def test_a_step_says_its_phase_and_what_happens(step):
    said = re.match(r"Phase (\d)(, once a year)?: \w", step.rule.__doc__)
    assert said, step.rule.__doc__
    assert said[1] == step.phase.split()[0]


def test_a_rule_is_one_step():
    names = [step.rule.__name__ for step in SCHEDULE]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("step", [s for s in SCHEDULE if s.each], ids=lambda step: step.rule.__name__)
def test_agents_can_take_every_step_of_their_rows(step):
    table = TABLE_OF.get(step.each, step.each)
    assert table in World._fields
    assert getattr(KINDS[table], step.rule.__name__).__doc__ == step.rule.__doc__


def test_agents_take_no_other_steps():
    steps = {(TABLE_OF.get(step.each, step.each), step.rule.__name__) for step in SCHEDULE if step.each}
    offered = {(table, name) for table, kind in KINDS.items() for name, value in vars(kind).items() if callable(value) and name[0] != "_"}
    assert offered == steps
    assert {name for _, name in steps} >= IN_TABLE_ORDER


# --- nothing is left over --------------------------------------------------------------------------------------------


def is_rule(node):
    return any(ast.unparse(decorator) in ("rule", "market_rule") for decorator in node.decorator_list)


def test_every_rule_is_reached_from_the_schedule():
    """What the agents' files call a rule is used in a quarter, or when a world is opened."""
    used_by = {}
    rules = {}
    for file in (*sorted(AGENTS.glob("*.py")), MODEL / "schedule.py"):
        for name, node in functions(file).items():
            used_by[name] = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            if is_rule(node) and file.name not in TOOLS:
                assert name not in rules, f"{name} is in {rules[name]} and in {file.name}"
                rules[name] = file.name
    reached, ahead = set(), {"open_world", "quarters"}
    while ahead:
        reached |= ahead
        ahead = {name for caller in ahead for name in used_by[caller] if name in used_by} - reached
    assert {name: file for name, file in rules.items() if name not in reached} == {}


def test_every_rule_longer_than_a_line_says_what_happens():
    silent = []
    for file in sorted(AGENTS.glob("*.py")):
        for name, node in functions(file).items():
            if is_rule(node) and name[0] != "_" and len(node.body) > 1 and not ast.get_docstring(node):
                silent.append(f"{file.name}: {name}")
    assert silent == []
