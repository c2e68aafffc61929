// `$secrets` in the arguments of calls (WF-69): the places that the host fills, told apart from what the engine sees.
import { pointerOf } from "@reach-fabric/engine";
import { problemCode } from "@reach-fabric/schema";
import type { Path, TaskList } from "@reach-fabric/schema";
import { CompileError, mapTasks } from "./tasks.ts";
import type { Fields } from "./tasks.ts";

type Part = string | { readonly name: string; readonly field: string };

/** Where each call may hold a secret: the member of `with`, and what the request calls it. */
const PLACES: Readonly<Record<string, readonly (readonly [Path, string])[]>> = {
  http: [
    [["headers"], "headers"],
    [["body"], "body"],
  ],
  mcp: [
    [["transport", "http", "headers"], "headers"],
    [["parameters"], "parameters"],
  ],
  grpc: [[["arguments"], "arguments"]],
};
const OWNED = /^(?:authorization|cookie|proxy-.*)$/i;

/** The list with every `$secrets` of a call's arguments taken out of its place, and told in `secrets`. */
export function takeSecretsOut(list: TaskList): TaskList {
  return mapTasks(list, ["do"], (task, path) => {
    const places = PLACES[task["call"] as string];
    let args = task["with"] as Fields | undefined;
    if (places === undefined || args === undefined) return task;
    const found: { at: string; parts: readonly Part[] }[] = [];
    for (const [place, name] of places) {
      const here = [...path, "with", ...place];
      args = within(args, place, (value) =>
        withoutSecrets(value, here, (below, parts) => {
          const [header] = below;
          if (name === "headers" && OWNED.test(String(header))) {
            throw new CompileError([...here, ...below], {
              code: problemCode.refused,
              what: `A secret in the header ${String(header)}: refused.`,
              why: "the host makes this header itself",
              hint: "Write `endpoint: {uri, authentication: {bearer: {use: NAME}}}`.",
            });
          }
          const steps = name === "headers" ? [String(header).toLowerCase()] : below;
          found.push({ at: pointerOf([name, ...steps]), parts });
        }),
      );
    }
    return found.length === 0 ? task : { ...task, with: { ...args, secrets: found } };
  });
}

function within(args: Fields, [first, ...rest]: Path, change: (value: unknown) => unknown): Fields {
  const value = args[first as string];
  if (value === undefined) return args;
  const isLast = rest.length === 0;
  const made = isLast ? change(value) : within(value as Fields, rest, change);
  const others = Object.fromEntries(Object.entries(args).filter(([name]) => name !== first));
  return made === undefined ? others : { ...others, [first as string]: made };
}

/** A member that is a secret is left out, an element and the whole are null. */
function withoutSecrets(
  value: unknown,
  path: Path,
  found: (below: Path, parts: readonly Part[]) => void,
  below: Path = [],
): unknown {
  if (typeof value === "string") {
    if (!/\$secrets\b/.test(value) || !/^\s*\$\{[\s\S]*\}\s*$/.test(value)) return value;
    const parts = partsOf(value);
    if (parts === undefined) {
      throw new CompileError([...path, ...below], {
        code: problemCode.notBuiltYet,
        what: "This use of `$secrets`: not built yet.",
        hint: 'A secret stands alone or between texts: ${ "Key " + $secrets.NAME.FIELD }.',
      });
    }
    found(below, parts);
    return null;
  }
  if (Array.isArray(value)) {
    return value.map((one, i) => withoutSecrets(one, path, found, [...below, i]));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) => {
      const made = withoutSecrets(one, path, found, [...below, name]);
      return made === null && one !== null ? [] : [[name, made]];
    }),
  );
}

/** The texts and secrets of `${ "..." + $secrets.NAME.FIELD + ... }`; undefined for anything else. */
function partsOf(text: string): Part[] | undefined {
  const inner = /^\s*\$\{([\s\S]*)\}\s*$/.exec(text)?.[1] ?? "";
  const term =
    /\s*(?:("(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*")|\$secrets\.([A-Za-z_]\w*)\.([A-Za-z_]\w*))\s*(\+|$)/y;
  const parts: Part[] = [];
  for (;;) {
    const match = term.exec(inner);
    if (match === null) return undefined;
    const [, literal, name = "", field = "", more] = match;
    parts.push(literal === undefined ? { name, field } : (JSON.parse(literal) as string));
    if (more === "") return parts;
  }
}
