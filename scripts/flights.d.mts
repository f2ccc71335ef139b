/** Types of flights.mjs, for the tests. */

export function loadFlights(options: { uri: string }): Promise<{ flights: number; loaded: boolean }>;
