/** Escaping for HTML as markupsafe does it. */
import { isText, textOf } from "./kind.ts";
import { toText } from "./text.ts";
import { Markup, type Value } from "./types.ts";

const entities: { readonly [char: string]: string } = { "&": "&amp;", ">": "&gt;", "<": "&lt;", "'": "&#39;", '"': "&#34;" };

/** Escaped text; text that is escaped already stays as it is. */
export function escapeHtml(value: Value): Markup {
  if (value instanceof Markup) return value;
  const text = isText(value) ? textOf(value) : toText(value);
  return new Markup(text.replace(/[&><'"]/g, (char) => entities[char] ?? char));
}

/** Markup.striptags(): tags and comments out, white space to single spaces, entities back to characters. */
export function stripTags(text: string): string {
  const bare = text.replace(/<!--[\s\S]*?-->/g, "").replace(/<[\s\S]*?>/g, "");
  const spaced = bare
    .split(/\s+/)
    .filter((word) => word !== "")
    .join(" ");
  return spaced.replace(/&(lt|gt|amp|quot|nbsp|#39|#34|#x27|#x22);/g, (entity, name: string) => reversed[name] ?? entity);
}

const reversed: { readonly [name: string]: string } = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  nbsp: "\u00a0",
  "#39": "'",
  "#34": '"',
  "#x27": "'",
  "#x22": '"',
};
