"""`tests/notebooks` runs the notebooks and looks at what they show; collected here they would run a second time."""

collect_ignore_glob = ["*.ipynb"]
