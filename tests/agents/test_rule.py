"""How rules are compiled, kept between sessions, and bound."""

import gc
import os
import shutil
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from seedbed.agents import rule as rule_module
from seedbed.agents.rule import (
    INTERPRETED,
    MASK,
    REFERENCE_COUNTING,
    as_rows,
    bind,
    high_product,
    i64,
    market_rule,
    rule,
    u64,
)

if not INTERPRETED:
    from numba.core.errors import TypingError

compiled_only = pytest.mark.skipif(INTERPRETED, reason="about compiled rules")


@rule
def grow(row, factor):
    row.stock = row.stock * factor + 1


@market_rule
def grow_all(rows, factor):
    for i in range(len(rows)):
        grow(rows[i], factor)
    return len(rows)


@rule
def upper_half(a, b):
    return high_product(u64(a), u64(b))


@rule
def product(a, b):
    return (u64(a) * u64(b)) & MASK


@rule
def signed(a):
    return i64(a)


def table(stocks):
    rows = np.zeros(len(stocks), dtype=np.dtype([("stock", "i8"), ("weight", "f8")], align=True))
    rows["stock"] = stocks
    return as_rows(rows)


def test_a_rule_writes_the_rows_it_is_given():
    rows = table([1, 10, 100])
    assert grow_all(rows, 3) == 3
    assert rows.stock.tolist() == [4, 31, 301]


def test_as_rows_is_a_view():
    plain = np.zeros(2, dtype=[("cash", "i8")])
    rows = as_rows(plain)
    rows[1].cash = 7
    assert plain["cash"].tolist() == [0, 7]


@pytest.mark.parametrize("name", ["size", "round", "T", "tolist"])
def test_a_name_that_all_numpy_values_have_is_refused(name):
    with pytest.raises(ValueError, match=name):
        as_rows(np.zeros(2, dtype=[("cash", "i8"), (name, "i8")]))


def test_a_bound_rule_does_what_the_rule_does():
    rows, same = table([1, 10, 100]), table([1, 10, 100])
    bound = bind(grow_all, rows, 3)
    assert bound(rows, 5) == grow_all(same, 5)
    assert rows.tobytes() == same.tobytes()


@compiled_only
def test_binding_gives_the_compiled_form_itself():
    rows = table([1])
    bound = bind(grow_all, rows, 3)
    assert bound is not grow_all
    assert bound in [form.entry_point for form in grow_all.overloads.values()]
    assert bind(grow_all, rows, 8) is bound


def test_binding_a_plain_function_returns_it():
    assert bind(len, [1]) is len


LARGEST = 2**64 - 1


@pytest.mark.parametrize(
    ("a", "b"),
    [(0, 0), (1, LARGEST), (2, 2**63), (LARGEST, LARGEST), (0xD2E7470EE14C6C93, 0x9E3779B97F4A7C15), (2**32, 2**32)],
)
def test_wide_products_agree_with_whole_numbers_of_any_size(a, b):
    a, b = np.uint64(a), np.uint64(b)
    assert int(upper_half(a, b)) == (int(a) * int(b)) >> 64
    assert int(product(a, b)) == (int(a) * int(b)) % 2**64


def test_numbers_wrap_around_at_64_bits():
    assert int(product(-1, 1)) == LARGEST
    assert int(product(np.int64(-3), np.uint64(5))) == 2**64 - 15
    assert signed(np.uint64(12)) == 12


@compiled_only
@pytest.mark.skipif(REFERENCE_COUNTING, reason="allowed when references are counted")
def test_a_rule_that_makes_an_array_does_not_compile():
    @rule
    def wasteful(n):
        return np.zeros(n).sum()

    with pytest.raises(TypingError):
        wasteful(3)


# --- Compiled rules kept between sessions ------------------------------------------------------------

BOOK = {
    "__init__.py": "",
    "idea.py": """
        from .rule import rule

        @rule
        def worth(x):
            return x + 1
        """,
    "firm.py": """
        from .idea import worth
        from .rule import rule

        @rule
        def value(x):
            return 10 * worth(x)
        """,
}
SESSION = """
import sys
from seedbed.agents.firm import value
from seedbed.agents.rule import cache_folder, numba
print(value(1), sum(value.stats.cache_hits.values()), cache_folder(), repr(numba.config.CACHE_DIR))
"""


@pytest.fixture
def book(tmp_path):
    """A small rule book of two files, the second of which builds in a rule of the first."""
    agents = tmp_path / "seedbed" / "agents"
    agents.mkdir(parents=True)
    (tmp_path / "seedbed" / "__init__.py").touch()
    for name, text in BOOK.items():
        (agents / name).write_text(textwrap.dedent(text))
    shutil.copy(rule_module.__file__, agents / "rule.py")
    return agents


