"""A page of 100 servers with 100,000 in the database, by each filter and order: p99 under 10 ms on an
idle machine. The service's own routes and store, without a socket (bench/api has the whole way).
  NURI_BENCH_SERVERS=N   how many servers (default 100,000)"""
import os
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "lib"))
from rows import Rows  # noqa: E402

LIMIT_MS = 10


def program():
    top = os.path.join(here, "..", "..")
    for d in (os.environ.get("NURI_BIN"), os.path.join(top, "build/release/bin"), os.path.join(top, "build/bin")):
        if d and os.path.exists(os.path.join(d, "nuri_bench_pages")):
            return os.path.join(d, "nuri_bench_pages")
    sys.exit("no nuri_bench_pages found: build it (cmake --build DIR --target nuri_bench_pages), or set NURI_BIN")


def main():
    rows = Rows()
    servers = os.environ.get("NURI_BENCH_SERVERS", "100000")
    with tempfile.TemporaryDirectory() as directory:
        run = subprocess.run([program(), directory, servers], stdout=subprocess.PIPE, text=True, check=True)
    for line in run.stdout.splitlines():
        name, median, p99 = line.split("\t")
        rows.row(f"page of 100, {name}: p99", float(p99), "ms", LIMIT_MS)
        rows.row("  median", float(median), "ms")
    rows.done()


main()
