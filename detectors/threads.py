"""Limit of BLAS to one thread per process."""

import os
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np  # noqa: F401 - the limit applies only to libraries that are loaded
from threadpoolctl import threadpool_limits

# Variables that libraries read when they are loaded.
ONE_THREAD: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)


def use_one_blas_thread() -> None:
    """Run linear algebra on one thread, in this process and in its later child processes.

    Our matrices are small: a second thread gains nothing on an idle machine, and on a busy one the
    first waits for it. With two threads on two busy cores, solving 220 equations takes 0.5 ms in
    the median and 80 to 140 ms at the 99th percentile; with one thread, 0.7 ms. Streamlit loads
    NumPy before our code runs, too late for the variables; OpenCV, with a BLAS of its own, is
    loaded later.
    """
    os.environ.update(ONE_THREAD)
    threadpool_limits(limits=1, user_api="blas")
