/** Types of provision.mjs, for the tests. */

export const root: string;
export const cache: string;
export class ProvisionError extends Error {}
export function packages(): void;
export function python(): string;
export function uv(): string;
export function pythonEnvironment(name: string): string;
export function debianProgram(program: string, debianPackage: string): string;
export function goProgram(name: string, module: string, version: string): string;
export function nodePackage(): string;
export function nodeWheels(): string;
