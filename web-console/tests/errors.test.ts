import { describe, expect, it } from "vitest";
import { kindOf, messageOf } from "../src/api/errors";
import { refusedField } from "../src/lib/create_form";

describe("messageOf", () => {
  it("finds the sentence in each API's format", () => {
    const bodies: [string, string][] = [
      ['{"error": {"code": 401, "message": "Not you.", "title": "Unauthorized"}}', "Not you."],
      ['{"badRequest": {"code": 400, "message": "Too long."}}', "Too long."],
      [
        '{"NeutronError": {"type": "IpAddressGenerationFailure", "message": "Full.", "detail": ""}}',
        "Full.",
      ],
      ['{"message": "Plain.", "code": 404}', "Plain."],
      ['{"faultstring": "Rated badly."}', "Rated badly."],
      [
        "<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1>No upload.</body></html>",
        "403 Forbidden No upload.",
      ],
    ];
    for (const [body, text] of bodies) expect(messageOf(body)).toBe(text);
  });
  it("is null when there is none", () => {
    for (const body of ["", "{}", "[]", "null", '{"a": {"message": 3}}', '"x"'])
      expect(messageOf(body)).toBeNull();
  });
});

describe("kindOf", () => {
  it("tells what a person can do about it", () => {
    const kinds = [0, 400, 401, 403, 404, 409, 413, 429, 500, 503].map(kindOf);
    expect(kinds).toEqual([
      "unreachable",
      "refused",
      "signedOut",
      "forbidden",
      "missing",
      "conflict",
      "refused",
      "busy",
      "busy",
      "busy",
    ]);
  });
});

describe("refusedField", () => {
  it("believes the field that the API names", () => {
    expect(refusedField("Invalid input for field/attribute name. Value: . '' is too short")).toBe(
      "name",
    );
    expect(refusedField("Invalid input for field/attribute networks/0/uuid. Value: x.")).toBe(
      "network",
    );
    expect(refusedField("Invalid input for field/attribute user_data. Value: image")).toBe(
      "userData",
    );
  });
  it("else takes the first API name in the sentence", () => {
    expect(refusedField("Invalid key_name provided.")).toBe("key");
    expect(refusedField("Can not find requested image")).toBe("image");
    expect(refusedField("Flavor's disk is too small for requested image.")).toBe("flavor");
    expect(refusedField("Security group 5 not found for project 6.")).toBe("groups");
  });
  it("does not find names inside of other words", () => {
    expect(refusedField("Quota exceeded for cores, instances: filename reimagined.")).toBeNull();
  });
});
