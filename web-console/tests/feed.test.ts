import { describe, expect, it } from "vitest";
import {
  Feed,
  kChangesPerFullRead,
  mergeChanges,
  newestUpdate,
  type Tracked,
} from "../src/lib/feed";

function row(id: string, status = "ACTIVE", updated = "2026-01-01T00:00:00Z"): Tracked {
  return { id, status, updated };
}

describe("mergeChanges", () => {
  it("replaces in place, puts new rows first and removes deleted ones", () => {
    const merged = mergeChanges(
      [row("a"), row("b"), row("c")],
      [row("b", "SHUTOFF"), row("d", "BUILD"), row("a", "DELETED")],
    );
    expect(merged.map((r) => `${r.id} ${r.status}`)).toEqual(["d BUILD", "b SHUTOFF", "c ACTIVE"]);
  });
  it("does not mind the deletion of what it never knew", () => {
    expect(mergeChanges([row("a")], [row("z", "DELETED")])).toEqual([row("a")]);
  });
});

describe("newestUpdate", () => {
  it("is the latest seen, or what was before", () => {
    const rows = [
      row("a", "ACTIVE", "2026-01-01T00:00:05Z"),
      row("b", "ACTIVE", "2026-01-01T00:00:09Z"),
    ];
    expect(newestUpdate(rows, null)).toBe("2026-01-01T00:00:09Z");
    expect(newestUpdate(rows, "2026-01-02T00:00:00Z")).toBe("2026-01-02T00:00:00Z");
    expect(newestUpdate([], null)).toBeNull();
  });
});

describe("Feed", () => {
  const signal = new AbortController().signal;

  it("reads all, then changes from the newest moment, then all again after a while", async () => {
    const asked: string[] = [];
    const feed = new Feed<Tracked>({
      all: async () => {
        asked.push("all");
        return [row("a", "BUILD", "2026-01-01T00:00:01Z")];
      },
      since: async (moment) => {
        asked.push(moment);
        return [row("a", "ACTIVE", "2026-01-01T00:00:04Z")];
      },
    });
    expect((await feed.next(signal))[0]?.status).toBe("BUILD");
    expect((await feed.next(signal))[0]?.status).toBe("ACTIVE");
    await feed.next(signal);
    expect(asked).toEqual(["all", "2026-01-01T00:00:01Z", "2026-01-01T00:00:04Z"]);
    for (let i = 2; i < kChangesPerFullRead; i += 1) await feed.next(signal);
    await feed.next(signal);
    expect(asked.filter((a) => a === "all")).toHaveLength(2);
  });

  it("goes on from what it knew after a failure", async () => {
    let fail = true;
    const feed = new Feed<Tracked>({
      all: async () => [row("a")],
      since: async () => {
        if (fail) throw new Error("no answer");
        return [row("b")];
      },
    });
    await feed.next(signal);
    await expect(feed.next(signal)).rejects.toThrow("no answer");
    fail = false;
    expect((await feed.next(signal)).map((r) => r.id)).toEqual(["b", "a"]);
  });

  it("reads all while there is nothing to take a moment from", async () => {
    let alls = 0;
    const feed = new Feed<Tracked>({
      all: async () => {
        alls += 1;
        return [];
      },
      since: async () => [row("never")],
    });
    await feed.next(signal);
    expect(await feed.next(signal)).toEqual([]);
    expect(alls).toBe(2);
  });
});
