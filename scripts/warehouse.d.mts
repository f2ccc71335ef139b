/** Types of warehouse.mjs, for the tests. */

export interface Warehouse {
  readonly uri: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** False when it was running already. */
  readonly started: boolean;
  /** Gives it up; true when that stopped it. */
  stop(): Promise<boolean>;
}

export const defaultFolder: string;
export function ensureWarehouse(options?: { folder?: string; guard?: boolean }): Promise<Warehouse>;
export function stopWarehouse(options?: { folder?: string }): Promise<boolean>;
