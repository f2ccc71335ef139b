/**
 * Every diagnostic that the compiler knows, with its severity. Each has a section in docs/diagnostics.md and a golden case
 * in test/cases; test/pipeline/codes.test.ts ties the three together.
 */
import type { Severity } from "../protocol/diagnostic.ts";

export const codes = {
  // the text
  "unreadable-file": "error",
  "file-too-large": "error",
  "yaml-syntax": "error",
  "yaml-tab": "error",
  "yaml-tag": "error",
  "yaml-alias": "error",
  "yaml-too-deep": "error",
  "yaml-documents": "error",
  "yaml-key": "error",
  "yaml-1.1": "warning",
  "duplicate-key": "error",
  "bad-character": "error",
  "inexact-number": "error",
  // its shape
  "unknown-key": "error",
  "misspelled-key": "warning",
  "missing-key": "error",
  "wrong-type": "error",
  "not-yet": "error",
  "invalid-name": "error",
  "missing-operator-type": "error",
  "empty-group": "error",
  "empty-pipeline": "error",
  "too-many-tasks": "error",
  // its values
  "invalid-value": "error",
  "invalid-cron": "error",
  "invalid-timezone": "error",
  "invalid-date": "error",
  "invalid-duration": "error",
  "invalid-size": "error",
  // settings
  "unknown-setting": "error",
  "setting-cycle": "error",
  "unknown-environment": "error",
  "unknown-flavor": "error",
  "unknown-image": "error",
  "image-without-python": "error",
  "missing-image": "error",
  "missing-launcher": "error",
  "container-store": "error",
  "shared-store": "error",
  // presets
  "unknown-preset": "error",
  "unused-preset": "warning",
  "duplicate-preset": "error",
  // operators, parameters and ports
  "unknown-operator": "error",
  "unknown-type": "error",
  "python-syntax": "error",
  "python-operator": "error",
  "python-type": "warning",
  "unknown-argument": "warning",
  "missing-script": "error",
  "code-folder": "error",
  "unknown-parameter": "error",
  "missing-parameter": "error",
  "invalid-parameter": "error",
  "unknown-port": "error",
  "missing-input": "error",
  "ambiguous-input": "error",
  "bound-twice": "error",
  "type-mismatch": "error",
  "unknown-column": "error",
  "column-type": "error",
  "missing-file": "error",
  "variable-collision": "error",
  "value-too-large": "error",
  // tasks and their order
  "unknown-task": "error",
  "disabled-input": "error",
  "name-clash": "error",
  "recursive-pipeline": "error",
  cycle: "error",
  "duplicate-dag": "error",
  // own templates of dag.py
  "dag-template": "error",
  "dag-template-block": "error",
  "dag-template-python": "error",
  // what would go wrong at run time
  "template-syntax": "error",
  "template-name": "error",
  "template-not-local": "warning",
  "template-removed": "warning",
  "shifted-date": "warning",
  secret: "error",
  "secret-like": "warning",
  "critical-demands": "error",
} as const satisfies Record<string, Severity>;

export type Code = keyof typeof codes;
