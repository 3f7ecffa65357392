"""The library's part of the reference, from the source: what is public, how it is called, and what its docstring says.

Modules are read, not imported, so that the pages can be written where an extra of the package is missing, and a signature is shown as its author wrote it.
"""

from __future__ import annotations

import ast
import copy
import functools
import re
from pathlib import Path
from typing import Any

from words import ROOT, code, literal, table, words

MODULES = ("model", "experiments", "experiments/page")
FOR_RULES = ("draws", "errors", "money", "row", "rule")  # what one needs from agents/ to write a rule; the rules themselves are in the ODD


def modules() -> dict[str, Path]:
    """Modules whose public names are described: all of the machine and of the laboratory that say what is public, and what a rule needs."""
    found = {f"seedbed.agents.{name}": ROOT / "agents" / f"{name}.py" for name in FOR_RULES}
    for folder in MODULES:
        for place in sorted((ROOT / folder).glob("*.py")):
            if not place.stem.startswith(("__", "command")):
                found[f"seedbed.{folder.replace('/', '.')}.{place.stem}"] = place
    return {name: place for name, place in found.items() if public_names(place)}


@functools.cache
def tree_of(place: Path) -> ast.Module:
    """The source of a module, parsed once."""
    return ast.parse(place.read_text(encoding="utf-8"))


def public_names(place: Path) -> list[str]:
    """The names in a module's `__all__`; those of its functions and classes that have no underscore before them, if it has no such list."""
    body = tree_of(place).body
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            return [ast.literal_eval(one) for one in getattr(node.value, "elts", []) if isinstance(one, ast.Constant)]
    return [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")]


def label_of(module: str, name: str) -> str:
    """The label of a name's entry. Labels know no capitals, and a module may have `PEAK` and `Peak` beside `peak`."""
    kind = "constant" if name == name.upper() else "class" if name[:1].isupper() else "function"
    return f"{kind}-{module}.{name}"


def door() -> dict[str, str]:
    """What a researcher types, `from seedbed import ...` -> the module where it lives."""
    import seedbed

    return dict(sorted(seedbed._HOME.items()))


def write_library(pages: Any) -> None:
    """A page for each module, and one that begins with the door of the package and leads to them all: they would drown the list at the side."""
    every = modules()
    for module, place in every.items():
        pages.write(f"reference/library/{module.removeprefix('seedbed.')}", _module(module, place))
    rows = ([f"[{name}](#{label_of(home, name)})", code(f"from seedbed import {name}"), words(_first_sentence(every[home], name))] for name, home in door().items())
    groups = {"agents": "What a rule is written with", "model": "The machine", "experiments": "The laboratory", "experiments.page": "Pages to look at"}
    lists = []
    for group, title in groups.items():
        inside = [name for name in (module.removeprefix("seedbed.") for module in every) if name.rpartition(".")[0] == group]
        described = ([f"[{name}]({name}.md)", words(_head_of(every[f"seedbed.{name}"]))] for name in inside)
        lists.append(f"## {title}\n\n{table(('module', 'what it is'), described)}" if inside else "")
    pages.write(
        "reference/library/index",
        f"""# Library

Generated from docstrings. These names come from the door of the package; everything else from the module that has it.

{table(("name", "how", "what it is"), rows)}
{chr(10).join(lists)}""",
    )


def _head_of(place: Path) -> str:
    return (ast.get_docstring(tree_of(place)) or "").split("\n\n")[0]


def _first_sentence(place: Path, name: str) -> str:
    node = next((one for one in tree_of(place).body if getattr(one, "name", "") == name), None)
    text = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split()) if node is not None else ""
    return text.split(". ")[0].rstrip(".")


