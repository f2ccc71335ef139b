/** presets/*.yaml: bundles of task keys and parameters, by name. */
import { defaultsSchema } from "./task.ts";
import { name, namedBy, type Schema, text } from "./values.ts";
import type { Words } from "./words.ts";

export function presetsSchema(words: Words): Schema {
  const shared = defaultsSchema(words, ["presets"]);
  const description = { ...text, description: "What the preset is for." };
  const preset = { ...shared, type: "object", properties: { description, ...(shared.properties as Schema) } };
  return { title: "Tradewind presets", ...namedBy(`^${name}$`, "the name of a preset: letters, digits, _ and -, no digit first", preset) };
}
