/** Ctrl-C, TERM and a closed terminal, for commands that run scripts. */
import { markDescendants } from "../run/stop.ts";

export interface Interrupts {
  readonly signal: AbortSignal;
  /** What a shell expects of a program that the signal ended. */
  exitCode(): number;
  end(): void;
}

/** The first Ctrl-C lets scripts end in order, the second kills them, the third leaves at once. */
export function listenForInterrupts(): Interrupts {
  const kill = markDescendants();
  const controller = new AbortController();
  let count = 0;
  let code = 130;
  const listen = (signal: NodeJS.Signals) => {
    count += 1;
    code = signal === "SIGINT" ? 130 : signal === "SIGHUP" ? 129 : 143;
    if (count === 1) {
      process.stderr.write("\nstopping what runs; once more to kill it\n");
      controller.abort();
    } else if (count === 2) kill();
    else process.exit(code);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, listen);
  return {
    signal: controller.signal,
    exitCode: () => code,
    end() {
      for (const signal of signals) process.off(signal, listen);
    },
  };
}
