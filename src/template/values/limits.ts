/** What one template may use at most, so that a slip ends in a sentence and not in a hang. */
import { raise } from "./error.ts";

/** Characters of one text. */
const MAX_TEXT = 2_000_000;
/** Items of one list. */
const MAX_ITEMS = 200_000;
/** Parts of a template that are evaluated and items that are looked at, each turn of a loop anew. */
const MAX_WORK = 2_000_000;

// Rendering is synchronous and never nested, so that one counter serves whichever template is being rendered.
let work = 0;
let mostText = MAX_TEXT;

/** Begins to count anew: a template begins, whose text may have so many characters. */
export function startWork(text = MAX_TEXT): void {
  work = 0;
  mostText = text;
}

/** Counts one step, comparison or printed part; a value that holds itself many times over is met here. */
export function countWork(): void {
  work += 1;
  if (work > MAX_WORK) raise("Refused", `the template takes more than ${MAX_WORK} steps: is there a loop without end?`);
}

/** Refuses a text that would be longer than it may be. */
export function limitText(length: number): void {
  if (length > mostText) raise("Refused", `the template makes a text of more than ${mostText} characters`);
}

/** Refuses a list that would be longer than MAX_ITEMS. */
export function limitItems(length: number): void {
  if (length > MAX_ITEMS) raise("Refused", `the template makes a list of more than ${MAX_ITEMS} items`);
}
