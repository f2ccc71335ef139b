/** `tradewind doctor store`: what the store can do and what these credentials may, tried out. */
import { isAbsolute } from "node:path";
import { Argument, Command, Option } from "commander";
import type { StoreAddress } from "../protocol/store-address.ts";
import { isS3 } from "../protocol/store-address.ts";
import type { Finding } from "../storage/finding.ts";
import type { OpenOptions } from "../storage/open.ts";
import { actionsOf, policyOf, type Role, roles } from "../storage/s3-roles.ts";
import { compileWorkspace } from "../workspace/compile-workspace.ts";
import { Failure, unknownName } from "./errors.ts";
import { openOptions } from "./open-options.ts";
import { storeAddresses } from "./open-stores.ts";
import { openWorkspace } from "./open-workspace.ts";
import { type WorkspaceOption, withExamples, withWorkspace } from "./options.ts";
import { createPaint, type Paint, visible, wantsColor } from "./terminal.ts";

interface Options extends WorkspaceOption {
  readonly env?: string;
  readonly format: "text" | "json";
  readonly policy?: Role;
}

/** One address of the store, examined. */
interface Examined {
  readonly url: string;
  readonly endpoint?: string;
  readonly findings: readonly Finding[];
}

export function doctorCommand(): Command {
  const command = new Command("doctor")
    .description("try out what the store can do and what these credentials may")
    .addArgument(new Argument("<what>", "what to look at").choices(["store"]))
    .addOption(new Option("-e, --env <env>", "environment (default: the workspace's default_env)"))
    .addOption(
      new Option("--policy <role>", "print the IAM policy that this role needs, and try nothing").choices(roles.map(({ role }) => role)),
    )
    .addOption(new Option("--format <format>", "how to print what was found").choices(["text", "json"]).default("text"))
    .action((_what: string, options: Options) => examine(options));
  return withExamples(withWorkspace(command), "tradewind doctor store --env prod", "tradewind doctor store --env prod --policy launcher");
}

async function examine(options: Options): Promise<void> {
  const root = openWorkspace(options);
  const { environment, environments } = compileWorkspace(root, { digests: false });
  const env = options.env ?? environment;
  if (!environments.includes(env)) throw unknownName("environment", env, environments);
  const addresses = storeAddresses(root, env);
  if (options.policy !== undefined) {
    printPolicies(options.policy, addresses);
    return;
  }
  const examined: Examined[] = [];
  for (const address of placesOf(addresses)) {
    const { url, endpoint } = address;
    examined.push({ url, ...(endpoint !== undefined && { endpoint }), findings: await examineStore(address, openOptions(root)) });
  }
  if (options.format === "json") console.log(JSON.stringify({ env, stores: examined, roles: rolesData() }, null, 2));
  else for (const line of describe(examined, createPaint(wantsColor(process.stdout)))) console.log(line);
  if (examined.some(({ findings }) => findings.some(isTrouble))) process.exitCode = 1;
}

/** Artifacts and code apart, where they lie apart; each place once. */
function placesOf(addresses: readonly StoreAddress[]): readonly StoreAddress[] {
  const places = new Map<string, StoreAddress>();
  for (const { code, ...address } of addresses)
    for (const url of [address.url, code ?? address.url]) places.set(`${address.endpoint} ${url}`, { ...address, url });
  return [...places.values()];
}

async function examineStore(address: StoreAddress, options: OpenOptions): Promise<readonly Finding[]> {
  if (isAbsolute(address.url)) return (await import("../storage/examine-folder.ts")).examineFolder(address.url);
  return (await import("../storage/examine-s3.ts")).examineS3(address, options);
}

/** Deleting and tidying up is not everybody's business. */
function isTrouble({ name, state }: Finding): boolean {
  return state === "failed" && name !== "delete" && name !== "uploads";
}

function describe(examined: readonly Examined[], paint: Paint): readonly string[] {
  const signs = { ok: paint("green", "✓"), weak: paint("yellow", "!"), failed: paint("red", "✗") };
  const lines = examined.flatMap(({ url, endpoint, findings }) => [
    paint("bold", endpoint === undefined ? url : `${url} at ${endpoint}`),
    ...findings.map(({ name, state, text }) => `  ${signs[state]} ${name.padEnd(11)}  ${visible(text)}`),
    "",
  ]);
  if (!examined.some(({ url }) => isS3(url))) return lines.slice(0, -1);
  return [
    ...lines,
    "Who needs what (--policy ROLE prints it as an IAM policy):",
    ...roles.map((one) => `  ${one.role.padEnd(9)}  ${one.title}: ${actionsOf(one).join(", ")}`),
  ];
}

function rolesData() {
  return Object.fromEntries(roles.map((one) => [one.role, actionsOf(one)]));
}

function printPolicies(role: Role, addresses: readonly StoreAddress[]): void {
  const remote = addresses.filter(({ url, code = url }) => isS3(url) || isS3(code));
  const [first, ...more] = remote;
  if (first === undefined) throw new Failure(`the store is the folder ${addresses[0]?.url}, which needs no policy; it is S3's word`);
  if (more.length > 0)
    throw new Failure(`the pipelines of this environment have ${remote.length} stores: ${remote.map(({ url }) => url).join(", ")}`);
  console.log(JSON.stringify(policyOf(role, first), null, 2));
}
