/** What plans name by content: digests that the caller hashed, and a note of those that it must still hash. */
import { sha256 } from "../../protocol/sha256.ts";
import type { Digests, Sources } from "../sources.ts";

export class Inventory {
  readonly #sources: Sources;
  readonly #digests: Map<string, string>;
  readonly neededFolders = new Set<string>();
  readonly neededBlobs = new Set<string>();

  /** `digests`, of texts that many plans share, are added to. */
  constructor(sources: Sources, digests: Map<string, string>) {
    this.#sources = sources;
    this.#digests = digests;
  }

  /** sha256 of the packed folder. */
  folder(path: string): string | undefined {
    return this.#hashed(this.#sources.folders, path, this.neededFolders);
  }

  /** sha256 of the file. */
  blob(path: string): string | undefined {
    return this.#hashed(this.#sources.blobs, path, this.neededBlobs);
  }

  text(path: string): string | undefined {
    const text = this.#sources.files.get(path);
    return typeof text === "string" ? text : undefined;
  }

  /** sha256 of a text file of the workspace; empty for a file that is none. */
  digest(path: string): string {
    return this.digestOf(this.text(path) ?? "");
  }

  /** sha256 of a text that many tasks share, such as that of their job. */
  digestOf(text: string): string {
    const known = this.#digests.get(text);
    if (known !== undefined) return known;
    const digest = sha256(text);
    this.#digests.set(text, digest);
    return digest;
  }

  #hashed(known: Digests, path: string, needed: Set<string>): string | undefined {
    const hashed = known.get(path);
    if (hashed === undefined) needed.add(path);
    return hashed !== undefined && "sha256" in hashed ? hashed.sha256 : undefined;
  }
}
