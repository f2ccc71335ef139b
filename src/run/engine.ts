/** Where the attempts of a local run take place: in this process's children, or in containers. */
import { launch } from "../launch/launch.ts";
import type { LaunchEvent } from "../protocol/event.ts";
import type { JobTaskPlan } from "../protocol/plan.ts";
import type { Request } from "../protocol/request.ts";
import type { Result } from "../protocol/result.ts";
import type { Store } from "../storage/store.ts";

export interface Engine {
  /** Runs one attempt to its end. Whatever a script does is in the result; throws when the store or the engine went away. */
  launch(attempt: AttemptToRun): Promise<Result>;
}

export interface AttemptToRun {
  readonly request: Request;
  readonly task: JobTaskPlan;
  /** Folder for scratch, absolute. */
  readonly work: string;
  readonly onEvent: (event: LaunchEvent) => void;
  /** Aborted: the script is stopped and the attempt ends as cancelled. */
  readonly signal: AbortSignal;
}

export interface ProcessDeps {
  readonly store: Store;
  /** Where code/ and files/ lie. */
  readonly code: Store;
  readonly env: NodeJS.ProcessEnv;
  /** Folder for virtual environments and unpacked code, absolute. */
  readonly cache: string;
}

/** The launcher within this process; scripts are its children. */
export function processEngine(deps: ProcessDeps): Engine {
  return {
    launch({ request, work, onEvent, signal }) {
      return launch(request, { ...deps, work, onEvent, signal });
    },
  };
}
