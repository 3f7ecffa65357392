"""The live page as a Solara application: one desk for each visitor, one component that shows it.

    seedbed app                       starts it; see `serve`

The browser draws and Python computes. A step is asked for by the browser when it has drawn the one before, so that a slow machine gets fewer steps
and never a queue of them, and a page that was closed asks for none. Each connection has a desk of its own, which dies with it.
"""

from __future__ import annotations

import functools
import os
import secrets
import threading
import time
import warnings
import webbrowser
from pathlib import Path
from typing import Any

from seedbed.agents.errors import BadInput

__all__ = ["LOOPBACK", "check_place", "serve"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
FOLDER = Path(__file__).parent
PARTS = ("frame", "controls", "story", "twins", "lesson")


@functools.cache
def template() -> str:
    """The page's component: its template and behaviour from page.vue, the drawing that a replay file uses as well from drawing.js."""
    vue, drawing = ((FOLDER / name).read_text(encoding="utf-8") for name in ("page.vue", "drawing.js"))
    return vue.replace("/* drawing.js stands here */", drawing)


def _component() -> Any:
    """The widget class of the page: the desk's parts go to the browser, acts come back."""
    import ipyvue
    import traitlets

    class Seen(ipyvue.VueTemplate):
        template = traitlets.Unicode(template()).tag(sync=True)
        frame = traitlets.Dict().tag(sync=True)
        controls = traitlets.Dict().tag(sync=True)
        story = traitlets.Dict().tag(sync=True)
        twins = traitlets.Dict().tag(sync=True)
        lesson = traitlets.Dict().tag(sync=True)
        fault = traitlets.Unicode().tag(sync=True)
        answered = traitlets.Int().tag(sync=True)
        desk: Any = None

        def vue_act(self, act: Any) -> None:
            self.desk.act(act)
            self.answered += 1

    return Seen


def _page() -> Any:
    import solara

    from .desk import Desk

    seen = _component()

    @solara.component
    def Page() -> None:
        router = solara.use_router()
        query = router.search or ""
        solara.Title("Seedbed")

        def sit_down() -> Desk:
            return Desk(query)

        desk = solara.use_memo(sit_down, [])
        element = seen.element(**{part: getattr(desk, part) for part in PARTS}, fault=desk.fault)

        def connect() -> Any:
            widget = solara.get_widget(element)
            widget.desk = desk

            def show(part: str) -> None:
                setattr(widget, part, getattr(desk, part))

            desk.changed = show
            return desk.leave

        solara.use_effect(connect, [])

    return Page


def __getattr__(name: str) -> Any:
    """Solara looks for `Page` and `Layout`; they are made when it does, so that importing this module needs no Solara."""
    if name == "Page":
        page = globals()["Page"] = _page()
        return page
    if name == "Layout":
        import solara

        @solara.component
        def Layout(children: Any = ()) -> Any:
            return solara.Column(children=list(children), gap="0px", style={"padding": "0"})

        globals()["Layout"] = Layout
        return Layout
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def serve(host: str = "127.0.0.1", port: int = 8765, browser: bool = True, query: str = "", said: Any = print) -> None:
    """Serve the page until interrupted. Nobody else reaches it unless `host` is told otherwise; nothing is asked of any other machine.

    Raises BadInput where Solara is not installed, or the port is taken.
    """
    check_place(host, port)
    os.environ |= {
        "SOLARA_APP": "seedbed.experiments.page.app",
        "SOLARA_MODE": "production",
        "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "false",
        "SOLARA_THEME_LOADER": "plain",
        "SOLARA_THEME_SHOW_BANNER": "false",
        "SOLARA_ASSETS_FONTAWESOME_ENABLED": "false",
        "SOLARA_ASSETS_CDN": f"http://127.0.0.1:{port}/not-here",  # what is not on this machine is not fetched from another
        "SOLARA_KERNEL_CULL_TIMEOUT": "5m",
        "SOLARA_SESSION_SECRET_KEY": secrets.token_hex(16),
    }
    try:
        import uvicorn
        from solara.server.starlette import app
        from starlette.middleware.trustedhost import TrustedHostMiddleware
    except ImportError as error:
        allowed = "an installation with the page's libraries: pip install 'seedbed[page]', or make environment in a checkout"
        raise BadInput(what="the page's library", given=error.name, allowed=allowed, where="seedbed app") from None
    known = app
    if host in LOOPBACK:  # a page elsewhere that lets its own name point here is not answered
        known = TrustedHostMiddleware(app, allowed_hosts=list(LOOPBACK))
    # Solara asks for a cookie across sites, which needs https, and says at each visit that it does without
    warnings.filterwarnings("ignore", message="Cookies with samesite=none require https", module="solara")
    server = uvicorn.Server(uvicorn.Config(known, host=host, port=port, log_level="warning", ws_max_size=2**20))
    address = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}/{query}"

    def when_it_stands() -> None:
        while not server.started and not server.should_exit:
            time.sleep(0.05)
        if server.started:
            said(f"Seedbed's page: {address}   (stop: Ctrl-C)")
            if browser:
                webbrowser.open(address)

    threading.Thread(target=when_it_stands, daemon=True).start()
    server.run()


def check_place(host: str, port: int) -> None:
    """Whether the address can be bound at all, told before anything is loaded."""
    import socket

    try:
        if not 0 < port < 65536:
            raise OverflowError("no such port")
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        allowed = "an address of this machine and a port from 1 to 65535 that is free"
        raise BadInput(what="the place of the page", given=f"{host}:{port}", allowed=allowed, where=f"seedbed app: {error}") from None
