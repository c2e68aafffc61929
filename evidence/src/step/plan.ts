// What a task needs to be computed alone, and which tasks cannot be. docs/spec/evidence.md, EVID-51.
//
// It follows from the pack alone, and from what stands in clear in the leaves: so that who proves a step and who
// checks it come to the same.
import { ARGUMENTS, fromUtf8, variablesOf } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import { isObject } from "../encoding/shape.ts";
import { EvidenceError, quoted } from "../errors/errors.ts";
import { manifestOf } from "../file/pack.ts";
import type { TaskLeaf } from "./leaf.ts";
import { isInOther, levelsOf } from "./place.ts";
import type { Level } from "./place.ts";

type Members = Readonly<Record<string, unknown>>;

/** A workflow of the pack. */
export interface Document extends Members {
  readonly document: {
    readonly namespace: string;
    readonly name: string;
    readonly version: string;
  };
}

/** What is asked for once in a run, and may have been asked for before the task. */
export type OncePerRun = "workflow.startedAt" | "workflow.id";

/** How a task is computed alone. */
export interface Plan {
  /** The pack's file that the workflow is, and what is in it. */
  readonly path: string;
  readonly document: Document;
  /** The way to the task, which is the last one of it. */
  readonly levels: readonly Level[];
  readonly definition: Members;
  /** Where its $context comes from; null where nothing looks at that. */
  readonly context: "task before" | "input" | "start" | null;
  /** Whether it may have another $context when it ends: then both of them are compared. */
  readonly leavesContext: boolean;
  /** Whether the run's own input is needed. */
  readonly runInput: boolean;
  /** What was asked for once in the run, and is mentioned. */
  readonly once: readonly OncePerRun[];
}

/** @throws of what a step cannot show */
export const cannot = (why: string): EvidenceError => new EvidenceError("REACH-E5512", why);

/** Bits of `reads` in bytecode. */
const READS = { id: 2, startedAt: 4 } as const;
const [CONTEXT, WORKFLOW] = [ARGUMENTS.indexOf("context"), ARGUMENTS.indexOf("workflow")];

/**
 * How the task of a record is computed alone.
 *
 * @param own the leaf of its record
 * @param isFirst no task ended before it began
 * @throws EvidenceError `REACH-E5512`: it cannot be, and why
 */
export function planOf(
  engine: Pick<Engine, "listExpressions">,
  { pack, workflow }: { readonly pack: Pack; readonly workflow: string },
  own: TaskLeaf,
  isFirst: boolean,
): Plan {
  const { path, document } = documentOf(pack, workflow);
  const levels = levelsOf(own.task);
  const definition = definitionOf(document, own.task, levels);
  const { expressions } = engine.listExpressions(pack);
  const isOwn = (place: string): boolean => place.startsWith(`${own.task}/`);
  const variables = new Map<number, { members: Set<string>; whole: boolean }>();
  let reads = 0;
  for (const { file, place, program } of expressions) {
    if (program === undefined) throw cannot("an expression of the pack does not compile");
    const isMine = file === path && isOwn(place);
    // A workflow that it runs can ask for the id of the run, and for nothing else that is outside.
    const isRun = file !== path && runsOthers(definition);
    if (isMine) reads |= program.reads;
    if (isRun) reads |= program.reads & READS.id;
    if (!isMine) continue;
    for (const [slot, { members, whole }] of variablesOf(program)) {
      const known = variables.get(slot) ?? { members: new Set(), whole: false };
      for (const member of members) known.members.add(member);
      known.whole ||= whole;
      variables.set(slot, known);
    }
  }
  requireOwnVariables(levels, definitionsOf(document, levels), variables);
  const ofWorkflow = variables.get(WORKFLOW);
  if (ofWorkflow?.whole === true || ofWorkflow?.members.has("definition") === true) {
    throw cannot("it looks at all of $workflow, of which a step has the input, id and time alone");
  }
  // What is exported inside it may be there or not: then the one before is what is left.
  const { export: exported, ...rest } = definition;
  const readsContext = variables.has(CONTEXT) || hasMember(rest, "export");
  const isNested = levels.length > 1;
  const source = !isFirst ? "task before" : isNested ? "start" : "input";
  const context = readsContext ? source : null;
  return {
    path,
    document,
    levels,
    definition,
    context,
    leavesContext: readsContext || (exported !== undefined && own.status === "completed"),
    runInput: ofWorkflow?.members.has("input") === true || context === "start",
    once: [
      ...((reads & READS.startedAt) === 0 ? [] : (["workflow.startedAt"] as const)),
      ...((reads & READS.id) === 0 ? [] : (["workflow.id"] as const)),
    ],
  };
}

