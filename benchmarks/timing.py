"""How long something takes, in processor time: other processes of the machine do not count, only disturb."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence

ROUNDS = 7
ROUND = 0.012
"""Seconds that one round of one measure takes, about."""


def seconds(*runs: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """The best mean of several rounds, of each function.

    Rounds take turns, so that a slow moment of the machine falls on all functions alike and their ratios stay.
    """
    counts = [_count(run) for run in runs]
    best = [float("inf")] * len(runs)
    for _ in range(rounds):
        for index, (run, count) in enumerate(zip(runs, counts, strict=True)):
            start = time.process_time()
            for _ in range(count):
                run()
            best[index] = min(best[index], (time.process_time() - start) / count)
    return best


def _count(run: Callable[[], object]) -> int:
    """How often a function is called in a round; these calls warm up what is made once and kept."""
    run()
    start, count = time.process_time(), 0
    while time.process_time() - start < ROUND / 2:
        run()
        count += 1
    return max(1, 2 * count)


def import_seconds(statements: Sequence[str], processes: int = 7) -> float:
    """How long a fresh interpreter takes over some statements, beyond starting."""
    code = "import time; start = time.process_time()\n{}\nprint(time.process_time() - start)"
    command = [sys.executable, "-c", code.format("\n".join(statements))]
    return min(
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - our own text
        for _ in range(processes)
    )
