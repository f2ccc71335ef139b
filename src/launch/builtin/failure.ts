/** How a built-in operator ends when it cannot do its work: one sentence for a person, and an exit code of protocol/exit.ts. */
export class BuiltinFailure extends Error {
  readonly exitCode: number;
  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BuiltinFailure";
    this.exitCode = exitCode;
  }
}
