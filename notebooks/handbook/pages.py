"""The documentation site: gathers its pages into one folder and has Sphinx build them.

    python notebooks/handbook/pages.py results/site             this is what `make site` does

Pages come from three places: what is written by hand here (tutorial, how-to, explanation), what `reference.py`, `library.py` and `findings.py` write from
parameter files, the command line, docstrings and committed results, and documents of the repository that are taken as they are (ODD.md, LABORATORY.md, ...).
A link of such a document leads to the page that stands for the file it names; a file that has no page of its own is laid beside it to be downloaded.
Nothing is written into the folder of the sources, and the site appears only when it is whole.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import findings
import reference

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

# Documents of the repository -> their page. Those of the studies' answers are added below.
DOCUMENTS = {
    "README.md": "reference/readme",
    "CHANGELOG.md": "reference/changelog",
    "CONTRIBUTING.md": "reference/contributing",
    "model/ODD.md": "reference/odd",
    "model/SYSTEMS.md": "reference/systems",
    "model/TRACE.md": "reference/trace",
    "experiments/LABORATORY.md": "reference/laboratory",
    "experiments/TEACHING.md": "how-to/teaching",
    "tests/science/results/FALSIFICATION.md": "reference/falsification",
    "tests/science/results/THEORY.md": "reference/theory",
    "tests/science/SHADOW.md": "reference/shadow",
    "experiments/results/answer/summary.md": "reference/results/answer",
    "experiments/results/tolerance-horizon/summary.md": "reference/results/tolerance-horizon",
    "experiments/results/tolerance-horizon/audit.md": "reference/results/audit",
    "experiments/results/calibration/baseline/summary.md": "reference/results/calibration",
}
STUDIES = "experiments/results/studies"

# Files that a generated page tells about -> that page and the place on it ({0}: the file's name without its ending).
TOLD = (
    (r"model/parameters/(\w+)\.toml", "reference/parameters/{0}"),
    (r"model/programmes/(\w+)\.toml", "reference/programmes#programme-{0}"),
    (r"model/scenarios/([\w-]+)\.toml", "reference/scenarios#scenario-{0}"),
    (r"model/evidence/facts\.toml", "reference/facts"),
    (r"model/evidence/targets\.toml", "reference/targets"),
    (r"experiments/studies/(\w+)\.toml", "reference/studies/{0}"),
    (r"experiments/tolerance_horizon\.py", "reference/results/tolerance-horizon"),
)
# Headings that other pages point to: the file, the heading, the label put before it.
LABELS = (("model/ODD.md", r"^### 7\.(\d+) ", r"odd-7-\1"), ("model/SYSTEMS.md", r"^## (\d+)\. ", r"system-\1"))
LINK = re.compile(r"(!?\[[^\]\n]*\]\()([^)\s]+)(\))")
FENCE = re.compile(r"^(```+|~~~+).*?^\1\s*$", re.M | re.S)


def documents() -> dict[str, str]:
    """Every document of the repository that is on the site -> its page."""
    answers = {f"{STUDIES}/{place.parent.name}/summary.md": f"reference/studies/{place.parent.name}" for place in sorted((ROOT / STUDIES).glob("*/summary.md"))}
    return {name: page for name, page in (DOCUMENTS | answers).items() if (ROOT / name).is_file()}


class Pages:
    """The folder of pages while it is being filled. A page is named as Sphinx names it: its path without an ending."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.of_file = documents()

    def write(self, page: str, text: str) -> None:
        """A page, its text in MyST Markdown."""
        place = self.folder / f"{page}.md"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.rstrip() + "\n", encoding="utf-8")

    def take(self, file: str, before: str = "", after: str = "") -> None:
        """A document of the repository as the page that stands for it, `before` its first line and `after` its last."""
        page, text = self.of_file[file], (ROOT / file).read_text(encoding="utf-8")
        for named, heading, label in LABELS:
            if file == named:
                text = re.sub(heading, rf"({label})=\n\g<0>", text, flags=re.M)
        self.write(page, before + "".join(self.led(part, file, page) for part in _in_parts(text)) + after)

    def led(self, text: str, file: str, page: str) -> str:
        """A text of `file` with its links leading from `page` to where things are on the site. What stands between fences stays as it is."""
        if FENCE.match(text):
            return text
        return LINK.sub(lambda found: found[1] + self.way(found[2], file, page) + found[3], text)

    def way(self, target: str, file: str, page: str) -> str:
        """Where a link of a document leads: to a page, or to a file that is laid beside the pages."""
        path, _, place = target.partition("#")
        if not path or ":" in path:
            return target
        named = os.path.normpath(os.path.join(os.path.dirname(file), path)).replace(os.sep, "/")
        if named in self.of_file:
            return relative(self.of_file[named], page) + (f"#{place}" if place else "")
        for pattern, meant in TOLD:
            if found := re.fullmatch(pattern, named):
                told, _, label = meant.format(*found.groups()).partition("#")
                return f"#{label}" if label else relative(told, page)
        if not (ROOT / named).is_file():
            return target  # no file: not a link but words that look like one, or a dead one, which the build tells
        return self.lay(named, page)

    def lay(self, file: str, page: str) -> str:
        """A file of the repository laid beside the pages, and the way to it from a page."""
        place = self.folder / "files" / file
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, place)
        return os.path.relpath(f"files/{file}", os.path.dirname(page)).replace(os.sep, "/")


def relative(page: str, seen_from: str) -> str:
    """The way from one page to another, as MyST wants it."""
    return os.path.relpath(f"{page}.md", os.path.dirname(seen_from) or ".").replace(os.sep, "/")


def _in_parts(text: str) -> Iterator[str]:
    """The text cut into what is fenced and what is not."""
    end = 0
    for fence in FENCE.finditer(text):
        yield text[end : fence.start()]
        yield fence[0]
        end = fence.end()
    yield text[end:]


def gather(folder: Path) -> Pages:
    """All sources of the site in a folder of their own: by hand, generated, and documents of the repository."""
    pages = Pages(folder)
    for place in sorted(HERE.rglob("*.md")):
        name = place.relative_to(HERE).with_suffix("").as_posix()
        pages.write(name, findings.filled(place.read_text(encoding="utf-8")))
    for file, page in pages.of_file.items():
        if not page.startswith("reference/studies/"):
            pages.take(file, after=findings.figures_of(pages, file))
    reference.write_all(pages)
    return pages


def build(out: Path) -> int:
    """The site in a folder, which is replaced when the new one is whole; Sphinx's exit code, 1 also where there was a warning."""
    from sphinx.cmd.build import main as sphinx

    out = Path(out)
    sources, made = (out.with_name(f".{out.name}-{what}-{os.getpid()}") for what in ("pages", "new"))
    try:
        gather(sources)
        code = sphinx(["-W", "--keep-going", "-q", "-b", "html", "-c", str(HERE), "-d", str(sources / ".doctrees"), str(sources), str(made)])
        if code == 0:
            shutil.rmtree(out, ignore_errors=True)
            os.replace(made, out)
        return code
    finally:
        shutil.rmtree(sources, ignore_errors=True)
        shutil.rmtree(made, ignore_errors=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("python notebooks/handbook/pages.py FOLDER: builds the site into that folder")
    failed = build(Path(sys.argv[1]))
    if not failed:
        print(Path(sys.argv[1]) / "index.html")
    raise SystemExit(failed)
