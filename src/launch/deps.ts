/** What a launch needs from whoever calls it. */
import type { LaunchEvent } from "../protocol/event.ts";
import type { Store } from "../storage/store.ts";
import type { Pace } from "./heart.ts";

export interface LaunchDeps {
  readonly store: Store;
  /** Where code/ and files/ lie; absent: in `store`. */
  readonly code?: Store;
  /** Environment of the calling process: connections and the few variables that a script may see come from here. */
  readonly env: NodeJS.ProcessEnv;
  /** Folder for scratch, absolute; a folder per launch is made in it and removed. */
  readonly work: string;
  /** Folder for virtual environments and unpacked code, absolute; shared by any number of launchers. */
  readonly cache: string;
  readonly onEvent: (event: LaunchEvent) => void;
  /** Aborted: the script is stopped and the attempt ends as cancelled. */
  readonly signal: AbortSignal;
  /** How often it shows that it lives; by the kind of the store when missing. */
  readonly pace?: Pace;
}
