import { describe, expect, it } from "vitest";

import { socketAddress } from "../src/vnc/address";

describe("socketAddress", () => {
  const page = (query: string) => `https://cloud.example:8443/vnc.html${query}`;

  it("is on the page's own host, with the token", () => {
    expect(socketAddress(page("?path=compute%2Fconsoles%3Ftoken%3Dabc"))).toBe(
      "wss://cloud.example:8443/compute/consoles?token=abc",
    );
    expect(socketAddress("http://localhost/vnc.html?path=x%3Ftoken%3Db")).toBe("ws://localhost/x?token=b");
  });

  it("never leads to another host", () => {
    for (const path of ["/evil.example/x", "//evil.example", "\\evil.example/x", "/\\evil.example"]) {
      expect(socketAddress(page("?path=" + encodeURIComponent(path)))).toBeNull();
    }
  });

  it("is nothing where the page was opened without one", () => {
    expect(socketAddress(page(""))).toBeNull();
    expect(socketAddress(page("?path="))).toBeNull();
  });
});
