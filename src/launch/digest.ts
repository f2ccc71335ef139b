/** sha256 of files and texts, in hex. */
import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";

const small = 1 << 20;

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Reads the file once; `onChunk` sees all bytes in order. `size` is what was read. */
export async function digestFile(path: string, onChunk?: (chunk: Uint8Array) => void): Promise<{ sha256: string; size: number }> {
  const file = await open(path, "r");
  try {
    const { size: expected } = await file.stat();
    if (expected < small) {
      const bytes = await readFile(file);
      onChunk?.(bytes);
      return { sha256: sha256(bytes), size: bytes.length };
    }
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(small);
    let size = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      onChunk?.(chunk);
      size += bytesRead;
    }
    return { sha256: hash.digest("hex"), size };
  } finally {
    await file.close();
  }
}
