/** What an S3 server or the way to it may answer: whether to try again, and the sentence for a person. None of it holds a secret. */
import { StoreError } from "./store.ts";

/** What was being done, for a sentence: `could not read "runs/a" from the store s3://…`. */
export interface Act {
  readonly doing: string;
  /** The right that it needs, such as s3:GetObject. */
  readonly action: string;
}

export interface ErrorFacts {
  /** S3's own code, or that of the system: `SlowDown`, `ECONNRESET`. */
  readonly name: string;
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  readonly message: string;
}

/** An answer that is no success, or a way that was cut. */
export class S3Error extends Error {
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  /** S3's own code; empty when the answer had no body. */
  readonly code: string;
  constructor(status: number | undefined, code: string, message: string) {
    super(message);
    this.name = "S3Error";
    this.status = status;
    this.code = code;
  }
}

/** The body that arrived is not the one that was stored. */
export class DamagedError extends S3Error {
  constructor(message: string) {
    super(undefined, "DamagedError", message);
  }
}

export function factsOf(error: unknown): ErrorFacts {
  if (error instanceof S3Error) return { name: error.code, status: error.status, message: error.message };
  if (!(error instanceof Error)) return { name: "", status: undefined, message: String(error) };
  return { name: "code" in error ? String(error.code) : error.name, status: undefined, message: error.message };
}

const passing = new Set([
  "SlowDown",
  "InternalError",
  "ServiceUnavailable",
  "RequestTimeout",
  "RequestTimeTooSkewed", // the clock was set by the answer
  "AuthorizationHeaderMalformed", // the region was learned from the answer
  "PermanentRedirect",
  "ConditionalRequestConflict",
  "OperationAborted",
  "BadDigest",
  "InvalidDigest",
  "XAmzContentSHA256Mismatch",
  "XAmzContentChecksumMismatch",
  "IncompleteBody",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
  "DamagedError",
  "TimeoutError",
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ERR_STREAM_DESTROYED",
]);

const expired = new Set(["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"]);

/** True when the same request may succeed the next time. */
export function isPassing(error: unknown): boolean {
  const { name, status, message } = factsOf(error);
  if (passing.has(name) || isExpired(error)) return true;
  // What was wrong with it is over when a request that could have told had an answer.
  if (status === 400 && isSilent(error)) return true;
  if (status !== undefined && status >= 500 && status !== 501 && status !== 505) return true;
  if (status === 429 || status === 408) return true;
  // Node's HTTP parser names such ends differently.
  return status === undefined && (name.startsWith("HPE_") || /socket hang up|aborted|premature|Parse Error/i.test(message));
}

/** True for a refusal that does not say why. */
export function isSilent(error: unknown): boolean {
  const { name, status } = factsOf(error);
  return name === "" && (status === 301 || status === 400 || status === 403);
}

/** True when newer credentials may help. */
export function isExpired(error: unknown): boolean {
  return expired.has(factsOf(error).name);
}

/** The StoreError for what was thrown in the end, after all tries. */
export function storeError(error: unknown, act: Act, url: string, endpoint: string): unknown {
  if (error instanceof StoreError) return error;
  const facts = factsOf(error);
  const { name, status } = facts;
  const what = `could not ${act.doing} the store ${url}`;
  const make = (code: StoreError["code"], why: string) => new StoreError(code, `${what}: ${why}`, { cause: error });
  if (name === "NoSuchBucket")
    return make("invalid", `there is no such bucket at ${endpoint}; make it, or mend store.url (and store.endpoint)`);
  if (isExpired(error)) return make("unavailable", "the credentials have expired; renew them and run again");
  if (name === "InvalidAccessKeyId")
    return make("denied", `${endpoint} does not know the access key id; check the store's connection or the AWS variables`);
  if (name === "SignatureDoesNotMatch")
    return make("denied", "the secret access key is not the one of the access key id; check the store's connection or the AWS variables");
  if (name === "RequestTimeTooSkewed")
    return make("unavailable", "the clock of this machine differs from the server's by more than 15 minutes; set it right (NTP)");
  if (name === "CredentialsProviderError" || name === "TokenProviderError")
    return make(
      "denied",
      "no AWS credentials were found; set store.connection, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role",
    );
  if (["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"].includes(name) || status === 301)
    return make("invalid", "the bucket is in another region; set store.region to the bucket's");
  if (name === "AccessDenied" || name === "AllAccessDisabled" || status === 403)
    return make(
      "denied",
      `access denied; the credentials need ${act.action} (and s3:ListBucket on the bucket: without it S3 says so of a missing key, too)`,
    );
  if (name === "KMS.DisabledException" || name.startsWith("KMS."))
    return make("denied", "the bucket's KMS key cannot be used; the credentials need kms:GenerateDataKey and kms:Decrypt");
  if (name === "QuotaExceeded" || name === "XMinioStorageFull" || status === 507)
    return make("full", "the server has no room left; free some space and run again");
  if (["ENOSPC", "EDQUOT"].includes(name)) return error;
  if (["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH"].includes(name))
    return make("unavailable", `${endpoint} cannot be reached (${name}); check store.endpoint, the network and the proxy`);
  if (name === "CERT_HAS_EXPIRED" || /certificate|self.signed|SSL|TLS/i.test(`${name} ${facts.message}`))
    return make("denied", `the certificate of ${endpoint} is not trusted (${name}); set NODE_EXTRA_CA_CERTS to your authority's file`);
  if (name === "TimeoutError" || name === "ETIMEDOUT")
    return make("unavailable", `${endpoint} did not answer in time; run again when it does`);
  if (["ENOENT", "EACCES", "EPERM", "EROFS", "EIO", "EEXIST", "EISDIR", "EMFILE"].includes(name)) return error;
  const said = status === undefined ? `${name}: ${facts.message}` : `the server answered ${`${status} ${name}`.trim()}`;
  return make(isPassing(error) ? "unavailable" : "invalid", said);
}
