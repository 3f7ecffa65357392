"""The command that writes the teaching model as a page for a browser. `command.py` registers it."""

from __future__ import annotations

from typing import Annotated

import typer

from .command import answers, app, compiling_told, say

__all__ = ["teaching"]


@app.command()
@answers
def teaching(
    out: Annotated[str, typer.Option(metavar="DIR", help="The folder to write; nothing may be there yet.")],
    pyodide: Annotated[str | None, typer.Option(metavar="FOLDER", help="A copy of Pyodide (core files and numpy's wheel) to put beside the page: it then works without internet.")] = None,
    pyodide_url: Annotated[str | None, typer.Option(metavar="URL", help="Load Pyodide from this address (https) instead: whoever opens the page NEEDS INTERNET, and that address learns of it.")] = None,
    language: Annotated[str, typer.Option(metavar="en|zh", help="The language with which the page begins; it can be switched there.")] = "en",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier folder of this command.")] = False,
) -> None:
    """Write a small teaching model that runs in a browser, by the same rules, interpreted: static files for any web server.

    Two small cities under one seed, sliders for tolerance, fund life and graduates, networks, charts, and who became a unicorn in one world only. Prints the
    folder. Pyodide (Python for browsers) is not part of Seedbed: give a copy, or an address of your own choice.

    \b
    Examples:
      seedbed teaching --out classroom --pyodide path/to/pyodide
      seedbed teaching --out classroom --pyodide-url https://... --language zh
      python -m http.server --bind 127.0.0.1 --directory classroom
    """
    from .page.teaching import write

    with compiling_told():
        place = write(out, pyodide=pyodide, url=pyodide_url, language=language, overwrite=overwrite)
    print(place)
    say(f"To open it: python -m http.server --bind 127.0.0.1 --directory {place}    (a browser does not start Python from a page opened as a file)")
    if pyodide is None and pyodide_url is None:
        say(f"Pyodide is not in it: put a copy with its numpy into {place / 'pyodide'}, or write it again with --pyodide FOLDER.")
    if pyodide_url is not None:
        say(f"This page needs internet: it loads Python from {pyodide_url}.")
