"""One kind of request, as fast as so many connections can send it for a while (hey, from Debian), and
the CPU time it costs the processes that serve it."""
import subprocess

from places import LIB  # noqa: F401  (puts tests/support on the path)
from cloud import cpu_ns


def hey(url, headers, connections, much, body=None, keep_alive=True):
    """(requests answered, requests a second, p50 ms). `much`: ("-z", "3s") or ("-n", "64"). Anything but
    2xx ends the bench."""
    command = ["hey", "-t", "120", *much, "-c", str(connections), "-o", "csv", "-T", "application/json"]
    command += [] if keep_alive else ["-disable-keepalive"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    if body:
        command += ["-m", "POST", "-d", body]
    out = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    rows = [r.split(",") for r in out.splitlines()[1:] if r[:1].isdigit()]
    bad = [r[6] for r in rows if not r[6].startswith("2")]
    if bad or not rows:
        raise SystemExit(f"{url}: {len(bad)} of {len(rows)} answers were not 2xx ({set(bad)})")
    times = sorted(float(r[0]) for r in rows)
    end = max(float(r[7]) + float(r[0]) for r in rows)
    return len(rows), len(rows) / end, 1000 * times[len(times) // 2]


def measure(pids, url, headers, connections, seconds, body=None, keep_alive=True):
    """(CPU ms a request, requests a second, p50 ms)"""
    before = cpu_ns(pids)
    count, rate, p50 = hey(url, headers, connections, ("-z", f"{seconds}s"), body, keep_alive)
    return (cpu_ns(pids) - before) / count / 1e6, rate, p50
