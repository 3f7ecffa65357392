"""The C port of the venture phase: writes its header from the records, compiles it with the system's compiler, and calls it on a world's tables."""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.agents import accounts, draws, venture
from seedbed.agents.rule import u64
from seedbed.model.world import World

SOURCE = Path(__file__).with_name("venture_phase.c")
FLAGS = ("-std=gnu99", "-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-fPIC", "-shared")
"""gnu99 only for the 128-bit product. Contraction off: a fused product and sum is rounded once and not twice."""

STRUCTS = {
    "p": "parameters",
    "tables": "prospects",
    "clock": "clock",
    "accounts": "account",
    "ventures": "venture",
    "cities": "city",
    "events": "event",
}
"""Tables that the phase reads or writes, and the name of a row in C."""

CONSTANTS: dict[Any, tuple[str, ...]] = {
    draws: ("SALT", "_MULTIPLY_0", "_MULTIPLY_1", "_STEP_0", "_STEP_1"),
    accounts: ("HOUSEHOLDS", "CUSTOMERS", "TREASURY", "MILESTONE", "MARKET_ENTRY"),
    venture: (
        "BUILDING", "SELLING", "PUBLIC", "SHUT", "OUT_OF_MONEY", "MARKET_FAILED", "CALLED_IN", "IN_MARKET",
        "MILESTONE_LUCK", "MARKET_LUCK", "SALES_LUCK",
    ),
}  # fmt: skip

C_TYPES = {"i1": "int8_t", "i4": "int32_t", "i8": "int64_t", "u8": "uint64_t", "f8": "double"}


class NoCompiler(RuntimeError):
    """The machine has no C compiler."""


def compiler() -> list[str]:
    """The system's C compiler: what CC says, else cc, gcc or clang."""
    for name in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        command = shlex.split(name)
        if command and shutil.which(command[0]):
            return command
    raise NoCompiler("no C compiler found (CC, cc, gcc, clang)")


def struct(name: str, record: np.dtype) -> str:
    """A record as a C structure, with checks that every field lies where numpy has it."""
    lines, checks = [], []
    for field in record.names or ():
        kind, offset = record.fields[field][:2]
        base, shape = kind.base, kind.shape
        places = "".join(f"[{n}]" for n in shape)
        lines.append(f"    {C_TYPES[base.str[1:]]} {field}{places};")
        checks.append(f"CHECK({name}_{field}, offsetof(struct {name}, {field}) == {offset})")
    checks.append(f"CHECK({name}_size, sizeof(struct {name}) == {record.itemsize})")
    return "\n".join([f"struct {name} {{", *lines, "};", *checks, ""])


def header(world: World) -> str:
    """records.h: constants, a structure for each record, and the world as pointers to the tables."""
    parts = [
        "/* Written by tests/bench/port.py from the records of the model. */",
        "#include <stddef.h>",
        "#include <stdint.h>",
        "#define CHECK(name, fact) typedef char check_##name[(fact) ? 1 : -1];",
        "",
    ]
    for module, names in CONSTANTS.items():
        for name in names:
            value = getattr(module, name)
            text = f"UINT64_C({int(value)})" if isinstance(value, u64) and int(value) >= 2**31 else f"{int(value)}"
            parts.append(f"#define {name.lstrip('_')} {text}")
    parts.append("")
    for table, name in STRUCTS.items():
        parts.append(struct(name, getattr(world, table).dtype))
    parts.append("struct world {")
    parts.extend(f"    struct {name} *{table};" for table, name in STRUCTS.items())
    parts.append("    int32_t *live;\n    int64_t room_for_events;\n};\n")
    return "\n".join(parts)


class _World(ctypes.Structure):
    _fields_ = [(table, ctypes.c_void_p) for table in STRUCTS] + [("live", ctypes.c_void_p), ("room_for_events", ctypes.c_int64)]


class Port:
    """The compiled C. `version` is the compiler's first line, `command` what was run."""

    def __init__(self, world: World, folder: Path) -> None:
        command = compiler()
        self.version = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
        (folder / "records.h").write_text(header(world))
        shutil.copy(SOURCE, folder)
        library = folder / "venture_phase.so"
        full = [*command, *FLAGS, "-I", str(folder), str(folder / SOURCE.name), "-o", str(library), "-lm"]
        done = subprocess.run(full, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"the C port does not compile:\n{done.stderr}")
        self.command = shlex.join([*command, *FLAGS])
        self._library = ctypes.CDLL(str(library))
        self._library.work_quarters.argtypes = [ctypes.POINTER(_World), ctypes.c_int64]
        self._library.draw_blocks.argtypes = [ctypes.c_uint64, ctypes.c_int64]
        self._library.draw_blocks.restype = ctypes.c_double

    def on(self, world: World) -> Callable[[int], None]:
        """The phase as a function of the number of quarters, on the tables of a world. It must not outlive them."""
        pointers = {table: getattr(world, table).ctypes.data for table in (*STRUCTS, "live")}
        own = _World(**pointers, room_for_events=len(world.events))

        def work_quarters(quarters: int) -> None:
            if self._library.work_quarters(ctypes.byref(own), quarters):
                raise ValueError("a payment was negative")

        return work_quarters

    def draw_blocks(self, seed: int, blocks: int) -> float:
        return float(self._library.draw_blocks(seed, blocks))
