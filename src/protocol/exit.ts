/**
 * Exit codes of `tradewind launch`. The script's own code passes through; these are the launcher's
 * (64–78 follow sysexits.h; 124 and 137 follow timeout(1) and the kernel's OOM killer; 99 is Airflow's skip code).
 */
export const EXIT = {
  success: 0,
  usage: 64, // the request is not one
  badInput: 65, // an input or parameter does not fit
  missingInput: 66, // an input is not there
  missingConnection: 68,
  unavailable: 69, // store or package index away
  internal: 70,
  os: 71, // no disk, no process
  badOutput: 73, // an output is missing or not what was declared
  io: 74,
  temporary: 75,
  protocol: 76, // a newer request than this launcher knows
  config: 78,
  skip: 99,
  timeout: 124,
  outOfMemory: 137,
  cancelled: 143,
} as const;
