/** What a person, a program and GitLab are shown of a diagnostic. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countText, diagnosticData, gitlabReport, renderForTerminal } from "../../src/cli/diagnostics.ts";
import { createSourceText, createSourceTexts } from "../../src/cli/source-text.ts";
import { columnsOf, visible, wantsColor } from "../../src/cli/terminal.ts";
import type { Diagnostic, Span } from "../../src/protocol/diagnostic.ts";

const file = "pipelines/flights.yaml";
const text = `dag:
  name: flights
tasks:
  load:
    to_dwh:
      needs: [inference.scor]
`;

/** Where `part` stands in `of`. */
function spanOf(part: string, of = text, inFile = file): Span {
  const start = of.indexOf(part);
  if (start < 0) throw new Error(`${part} is not in the text`);
  return { file: inFile, start, end: start + part.length };
}

function diagnostic(span: Span, more: Partial<Diagnostic> = {}): Diagnostic {
  return {
    code: "unknown-task",
    severity: "error",
    message: "task `load.to_dwh` needs `inference.scor`, which does not exist",
    span,
    notes: [],
    ...more,
  };
}

function render(one: Diagnostic, source = text, width = 100, color = false): string {
  return renderForTerminal([one], createSourceTexts(new Map([[file, source]])), { color, width });
}

describe("on a terminal", () => {
  test("place, message, code, line and underline; notes with their own line; the fix", () => {
    const one = diagnostic(spanOf("inference.scor"), {
      notes: [{ message: "the group is here", span: spanOf("load:") }, { message: "names are looked up from the own group outwards" }],
      fix: { title: "write inference.score", edits: [] },
    });
    expect(
      render(one),
    ).toBe(`pipelines/flights.yaml:6:15: error: task \`load.to_dwh\` needs \`inference.scor\`, which does not exist [unknown-task]
  6 |       needs: [inference.scor]
    |               ^^^^^^^^^^^^^^
      note: the group is here (pipelines/flights.yaml:4:3)
  4 |   load:
    |   ^^^^^
      note: names are looked up from the own group outwards
      fix: write inference.score (tradewind check --fix)
`);
  });

  test("colour only when asked for", () => {
    expect(render(diagnostic(spanOf("load:")), text, 100, true)).toContain("\x1b[31merror\x1b[0m");
    expect(wantsColor({ isTTY: true, write: () => {} }, {})).toBe(true);
    expect(wantsColor({ isTTY: true, write: () => {} }, { NO_COLOR: "1" })).toBe(false);
    expect(wantsColor({ isTTY: true, write: () => {} }, { TERM: "dumb" })).toBe(false);
    expect(wantsColor({ isTTY: false, write: () => {} }, {})).toBe(false);
    expect(wantsColor({ isTTY: false, write: () => {} }, { FORCE_COLOR: "1" })).toBe(true);
  });

  test("the underline stands under wide characters, marks and tabs", () => {
    const source = "\t飛行機: [e\u0301cole, x]\n";
    const lines = render(diagnostic(spanOf("x", source)), source).split("\n");
    const column = columnsOf((lines[1] ?? "").slice(0, (lines[1] ?? "").indexOf("x")));
    expect((lines[2] ?? "").indexOf("^")).toBe(column);
    expect(lines[2]?.match(/\^+/)?.[0]).toHaveLength(1);
  });

  test("nothing in a file can steer the terminal", () => {
    const source = "name: \x1b[2J\x07\u202eevil\n";
    const shown = render(diagnostic(spanOf("evil", source), { message: "bad \x1b]0;title\x07 name\r" }), source);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is left is the point
    expect(shown).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e]/);
    expect(shown).toContain("bad \\x1b]0;title\\x07 name\\r");
  });

  test("a very long line is cut around what is underlined", () => {
    const source = `a: ${"x".repeat(5_000_000)}HERE${"y".repeat(5_000_000)}\n`;
    const started = performance.now();
    const lines = render(diagnostic(spanOf("HERE", source)), source, 80).split("\n");
    expect(performance.now() - started).toBeLessThan(500);
    expect(Math.max(...lines.slice(1).map(columnsOf))).toBeLessThanOrEqual(80);
    expect(lines[1]).toMatch(/…x+HEREy+…$/);
    expect(lines[1]?.slice(lines[2]?.indexOf("^") ?? 0)).toMatch(/^HERE/);
  });

  test("what spans lines is underlined on its first", () => {
    expect(render(diagnostic({ file, start: 0, end: text.length }))).toContain("  1 | dag:\n    | ^^^^…\n");
  });

  test("a file without text has a place and no line", () => {
    const one = diagnostic({ file: "pipelines/binary.yaml", start: 0, end: 0 }, { code: "unreadable-file", message: "is binary" });
    expect(render(one)).toBe("pipelines/binary.yaml: error: is binary [unreadable-file]\n");
  });

  test("any span of any text can be shown, in lines no wider than the terminal", () => {
    const anyText = fc.string({
      unit: fc.constantFrom("a", " ", "\t", "\n", "\r\n", "飛", "😀", "e\u0301", "\x1b", "\u202e"),
      maxLength: 300,
    });
    fc.assert(
      fc.property(anyText, fc.nat(400), fc.nat(400), fc.integer({ min: 40, max: 120 }), (source, start, length, width) => {
        const lines = render(diagnostic({ file, start, end: start + length }), source, width)
          .split("\n")
          .slice(1);
        for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(width + 1);
      }),
      { numRuns: 500 },
    );
  });

  test("counts", () => {
    const error = diagnostic(spanOf("dag"));
    expect(countText([])).toBe("no problems");
    expect(countText([error])).toBe("1 error");
    expect(countText([error, error, { ...error, severity: "warning" }])).toBe("2 errors, 1 warning");
  });
});

