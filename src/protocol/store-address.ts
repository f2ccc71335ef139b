/** Where a store is and how it is reached: in settings, in the Plan, in a request. Nothing in it is secret. */

export interface StoreAddress {
  /** A folder, or `s3://bucket[/prefix]` as `parseS3Url` gives it back. */
  readonly url: string;
  /** Id of an Airflow connection of type `aws`; without it the standard chain of AWS finds the credentials. */
  readonly connection?: string;
  /** `http[s]://host[:port]` of the S3 server; absent: AWS. */
  readonly endpoint?: string;
  readonly region?: string;
  /** Where the bucket's name goes: into the path, or before the host. Usual: `path` with an endpoint, `virtual` at AWS. */
  readonly addressing?: Addressing;
  /** Where code/ and files/ lie, when not under `url`; same server, region and credentials. */
  readonly code?: string;
}

export type Addressing = "path" | "virtual";

/** The keys that travel beside the url. */
export const storeOptions = ["connection", "endpoint", "region", "addressing", "code"] as const;

export interface S3Url {
  readonly bucket: string;
  /** Without slashes at its ends; empty for a whole bucket. */
  readonly prefix: string;
}

/** True for what means S3, right or wrong. */
export function isS3(url: string): boolean {
  return /^s3:/i.test(url);
}

/** The parts of `s3://bucket/prefix`, or what is wrong with it: the end of a sentence that names it. */
export function parseS3Url(url: string): S3Url | { readonly problem: string } {
  const found = /^s3:\/\/([^/]*)(?:\/(.*))?$/.exec(url);
  if (found === null) return { problem: "is not of the form s3://bucket/prefix" };
  const [, bucket = "", path = ""] = found;
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    return { problem: `names no bucket: a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens` };
  const prefix = path.replace(/\/$/, "");
  const wrong = prefix === "" ? undefined : prefix.split("/").find((part) => !/^[A-Za-z0-9._=+@-]+$/.test(part) || /^\.+$/.test(part));
  if (wrong !== undefined) return { problem: "has a prefix with more than letters, digits and . _ = + @ - between single slashes" };
  return { bucket, prefix };
}

/** The one way to write it, so that the same place has the same text. */
export function s3Url({ bucket, prefix }: S3Url): string {
  return prefix === "" ? `s3://${bucket}` : `s3://${bucket}/${prefix}`;
}