def _module(module: str, place: Path) -> str:
    body = tree_of(place)
    defined = {node.name: node for node in body.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    parts = [f"---\norphan: true\n---\n\n# {module.removeprefix('seedbed.')}", f"[Library](index.md) / module `{module}`", markdown_of(ast.get_docstring(body) or "")]
    for name in public_names(place):
        if name in defined:
            node = defined[name]
            entry = _class(module, node) if isinstance(node, ast.ClassDef) else _function(module, node)
        elif constant := _constant(place, body, name):
            entry = _directive("py:data", name, constant, 4, module)
        else:
            continue  # brought in from another module, which describes it
        parts.append(f"({label_of(module, name)})=\n## {name}\n\n{entry}")
    return "\n\n".join(parts)


def _function(module: str, node: ast.FunctionDef) -> str:
    return _directive("py:function", node.name + _signature(node), markdown_of(ast.get_docstring(node) or ""), 4, module)


def _class(module: str, node: ast.ClassDef) -> str:
    methods = [one for one in node.body if isinstance(one, ast.FunctionDef)]
    opening = next((one for one in methods if one.name == "__init__"), None)
    signature = _signature(opening, without_self=True) if opening else _signature_of_fields(node)
    inside = [markdown_of(ast.get_docstring(node) or "")]
    inside += [_method(one) for one in methods if not one.name.startswith("_") and ast.get_docstring(one)]
    bare = [one.name for one in methods if not one.name.startswith("_") and not ast.get_docstring(one)]
    if bare:
        inside.append("Also: " + ", ".join(map(code, bare)) + ".")
    return _directive("py:class", node.name + signature, "\n\n".join(inside), 6, module)


def _method(node: ast.FunctionDef) -> str:
    marks = {ast.unparse(mark).rpartition(".")[2] for mark in node.decorator_list}
    if marks & {"property", "cached_property"}:
        of = f"\n:type: {ast.unparse(node.returns).strip(chr(39))}" if node.returns else ""
        return f":::::{{py:property}} {node.name}{of}\n\n{markdown_of(ast.get_docstring(node) or '')}\n:::::"
    kind = "\n:classmethod:" if "classmethod" in marks else "\n:staticmethod:" if "staticmethod" in marks else ""
    return f":::::{{py:method}} {node.name}{_signature(node, without_self='staticmethod' not in marks)}{kind}\n\n{markdown_of(ast.get_docstring(node) or '')}\n:::::"


def _directive(kind: str, signature: str, text: str, colons: int, module: str) -> str:
    fence = ":" * colons
    return f"{fence}{{{kind}}} {signature}\n:module: {module}\n\n{text}\n{fence}"


def _signature(node: ast.FunctionDef, without_self: bool = False) -> str:
    """As it stands in the source, in one line."""
    arguments = copy.deepcopy(node.args)
    if without_self:
        del (arguments.posonlyargs or arguments.args)[:1]
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({ast.unparse(arguments)}){returns}"


def _signature_of_fields(node: ast.ClassDef) -> str:
    """The fields of a record, which are what it is made from."""
    if not any("dataclass" in ast.unparse(mark) for mark in node.decorator_list) and not any("NamedTuple" in ast.unparse(base) for base in node.bases):
        return ""
    fields = [one for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and not one.target.id.startswith("_")]
    return "(" + ", ".join(f"{one.target.id}: {ast.unparse(one.annotation)}" + (" = ..." if one.value is not None else "") for one in fields) + ")"


def _constant(place: Path, body: ast.Module, name: str) -> str:
    """What is said of a constant: below it as a text, or above it as a comment."""
    for node, after in zip(body.body, [*body.body[1:], None], strict=True):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        if not any(isinstance(target, ast.Name) and target.id == name for target in targets):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            return markdown_of(after.value.value)
        comment = []
        for line in reversed(place.read_text(encoding="utf-8").splitlines()[: node.lineno - 1]):
            if not line.startswith("# ") or line.startswith("# --"):
                break
            comment.insert(0, line.removeprefix("# "))
        return markdown_of("\n".join(comment)) or "A constant of the module."
    return ""


def markdown_of(docstring: str) -> str:
    """A docstring as Markdown. Examples and indented parts are code; lines that begin with a name and a gap are a list; the rest is text as it is."""
    parts = []
    for block in re.split(r"\n\s*\n", docstring.strip("\n")):
        lines = block.splitlines()
        if block.lstrip().startswith(">>>"):
            parts.append("```pycon\n" + _outdented(lines) + "\n```")
        elif all(line.startswith("    ") for line in lines):
            parts.append("```python\n" + _outdented(lines) + "\n```" if _is_python(lines) else "```text\n" + _outdented(lines) + "\n```")
        elif _is_call(lines):
            parts.append("```python\n" + "\n".join(lines) + "\n```")
        elif len(lines) > 1 and sum(bool(re.match(r"`*[\w.*]+`*(?:, `*\w+`*)*(\s*: |\s{2,})\S", line)) for line in lines) >= max(2, len(lines) / 2):
            parts.append(_points(lines))
        else:
            parts.append(_with_code(lines))
    return "\n\n".join(parts)


def _with_code(lines: list[str]) -> str:
    """A paragraph; lines that are set in by four letters in the midst of it are code."""
    text: list[str] = []
    set_in: list[str] = []
    for line in [*lines, ""]:
        if line.startswith("    ") or (line.startswith(">>>") and not text):
            set_in.append(line)
            continue
        if set_in:
            text.append("\n```text\n" + _outdented(set_in) + "\n```\n")
            set_in = []
        text.append(re.sub(r"::$", ":", literal(line)))
    return "\n".join(text).strip()


def _points(lines: list[str]) -> str:
    """Lines of a name, a gap and what it means, as a list; a line that goes on stays with the one before."""
    points: list[str] = []
    for line in lines:
        if found := re.match(r"(`*[\w.*]+`*(?:, `*\w+`*)*)(?:\s*: |\s{2,})(\S.*)", line):
            points.append(f"- `{found[1].strip('`')}`: {literal(found[2])}")
        elif points:
            points[-1] += " " + literal(line.strip())
        else:
            points.append(literal(line) + "\n")
    return "\n".join(points)


def _outdented(lines: list[str]) -> str:
    least = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[least:] for line in lines)


def _is_call(lines: list[str]) -> bool:
    """Whether lines at the margin are an example: calls and assignments of calls, nothing else."""
    if not _is_python(lines):
        return False
    body = ast.parse("\n".join(lines)).body
    return bool(body) and all(isinstance(getattr(node, "value", None), ast.Call) for node in body)


def _is_python(lines: list[str]) -> bool:
    try:
        ast.parse(_outdented(lines))
    except SyntaxError:
        return False
    return True