describe("positions", () => {
  test.each([
    ["", 0, 1, 1],
    ["a\nb", 2, 2, 1],
    ["a\nb", 99, 2, 2],
    ["a\r\nbc", 4, 2, 2],
    ["a\n", 2, 2, 1],
    ["飛😀x", 3, 1, 4],
  ])("%j at %d is %d:%d", (source, offset, line, column) => {
    expect(createSourceText(source).position(offset)).toEqual({ line, column });
  });

  test("agree with counting line breaks", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "\n", "b"), maxLength: 60 }), fc.nat(60), (source, wanted) => {
        const offset = Math.min(wanted, source.length);
        const before = source.slice(0, offset).split("\n");
        expect(createSourceText(source).position(offset)).toEqual({ line: before.length, column: (before.at(-1)?.length ?? 0) + 1 });
        expect(createSourceText(source).line(before.length)).toBe(source.split("\n")[before.length - 1]);
      }),
    );
  });
});

test("for programs: places from 1, fixes with their edits", () => {
  const texts = createSourceTexts(new Map([[file, text]]));
  const span = spanOf("inference.scor");
  const one = diagnostic(span, { fix: { title: "write inference.score", edits: [{ span, text: "inference.score" }] } });
  expect(diagnosticData(one, texts)).toEqual({
    code: "unknown-task",
    severity: "error",
    message: one.message,
    file,
    line: 6,
    column: 15,
    end_line: 6,
    end_column: 29,
    start: span.start,
    end: span.end,
    notes: [],
    fix: {
      title: "write inference.score",
      edits: [{ file, line: 6, column: 15, end_line: 6, end_column: 29, start: span.start, end: span.end, text: "inference.score" }],
    },
  });
});

describe("for GitLab", () => {
  const report = (source: string, ...all: Diagnostic[]) =>
    gitlabReport(all, createSourceTexts(new Map([[file, source]])), "ml/pipelines-repo");

  test("has the fields that GitLab requires", () => {
    expect(report(text, diagnostic(spanOf("inference.scor")))).toEqual([
      {
        description: "task `load.to_dwh` needs `inference.scor`, which does not exist",
        check_name: "unknown-task",
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
        severity: "major",
        location: { path: `ml/pipelines-repo/${file}`, lines: { begin: 6, end: 6 } },
      },
    ]);
  });

  test("a fingerprint survives lines that are added above, and differs for what differs", () => {
    const moved = `# a comment\n\n${text}`;
    const fingerprint = (source: string, more: Partial<Diagnostic> = {}) =>
      report(source, diagnostic(spanOf("inference.scor", source), more))[0]?.fingerprint;
    expect(fingerprint(moved)).toBe(fingerprint(text));
    expect(fingerprint(text, { code: "other" })).not.toBe(fingerprint(text));
    expect(fingerprint(text, { message: "other" })).not.toBe(fingerprint(text));
  });

  test("two equal faults have two fingerprints", () => {
    const one = diagnostic(spanOf("inference.scor"));
    expect(new Set(report(text, one, one).map(({ fingerprint }) => fingerprint)).size).toBe(2);
  });
});

test("widths and visible text", () => {
  expect(columnsOf("abc飛😀e\u0301")).toBe(3 + 2 + 2 + 1);
  expect(visible("a\tb\x1b")).toBe("a\\tb\\x1b");
});
