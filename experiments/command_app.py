"""The command that serves the live page. `command.py` registers it."""

from __future__ import annotations

from typing import Annotated

import typer

from .command import answers, app as commands, compiling_told, say

__all__ = ["app"]


@commands.command()
@answers
def app(
    port: Annotated[int, typer.Option(metavar="N", help="Where it listens.")] = 8765,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Who may reach it: 127.0.0.1 only this machine, 0.0.0.0 the whole network.")] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")] = True,
    language: Annotated[str, typer.Option(metavar="LANGUAGE", help="en or zh.")] = "en",
) -> None:
    """The live page: a city on its way, two policies on the same people and luck, and lessons for a class. Works without internet.

    \b
    Examples:
      seedbed app
      seedbed app --language zh --port 9000
      seedbed app --host 0.0.0.0 --no-browser     for a class in the same network
    """
    from seedbed.model.language import check_language

    from .page.app import LOOPBACK, check_place, serve

    check_language(language, "--language")
    check_place(host, port)
    with compiling_told():  # before anybody waits at an empty page
        from .page.desk import Desk

        Desk("?years=1&tick=4")
    if host not in LOOPBACK:
        say(f"Everybody in the network of {host} can open this page. It reads nothing of this machine but Seedbed's own files.")
    serve(host, port, browser, query=f"?lang={language}", said=say)
