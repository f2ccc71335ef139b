/** Types of package.mjs, for the tests. */

export type PackageKind = "wheel" | "npm" | "folder" | "archive";
export function makePackages(out: string, wanted: readonly PackageKind[]): Promise<Readonly<Record<PackageKind, string>>>;
