"""Start the record of what a process runs, where one is asked for.

Python imports a module of this name when it starts; `make test COVERAGE=1` puts its folder into
PYTHONPATH, and names the folder of the record.
"""

import os
from contextlib import suppress

FOLDER = "COVERAGE_FOLDER"

if os.environ.get(FOLDER):
    # Other environments, as a music server's, lack what records.
    with suppress(ModuleNotFoundError):
        from recorder import Recorder

        Recorder(os.environ[FOLDER]).begin()
