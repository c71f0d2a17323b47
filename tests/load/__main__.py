"""Drive the real server with 1, 4, 8 and 16 visitors and print what each got: ``make load``.

``--busy 1`` keeps a core busy with something else meanwhile, and ``--runs 3`` drives each number of
visitors three times, and prints the least, the median and the most of each figure.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.bench.busy import busy_cores
from tests.e2e.driver import PROJECT, started_server
from tests.fakes.coturn import coturn
from tests.load import clip

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS = 20
VISITORS = (1, 4, 8, 16)
# One visitor's camera gives all it can; many are asked for half of it.
RATE_ALONE, RATE = 30, 15
# Where WebRTC does not pass, a page sends no more.
PICTURES = 8
KINDS = ("webrtc", "pictures", "relay")
PATIENCE_S = 300


def drive(
    count: int, folder: Path, kind: str, seconds: int, pause_ms: int, busy: int = 0
) -> dict[str, Any]:
    """Return what so many visitors at once got, and what they cost the server.

    kind : how their pictures come, one of `KINDS`
    busy : how many processes that have nothing to do with the server run beside it
    """
    rate = PICTURES if kind == "pictures" else RATE_ALONE if count == 1 else RATE
    film = clip.write(folder / "clip.ivf", rate)
    with ExitStack() as stack:
        relay = stack.enter_context(coturn()).environ if kind == "relay" else {}
        started = started_server(folder, MOODRING_SHOW_RATE="1", **relay)
        base, server = stack.enter_context(started)
        stack.enter_context(busy_cores(busy))
        arguments = [base, server.pid, film, kind, rate, count, seconds, pause_ms]
        command = [sys.executable, "-m", "tests.load.crowd", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=PROJECT, check=True, stdout=subprocess.PIPE, timeout=PATIENCE_S
        )
    return {"visitors": count, "rate": rate, "busy": busy, **json.loads(done.stdout)}


def figures(result: dict[str, Any]) -> dict[str, float]:
    """Return what a run is judged by; a figure without a value is not a number.

    ``analysed`` is a second, of the visitor who got the fewest; ``delay_p95_s`` is of all changes,
    from the face to the mood; ``bytes_s`` is of the visitor who was sent the most.
    """
    served = [got for got in result["got"] if "told" not in got]
    delays = [delay for got in served for delay in got["delays"]]
    return {
        "served": len(served),
        "cores": result["cores"],
        "memory_mb": result["memory_mb"],
        "visitors_cores": result["visitors_cores"],
        "analysed": min((got["analysed"] for got in served), default=np.nan),
        "delay_p95_s": float(np.percentile(delays, 95)) if delays else np.nan,
        "delay_longest_s": max(delays, default=np.nan),
        "bytes_s": max((got["bytes_s"] for got in served), default=np.nan),
    }


def summary(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the least, the median and the most of each figure over several runs."""
    runs = [figures(result) for result in results]
    columns = {name: [run[name] for run in runs] for name in runs[0]}
    spread = {
        name: [min(values), float(np.median(values)), max(values)]
        for name, values in columns.items()
    }
    first = results[0]
    named = {name: first[name] for name in ("visitors", "rate", "busy", "kind")}
    return {**named, "runs": len(runs), "void": sum(one["void"] for one in results), **spread}


def show(result: dict[str, Any]) -> None:
    """Print the result, with a line a visitor."""
    void = "VOID: " if result["void"] else ""
    got = figures(result)
    changes = sum(len(one.get("delays", ())) for one in result["got"])
    print(
        f"\n{void}{result['visitors']} visitor(s) at {result['rate']} frames a second, "
        f"{result['kind']}, {result['busy']} core(s) busy: "
        f"server {got['cores']:.2f} cores, {got['memory_mb']:.0f} MB, "
        f"visitors {got['visitors_cores']:.2f} cores; "
        f"first page {result['page_s']:.1f} s, models {result['ready_s']:.1f} s more; "
        f"fewest analysed {got['analysed']:.1f} a second; "
        f"face to mood p95 {got['delay_p95_s']:.2f} s of {changes} changes; "
        f"told at most {got['bytes_s'] / 1000:.1f} kB a second"
    )
    for number, one in enumerate(result["got"], 1):
        if "told" in one:
            print(f"  {number}: told “{one['told']}”")
        else:
            longest = max(one["delays"], default=np.nan)
            print(
                f"  {number}: {one['analysed']:.1f} analysed a second; "
                f"longest change {longest:.2f} s of {len(one['delays'])}; "
                f"{one['bytes_s'] / 1000:.1f} kB a second"
            )


def show_summary(all_runs: dict[str, Any]) -> None:
    """Print the least, the median and the most of each figure, a line each."""
    void = f", {all_runs['void']} VOID" if all_runs["void"] else ""
    print(
        f"\n{all_runs['visitors']} visitor(s), {all_runs['busy']} core(s) busy, "
        f"{all_runs['runs']} runs{void}: least, median, most"
    )
    for name, value in all_runs.items():
        if isinstance(value, list):
            print(f"  {name:15} " + " ".join(f"{one:10.2f}" for one in value))


def main() -> int:
    """Run the load test."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--visitors", type=int, nargs="*", default=VISITORS)
    parser.add_argument("--kind", choices=KINDS, default=KINDS[0], help="how pictures come")
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument(
        "--pause-ms", type=int, default=0, help="stop the server for so long before the watching"
    )
    parser.add_argument("--busy", type=int, default=0, help="keep so many cores busy meanwhile")
    parser.add_argument("--runs", type=int, default=1, help="how often each number comes")
    parser.add_argument("--json", action="store_true", help="print JSON, an object a line")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in options.visitors:
            results = []
            for _ in range(options.runs):
                results.append(
                    drive(
                        count,
                        folder,
                        options.kind,
                        options.seconds,
                        options.pause_ms,
                        options.busy,
                    )
                )
                print(json.dumps(results[-1])) if options.json else show(results[-1])
            if options.runs > 1:
                spread = summary(results)
                print(json.dumps(spread)) if options.json else show_summary(spread)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
