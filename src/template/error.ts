/** Why a template could not be rendered, and where. */
export class TemplateError extends Error {
  /** UTF-16 offset into the template. */
  readonly offset: number;
  readonly length: number;
  constructor(message: string, offset: number, length: number) {
    super(message);
    this.offset = offset;
    this.length = length;
  }
}
