/** What every check of a pipeline is: it looks, and reports. */
import type { Report } from "../parse/report.ts";
import type { Pipeline } from "../resolve/pipeline.ts";
import type { Sources } from "../sources.ts";

export type Check = (pipeline: Pipeline, report: Report, sources: Sources) => void;
