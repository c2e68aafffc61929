import type { Pack } from "@reach-fabric/engine";
import { mayAccess, mayCall, mayEmit } from "@reach-fabric/schema";
import type { Grant } from "@reach-fabric/schema";
import { hostCode } from "@reach-fabric/host/codes";
import { capabilitiesOf, describe, grantFor } from "./capabilities.ts";
import type { Capability } from "./capabilities.ts";
import { taskName } from "../../ui/names.ts";
import { CODE, EXIT } from "../../ui/problem.ts";
import type { CliProblem } from "../../ui/problem.ts";

/**
 * What a grant would have to say for a run to get further than it can, or undefined where nothing
 * that the workflow's text shows is missing. The engine decides about each request for itself.
 *
 * @param grant undefined where no grant was given
 */
export function missingGrant(
  pack: Pack,
  grant: Grant | undefined,
  file: string,
): CliProblem | undefined {
  const lacking = lackingIn(pack, grant);
  const [first] = lacking;
  if (first === undefined) return undefined;
  const contacts = lacking.some(({ kind }) => kind === "http");
  return {
    code: grant === undefined ? CODE.noGrant : CODE.notGranted,
    what:
      grant === undefined
        ? `This workflow ${contacts ? "contacts other hosts" : `asks for ${describe(first)}`}, and no grant was given`
        : `The grant does not allow ${describe(first)}`,
    where: `${file}, task ${taskName(first.task)}`,
    why: "nothing is granted by default, so nothing was run",
    hint: `--grant FILE, with at least\n${grantText(lacking)}`,
    exitCode: EXIT.denied,
  };
}

/** What the workflow's text shows that it may ask for, and the grant cannot allow. */
export const lackingIn = (pack: Pack, grant: Grant | undefined): Capability[] =>
  capabilitiesOf(pack).filter((one) => !mayBeGranted(grant ?? {}, one));

/** A grant with what capabilities ask for, as people would write it. */
export const grantText = (capabilities: readonly Capability[]): string =>
  writtenGrant(grantFor(capabilities));

/** A grant as people would write it: each rule on a line of its own. */
export function writtenGrant(file: object): string {
  const { format, ...parts } = file as { format: string };
  const members = Object.entries(parts as Record<string, readonly unknown[]>).map(
    ([name, rules]) => {
      // Addresses, providers and directories.
      if (!Array.isArray(rules)) return `"${name}": ${JSON.stringify(rules)}`;
      if (typeof rules[0] === "string") return `"${name}": ${JSON.stringify(rules)}`;
      const lines = rules.map((rule) => `  ${JSON.stringify(rule)}`).join(",\n");
      return `"${name}": [\n${lines}\n]`;
    },
  );
  return `{${[`"format": "${format}"`, ...members].join(", ")}}`;
}

/** What to do about what the host denied, where another grant does not help. */
const HINTS: Readonly<Record<string, string>> = {
  [hostCode.noModel]: '"providers" of the grant file (--grant) says where each model is.',
  [hostCode.noFolder]: '"directories" of the grant file (--grant) says where each folder is.',
  [hostCode.notPlain]:
    "In a folder are plain files and folders alone: put the file itself there, not a link to it.",
  [hostCode.noToken]:
    "The authority was asked and gave no token: see its client, scopes and secret (reach secrets check).",
  [hostCode.badCredentials]:
    "The secret must be there (--secrets), of the kind that the workflow uses, and granted to that origin.",
  [hostCode.secretCaught]:
    "No record and no file may hold a secret: see what the service, or the file, says it in.",
};

/** What was denied in a run: by the engine, or by the host, whose note says why. */
export function deniedProblem(
  file: string,
  task: string | undefined,
  detail: string | undefined,
  note?: { readonly code: string; readonly why: string },
): CliProblem {
  const why = note === undefined ? detail : `${note.why} (${note.code})`;
  return {
    code: CODE.denied,
    what: "The run asked for something that the grant does not allow",
    ...(task === undefined ? { where: file } : { where: `${file}, task ${taskName(task)}` }),
    ...(why === undefined ? {} : { why }),
    hint:
      HINTS[note?.code ?? ""] ??
      `The grant file (--grant) must hold what it asked for: reach build ${file} shows one that does.`,
    exitCode: EXIT.denied,
  };
}

/** False only where no entry can match, whatever the computed parts turn out to be. */
function mayBeGranted(grant: Grant, one: Capability): boolean {
  switch (one.kind) {
    case "http":
      return (grant.http ?? []).some(
        (entry) =>
          entry.origin === one.origin &&
          entry.methods.some((granted) => granted === one.method) &&
          entry.paths.some((pattern) => mayMatch(pattern, one.path)),
      );
    case "model":
      return grant.models?.includes(one.name) === true;
    case "emit":
      return mayEmit(grant, one.name);
    case "mcp": {
      if (one.call.endsWith("*")) {
        return (grant.mcp ?? []).some(
          ({ server, calls }) =>
            server === one.server && calls.some((pattern) => mayMatch(pattern, one.call)),
        );
      }
      const [method = "", ...target] = one.call.split(" ");
      const name = target.join(" ");
      return mayCall(grant, { uri: one.server, method, parameters: { name, uri: name } });
    }
    case "folder":
      return mayAccess(grant, one.name, one.access);
    case "secret":
      return (grant.secrets ?? []).some(
        ({ name, origins }) => name === one.name && origins.includes(one.origin),
      );
    default:
      return true;
  }
}

function mayMatch(pattern: string, asked: string): boolean {
  const [granted, beginning] = [pattern, asked].map((text) => text.replace(/\*$/, "")) as [
    string,
    string,
  ];
  const [open, computed] = [pattern.endsWith("*"), asked.endsWith("*")];
  if (open && computed) return granted.startsWith(beginning) || beginning.startsWith(granted);
  if (open) return beginning.startsWith(granted);
  return computed ? granted.startsWith(beginning) : granted === beginning;
}
