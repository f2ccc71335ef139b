import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMasker } from "../../src/launch/mask.ts";

const uriOf = (password: string): string => `postgres://user:${encodeURIComponent(password)}@db:5432/dwh`;

describe("masks", () => {
  test("a password in the forms in which it is printed", () => {
    const password = "p@ss/w+rd:%\"x'";
    const { mask } = createMasker([uriOf(password)]);
    const base64 = Buffer.from(`x-user:${password}`).toString("base64");
    const forms = [
      password,
      encodeURIComponent(password),
      encodeURIComponent(password).toLowerCase(),
      JSON.stringify(password).slice(1, -1),
      uriOf(password),
    ];
    for (const form of [...forms, Buffer.from(password).toString("base64"), Buffer.from(password).toString("hex")]) {
      expect(mask(`before ${form} after`)).toBe("before *** after");
    }
    expect(mask(base64)).toContain("***");
    expect(mask(base64)).not.toContain(Buffer.from(password).toString("base64").slice(4, 12));
  });

  test("any password of four characters or more", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4, maxLength: 30, unit: "grapheme" }), fc.string(), fc.string(), (password, before, after) => {
        const { mask } = createMasker([uriOf(password)]);
        expect(mask(`${before}${password}${after}`)).not.toContain(password === "***" ? "\0" : password);
        expect(mask(JSON.stringify({ password }))).not.toContain(password.length > 4 ? JSON.stringify(password).slice(1, -1) : "\0");
      }),
    );
  });

  test("a key of many lines, line by line", () => {
    const key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END PRIVATE KEY-----";
    const { mask } = createMasker([JSON.stringify({ conn_type: "google", extra: { private_key: key, project: "flights" } })]);
    for (const line of key.split("\n")) expect(mask(`> ${line}`)).toBe("> ***");
    expect(mask("project flights")).toBe("project flights");
  });

  test("secret-looking extras of URI and JSON connections, also JSON within JSON", () => {
    const { mask } = createMasker([
      "aws://?aws_secret_access_key=abcd1234&region=eu-west-1",
      JSON.stringify({ login: "bob", password: "hunter22", extra: JSON.stringify({ api_token: "tok-9999", timeout: "60 seconds" }) }),
      `http://u:pass-word@h/?__extra__=${encodeURIComponent(JSON.stringify({ client_secret: "cs-12345", ttl: "long time" }))}`,
    ]);
    expect(mask("abcd1234 hunter22 tok-9999 cs-12345 pass-word")).toBe("*** *** *** *** ***");
    expect(mask("eu-west-1 bob 60 seconds long time")).toBe("eu-west-1 bob 60 seconds long time");
  });

  test("a short password only where it is seen to be one", () => {
    const { mask } = createMasker(["postgres://bob:abc@db/x"]);
    expect(mask("connecting to postgres://bob:abc@db/x")).toBe("connecting to ***");
    expect(mask("bob:abc@elsewhere")).toBe("***elsewhere");
    expect(mask("abc is the alphabet")).toBe("abc is the alphabet");
  });

  test("nothing when there is nothing to hide", () => {
    expect(createMasker([]).mask("text")).toBe("text");
    expect(createMasker([""]).mask("text")).toBe("text");
    expect(createMasker(["not a uri"]).mask("this is not a uri")).toBe("this is ***");
  });
});
