// Exact decimal money. The metering API sends amounts as decimal strings; here they are whole
// numbers of 10^-12 of the currency, so that adding up for a year loses nothing.

const kScaleDigits = 12;
const kScale = 10n ** BigInt(kScaleDigits);
const kMsPerHour = 3_600_000n;

export type Pico = bigint;

/** Reads "-12.345"; digits beyond the twelfth decimal place are cut. Null when not a decimal. */
export function parseDecimal(text: string): Pico | null {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text.trim());
  if (!match) return null;
  const [, sign, whole = "0", fraction = ""] = match;
  const digits = fraction.slice(0, kScaleDigits).padEnd(kScaleDigits, "0");
  const value = BigInt(whole) * kScale + BigInt(digits);
  return sign === "-" ? -value : value;
}

/** What has been spent `elapsedMs` after `amount` was measured, at a rate an hour. */
export function amountAfter(amount: Pico, ratePerHour: Pico, elapsedMs: number): Pico {
  const ms = BigInt(Math.max(0, Math.floor(elapsedMs)));
  return amount + (ratePerHour * ms) / kMsPerHour;
}

/** Decimal text with exactly `places` digits after the point, rounded half away from zero. */
export function formatDecimal(value: Pico, places: number): string {
  const unit = 10n ** BigInt(kScaleDigits - places);
  const size = value < 0n ? -value : value;
  const rounded = (size + unit / 2n) / unit;
  const digits = rounded.toString().padStart(places + 1, "0");
  const sign = value < 0n && rounded > 0n ? "-" : "";
  if (places === 0) return sign + digits;
  return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** As short as it can be without changing the value, but at least `minPlaces` decimals. */
export function formatShort(value: Pico, minPlaces = 2): string {
  const full = formatDecimal(value, kScaleDigits);
  const [whole = "0", fraction = ""] = full.split(".");
  return `${whole}.${fraction.replace(/0+$/, "").padEnd(minPlaces, "0")}`;
}

/** Two decimals multiplied; digits beyond the twelfth decimal place are cut. */
export function multiply(a: Pico, b: Pico): Pico {
  return (a * b) / kScale;
}

const kRatePlaces = 6;

/** A rate to be read: rounded to six decimals, but a tiny one in full, for it is not nothing. */
export function formatRate(value: Pico): string {
  const unit = 10n ** BigInt(kScaleDigits - kRatePlaces);
  const size = value < 0n ? -value : value;
  if (size < unit * 10n) return formatShort(value);
  const rounded = parseDecimal(formatDecimal(value, kRatePlaces));
  return formatShort(rounded ?? value);
}

const kSymbols: Readonly<Record<string, string>> = {
  USD: "$",
  EUR: "€",
  GBP: "£",
  KRW: "₩",
  JPY: "¥",
};

/** "$0.0012" for a known currency, "0.0012 XYZ" for another. */
export function withCurrency(number: string, currency: string): string {
  const symbol = kSymbols[currency];
  if (!symbol) return `${number} ${currency}`;
  return number.startsWith("-") ? `-${symbol}${number.slice(1)}` : symbol + number;
}
