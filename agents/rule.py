"""How a rule is compiled.

A rule is a small function over records: rows of numpy structured arrays, one table per kind of
agent. It is written once and runs in two ways that give the same bytes:

- **compiled** by Numba, when Numba is installed;
- **interpreted** by Python itself, when Numba is missing or ``NUMBA_DISABLE_JIT=1`` is set. Slow,
  but every line can be stepped through and measured for coverage, and errors that compiled code
  passes over in silence (a division by zero, a logarithm of a negative number) are raised.

What a rule may use, so that both ways agree to the last bit: ``math.*``, comparisons, ``+ - * /``.
Not ``**``, no numpy functions, no new arrays, no strings. Whole numbers that must wrap around at
64 bits go through :func:`u64`, since numpy, Python and Numba each have a different idea of what an
unsigned number plus a plain one is.

Switches, read from the environment once, at import:

==================== =====================================================================
NUMBA_DISABLE_JIT=1  interpret the rules instead of compiling them
SEEDBED_NRT=1        keep Numba's reference counting inside rules (off by default: rules
                     allocate nothing, so counting is pure cost, and without it a rule that
                     does allocate fails to compile)
NUMBA_CACHE_DIR      folder under which compiled rules are kept between sessions; default: the
                     user's cache folder
==================== =====================================================================
"""

from __future__ import annotations

import contextlib
import functools
import gc
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

__all__ = [
    "INTERPRETED",
    "MASK",
    "REFERENCE_COUNTING",
    "as_rows",
    "bind",
    "cache_folder",
    "high_product",
    "i64",
    "market_rule",
    "rule",
    "u64",
]

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


def _switched_on(variable: str) -> bool:
    return os.environ.get(variable, "0").strip() not in ("", "0")


def _compiler() -> Any:
    """The numba module, or None when rules are to be interpreted."""
    if _switched_on("NUMBA_DISABLE_JIT"):
        return None
    try:
        import numba
    except ImportError:
        return None
    return None if numba.config.DISABLE_JIT else numba


numba: Any = _compiler()

INTERPRETED: bool = numba is None
"""True when rules run as plain Python."""

REFERENCE_COUNTING: bool = _switched_on("SEEDBED_NRT")
"""True when compiled rules keep Numba's reference counting."""


# --- Where compiled rules are kept -----------------------------------------------------------------
#
# Numba keeps a compiled function as long as its own file is unchanged. A rule calls rules of other
# files, and those are built into it, so that test is too weak: an edited rule would go on running in
# its old form wherever another file calls it. Hence one folder per state of the whole rule book.

_OWN_FOLDER = Path(__file__).parent
_FOLDERS_KEPT = 8
_decorating = threading.Lock()


def _rule_book() -> list[Path]:
    """All files whose change makes compiled rules stale."""
    machine = _OWN_FOLDER.parent / "model"
    files = [*_OWN_FOLDER.rglob("*.py"), machine / "engine.py", machine / "schedule.py"]
    return sorted(file for file in files if file.is_file())


