/** Lines of NDJSON on their way to the store: in memory while they are few, in a scratch file when they are many. */
import { appendFileSync, readFileSync } from "node:fs";
import type { Store } from "../storage/store.ts";

const spillAt = 256 << 10;

export interface Lines {
  add(value: unknown): void;
  /** UTF-16 length of all that was added. */
  readonly length: number;
  /** Everything so far: whole lines. A few megabytes, since a script's output is bounded. */
  read(): Uint8Array;
  /** Writes everything to `key`; nothing when there are no lines. */
  upload(store: Store, key: string): Promise<void>;
}

/** Adding never fails: when the scratch file cannot be written, upload throws what was the matter. */
export function createLines(scratchFile: () => string): Lines {
  let text = "";
  let length = 0;
  let spilled: string | undefined;
  let failure: unknown;
  function spill(): void {
    spilled ??= scratchFile();
    try {
      if (failure === undefined) appendFileSync(spilled, text);
    } catch (error) {
      failure = error;
    }
    text = "";
  }
  return {
    add(value) {
      const line = `${JSON.stringify(value)}\n`;
      text += line;
      length += line.length;
      if (text.length > spillAt) spill();
    },
    get length() {
      return length;
    },
    read() {
      if (spilled === undefined) return Buffer.from(text);
      if (failure !== undefined) throw failure;
      return Buffer.concat([readFileSync(spilled), Buffer.from(text)]);
    },
    async upload(store, key) {
      if (length === 0) return;
      if (spilled === undefined) {
        await store.put(key, new TextEncoder().encode(text), { durable: false });
        return;
      }
      if (text !== "") spill();
      if (failure !== undefined) throw failure;
      await store.putFile(key, spilled, { durable: false });
    },
  };
}
