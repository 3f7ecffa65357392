"""The page in a real browser, as a visitor on a desktop and on a phone meets it. Screenshots go to results/screenshots/, to be looked at."""

import contextlib
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[3]
SHOTS = ROOT / "results" / "screenshots"
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
SMALL = "set=city.graduates=25&set=city.newcomers=10&years=20"  # two settings of its own
LARGE = "scenario=hangzhou&set=city.graduates=150&tick=140"  # over 2,000 living ventures


@pytest.fixture(scope="module")
def port():
    """The page as anybody starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    command = [sys.executable, "-m", "seedbed", "app", "--no-browser", "--port", str(free)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}) as server:
        try:
            said = server.stdout.readline()
            assert f"http://127.0.0.1:{free}/" in said, said + server.stdout.read()
            yield free, server.pid
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    place = shutil.which("chromium") or shutil.which("google-chrome")
    assert place, "the tests of the page need chromium (on Debian: apt-get install chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place, args=["--no-sandbox", "--enable-precise-memory-info", "--js-flags=--expose-gc"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, port):
    """Opens the page in a browser session of its own; whatever goes wrong in it, or asks for another machine, fails the test."""
    contexts, wrong = [], []

    def open_page(query="", **kind):
        context = chromium.new_context(**(kind or DESKTOP))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(45_000)
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("response", lambda answer: wrong.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
        page.on("request", lambda asked: wrong.append(asked.url) if urlsplit(asked.url).hostname not in ("127.0.0.1", None, "") else None)
        page.on("websocket", lambda socket: wrong.append(socket.url) if urlsplit(socket.url).hostname != "127.0.0.1" else None)
        page.goto(f"http://127.0.0.1:{port[0]}/{query}")
        page.wait_for_selector(".seedbed nav")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong, wrong


def shot(page, name):
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(350)
    page.screenshot(path=SHOTS / f"{name}.png")


def year(page):
    return float(re.search(r"[\d.]+", page.locator("#when").inner_text())[0])


def until(page, reached, seconds=60):
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "waited in vain"
        page.wait_for_timeout(40)


def drawn(page, canvas="#network-here"):
    """How many pixels of a canvas are not empty."""
    script = "c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; }"
    return page.locator(canvas).evaluate(script)


def slide(page, path, value):
    """Move a slider as a hand does: its value, then the event that the browser sends when it is let go."""
    page.locator(f"[id='slider-{path}']").evaluate("(el, v) => { el.value = v; el.dispatchEvent(new Event('input')); el.dispatchEvent(new Event('change')); }", str(value))


def pick_a_venture(page, canvas="#network-here"):
    """By keyboard: arrow keys move among the agents, Enter opens one."""
    page.locator(canvas).focus()
    page.keyboard.press("ArrowRight")
    for _ in range(40):
        page.keyboard.press("Enter")
        page.wait_for_selector("#agent")
        if page.locator("#agent .story li").count():
            return
        before = page.locator("#agent h2").inner_text()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        with contextlib.suppress(AssertionError):
            until(page, lambda before=before: page.locator("#agent h2").inner_text() != before, 2)
    raise AssertionError("no venture was found by the arrow keys")


@pytest.mark.parametrize(("kind", "name"), [(DESKTOP, "desktop"), (PHONE, "phone")])
def test_a_visit(visit, kind, name):
    page = visit(**kind)
    assert year(page) == 10 and drawn(page) > 2000
    shot(page, f"{name}-1-opened")

    page.select_option("#scenario", "shuozhou")
    until(page, lambda: year(page) == 0)
    page.select_option("#speed", "50")
    page.click("#play")
    until(page, lambda: year(page) >= 5)
    page.click("#play")
    page.wait_for_timeout(2000)  # a step that was asked for may still be answered
    stopped = year(page)
    page.wait_for_timeout(500)
    assert year(page) == stopped, "paused, it stands still"
    shot(page, f"{name}-2-played")

    funnel = page.locator("#chart-funnel").text_content
    before = funnel()
    slide(page, "city.graduates", 300)
    until(page, lambda: funnel() != before)
    assert year(page) == stopped, "the same quarter under another setting"
    assert page.locator(".slider.changed").count() == 1

    pick_a_venture(page)
    assert len(page.locator("#agent .story").inner_text()) > 100
    page.locator("#agent").scroll_into_view_if_needed()
    shot(page, f"{name}-3-story")

    page.select_option("#scenario", "baseline")
    until(page, lambda: year(page) == 0)
    page.click("#tab-twins")
    page.wait_for_selector("#network-there")
    page.click("#side-there")
    slide(page, "fund.tolerance.market", 0.5)
    until(page, lambda: page.locator("figcaption .change").count() >= 1)
    assert "not evidence" in page.locator("#one-pair").inner_text()
    page.locator("#tick").evaluate("el => { el.value = el.max; el.dispatchEvent(new Event('change')); }")
    until(page, lambda: year(page) == 40)
    until(page, lambda: sorted(end[:3] for end in page.locator("#chart-money text title").all_text_contents()) == ["A: ", "A: ", "B: ", "B: "])
    until(page, lambda: page.locator("#twins-died_here li, #twins-died_there li").count() > 0)
    assert drawn(page) > 2000 and drawn(page, "#network-there") > 2000
    assert any(page.locator(f"#twins-{which} li").count() for which in ("unicorn_here", "unicorn_there"))
    page.locator(".pair").scroll_into_view_if_needed()
    shot(page, f"{name}-4-twins")
    page.locator("#twins-unicorn_here").scroll_into_view_if_needed()
    shot(page, f"{name}-5-lost-and-found")

    english = page.locator("#play").inner_text()
    page.select_option("#language", "zh")
    until(page, lambda: page.locator("#play").inner_text() != english)
    assert page.locator(".seedbed").get_attribute("lang") == "zh"
    page.evaluate("scrollTo(0, 0)")
    shot(page, f"{name}-6-chinese")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the screen"


@pytest.mark.parametrize(("kind", "name"), [(DESKTOP, "desktop"), (PHONE, "phone")])
def test_a_lesson(visit, kind, name):
    page = visit("?view=lessons", **kind)
    assert page.locator(".card").count() == 6
    shot(page, f"{name}-7-lessons")
    page.click("#lesson-feed_or_flood")
    page.fill("#predict-more", "7")
    page.fill("#predict-fewer", "3")
    page.click("#run-lesson")
    page.wait_for_selector("#answer", timeout=120_000)
    answer = page.locator("#answer").inner_text()
    assert "7 of 10" in answer or "3 of 10" in answer or "0 of 10" in answer
    assert re.search(r"\(.*to.*\)", answer), "an interval is said"
    shot(page, f"{name}-8-answer")
    page.select_option("#language", "zh")
    until(page, lambda: page.locator("#answer").inner_text() != answer)
    page.click("#watch-lesson")
    page.wait_for_selector("#network-there")
    until(page, lambda: drawn(page, "#network-there") > 1000)


def test_everything_is_reached_by_the_keyboard(visit):
    page = visit(f"?{SMALL}")
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))
    wanted = {"tab-city", "tab-twins", "tab-lessons", "language", "scenario", "seed", "years", "slider-fund.tolerance.market", "play", "step", "year", "reset", "tick", "speed", "network-here"}
    assert wanted <= reached, wanted - reached
    before = year(page)
    page.locator("#step").focus()
    page.keyboard.press("Enter")
    until(page, lambda: year(page) == before + 0.25)
    page.locator("[id='slider-fund.tolerance.market']").focus()
    page.keyboard.press("ArrowRight")
    until(page, lambda: page.locator(".slider.changed").count() == 3)
    unnamed = page.evaluate(
        "[...document.querySelectorAll('.seedbed button, .seedbed input, .seedbed select, .seedbed canvas')].filter(e => !(e.innerText || e.getAttribute('aria-label') || (e.labels && e.labels.length))).map(e => e.outerHTML)"
    )
    assert not unnamed, unnamed


def test_two_sessions_do_not_see_each_other(visit):
    one, other = visit(f"?{SMALL}&tick=8"), visit(f"?{SMALL}&tick=8")
    before = other.locator("#chart-funnel").text_content()
    slide(one, "city.graduates", 200)
    one.click("#year")
    until(one, lambda: year(one) == 3)
    other.wait_for_timeout(400)
    assert year(other) == 2 and other.locator("#chart-funnel").text_content() == before
    other.click("#step")
    until(other, lambda: year(other) == 2.25)
    assert other.locator("[id='slider-city.graduates']").input_value() == "25"


def test_a_step_at_two_thousand_ventures_is_shown_in_time(visit):
    """From the click to the picture on the screen: at most 300 ms."""
    page = visit(f"?{LARGE}")
    until(page, lambda: drawn(page) > 5000)
    script = """async () => {
      const when = document.querySelector('#when'), before = when.innerText, start = performance.now();
      document.querySelector('#step').click();
      while (when.innerText === before) await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      return performance.now() - start;
    }"""
    medians = []
    for _ in range(4):  # other tests share the two processors: what the page takes is told by the quietest of some rounds
        taken = [page.evaluate(script) for _ in range(8)]
        medians.append(statistics.median(taken))
        print(f"a step is shown in {medians[-1]:.0f} ms (median of {len(taken)}; largest {max(taken):.0f})")
        if medians[-1] <= 300:
            break
    assert min(medians) <= 300, medians


def test_a_page_left_open_does_not_grow(visit, port):
    """A thousand steps: neither the browser's memory nor the server's goes on growing."""
    page = visit("?set=city.graduates=20&set=city.newcomers=10&years=5&tick=0")
    page.check("#loop")
    page.select_option("#speed", "50")

    def memory():
        page.evaluate("gc()")
        browser = page.evaluate("performance.memory.usedJSHeapSize") / 2**20
        kept = int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{port[1]}/status").read_text())[1]) / 2**10
        return browser, kept, page.evaluate("document.querySelectorAll('*').length")

    page.click("#play")
    runs = lambda: int(page.locator("#seed").input_value())  # noqa: E731
    until(page, lambda: runs() >= 11, 200)  # 200 steps to warm up
    before = memory()
    until(page, lambda: runs() >= 51, 350)  # a thousand
    after = memory()
    print("browser MB, server MB, elements:", before, after)
    assert after[0] < before[0] + 10 and after[1] < before[1] + 60 and after[2] < before[2] * 1.5, (before, after)


@pytest.mark.parametrize("query", ["?seed=abc", "?scenario=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "?set=fund.life.market=%3Cscript%3Ealert(1)%3C/script%3E", "?colour=red"])
def test_a_bad_address_gives_a_clear_message(visit, query):
    page = visit(query)
    page.on("dialog", lambda dialog: pytest.fail(f"something typed was executed: {dialog.message}"))
    words = page.locator("#fault").inner_text()
    assert "allowed" in words
    assert page.locator("#fault").evaluate("e => e.children.length") == 0, "what was typed stands there as text"
    page.click("#step")
    until(page, lambda: year(page) == 10.25)
    assert page.locator("#fault").count() == 0


def test_a_broken_upload_gives_a_clear_message(visit, tmp_path):
    page = visit(f"?{SMALL}")
    page.on("dialog", lambda dialog: pytest.fail(f"something typed was executed: {dialog.message}"))
    file = tmp_path / "mine.toml"
    page.locator("summary", has=page.locator("text=A scenario of your own")).click()
    for text, words in (("this is no scenario", "not TOML"), ('title = "<img src=x onerror=alert(1)>"\nabout = "x"\n[set]\n"fund.life.market" = "soon"', "fund.life.market"), (" " * 500_000, "size")):
        file.write_text(text)
        page.set_input_files("#upload", file)
        until(page, lambda words=words: page.locator("#fault").count() == 1 and words in page.locator("#fault").inner_text())
    file.write_text('title = "<img src=x onerror=alert(1)>"\nabout = "<b>mine</b>"\nbase = "baseline"\n[set]\n"city.graduates" = 20')
    page.set_input_files("#upload", file)
    until(page, lambda: "<b>mine</b>" in page.locator(".about").inner_text())
    assert page.locator("#fault").count() == 0 and page.locator(".about b, .seedbed img").count() == 0


def test_what_is_typed_is_only_text(visit):
    page = visit(f"?{SMALL}")
    for hostile in ("__import__('os').system('true')", "<script>alert(1)</script>", "{{ 7*7 }}", "1; drop table"):
        page.fill("#seed", hostile)
        page.press("#seed", "Enter")
        until(page, lambda: page.locator("#fault").count() == 1)
        assert "49" not in page.locator("#fault").inner_text()
        page.fill("#seed", hostile)  # refused in the same words once more
        page.press("#seed", "Enter")
        until(page, lambda: page.locator("#seed").input_value() == "1")
    page.fill("#seed", "12")
    page.press("#seed", "Enter")
    until(page, lambda: page.locator("#fault").count() == 0 and year(page) == 0)


def test_only_this_machine_reaches_it(port):
    """It listens on 127.0.0.1 and nowhere else, and answers to no other name."""
    listening = [line.split()[1] for line in Path(f"/proc/{port[1]}/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"]
    mine = [place for place in listening if int(place.rpartition(":")[2], 16) == port[0]]
    assert mine == [f"0100007F:{port[0]:04X}"]
    with socket.create_connection(("127.0.0.1", port[0])) as link:
        link.sendall(b"GET / HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n")
        assert link.recv(100).startswith(b"HTTP/1.1 400")


def test_a_port_that_is_taken_is_said(port):
    done = subprocess.run([sys.executable, "-m", "seedbed", "app", "--no-browser", "--port", str(port[0])], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2 and str(port[0]) in done.stderr and "free" in done.stderr
    done = subprocess.run([sys.executable, "-m", "seedbed", "app", "--no-browser", "--language", "fr"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2 and "fr" in done.stderr
