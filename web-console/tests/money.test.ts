import { describe, expect, it } from "vitest";
import {
  amountAfter,
  formatDecimal,
  formatRate,
  formatShort,
  multiply,
  parseDecimal,
  withCurrency,
} from "../src/lib/money";

function pico(text: string): bigint {
  const value = parseDecimal(text);
  if (value === null) throw new Error(`not a decimal: ${text}`);
  return value;
}

describe("parseDecimal", () => {
  it("reads whole numbers, fractions and signs", () => {
    expect(pico("0")).toBe(0n);
    expect(pico("12")).toBe(12_000_000_000_000n);
    expect(pico("0.001234567")).toBe(1_234_567_000n);
    expect(pico("-1.5")).toBe(-1_500_000_000_000n);
    expect(pico("+2.")).toBe(2_000_000_000_000n);
  });
  it("cuts what is finer than it can hold", () => {
    expect(pico("0.0000000000019")).toBe(1n);
  });
  it("refuses what is no decimal", () => {
    for (const bad of ["", ".", "1e3", "0x10", "1,5", "NaN", "1.2.3", "--1"])
      expect(parseDecimal(bad)).toBeNull();
  });
});

describe("amountAfter", () => {
  it("adds the rate for the time gone by", () => {
    expect(formatDecimal(amountAfter(pico("1"), pico("0.36"), 10_000), 6)).toBe("1.001000");
    expect(amountAfter(pico("1"), pico("3.6"), 1)).toBe(pico("1.000001"));
  });
  it("never runs backwards, and stands still without a rate", () => {
    expect(amountAfter(pico("1"), pico("5"), -1000)).toBe(pico("1"));
    expect(amountAfter(pico("1"), 0n, 1e9)).toBe(pico("1"));
  });
  it("is exact over ten years where floating point is not", () => {
    const tenYearsMs = 10 * 365 * 24 * 3_600_000;
    expect(amountAfter(pico("0.1"), pico("0.1"), tenYearsMs)).toBe(pico("8760.1"));
  });
});

describe("formatting", () => {
  it("rounds half away from zero", () => {
    expect(formatDecimal(pico("0.0000005"), 6)).toBe("0.000001");
    expect(formatDecimal(pico("0.0000004"), 6)).toBe("0.000000");
    expect(formatDecimal(pico("-0.0000005"), 6)).toBe("-0.000001");
    expect(formatDecimal(pico("-0.0000001"), 6)).toBe("0.000000");
    expect(formatDecimal(pico("9.995"), 2)).toBe("10.00");
    expect(formatDecimal(pico("1.5"), 0)).toBe("2");
  });
  it("is short without losing anything", () => {
    expect(formatShort(pico("0.012"))).toBe("0.012");
    expect(formatShort(pico("3"))).toBe("3.00");
  });
  it("puts a known symbol before and another currency behind", () => {
    expect(withCurrency("1.00", "USD")).toBe("$1.00");
    expect(withCurrency("-1.00", "USD")).toBe("-$1.00");
    expect(withCurrency("1.00", "XTS")).toBe("1.00 XTS");
  });
});

describe("formatRate", () => {
  it("rounds to six decimals what has more", () => {
    expect(formatRate(pico("0.014767078125"))).toBe("0.014767");
    expect(formatRate(pico("0.010612"))).toBe("0.010612");
    expect(formatRate(pico("2"))).toBe("2.00");
    expect(formatRate(pico("-0.0147670781"))).toBe("-0.014767");
  });
  it("shows a tiny rate in full", () => {
    expect(formatRate(pico("0.000004"))).toBe("0.000004");
    expect(formatRate(pico("0.000002562512"))).toBe("0.000002562512");
    expect(formatRate(0n)).toBe("0.00");
  });
});

describe("multiply", () => {
  it("multiplies exactly", () => {
    expect(multiply(pico("128"), pico("0.000004"))).toBe(pico("0.000512"));
    expect(multiply(pico("0.0502"), pico("0.00005"))).toBe(pico("0.00000251"));
  });
});
