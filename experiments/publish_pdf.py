"""A report as PDF (PDF/UA-1, for those who hear it read), set by Typst, which comes as a library and works without network.

The words of the report never become Typst source: they are handed over as data (JSON), which a fixed template lays out, so that nothing in them can be
carried out. Fonts are the machine's and Typst's own; Chinese needs a font that has it.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from seedbed.agents.errors import BadInput
from seedbed.model.language import say

from .publish import Code, Document, Figure, Heading, Items, Note, Paragraph, Strong, Table, Text

__all__ = ["CHINESE_FONTS", "chinese_fonts", "pdf"]

# Fonts with simplified Chinese, the best for a printed text first.
CHINESE_FONTS = (
    "Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "Songti SC", "SimSun", "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "PingFang SC",
    "Microsoft YaHei", "SimHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "AR PL UMing CN", "Droid Sans Fallback",
)  # fmt: skip
WESTERN_FONTS = ("Libertinus Serif", "DejaVu Serif", "DejaVu Sans")

TALLEST = 1.25  # of a picture, in widths of a line

TEMPLATE = r"""
#let report = json("report.json")
#let blue = rgb("#0072B2")
#let red = rgb("#B54A00")
#let soft = rgb("#5a6572")
#let line-colour = rgb("#d5dae0")

#set document(title: report.title, date: none)
#set page(paper: "a4", margin: (x: 2.1cm, top: 2.2cm, bottom: 2.2cm), numbering: "1", footer: context {
  set text(8pt, fill: soft)
  grid(columns: (1fr, auto), report.title, counter(page).display("1 / 1", both: true))
})
#set text(font: report.fonts, size: 10pt, lang: report.lang, region: report.region, fallback: true)
#set par(justify: report.lang == "en", leading: 0.68em)
#set heading(numbering: none)
// Chinese fonts often have no bold: words to be seen first are drawn with a thicker line instead.
#let bold(body, colour) = if report.lang == "zh" { text(weight: "regular", stroke: 0.025em + colour, body) } else { body }
#show strong: it => if report.lang == "zh" { bold(it.body, black) } else { it }
#show heading.where(level: 1): it => block(above: 1.8em, below: 0.9em, sticky: true, text(15pt, fill: blue, bold(it.body, blue)))
#show heading.where(level: 2): it => block(above: 1.4em, below: 0.7em, sticky: true, text(11.5pt, bold(it.body, black)))
#show figure.caption: set text(8.5pt, fill: soft)
#show figure.caption: set align(left)
#show figure.caption: it => if it.kind == table { block(sticky: true, it) } else { it }
#show figure.where(kind: table): set figure.caption(position: top)
#show figure.where(kind: table): set block(breakable: true)
#show raw: set text(font: ("DejaVu Sans Mono", ..report.fonts), size: 1.02em)

// Long names in code may break after a dot or an underscore.
#let code(words) = raw(words.replace(".", ".\u{200B}").replace("_", "_\u{200B}").replace("=", "=\u{200B}"))
#let words(pieces) = pieces.map(piece => {
  if piece.kind == "strong" { strong(text(piece.text)) } else if piece.kind == "code" { code(piece.text) } else { text(piece.text) }
}).join()

#let note(it) = block(width: 100%, inset: (x: 12pt, y: 9pt), breakable: true, fill: if it.kind == "warning" { rgb("#fdf3ec") } else { rgb("#f3f6f9") },
  stroke: (left: 3pt + (if it.kind == "warning" { red } else { blue })), {
    if it.title != "" { text(weight: "bold", fill: if it.kind == "warning" { red } else { blue }, bold(it.title, if it.kind == "warning" { red } else { blue })); parbreak() }
    for item in it.items { par(words(item)) }
  })

#let rows(it) = {
  set text(8pt)
  set par(justify: false, leading: 0.5em)
  figure(kind: table, supplement: report.table, caption: text(it.caption), table(
    columns: it.widths.map(share => share * 1fr),
    align: (column, row) => (if it.numbers and column > 0 { right } else { left }) + top,
    stroke: (x, y) => (bottom: if y == 0 { 0.8pt + black } else { 0.4pt + line-colour }),
    inset: (x: 3.5pt, y: 3.5pt),
    table.header(..it.header.map(cell => strong(words(cell)))),
    ..it.rows.flatten().map(cell => words(cell.pieces)),
  ))
}

#block(below: 1em, text(9.5pt, fill: soft, report.subtitle))
#block(below: 1.2em, text(21pt, strong(report.title)))
#line(length: 100%, stroke: 1.6pt + blue)