function documentOf(pack: Pack, workflow: string): Pick<Plan, "path" | "document"> {
  for (const path of manifestOf(pack).workflows) {
    const bytes = pack.files.find((file) => file.path === path)?.bytes ?? new Uint8Array();
    const document = JSON.parse(fromUtf8(bytes)) as Document;
    const { namespace, name, version } = document.document;
    if (`${namespace}/${name}:${version}` === workflow) return { path, document };
  }
  throw cannot(`the pack has no workflow ${quoted(workflow)}`);
}

/** The tasks on the way to a task, and itself. */
function definitionsOf(document: Document, levels: readonly Level[]): Members[] {
  let around: unknown = document;
  return levels.map(({ list, index, name }) => {
    const item = memberOf(listIn(around, list), `${index}`);
    around = memberOf(item, name);
    if (isObject(around)) return around;
    throw cannot("the workflow has no such task");
  });
}

function definitionOf(document: Document, own: string, levels: readonly Level[]): Members {
  if (isInOther(own)) {
    throw cannot("it is a task of a workflow that the run's own one runs");
  }
  if (levels.some(({ list }) => list === "foreach")) {
    throw cannot("it is a task that takes events, one after the other");
  }
  const definition = definitionsOf(document, levels).at(-1);
  if (definition === undefined) throw cannot("it is no task of the workflow's lists");
  return definition;
}

/** The list of tasks in a task. */
export function listIn(task: unknown, list: Level["list"]): readonly unknown[] {
  const found =
    list === "catch"
      ? memberOf(memberOf(task, "catch"), "do")
      : list === "branches"
        ? memberOf(memberOf(task, "fork"), "branches")
        : memberOf(task, list);
  return Array.isArray(found) ? found : [];
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Members)[name]
    : undefined;

function textIn(value: unknown, name: string, otherwise: string): string {
  const found = memberOf(value, name);
  return typeof found === "string" ? found : otherwise;
}

/** Variables of what is around a task are in no record. */
function requireOwnVariables(
  levels: readonly Level[],
  definitions: readonly Members[],
  used: ReadonlyMap<number, unknown>,
): void {
  let slot: number = ARGUMENTS.length;
  for (const [i, { list }] of levels.entries()) {
    const around = definitions[i - 1];
    if (around === undefined) continue;
    const names =
      list === "catch"
        ? [textIn(around["catch"], "as", "error")]
        : list === "do" && around["for"] !== undefined
          ? [textIn(around["for"], "each", "item"), textIn(around["for"], "at", "index")]
          : [];
    for (const name of names) {
      if (used.has(slot)) throw cannot(`it looks at ${quoted(`$${name}`)}, which is set around it`);
      slot += 1;
    }
  }
}

/** Whether there is a member of this name anywhere; data that has one counts, too. */
function hasMember(around: unknown, name: string): boolean {
  const open: unknown[] = [around];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (typeof item !== "object" || item === null) continue;
    if (Object.hasOwn(item, name) && !Array.isArray(item)) return true;
    for (const value of Object.values(item)) open.push(value);
  }
  return false;
}

const runsOthers = (definition: Members): boolean => hasMember(definition, "workflow");
