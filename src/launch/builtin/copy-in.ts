/** `copy … from stdin` out of a file, through one buffer that is used again, so memory is the same for any number of rows. */
import { open } from "node:fs/promises";
import type { Socket } from "node:net";
import type pg from "pg";

/** The parts of pg's connection that a copy speaks to. */
interface Wire {
  readonly stream: Socket;
  query(text: string): void;
  sendCopyFail(message: string): void;
}

const chunkBytes = 1 << 18;
/** Type and length in front of the data (protocol 3.0, CopyData). */
const frame = 5;
const copyDone = Buffer.from([0x63, 0, 0, 0, 4]);

/** Sends the file from byte `start` on and returns the rows that were copied; rejects with Postgres' error, or the file's. */
export function copyIn(client: pg.Client, text: string, path: string, start: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let rows = 0;
    let ended = false;
    let failure: unknown;
    const query = {
      submit: (connection: Wire) => connection.query(text),
      handleCopyInResponse(connection: Wire) {
        send(connection.stream, path, start, () => ended).catch((error: unknown) => {
          failure ??= error;
          // A file that cannot be read is told to the server; when it is the socket that broke, pg tells us.
          if (connection.stream.writable) connection.sendCopyFail("the file could not be read");
        });
      },
      handleCommandComplete(message: { text?: string }) {
        rows = Number(/^COPY (\d+)/.exec(message.text ?? "")?.[1] ?? 0);
      },
      handleError(error: unknown) {
        ended = true;
        reject(failure ?? error);
      },
      handleReadyForQuery() {
        ended = true;
        resolve(rows);
      },
    };
    client.query(query as unknown as pg.Submittable);
  });
}

async function send(socket: Socket, path: string, start: number, isEnded: () => boolean): Promise<void> {
  const file = await open(path, "r");
  try {
    const buffer = Buffer.allocUnsafe(frame + chunkBytes);
    buffer[0] = 0x64;
    let position = start;
    while (!isEnded()) {
      const { bytesRead } = await file.read(buffer, frame, chunkBytes, position);
      if (bytesRead === 0) break;
      buffer.writeUInt32BE(bytesRead + 4, 1);
      position += bytesRead;
      if (!(await write(socket, buffer.subarray(0, frame + bytesRead)))) return;
    }
    if (!isEnded()) await write(socket, copyDone);
  } finally {
    await file.close();
  }
}

/** True when the socket has taken the bytes and the buffer is free again; false when it broke, which pg reports to the query. */
function write(socket: Socket, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    socket.write(bytes, (error) => resolve(!error));
  });
}
