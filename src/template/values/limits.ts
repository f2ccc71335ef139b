/** What one template may use at most, so that a slip ends in a sentence and not in a hang. */
import { raise } from "./error.ts";

/** Characters of one text. */
export const MAX_TEXT = 10_000_000;
/** Items of one list. */
export const MAX_ITEMS = 1_000_000;
/** Parts of templates that are evaluated, each turn of a loop anew. */
export const MAX_STEPS = 2_000_000;

/** Refuses a text that would be longer than MAX_TEXT. */
export function limitText(length: number): void {
  if (length > MAX_TEXT) raise("Refused", `the template makes a text of more than ${MAX_TEXT} characters`);
}

/** Refuses a list that would be longer than MAX_ITEMS. */
export function limitItems(length: number): void {
  if (length > MAX_ITEMS) raise("Refused", `the template makes a list of more than ${MAX_ITEMS} items`);
}