#let shown(it) = {
  if it.block == "heading" { heading(level: it.level - 1, text(it.text)) }
  else if it.block == "paragraph" { par(words(it.text)) }
  else if it.block == "items" { list(..it.items.map(words)) }
  else if it.block == "note" { note(it) }
  else if it.block == "table" { rows(it) }
  else if it.block == "figure" { figure(image(it.file, width: it.width * 1%, alt: it.alt), caption: text(it.caption), supplement: report.figure) }
}
#for it in report.blocks.slice(0, report.contents) { shown(it) }
#block(above: 1.4em, { set text(9pt); outline(title: report.contents-title, depth: 1, indent: 0pt) })
#for it in report.blocks.slice(report.contents) { shown(it) }
"""


def pdf(document: Document) -> bytes:
    """The whole file; BadInput if Typst is not installed, or no font here has Chinese and the report is Chinese."""
    typst = _typst()
    found = chinese_fonts(typst.Fonts().families())
    if document.language == "zh" and not found:
        raise BadInput(what="a Chinese font for the PDF", given=None, allowed=list(CHINESE_FONTS), where="--pdf: none is installed here; --html needs none")
    fonts = [*found, *WESTERN_FONTS] if document.language == "zh" else [*WESTERN_FONTS, *found]
    with tempfile.TemporaryDirectory(prefix="seedbed-") as place:
        folder = Path(place)
        (folder / "report.json").write_text(json.dumps(_data(document, fonts, folder), ensure_ascii=False), encoding="utf-8")
        (folder / "report.typ").write_text(TEMPLATE, encoding="utf-8")
        return typst.compile(str(folder / "report.typ"), root=place, timestamp=0, pdf_standards="ua-1")


def _typst() -> Any:
    try:
        import typst
    except ImportError:
        raise BadInput(what="the library typst", given=None, allowed='it installed: pip install "seedbed[page]"', where="--pdf; --html needs none") from None
    return typst


def chinese_fonts(families: Any) -> list[str]:
    """Those of the known Chinese fonts that are among the families, the best first."""
    there = set(families)
    return [font for font in CHINESE_FONTS if font in there]


def _data(document: Document, fonts: list[str], folder: Path) -> dict[str, Any]:
    """The report as plain values for the template; its figures as files beside it."""
    blocks = [_block(block, place, folder) for place, block in enumerate(document.blocks)]
    language = document.language
    return {
        "title": _clean(document.title), "subtitle": _clean(document.subtitle), "lang": language, "region": "cn" if language == "zh" else None, "fonts": fonts, "blocks": blocks,
        "contents": next((place for place, block in enumerate(blocks) if block["block"] == "heading"), 0), "contents-title": say("Contents", language),
        "table": say("Table", language), "figure": say("Figure", language),
    }  # fmt: skip


def _block(block: object, place: int, folder: Path) -> dict[str, Any]:
    if isinstance(block, Heading):
        return {"block": "heading", "text": _clean(block.text), "level": block.level}
    if isinstance(block, Paragraph):
        return {"block": "paragraph", "text": _pieces(block.text)}
    if isinstance(block, Items):
        return {"block": "items", "items": [_pieces(item) for item in block.items]}
    if isinstance(block, Note):
        return {"block": "note", "kind": block.kind, "title": _clean(block.title), "items": [_pieces(item) for item in block.items]}
    if isinstance(block, Table):
        widths = list(block.widths) or [1] * len(block.header)
        rows = [[{"pieces": _pieces(cell)} for cell in row] for row in block.rows]
        header = [_pieces(cell) for cell in block.header]
        return {"block": "table", "header": header, "rows": rows, "caption": _clean(block.caption), "widths": widths, "numbers": block.numbers}
    if isinstance(block, Figure):
        name = f"figure{place}.png"
        (folder / name).write_bytes(block.png)
        return {"block": "figure", "file": name, "width": _width(block.png), "caption": _clean(block.caption), "alt": _clean(block.alt)}
    raise TypeError(f"no block of a report: {type(block).__name__}")


def _width(png: bytes) -> float:
    """Percent of the line that a picture takes, so that with its caption it stays on a page."""
    across, up = (int.from_bytes(png[place : place + 4], "big") for place in (16, 20))  # where a PNG says its size
    return min(100.0, 100.0 * TALLEST * across / up) if across and up else 100.0


def _pieces(text: Text) -> list[dict[str, str]]:
    """Words as pieces with what each is."""
    if isinstance(text, tuple):
        return [piece for part in text for piece in _pieces(part)]
    return [{"kind": "strong" if isinstance(text, Strong) else "code" if isinstance(text, Code) else "plain", "text": _clean(text)}]


def _clean(text: str) -> str:
    """Without characters that no font shows."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", "\ufffd", str(text))