def _fingerprint(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()[:20]


def _contents(files: list[Path]) -> list[bytes]:
    return [part for file in files for part in (file.name.encode(), file.read_bytes())]


def _book_key() -> str:
    """Name of the state of rule book, compiler, options and processor."""
    from llvmlite import binding

    settings = [
        sys.version,
        np.__version__,
        numba.__version__,
        binding.get_host_cpu_name(),
        binding.get_host_cpu_features().flatten(),
        repr(sorted(_options().items())),
    ]
    for name in ("OPT", "BOUNDSCHECK", "CPU_NAME", "CPU_FEATURES", "LOOP_VECTORIZE", "SLP_VECTORIZE"):
        settings.append(repr(getattr(numba.config, name, None)))
    return _fingerprint(*(text.encode() for text in settings), *_contents(_rule_book()))


def _user_cache() -> Path:
    if numba.config.CACHE_DIR:
        return Path(numba.config.CACHE_DIR)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _make_private(folder: Path) -> None:
    """Make a folder that only this user can enter; OSError if that cannot be had.

    What lies in it is loaded and run, so a folder that someone else owns or could write to is not
    trusted.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if hasattr(os, "getuid"):
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise PermissionError(f"{folder} belongs to someone else")
        if found.st_mode & 0o077:
            folder.chmod(0o700)
    with tempfile.TemporaryFile(dir=folder):
        pass


def _prune(folder: Path, kept: Path) -> None:
    """Remove the folders of rule books not used for longest."""
    with contextlib.suppress(OSError):
        others = [other for other in folder.glob("rules-*") if other != kept]
        others.sort(key=lambda other: other.stat().st_mtime, reverse=True)
        for old in others[_FOLDERS_KEPT - 1 :]:
            shutil.rmtree(old, ignore_errors=True)


@functools.lru_cache(maxsize=1)
def cache_folder() -> Path | None:
    """The folder of compiled rules for the present state of the rule book.

    Under the user's cache folder; else, where that cannot be written (a read-only home), under the
    system's temporary folder; else None, and rules are compiled anew in every session. Always None
    when rules are interpreted.
    """
    if INTERPRETED:
        return None
    key = _book_key()
    user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    places: list[Callable[[], Path]] = [
        lambda: _user_cache() / "seedbed",
        lambda: Path(tempfile.gettempdir()) / f"seedbed-{user}",
    ]
    for place in places:
        # RuntimeError is how pathlib says that there is no home.
        with contextlib.suppress(OSError, RuntimeError):
            own = place()
            folder = own / f"rules-{key}"
            _make_private(own)
            _make_private(folder)
            os.utime(folder)
            _prune(own, folder)
            return folder
    return None


@functools.lru_cache(maxsize=256)
def _folder_for(source: Path) -> Path | None:
    """The cache folder for rules written in one file.

    A rule from outside the rule book (a study, a test, somebody's own extension) may use whatever
    lies beside it, so its folder is named by all Python files there as well. One typed at a prompt
    has no file to compare with and is not kept.
    """
    folder = cache_folder()
    if folder is None or not source.is_file():
        return None
    book = {file.resolve() for file in _rule_book()}
    if source.resolve() in book:
        return folder
    beside = _fingerprint(*_contents(sorted(source.parent.glob("*.py"))))
    return folder / f"beside-{beside}"


@contextlib.contextmanager
def _cache_in(folder: Path | None) -> Iterator[None]:
    """Numba looks up its cache folder while a function is decorated; set it for just that time."""
    with _decorating:
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(folder or "")
        try:
            yield
        finally:
            numba.config.CACHE_DIR = before


# --- Decorators ------------------------------------------------------------------------------------


def _options() -> dict[str, Any]:
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    if not REFERENCE_COUNTING:
        options["_nrt"] = False
    return options


@functools.lru_cache(maxsize=1)
def _part_options() -> dict[str, Any]:
    """How Numba is told to leave out, for a part, what only a function that is called needs: full optimisation and machine code.

    Both are done where the part is built in. This takes a third off the time of compiling all rules. It goes through two classes of Numba that
    it documents for compiler writers only; where a version of Numba has them otherwise, parts are compiled like everything else.
    """
    try:
        from numba.core.codegen import JITCodeLibrary
        from numba.core.compiler import CompilerBase, DefaultPassBuilder
        from numba.core.compiler_machinery import register_pass
        from numba.core.typed_passes import NativeLowering

        for name in ("_finalize_dynamic_globals", "_finalize_final_module", "_optimize_final_module", "get_pointer_to_function"):
            getattr(JITCodeLibrary, name)
    except (ImportError, AttributeError):
        return {}

    class WithoutEntry:
        """The code generator for a function that has no place in memory where an environment could be noted."""

        def __init__(self, codegen: Any) -> None:
            self._codegen = codegen

        def __getattr__(self, name: str) -> Any:
            return getattr(self._codegen, name)

        def set_env(self, _name: str, _environment: Any) -> None:
            pass

    class PartLibrary(JITCodeLibrary):  # type: ignore[misc]
        """Code that is only ever linked into other code."""

        @property
        def codegen(self) -> Any:
            return WithoutEntry(self._codegen)

        def get_pointer_to_function(self, _name: str) -> int:
            self._ensure_finalized()
            return 0

        def _optimize_final_module(self) -> None:
            passes, builder = self._codegen._module_pass_manager(loop_vectorize=False, slp_vectorize=False, opt=0, cost="cheap")
            passes.run(self._final_module, builder)

        def _finalize_final_module(self) -> None:
            self._finalize_dynamic_globals()
            self._finalized = True

    @register_pass(mutates_CFG=True, analysis_only=False)
    class PartLowering(NativeLowering):  # type: ignore[misc]
        _name = "part_lowering"

        def run_pass(self, state: Any) -> Any:
            state.library = PartLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
            return super().run_pass(state)

    class PartCompiler(CompilerBase):  # type: ignore[misc]
        def define_pipelines(self) -> list[Any]:
            pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)
            pipeline.passes = [(PartLowering if step is NativeLowering else step, why) for step, why in pipeline.passes]
            pipeline.finalize()
            return [pipeline]

    return {"pipeline_class": PartCompiler}


def _undisturbed(compile_for: Callable[..., Any]) -> Callable[..., Any]:
    """Compiling without Python's collector of garbage, which would search millions of live objects of the compiler again and again for nothing."""

    @functools.wraps(compile_for)
    def compile_without_collector(*arguments: Any) -> Any:
        collecting = gc.isenabled()
        gc.disable()
        try:
            return compile_for(*arguments)
        finally:
            if collecting:
                gc.enable()

    return compile_without_collector


def _compiled(function: AnyFunction, **more: Any) -> AnyFunction:
    """A function compiled in two kinds: whole, to be called from Python and kept on disk, and as a part that is built into other rules.

    A part has no entry from Python, which for a tuple of twenty tables takes longer to compile than most rules, and is not kept: what it is
    built into is. Python's entry to it is the whole, compiled when somebody first asks for it.
    """
    if INTERPRETED:
        return function
    folder = _folder_for(Path(function.__code__.co_filename))
    with _cache_in(folder):
        whole: Any = numba.njit(cache=folder is not None, no_cfunc_wrapper=True, **_options(), **more)(function)
    part = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **_options(), **_part_options(), **more)(function)
    whole.compile = _undisturbed(whole.compile)

    def call_template(arguments: Any, keywords: Any) -> Any:
        return part.get_call_template(tuple(map(_widened, arguments)), {name: _widened(kind) for name, kind in keywords.items()})

    whole.get_call_template = call_template
    whole.get_overload = part.get_overload
    return whole


def _widened(kind: Any) -> Any:
    """The type as which a rule receives an argument from another rule: any signed whole number as 64 bits, so that constants, fields of
    32 bits and sums share one compiled form."""
    types = numba.core.types
    if isinstance(kind, types.IntegerLiteral) or (isinstance(kind, types.Integer) and kind.signed):
        return types.int64
    return kind


def rule(function: AnyFunction) -> AnyFunction:
    """Mark a function as a rule for one or a few rows. It is built into the rules that call it."""
    return _compiled(function, forceinline=True)


def market_rule(function: AnyFunction) -> AnyFunction:
    """Mark a function as a rule over whole tables. Called, not built in: it is long and called once."""
    return _compiled(function)


def bind(function: Callable[..., Any], *example: Any) -> Callable[..., Any]:
    """A rule as a Python callable without the cost of choosing among its compiled forms.

    ``bind(step_venture, world, 0, 0)`` compiles ``step_venture`` for these types if need be and
    returns that one form. It must be called with arguments of exactly those types: Python ``int``
    where the example had ``int``, the same kind of record, the same layout of array. Nothing checks
    this. An interpreted rule is returned as it is.
    """
    if INTERPRETED or not hasattr(function, "overloads"):
        return function
    types = tuple(function.typeof_pyval(value) for value in example)  # type: ignore[attr-defined]
    function.compile(types)  # type: ignore[attr-defined]
    entry: Callable[..., Any] = function.overloads[types].entry_point  # type: ignore[attr-defined]
    return entry


def as_rows(table: np.ndarray) -> np.recarray:
    """The same table with its fields as attributes: ``rows[3].cash`` for ``table[3]["cash"]``.

    Raises ValueError for a field that has the name of something all numpy values have (``size``,
    ``round``, ``real``): interpreted rules would be given that and not the field.
    """
    for name in table.dtype.names or ():
        if hasattr(np.record, name):
            raise ValueError(f"a field cannot be called {name!r}: all numpy values have something of that name")
    return table.view(np.recarray)


# --- Whole numbers that mean the same in both modes --------------------------------------------------

if INTERPRETED:

    def u64(number: Any) -> Any:
        """``number`` as an unsigned 64-bit whole number (wrapping around).

        Interpreted this is a Python ``int``, which grows where 64 bits would wrap, so products and
        sums are cut back with ``& MASK``. Compiled it is a ``numpy.uint64`` and ``& MASK`` is free.
        """
        return int(number) & 0xFFFF_FFFF_FFFF_FFFF

    def i64(number: Any) -> Any:
        """``number`` as a signed 64-bit whole number."""
        return int(number)

    def high_product(a: Any, b: Any) -> Any:
        """The upper 64 bits of the 128-bit product of two unsigned 64-bit numbers."""
        return (a * b) >> 64

else:
    from numba.core import types as _types
    from numba.extending import intrinsic as _intrinsic

    u64 = np.uint64
    i64 = np.int64

    @_intrinsic
    def high_product(_context, a, b):  # type: ignore[no-untyped-def]
        """The upper 64 bits of the 128-bit product of two unsigned 64-bit numbers."""
        from llvmlite import ir

        if a != _types.uint64 or b != _types.uint64:
            raise TypeError(f"high_product multiplies two u64 numbers, not {a} and {b}")

        def generate(_target, builder, _signature, arguments):  # type: ignore[no-untyped-def]
            wide = ir.IntType(128)
            left, right = (builder.zext(argument, wide) for argument in arguments)
            product = builder.mul(left, right)
            return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

        return _types.uint64(a, b), generate


MASK = u64(0xFFFF_FFFF_FFFF_FFFF)
"""All 64 bits set."""
