import { describe, expect, it } from "vitest";
import { partsOf } from "../src/app/router";
import { kRetryMsMax, pollDelay } from "../src/lib/backoff";
import { bytes, memory, stripTerminalCodes, timeAgo } from "../src/lib/format";
import { parseDecimal } from "../src/lib/money";
import { hourlyPrice } from "../src/lib/price";

describe("pollDelay", () => {
  it("doubles for each failure up to a cap", () => {
    expect([0, 1, 2, 3].map((n) => pollDelay(2000, n))).toEqual([2000, 4000, 8000, 16000]);
    expect(pollDelay(2000, 50)).toBe(kRetryMsMax);
  });
});

describe("format", () => {
  it("reads times without a zone as UTC", () => {
    const now = Date.parse("2026-01-01T00:05:00Z");
    expect(timeAgo("2026-01-01T00:02:00.000000", now)).toBe("3 minutes ago");
    expect(timeAgo("2026-01-01T00:04:58Z", now)).toBe("just now");
    expect(timeAgo("nonsense", now)).toBe("–");
  });
  it("writes sizes in binary units", () => {
    expect([0, 1023, 1024, 440401920, null].map(bytes)).toEqual([
      "0 B",
      "1023 B",
      "1.0 KiB",
      "420 MiB",
      "–",
    ]);
    expect([512, 1024, 1536, 2000].map(memory)).toEqual([
      "512 MiB",
      "1 GiB",
      "1.5 GiB",
      "2000 MiB",
    ]);
  });
  it("leaves only text of a terminal's output", () => {
    expect(stripTerminalCodes("\u001b[0;32m OK \u001b[0m\r\nlogin:\u0007 \u001b(B\u001b[2J")).toBe(
      " OK \nlogin: ",
    );
  });
});

describe("partsOf", () => {
  it("splits the part behind the hash", () => {
    expect(partsOf("#/servers/a%20b")).toEqual(["servers", "a b"]);
    expect(partsOf("")).toEqual([]);
    expect(partsOf("#/x/%zz")).toEqual(["x", "%zz"]);
  });
});

describe("hourlyPrice", () => {
  const size = { flavor: "m1.small", vcpus: 2, ramMib: 2048, diskGib: 20, volumeGib: 10 };
  it("adds up every meter it knows", () => {
    const prices = [
      { meter: "vcpu", rate_per_hour: "0.01" },
      { meter: "volume_gib", rate_per_hour: "0.0001" },
      { meter: "something_else", rate_per_hour: "7" },
    ];
    expect(hourlyPrice(size, { currency: "USD", prices, flavorPrices: [] })).toBe(
      parseDecimal("0.021"),
    );
  });
  it("takes its flavor's price as the server's whole price, and adds the volume", () => {
    const prices = [
      { meter: "server", rate_per_hour: "5" },
      { meter: "ram_mib", rate_per_hour: "0.01" },
      { meter: "volume_gib", rate_per_hour: "0.0001" },
    ];
    const flavorPrices = ["m1.large", "m1.small"].map((flavor, i) => ({
      meter: "server",
      flavor,
      rate_per_hour: i === 0 ? "9" : "0.03",
    }));
    expect(hourlyPrice(size, { currency: "USD", prices, flavorPrices })).toBe(
      parseDecimal("0.031"),
    );
  });
  it("is null when nothing of it is priced", () => {
    expect(hourlyPrice(size, { currency: "USD", prices: [], flavorPrices: [] })).toBeNull();
  });
});
