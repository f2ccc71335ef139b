/** The address of an S3 server that comes from a connection or the environment: nothing has looked at it before. */
import { expect, test } from "vitest";
import { openBucket } from "../../src/storage/s3-bucket.ts";
import { StoreError } from "../../src/storage/store.ts";

const open = (env: NodeJS.ProcessEnv) => openBucket({ url: "s3://artifacts/team" }, { env });

test.each(["http://127.0.0.1:9000", "https://s3.company", "https://s3.company/", "http://[::1]:9000", "http://minio_1:9000"])(
  "%s is one",
  (endpoint) => {
    expect(open({ AWS_ENDPOINT_URL: endpoint }).endpoint).toBe(endpoint);
  },
);

// Without a scheme it would be read as one, of no host, and the signed requests would go to this very machine.
test.each([
  "minio:9000",
  "127.0.0.1:9000",
  "ftp://s3.company",
  "https://user:topsecret@s3.company",
  "https://s3.company/path",
  "https://s3.company?a=b",
])("%s is refused, and not shown", (endpoint) => {
  const uri = `aws://key:word@/?endpoint_url=${encodeURIComponent(endpoint)}`;
  const byConnection = () => openBucket({ url: "s3://artifacts/team", connection: "lake" }, { env: { AIRFLOW_CONN_LAKE: uri } });
  for (const opening of [() => open({ AWS_ENDPOINT_URL_S3: endpoint }), byConnection]) {
    expect(opening).toThrow(StoreError);
    expect(opening).toThrow(/not http\[s\]:\/\/host\[:port\]/);
    expect(opening).not.toThrow(/topsecret|s3\.company/);
  }
});
