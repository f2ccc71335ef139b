/** Who needs which rights in a bucket, and the IAM policy that gives them. */
import { parseS3Url, type StoreAddress } from "../protocol/store-address.ts";

export type Role = "launcher" | "publisher" | "reader" | "collector";

interface Rights {
  readonly role: Role;
  /** Who that is. */
  readonly title: string;
  /** Actions on objects under `url`. */
  readonly objects: readonly string[];
  /** Actions on objects under `code`, which is `url` unless it is set. */
  readonly code: readonly string[];
  /** Actions on the buckets. */
  readonly buckets: readonly string[];
}

const write = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"];

export const roles: readonly Rights[] = [
  {
    role: "launcher",
    title: "a launcher on a worker",
    objects: write,
    code: ["s3:GetObject"],
    // Without it S3 answers 403 for a missing key; a condition on the prefix does not count there.
    buckets: ["s3:ListBucket"],
  },
  { role: "publisher", title: "tradewind publish in CI", objects: [], code: write, buckets: ["s3:ListBucket"] },
  { role: "reader", title: "who looks at runs", objects: ["s3:GetObject"], code: [], buckets: ["s3:ListBucket"] },
  {
    role: "collector",
    title: "tradewind store gc",
    objects: [...write, "s3:DeleteObject", "s3:ListMultipartUploadParts"],
    // What lies at an address of its own stays: other stores may share it.
    code: [],
    buckets: ["s3:ListBucket", "s3:ListBucketMultipartUploads"],
  },
];

/** All actions of a role, sorted. */
export function actionsOf({ objects, code, buckets }: Rights): readonly string[] {
  return [...new Set([...objects, ...code, ...buckets])].sort();
}

/** An IAM policy document for one role, as small as it can be. */
export function policyOf(role: Role, { url, code = url }: StoreAddress): object {
  const rights = roles.find((one) => one.role === role) as Rights;
  const statements = [
    statement("Artifacts", code === url ? [...new Set([...rights.objects, ...rights.code])] : rights.objects, [objectsOf(url)]),
    statement("Code", code === url ? [] : rights.code, [objectsOf(code)]),
    statement("Buckets", rights.buckets, [
      ...new Set([
        ...(rights.objects.length > 0 || code === url ? [bucketOf(url)] : []),
        ...(rights.code.length > 0 ? [bucketOf(code)] : []),
      ]),
    ]),
  ];
  return { Version: "2012-10-17", Statement: statements.filter(({ Action, Resource }) => Action.length > 0 && Resource.length > 0) };
}

function statement(Sid: string, Action: readonly string[], resources: readonly (string | undefined)[]) {
  return { Sid, Effect: "Allow", Action: [...Action].sort(), Resource: resources.filter((one) => one !== undefined) };
}

function bucketOf(url: string): string | undefined {
  const parsed = parseS3Url(url);
  return "problem" in parsed ? undefined : `arn:aws:s3:::${parsed.bucket}`;
}

function objectsOf(url: string): string | undefined {
  const parsed = parseS3Url(url);
  return "problem" in parsed ? undefined : `arn:aws:s3:::${parsed.bucket}/${parsed.prefix === "" ? "*" : `${parsed.prefix}/*`}`;
}