def session(book, **switches):
    """Run the rules in a new interpreter; return result, forms found in the cache, and the folder."""
    cache = book.parent.parent / "cache"
    environment = {
        name: value for name, value in os.environ.items() if name not in ("SEEDBED_NRT", "NUMBA_DISABLE_JIT")
    }
    environment |= {"NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(book.parent.parent), **switches}
    done = subprocess.run(
        [sys.executable, "-c", SESSION], env=environment, cwd=book.parent.parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    value, hits, folder, setting = done.stdout.split()
    assert setting == repr(str(cache)), "Numba's setting is put back"
    return int(value), int(hits), Path(folder)


@compiled_only
def test_a_rule_is_compiled_anew_when_a_rule_in_another_file_changes(book):
    assert session(book)[:2] == (20, 0)
    value, hits, folder = session(book)
    assert (value, hits) == (20, 1), "unchanged: found in the cache"
    idea = book / "idea.py"
    idea.write_text(idea.read_text().replace("x + 1", "x + 2"))
    value, hits, changed = session(book)
    assert (value, hits) == (30, 0)
    assert changed != folder


@compiled_only
def test_the_schedule_belongs_to_the_rule_book_and_the_parameters_do_not(book):
    machine = book.parent / "model"
    machine.mkdir()
    folder = session(book)[2]
    (machine / "parameters.py").write_text("x = 1")
    assert session(book)[1:] == (1, folder)
    (machine / "schedule.py").write_text("x = 1")
    assert session(book)[2] != folder


@compiled_only
def test_each_setting_of_reference_counting_has_its_own_cache(book):
    off = session(book, SEEDBED_NRT="0")
    on = session(book, SEEDBED_NRT="1")
    assert off[0] == on[0] == 20
    assert off[2] != on[2]


@compiled_only
def test_the_cache_is_private_and_old_ones_are_removed(book):
    cache = book.parent.parent / "cache" / "seedbed"
    for age in range(12):
        old = cache / f"rules-{age:02}"
        old.mkdir(parents=True)
        os.utime(old, (1e9 - age, 1e9 - age))
    (cache / "something else").mkdir()
    folder = session(book)[2]
    assert folder.parent == cache
    left = sorted(path.name for path in cache.iterdir())
    assert left == sorted([folder.name, "something else", *(f"rules-{age:02}" for age in range(7))])
    if hasattr(os, "getuid"):
        assert [stat.S_IMODE(path.stat().st_mode) for path in (cache, folder)] == [0o700, 0o700]


@pytest.fixture
def places(monkeypatch, tmp_path):
    """User cache and temporary folder of a machine of our own."""
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(rule_module, "_user_cache", lambda: home)
    monkeypatch.setattr(rule_module.tempfile, "gettempdir", lambda: str(temporary))
    return home, temporary


@compiled_only
def test_where_the_user_has_no_cache_the_temporary_folder_is_used_and_then_none(places):
    home, temporary = places
    find = rule_module.cache_folder.__wrapped__
    assert find().parent == home / "seedbed"
    shutil.rmtree(home)
    home.write_text("not a folder")
    folder = find()
    assert folder.parent.parent == temporary
    assert folder.is_dir()
    shutil.rmtree(temporary)
    temporary.write_text("not a folder")
    assert find() is None


@compiled_only
@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners")
def test_a_folder_of_somebody_else_is_not_trusted(places, monkeypatch):
    find = rule_module.cache_folder.__wrapped__
    assert find() is not None
    find()
    stranger = os.getuid() + 1
    monkeypatch.setattr(rule_module.os, "getuid", lambda: stranger)
    assert find() is None


@compiled_only
def test_a_rule_without_a_file_is_not_kept(tmp_path):
    assert rule_module._folder_for(tmp_path / "<a prompt>") is None


@compiled_only
def test_a_rule_outside_the_book_is_kept_by_what_lies_beside_it(tmp_path):
    study = tmp_path / "study.py"
    study.write_text("x = 1")
    find = rule_module._folder_for.__wrapped__
    before = find(study)
    assert before.parent == rule_module.cache_folder()
    (tmp_path / "helper.py").write_text("y = 1")
    assert find(study) != before
    assert find(Path(rule_module.__file__)) == rule_module.cache_folder()


def test_without_numba_rules_are_interpreted(book):
    hidden = "import sys; sys.modules['numba'] = None\n"
    script = hidden + "from seedbed.agents.firm import value; from seedbed.agents import rule\n"
    script += "print(value(1), rule.INTERPRETED, rule.bind(value, 1) is value, rule.cache_folder())"
    environment = os.environ | {"PYTHONPATH": str(book.parent.parent)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=book.parent.parent, capture_output=True, text=True
    )
    assert done.stdout.split() == ["20", "True", "True", "None"], done.stderr


# --- how parts are compiled ------------------------------------------------------------------------------------------


@compiled_only
def test_a_part_has_no_machine_code_of_its_own_and_what_it_is_built_into_has():
    own = {"rule": rule, "market_rule": market_rule}
    text = """
@rule
def add_one(row):
    row.stock += 1.0

@market_rule
def add_one_to_all(rows):
    for i in range(len(rows)):
        add_one(rows[i])
"""
    exec(compile(text, "<a prompt>", "exec"), own)  # not kept, so compiled here and now
    counted = np.zeros(3, [("stock", "f8")])
    own["add_one_to_all"](as_rows(counted))
    assert counted["stock"].tolist() == [1.0, 1.0, 1.0]
    (signature,) = own["add_one_to_all"].signatures
    whole = own["add_one_to_all"].overloads[signature].library
    parts = [library for library in whole._linking_libraries if type(library).__name__ == "PartLibrary"]
    assert parts and all(library.get_pointer_to_function("anything") == 0 for library in parts)
    assert type(whole).__name__ == "JITCodeLibrary" and not own["add_one"].overloads


@compiled_only
def test_another_numba_compiles_parts_like_everything_else(monkeypatch):
    from numba.core.codegen import JITCodeLibrary

    choose = rule_module._part_options.__wrapped__
    assert choose()
    monkeypatch.delattr(JITCodeLibrary, "get_pointer_to_function")
    assert choose() == {}


@compiled_only
def test_the_collector_rests_while_a_rule_is_compiled_and_works_again_after():
    seen = []

    def compile_for(types):
        seen.append((types, gc.isenabled()))
        if types == "wrong":
            raise TypeError(types)

    undisturbed = rule_module._undisturbed(compile_for)
    undisturbed("right")
    assert gc.isenabled()
    with pytest.raises(TypeError):
        undisturbed("wrong")
    assert gc.isenabled()
    gc.disable()
    try:
        undisturbed("again")
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert seen == [("right", False), ("wrong", False), ("again", False)]
