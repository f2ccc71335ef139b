/** Whose requests they are: from the store's connection, from the environment, or from where AWS's own tools look. */
import { factsOf, S3Error } from "./s3-error.ts";
import type { Credentials } from "./s3-sign.ts";

export interface CredentialSource {
  get(): Promise<Credentials>;
  /** The server said that they have expired: the next `get` asks anew. False when there is nobody to ask. */
  renew(): boolean;
}

/** Milliseconds before their end at which credentials are asked for anew. */
const margin = 5 * 60_000;

/** `given` are those of the connection; without them the environment's, or the standard chain with the profile. */
export function openCredentials(given: Credentials | undefined, profile: string | undefined, env: NodeJS.ProcessEnv): CredentialSource {
  const fixed = given ?? (profile === undefined ? fromEnvironment(env) : undefined);
  if (fixed) return { get: async () => fixed, renew: () => false };
  let known: Promise<Credentials & { readonly expiration?: Date }> | undefined;
  const ask = async () => {
    // Loaded only here: it knows shared files, single sign-on, and the roles of containers and machines.
    const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
    return defaultProvider(profile === undefined ? {} : { profile })().catch((error: unknown) => {
      throw new S3Error(undefined, "CredentialsProviderError", factsOf(error).message);
    });
  };
  return {
    async get() {
      known ??= ask();
      const found = await known.catch((error: unknown) => {
        known = undefined;
        throw error;
      });
      if (found.expiration && found.expiration.getTime() - Date.now() < margin) known = undefined;
      return found;
    },
    renew() {
      known = undefined;
      return true;
    },
  };
}

/** Also those that come from .env. */
function fromEnvironment(env: NodeJS.ProcessEnv): Credentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}
