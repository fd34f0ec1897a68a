"""Where things lie, for every bench."""
import os
import sys

LIB = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.realpath(os.path.join(LIB, "..", "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "support"))


def bin_dir():
    """The programs to measure: NURI_BIN, or what deploy/up builds, or what tests/run builds."""
    for d in (os.environ.get("NURI_BIN"), TOP + "/build/release/bin", TOP + "/build/bin"):
        if d and os.path.exists(os.path.join(d, "nuri-gateway")):
            return os.path.abspath(d)
    sys.exit("no build found: run deploy/up, or set NURI_BIN")


def until(what, seconds, ready):
    import time
    end = time.monotonic() + seconds
    while True:
        found = ready()
        if found:
            return found
        if time.monotonic() > end:
            raise RuntimeError("never: " + what)
        time.sleep(0.05)
