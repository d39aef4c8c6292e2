"""Writes the pages of docs/reference from the code. `make docs` runs it, and `make check` compares the pages.

Each module here makes one page. The texts of the tables are the docstrings of the code.
"""

import os

os.environ["LANGUAGE"] = "en"  # the pages are in English on every machine
