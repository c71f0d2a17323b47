"""Lets a test look into a server: on SIGUSR1 it writes how the process is set.

Python imports a module of this name at its start; the test puts this folder on `PYTHONPATH`, and
names the file in `TOLD`.
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

# From <linux/prctl.h>.
PR_GET_DUMPABLE = 3


def tell(*_: object) -> None:
    """Write the threads of linear algebra, what could come onto the disk, and the owner's word."""
    import ctypes
    import resource

    from starlette.formparsers import MultiPartParser
    from streamlit.runtime import memory_media_file_storage
    from threadpoolctl import threadpool_info

    from pages.ui.visitor.owner import WORD

    told = Path(os.environ["TOLD"])
    part = told.with_suffix(".part")
    part.write_text(
        json.dumps(
            {
                "blas_threads": [
                    one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"
                ],
                "core_bytes": resource.getrlimit(resource.RLIMIT_CORE),
                "owner_word": WORD,
                "dumpable": ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0),
                "media_named_by": memory_media_file_storage._calculate_file_id.__module__,
                "spool_bytes": MultiPartParser.spool_max_size,
            }
        ),
        encoding="utf-8",
    )
    part.replace(told)


signal.signal(signal.SIGUSR1, tell)
