/** The examples of Amazon's "Authenticating Requests: Using the Authorization Header", and what a signature must not depend on. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { emptyDigest, encodePath, signRequest } from "../../src/storage/s3-sign.ts";

const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
const host = "examplebucket.s3.amazonaws.com";
const now = Date.parse("2013-05-24T00:00:00Z");
const signatureOf = (request: Parameters<typeof signRequest>[0]) =>
  /Signature=(.*)$/.exec(signRequest(request, credentials, "us-east-1", now).authorization ?? "")?.[1];

test("a range of an object", () => {
  const request = { method: "GET", path: "/test.txt", query: [], headers: { host, range: "bytes=0-9" }, digest: emptyDigest };
  expect(signatureOf(request)).toBe("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  expect(signRequest(request, credentials, "us-east-1", now).authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20130524\/us-east-1\/s3\/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, /,
  );
});

test("an object put, with a sign in its key", () => {
  const body = "Welcome to Amazon S3.";
  const headers = { host, date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" };
  const digest = createHash("sha256").update(body).digest("hex");
  expect(signatureOf({ method: "PUT", path: `/${encodePath("test$file.text")}`, query: [], headers, digest })).toBe(
    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  );
});

test("parameters, with a value and without", () => {
  const request = { method: "GET", path: "/", headers: { host }, digest: emptyDigest };
  expect(signatureOf({ ...request, query: [["lifecycle", ""]] })).toBe("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  const list = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
  for (const query of [
    [
      ["max-keys", "2"],
      ["prefix", "J"],
    ],
    [
      ["prefix", "J"],
      ["max-keys", "2"],
    ],
  ] as const)
    expect(signatureOf({ ...request, query })).toBe(list);
});
