"""Settings of the documentation site. `pages.py` gathers the pages and starts Sphinx with this file."""

import seedbed

project = "Seedbed"
author = "The Seedbed contributors"
copyright = author
release = version = seedbed.__version__
language = "en"
extensions = ["myst_parser"]
exclude_patterns = [".doctrees"]
html_theme = "furo"
html_title = f"Seedbed {release}"
html_static_path = ["look"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_search_summary = False  # a browser that opens the pages as files may not read one out of another; titles are enough
html_show_sourcelink = False
html_last_updated_fmt = None  # the same pages from the same sources, whenever they are built
pygments_style = "friendly"

# System fonts only, among them those with Chinese letters: no page asks another machine for anything.
FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'WenQuanYi Micro Hei', sans-serif"
html_theme_options = {
    "light_css_variables": {"font-stack": FONTS, "color-brand-primary": "#005b8f", "color-brand-content": "#005b8f", "color-brand-visited": "#6b3fa0"},
    "dark_css_variables": {"font-stack": FONTS, "color-brand-primary": "#6cb8ea", "color-brand-content": "#6cb8ea", "color-brand-visited": "#c3a4ee"},
}

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
suppress_warnings = [
    "myst.header",  # committed results begin some parts one level lower
    "ref.python",  # an annotation such as `Results` is said as in the source; where two modules have one of that name, no link is better than a wrong one
]
