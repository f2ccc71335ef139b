/** `copy … to stdout` into a file, through one buffer that is used again, so memory is the same for any number of rows. */
import { closeSync, openSync, writeSync } from "node:fs";
import type { Socket } from "node:net";
import type pg from "pg";

/** The parts of pg's connection that a copy speaks to. */
interface Wire {
  readonly stream: Socket;
  query(text: string): void;
}

/** Type and length in front of every message of protocol 3.0. */
const frame = 5;
const copyData = 0x64;
const bufferBytes = 1 << 18;

export interface Copied {
  readonly rows: number;
  readonly bytes: number;
}

/** Writes what the statement gives to `path`; rejects with Postgres' error, or the file's. */
export async function copyOut(client: pg.Client, text: string, path: string): Promise<Copied> {
  const file = new BufferedFile(path);
  try {
    const rows = await receive(client, text, file);
    file.flush();
    return { rows, bytes: file.bytes };
  } finally {
    file.close();
  }
}

/** Written synchronously: the process has nothing else to do, and a slow disk slows the server down instead of filling memory. */
class BufferedFile {
  readonly #file: number;
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  #used = 0;
  bytes = 0;

  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  /** Takes a copy of `source[start, end)`. */
  add(source: Buffer, start: number, end: number): void {
    for (let from = start; from < end; ) {
      if (this.#used === bufferBytes) this.flush();
      const copied = source.copy(this.#buffer, this.#used, from, end);
      this.#used += copied;
      from += copied;
    }
    this.bytes += end - start;
  }

  flush(): void {
    for (let done = 0; done < this.#used; ) done += writeSync(this.#file, this.#buffer, done, this.#used - done);
    this.#used = 0;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Runs the copy: its data go to `file`, all other messages to pg. Returns the rows. */
function receive(client: pg.Client, text: string, file: BufferedFile): Promise<number> {
  return new Promise((resolve, reject) => {
    let rows = 0;
    let failure: unknown;
    let restore = () => {};
    const query = {
      submit(connection: Wire) {
        const socket = connection.stream;
        const [toPg] = socket.listeners("data") as ((bytes: Buffer) => void)[];
        if (toPg === undefined) throw new Error("pg does not listen to its socket");
        const separate = separator(file, toPg);
        const onData = (chunk: Buffer) => {
          try {
            separate(chunk);
          } catch (error) {
            failure = error;
            socket.destroy();
          }
        };
        restore = () => {
          socket.off("data", onData);
          socket.on("data", toPg);
        };
        socket.off("data", toPg);
        socket.on("data", onData);
        connection.query(text);
      },
      handleCommandComplete(message: { text?: string }) {
        rows = Number(/^COPY (\d+)/.exec(message.text ?? "")?.[1] ?? 0);
      },
      handleError(error: unknown) {
        restore();
        reject(failure ?? error);
      },
      handleReadyForQuery() {
        restore();
        resolve(rows);
      },
    };
    client.query(query as unknown as pg.Submittable);
  });
}

/** Splits the stream of messages, of which a chunk may hold any part, into the content of CopyData and all the rest. */
function separator(file: BufferedFile, others: (bytes: Buffer) => void): (chunk: Buffer) => void {
  const header = Buffer.alloc(frame);
  let have = 0;
  let left = 0;
  let isData = false;
  const begin = (bytes: Buffer, at: number) => {
    isData = bytes[at] === copyData;
    left = bytes.readUInt32BE(at + 1) - 4;
    if (!isData) others(Buffer.from(bytes.subarray(at, at + frame)));
  };
  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (left > 0) {
        const end = Math.min(at + left, chunk.length);
        if (isData) file.add(chunk, at, end);
        else others(chunk.subarray(at, end));
        left -= end - at;
        at = end;
      } else if (have === 0 && chunk.length - at >= frame) {
        begin(chunk, at);
        at += frame;
      } else {
        const copied = chunk.copy(header, have, at, at + frame - have);
        have = (have + copied) % frame;
        at += copied;
        if (have === 0) begin(header, 0);
      }
    }
  };
}
