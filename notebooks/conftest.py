"""Under pytest the notebooks look at short runs; anybody who opens one sees the whole."""

import os

os.environ.setdefault("SEEDBED_NOTEBOOK_YEARS", "5")
