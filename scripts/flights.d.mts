/** Types of flights.mjs, for the tests. */

export function loadFlights(options: { connection: string }): Promise<{ flights: number; loaded: boolean }>;
