"""A report as one HTML file: nothing is loaded from anywhere, no script, every word escaped.

It names its language, has a table of contents, captions and headers for those who hear it read, and prints as it should. A policy in its head
forbids the browser to fetch anything at all.
"""

from __future__ import annotations

import base64
import html as escaping
import re

from seedbed.model.language import say

from .publish import Code, Document, Figure, Heading, Items, Note, Paragraph, Strong, Table, Text

__all__ = ["html"]

LANGUAGES = {"en": "en", "zh": "zh-Hans"}

STYLE = """
:root { --ink: #1b1f24; --soft: #5a6572; --line: #d5dae0; --blue: #0072B2; --red: #B54A00; --paper: #ffffff; --tint: #f3f6f9; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 Charter, "Bitstream Charter", "Source Serif 4", Georgia, "DejaVu Serif", serif; }
body:lang(zh) { font-family: "Noto Serif CJK SC", "Source Han Serif SC", "Songti SC", SimSun, "Noto Sans CJK SC", "WenQuanYi Micro Hei", serif; line-height: 1.75; }
h1, h2, h3, nav, table, figcaption, .note b.title, .kicker { font-family: "Source Sans 3", "Helvetica Neue", Arial, "Liberation Sans", "DejaVu Sans", sans-serif; }
:lang(zh) :is(h1, h2, h3, nav, table, figcaption, .kicker) { font-family: "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei", sans-serif; }
.page { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
header { border-bottom: 3px solid var(--blue); padding-bottom: 1rem; margin-bottom: 1.5rem; }
.kicker { color: var(--soft); font-size: .9rem; letter-spacing: .02em; margin: 0; }
h1 { font-size: clamp(1.6rem, 4vw, 2.4rem); line-height: 1.2; margin: .3rem 0 0; }
h2 { font-size: 1.4rem; margin: 2.8rem 0 .8rem; padding-top: .6rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.08rem; margin: 1.8rem 0 .5rem; }
p, li { max-width: 46rem; }
li { margin: .35rem 0; }
nav { font-size: .93rem; margin: 1.5rem 0; }
nav ol { columns: 2; padding-left: 1.4rem; margin: .4rem 0; }
nav a { color: var(--blue); }
code { font: .88em/1.4 "Source Code Pro", "Liberation Mono", "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.note { border-left: 5px solid var(--blue); background: var(--tint); padding: .9rem 1.2rem; margin: 1.2rem 0; }
.note.warning { border-color: var(--red); background: #fdf3ec; }
.note b.title { display: block; color: var(--blue); }
.note.warning b.title { color: var(--red); }
.note p { margin: .45rem 0; }
.wide { overflow-x: auto; margin: 1rem 0 1.6rem; }
.wide:focus-visible, a:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .86rem; line-height: 1.4; }
caption { text-align: left; font-weight: 600; padding: .3rem 0 .5rem; }
th, td { text-align: left; vertical-align: top; padding: .34rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: break-word; min-width: 4.5rem; }
th:first-child { padding-left: 0; }
thead th { border-bottom: 2px solid var(--ink); vertical-align: bottom; }
tbody th { font-weight: 400; }
table.numbers td, table.numbers thead th:not(:first-child) { text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 1.4rem 0 2rem; }
figure img { max-width: 100%; height: auto; border: 1px solid var(--line); background: white; }
figcaption { font-size: .9rem; color: var(--soft); margin-top: .4rem; max-width: 46rem; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem 1rem; }
@media (max-width: 40rem) { nav ol { columns: 1; } .page { padding: 1.2rem .9rem 3rem; } }
@media print {
  body { font-size: 10pt; } .page { max-width: none; padding: 0; } nav, .skip { display: none; } .wide { overflow: visible; }
  h2, h3, caption { break-after: avoid; } figure, .note, tr { break-inside: avoid; } thead { display: table-header-group; } table { font-size: 8pt; }
}
"""


def html(document: Document) -> str:
    """The whole file."""
    language = document.language
    body, sections = [], []
    for block in document.blocks:
        if isinstance(block, Heading) and block.level == 2:
            sections.append((f"s{len(sections) + 1}", block.text))
            body.append(f'<h2 id="{sections[-1][0]}">{_escaped(block.text)}</h2>')
        else:
            body.append(_block(block))
    first = next((place for place, block in enumerate(document.blocks) if isinstance(block, Heading)), 0)
    listed = "".join(f'<li><a href="#{name}">{_escaped(text)}</a></li>' for name, text in sections)
    contents = f'<nav aria-labelledby="contents"><b id="contents">{_escaped(say("Contents", language))}</b><ol>{listed}</ol></nav>'
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{LANGUAGES[language]}">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="generator" content="Seedbed">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">",
            f"<title>{_escaped(document.title)}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            f'<a class="skip" href="#{sections[0][0] if sections else ""}">{_escaped(say("To the text", language))}</a>',
            '<div class="page">',
            f'<header><p class="kicker">{_escaped(document.subtitle)}</p><h1>{_escaped(document.title)}</h1></header>',
            "<main>",
            *body[:first],
            contents,
            *body[first:],
            "</main>",
            "</div>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _block(block: object) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{_escaped(block.text)}</h{block.level}>"
    if isinstance(block, Paragraph):
        return f"<p>{_words(block.text)}</p>"
    if isinstance(block, Items):
        return "<ul>" + "".join(f"<li>{_words(item)}</li>" for item in block.items) + "</ul>"
    if isinstance(block, Note):
        title = f'<b class="title">{_escaped(block.title)}</b>' if block.title else ""
        return f'<div class="note {block.kind}" role="note">{title}{"".join(f"<p>{_words(item)}</p>" for item in block.items)}</div>'
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Figure):
        data = base64.b64encode(block.png).decode()
        return f'<figure><img alt="{_escaped(block.alt)}" src="data:image/png;base64,{data}"><figcaption>{_escaped(block.caption)}</figcaption></figure>'
    raise TypeError(f"no block of a report: {type(block).__name__}")


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_words(cell)}</th>' for cell in table.header)
    lines = []
    for row in table.rows:
        first, *rest = row
        lines.append(f'<tr><th scope="row">{_words(first)}</th>{"".join(f"<td>{_words(cell)}</td>" for cell in rest)}</tr>')
    kind = ' class="numbers"' if table.numbers else ""
    caption = _escaped(table.caption)
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{caption}"><table{kind}><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _words(text: Text) -> str:
    """Words with what is strong or code marked as such."""
    if isinstance(text, tuple):
        return "".join(_words(piece) for piece in text)
    if isinstance(text, Strong):
        return f"<strong>{_escaped(text)}</strong>"
    return f"<code>{_escaped(text)}</code>" if isinstance(text, Code) else _escaped(text)


def _escaped(text: str) -> str:
    """Text that a browser shows as it is: marks escaped, control characters shown as unknown."""
    return escaping.escape(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", "\ufffd", str(text)), quote=True)
