/** One bucket on one server: finds the credentials, sends commands again when that may help, says what was wrong otherwise. */
import { parseS3Url, type StoreAddress } from "../protocol/store-address.ts";
import type { OpenOptions } from "./open.ts";
import { backoff, pause, type RetryPolicy, usualRetries } from "./retry.ts";
import { readConnection } from "./s3-connection.ts";
import { openCredentials } from "./s3-credentials.ts";
import { type Act, factsOf, isExpired, isPassing, isSilent, storeError } from "./s3-error.ts";
import { createWire, type Wire } from "./s3-wire.ts";
import { StoreError } from "./store.ts";

export interface Tuning {
  readonly retries: RetryPolicy;
  /** Milliseconds without a byte after which a request is given up, and sent again. */
  readonly silence: number;
  /** Bytes of a part of an upload, and of a range of a download. */
  readonly part: number;
  /** Parts of one file that are under way, and in memory, at once. */
  readonly partsAtOnce: number;
}

const usualTuning: Tuning = { retries: usualRetries, silence: 20_000, part: 8 << 20, partsAtOnce: 6 };

/** An answer that is no error: the status that the caller has named. */
export interface Refused {
  readonly refused: number;
  /** True when an earlier try may have done the work, although its answer did not arrive. */
  readonly doubtful: boolean;
}

export interface Bucket {
  readonly url: string;
  readonly name: string;
  /** Of the server, for a person and for the note of what it can do. */
  readonly endpoint: string;
  /** True for Amazon's own, which needs no probe. */
  readonly amazon: boolean;
  readonly tuning: Tuning;
  /** The object's key in the bucket. */
  objectKey(key: string): string;
  /** Sends until it is answered; `expected` are statuses that are answers too. Throws StoreError. */
  send<T>(act: Act, command: (wire: Wire) => Promise<T>, options?: SendOptions): Promise<T | Refused>;
}

export interface SendOptions {
  readonly expected?: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

export function isRefused(answer: unknown): answer is Refused {
  return typeof answer === "object" && answer !== null && "refused" in answer;
}

/** At AWS before the host; but its certificate is for one name before it, and a bucket's with dots would be several. */
export function usualAddressing(bucket: string, endpoint: string | undefined): "path" | "virtual" {
  return endpoint === undefined && !bucket.includes(".") ? "virtual" : "path";
}

/** Opens nothing yet. Throws StoreError for an address or a connection that cannot be used. */
export function openBucket(address: StoreAddress, { env }: OpenOptions, changes: Partial<Tuning> = {}): Bucket {
  const tuning = { ...usualTuning, ...changes };
  const { retries } = tuning;
  const parsed = parseS3Url(address.url);
  if ("problem" in parsed) throw new StoreError("invalid", `the store "${address.url}" ${parsed.problem}`);
  const { bucket, prefix } = parsed;
  const connection = address.connection === undefined ? {} : readConnection(address.connection, env);
  const endpoint = address.endpoint ?? connection.endpoint ?? (env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined);
  // From the environment, so nothing has looked at it; not shown, since it may hold a password.
  if (endpoint !== undefined && !/^https?:\/\/([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?\/?$/.test(endpoint))
    throw new StoreError(
      "invalid",
      `the S3 server of the store ${address.url} has an address that is not http[s]://host[:port]; mend endpoint_url of the store's connection, or AWS_ENDPOINT_URL`,
    );
  const credentials = openCredentials(connection.credentials, connection.profile ?? (env.AWS_PROFILE || undefined), env);
  const wire = createWire({
    bucket,
    endpoint,
    addressing: address.addressing ?? usualAddressing(bucket, endpoint),
    // AWS tells the bucket's region when it is another; other servers mostly have one, and take this name for it.
    region: address.region ?? connection.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || "us-east-1"),
    credentials: credentials.get,
    silence: tuning.silence,
  });
  const where = endpoint ?? "AWS";

  return {
    url: address.url,
    name: bucket,
    endpoint: where,
    amazon: endpoint === undefined || /^https:\/\/([\w.-]+\.)?amazonaws\.com(\.cn)?(:443)?$/.test(endpoint),
    tuning,
    objectKey: (key) => (prefix === "" ? key : `${prefix}/${key}`),
    async send(act, command, { expected = [], signal } = {}) {
      let doubtful = false;
      for (let number = 1; ; number++) {
        try {
          return await command(wire);
        } catch (thrown) {
          if (signal?.aborted) throw thrown;
          const error = isSilent(thrown) ? await askWhy(thrown, wire) : thrown;
          const { status, name } = factsOf(error);
          if (status !== undefined && expected.includes(status) && name !== "NoSuchBucket") return { refused: status, doubtful };
          if (!isPassing(error) || number >= retries.attempts) throw storeError(error, act, address.url, where);
          if (isExpired(error) && !credentials.renew()) throw storeError(error, act, address.url, where);
          if (status === undefined || status >= 500) doubtful = true;
          await pause(backoff(retries, number, Math.random()), signal);
          if (signal?.aborted) throw error;
        }
      }
    },
  };
}

/** The answer to a HEAD has no body that could tell why it is a refusal: a request that has one is asked instead. */
async function askWhy(refusal: unknown, wire: Wire): Promise<unknown> {
  return wire.ask({ method: "GET", query: { "list-type": "2", "max-keys": "1" } }).then(
    () => refusal,
    (why: unknown) => why,
  );
}
