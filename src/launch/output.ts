/**
 * A script's output as masked lines, bounded whatever it writes: the first `headLimit` characters of records as they come,
 * then only the last `tailLimit` bytes, told at the end. Bytes that are not UTF-8 become U+FFFD; a long line is cut.
 */
import type { Masker } from "./mask.ts";

export type Stream = "stdout" | "stderr";

export interface OutputLimits {
  /** Bytes of a line that are kept. */
  readonly line: number;
  /** Characters of all lines that are told as they come. */
  readonly head: number;
  /** Bytes at the end that are kept of what comes after the head. */
  readonly tail: number;
}

const outputLimits: OutputLimits = { line: 32 << 10, head: 4 << 20, tail: 512 << 10 };

export interface Output {
  write(stream: Stream, chunk: Buffer): void;
  /** No more will come: tells what is left, the tail too. */
  end(): void;
}

export interface OutputSink {
  line(stream: Stream, line: string): void;
  /** Said once, when the head is full; and once before the tail, with the bytes that nobody will see. */
  note(message: string): void;
}

const newline = 10;
/** What a record costs beside its text; it makes very short lines count. */
const overhead = 64;

interface Partial {
  bytes: Buffer[];
  size: number;
  /** Bytes of this line that were not kept. */
  cut: number;
}

export function createOutput(masker: Masker, sink: OutputSink, limits: OutputLimits = outputLimits): Output {
  const partial: Record<Stream, Partial> = { stdout: emptyPartial(), stderr: emptyPartial() };
  let told = 0;
  let tailing = false;
  let tail: { stream: Stream; chunk: Buffer }[] = [];
  let tailSize = 0;
  let dropped = 0;
  const droppedFrom = new Set<Stream>();
  // A secret across the place of the cut must be whole when it is masked.
  const keep = limits.line + masker.longest * 4;

  function collect(stream: Stream, bytes: Buffer): void {
    const line = partial[stream];
    const room = keep - line.size;
    const kept = bytes.length > room ? bytes.subarray(0, Math.max(0, room)) : bytes;
    if (kept.length > 0) line.bytes.push(Buffer.from(kept));
    line.size += kept.length;
    line.cut += bytes.length - kept.length;
  }

  function tell(stream: Stream): void {
    const line = partial[stream];
    partial[stream] = emptyPartial();
    let text = masker.mask(Buffer.concat(line.bytes).toString("utf8"));
    if (text.endsWith("\r")) text = text.slice(0, -1);
    let cut = line.cut;
    if (text.length > limits.line) {
      cut += text.length - limits.line;
      text = text.slice(0, limits.line);
    }
    sink.line(stream, cut > 0 ? `${text} … (${cut} more bytes of this line)` : text);
    told += text.length + overhead;
  }

  /** Splits `chunk` into lines as long as `more()`; answers with what was not looked at. */
  function split(stream: Stream, chunk: Buffer, more: () => boolean): Buffer | undefined {
    let start = 0;
    while (start < chunk.length) {
      if (!more()) return chunk.subarray(start);
      const end = chunk.indexOf(newline, start);
      if (end < 0) {
        collect(stream, chunk.subarray(start));
        return undefined;
      }
      collect(stream, chunk.subarray(start, end));
      tell(stream);
      start = end + 1;
    }
    return undefined;
  }

  function remember(stream: Stream, chunk: Buffer): void {
    const last = chunk.length > limits.tail ? chunk.subarray(chunk.length - limits.tail) : chunk;
    if (last.length < chunk.length) {
      dropped += chunk.length - last.length;
      droppedFrom.add(stream);
    }
    tail.push({ stream, chunk: Buffer.from(last) });
    tailSize += last.length;
    while (tailSize > limits.tail && tail.length > 1) {
      const oldest = tail.shift();
      if (!oldest) break;
      tailSize -= oldest.chunk.length;
      dropped += oldest.chunk.length;
      droppedFrom.add(oldest.stream);
    }
  }

  return {
    write(stream, chunk) {
      if (tailing) return remember(stream, chunk);
      const rest = split(stream, chunk, () => told < limits.head);
      if (rest === undefined) return;
      tailing = true;
      sink.note("the script writes a lot: from here on only the end of its output is kept, and told when it ends");
      remember(stream, rest);
    },
    end() {
      if (dropped > 0) {
        for (const stream of droppedFrom) partial[stream] = emptyPartial();
        sink.note(`${dropped} bytes of output were left out here`);
      }
      for (const { stream, chunk } of tail) {
        let text: Buffer = chunk;
        if (droppedFrom.delete(stream)) {
          // What precedes the first line end belongs to a line that began in what was dropped.
          const end = chunk.indexOf(newline);
          text = end < 0 ? chunk : chunk.subarray(end + 1);
        }
        split(stream, text, () => true);
      }
      tail = [];
      for (const stream of ["stdout", "stderr"] as const) if (partial[stream].size > 0) tell(stream);
    },
  };
}

function emptyPartial(): Partial {
  return { bytes: [], size: 0, cut: 0 };
}
