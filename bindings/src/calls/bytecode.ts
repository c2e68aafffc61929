/** What a compiled jq program consists of, for people and for checks (assembly/expr/bytecode/opcodes.ts). */

import * as O from "../generated/opcodes.ts";
import type { Json } from "../core/value.ts";

/** op, a, b, c, x, y: what they mean depends on the operation. */
export type Instruction = readonly [
  op: number,
  a: number,
  b: number,
  c: number,
  x: number,
  y: number,
];

/** A compiled program. Function 0 is the program itself. */
export interface Bytecode {
  readonly code: readonly Instruction[];
  readonly constants: readonly Json[];
  readonly functions: readonly (readonly [entry: number, slots: number, parameters: number])[];
  /** What it mentions anywhere: 1 `now`, 2 $workflow.id, 4 $workflow.startedAt, 8 $task.startedAt, 16 $secrets. */
  readonly reads: number;
}

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(O).flatMap(([name, value]) =>
    name.startsWith("OP_") ? [[value, name.slice(3).toLowerCase()] as const] : [],
  ),
);

const slot = (n: number): string => (n === O.NONE ? "-" : n === O.SLOT_INPUT ? "input" : `s${n}`);
const outside = (n: number, levels: number): string =>
  levels === 0 ? slot(n) : `${slot(n)} of ${levels} out`;
const flags = (bits: number): string => (bits & O.FLAG_OPTIONAL ? "?" : "");

/** The operands of an instruction, as far as they say something. */
function operands([op, a, b, c, x, y]: Instruction, { constants }: Bytecode): string {
  const constant = (): string => JSON.stringify(constants[x]) ?? "?";
  switch (op) {
    case O.OP_RET:
    case O.OP_ERROR:
      return slot(b);
    case O.OP_CONST:
      return `${slot(a)} = ${constant()}`;
    case O.OP_OUTER:
      return `${slot(a)} = ${outside(b, x)}`;
    case O.OP_GLOBAL:
      return `${slot(a)} = variable ${x}`;
    case O.OP_FIELD:
      return `${slot(a)} = ${slot(b)}[${constant()}]${flags(c)}`;
    case O.OP_INDEX:
      return `${slot(a)} = ${slot(b)}[${slot(c)}]${flags(x)}`;
    case O.OP_SLICE:
      return `${slot(a)} = ${slot(b)}[${slot(c)}:${slot(y)}]${flags(x)}`;
    case O.OP_EACH:
      return `${slot(a)} = ${slot(b)}[]${flags(x)}`;
    case O.OP_FORK:
    case O.OP_JUMP:
    case O.OP_ALTERNATIVE:
      return `to ${x}`;
    case O.OP_TRY:
      return `error ${slot(a)} to ${x}`;
    case O.OP_UNLESS:
      return `${slot(b)} to ${x}`;
    case O.OP_NATIVE:
      return `${slot(a)} = native ${x} of ${slot(b)}, ${slot(c)}, ${slot(y & 0xffff)}, ${slot(y >>> 16)}`;
    case O.OP_CALL: {
      const tail = y & O.CALL_TAIL ? ", last" : "";
      return `${slot(a)} = function ${x} of ${slot(b)}, ${c} closures${tail}`;
    }
    case O.OP_CALL_PARAM:
      return `${slot(a)} = closure ${outside(c, x)} of ${slot(b)}`;
    case O.OP_CLOSURE:
      return a === 0 ? `function ${x}` : outside(b, x);
    case O.OP_CONCAT:
      return `${slot(a)} = ${x * 2} texts`;
    case O.OP_BACKTRACK:
      return "";
    case O.OP_ARRAY:
    case O.OP_FALSE:
    case O.OP_TRUE:
    case O.OP_NULL:
    case O.OP_MARK:
    case O.OP_SKIP:
      return slot(a);
    case O.OP_OBJECT:
      return `${slot(a)}, ${x} pairs`;
    case O.OP_PUT:
      return `${slot(a)} = ${slot(b)} with ${slot(c)}: ${slot(y)}`;
    case O.OP_CUT:
    case O.OP_TRY_END:
      return slot(b);
    case O.OP_BREAK:
      return outside(b, x);
    case O.OP_COUNT:
      return `${slot(a)} = ${slot(b)}, 0 to ${y}`;
    default:
      return `${slot(a)} = ${[b, c]
        .filter((n) => n !== 0)
        .map(slot)
        .join(", ")}`;
  }
}

/**
 * A program as lines of text, function by function: number, operation, operands.
 *
 * @example
 * console.log(listing(explain(".a + 1")));
 */
export function listing(program: Bytecode): string {
  const begins = new Map(
    program.functions.map(([entry, slots, parameters], i) => [entry, { i, slots, parameters }]),
  );
  return program.code
    .map((instruction, at) => {
      const begin = begins.get(at);
      const head =
        begin === undefined
          ? ""
          : `function ${begin.i}: ${begin.slots} slots, ${begin.parameters} parameters\n`;
      const name = names.get(instruction[0]) ?? `op ${instruction[0]}`;
      return `${head}${String(at).padStart(6)}  ${name.padEnd(12)} ${operands(instruction, program)}`.trimEnd();
    })
    .join("\n");
}

/** The variables of a workflow that every expression may read, by their numbers (assembly/workflow/compile/scope.ts). */
export const ARGUMENTS = ["context", "input", "output", "task", "workflow", "runtime"] as const;

/**
 * Which variables of its workflow a program reads, by their numbers, taken or not; those of enclosing loops and
 * `catch` clauses come behind the arguments, outermost first. With each the names of the members that are read of it,
 * or `whole` where it is used in any other way than `.name`.
 *
 * @example
 * variablesOf(explain(".a + 1")).size; // → 0
 */
export function variablesOf(
  program: Bytecode,
): ReadonlyMap<number, { readonly members: ReadonlySet<string>; readonly whole: boolean }> {
  const found = new Map<number, { members: Set<string>; whole: boolean }>();
  const { code, constants, functions } = program;
  const entries = functions.map(([entry]) => entry).sort((a, b) => a - b);
  for (const [at, [op, slot, , , variable]] of code.entries()) {
    if (op !== O.OP_GLOBAL) continue;
    const known = found.get(variable) ?? { members: new Set<string>(), whole: false };
    found.set(variable, known);
    const end = entries.find((entry) => entry > at) ?? code.length;
    for (const [i, other] of code.entries()) {
      const isOwn = i > at && i < end;
      if (!(isOwn ? slotsRead(other) : slotsOutside(other)).includes(slot)) continue;
      const member = isOwn && other[0] === O.OP_FIELD ? constants[other[4]] : undefined;
      if (typeof member === "string") known.members.add(member);
      else known.whole = true;
    }
  }
  return found;
}

/** The slots that an instruction reads of its own function; at least those. */
function slotsRead(instruction: Instruction): number[] {
  const [op, a, b, c, x, y] = instruction;
  switch (op) {
    case O.OP_CONST:
    case O.OP_GLOBAL:
    case O.OP_OUTER:
    case O.OP_CLOSURE:
    case O.OP_BREAK:
      return [];
    case O.OP_FIELD:
    case O.OP_CALL:
    case O.OP_CALL_PARAM:
      return [b];
    case O.OP_SLICE:
    case O.OP_PUT:
    case O.OP_SETPATH:
      return [b, c, y];
    case O.OP_NATIVE:
      return [b, c, y & 0xffff, y >>> 16];
    case O.OP_SLOTS:
      return [a, b, c, x, y];
    default:
      return [b, c];
  }
}

/** The slots that it reads of a function around its own. */
const slotsOutside = ([op, a, b]: Instruction): number[] =>
  op === O.OP_OUTER || (op === O.OP_CLOSURE && a !== 0) ? [b] : [];

/** How many outputs a program can have where no error ends it: `many` more than one, `none` none. */
export interface Outputs {
  readonly none: boolean;
  readonly many: boolean;
}

/** What a function does, given what its closures do; `returns`: it can have an output at all. */
interface Summary extends Outputs {
  readonly returns: boolean;
  /** It can go to a label outside, and past all that is around it. */
  readonly breaks: boolean;
}

const NEVER: Summary = { none: false, many: false, returns: false, breaks: false };
/** Of what is not known. */
const ANY: Summary = { none: true, many: true, returns: true, breaks: true };

/**
 * What is left to be tried in a function: nothing; something; nothing but the right side of an
 * alternative operator, which is for when the left side has no output. A set of these: it depends.
 */
const CLEAN = 1;
const LEFT = 2;
const OTHERWISE = 4;

/**
 * How many outputs a program can have, found without running it. Whoever reads `many: false` can
 * rely on it; `many: true` may be due to data that never comes.
 *
 * @example
 * outputsOf(explain(".items[] | .price")); // → { none: true, many: true }
 */
export function outputsOf(program: Bytecode): Outputs {
  const known = new Map<string, Summary>();
  let changed = true;
  const summary = (f: number, chain: readonly (readonly Summary[])[]): Summary => {
    const key = JSON.stringify([f, chain]);
    const before = known.get(key);
    if (before !== undefined) return before;
    known.set(key, NEVER); // what a function needs of itself is found by the next round
    return analyse(key, f, chain);
  };
  const analyse = (key: string, f: number, chain: readonly (readonly Summary[])[]): Summary => {
    const found = walk(program, f, chain, summary);
    if (JSON.stringify(known.get(key)) !== JSON.stringify(found)) {
      known.set(key, found);
      changed = true;
    }
    return found;
  };
  while (changed) {
    changed = false;
    const keys = known.size === 0 ? [JSON.stringify([0, [[]]])] : [...known.keys()];
    for (const key of keys) {
      const [f, chain] = JSON.parse(key) as [number, Summary[][]];
      if (!known.has(key)) known.set(key, NEVER);
      analyse(key, f, chain);
    }
  }
  const { none, many } = known.get(JSON.stringify([0, [[]]])) ?? ANY;
  return { none, many };
}

/** Where the right side of an alternative operator begins, if a fork leads to one. */
function rightSide(
  code: readonly Instruction[],
  fork: number,
  at: number,
): { readonly flag: number; readonly begin: number } | undefined {
  const [unset, unless, backtrack] = [code[fork - 1], code[at], code[at + 1]];
  if (unless?.[0] !== O.OP_UNLESS || backtrack?.[0] !== O.OP_BACKTRACK) return undefined;
  if (unset?.[0] !== O.OP_FALSE || unset[1] !== unless[2]) return undefined;
  return unless[4] === at + 2 ? { flag: unless[2], begin: at + 2 } : undefined;
}

/** Follows all ways through a function, with what is left to be tried at each instruction. */
function walk(
  { code, functions }: Bytecode,
  f: number,
  chain: readonly (readonly Summary[])[],
  summary: (f: number, chain: readonly (readonly Summary[])[]) => Summary,
): Summary {
  const states = new Map<number, number>();
  const marks = new Map<number, number>();
  /** For each alternative operator's flag what was left to be tried around it. */
  const forks = new Map<number, number>();
  /** The instructions that ask for a mark or a flag, by its slot: they are looked at again. */
  const readers = new Map<number, Set<number>>();
  const open: number[] = [];
  const reads = (slot: number, pc: number): void => {
    readers.set(slot, (readers.get(slot) ?? new Set()).add(pc));
  };
  const note = (known: Map<number, number>, slot: number, state: number): void => {
    const before = known.get(slot);
    const after = (before ?? 0) | state;
    if (after === before) return;
    known.set(slot, after);
    for (const pc of readers.get(slot) ?? []) open.push(pc);
  };
  const result = { none: false, many: false, returns: false, breaks: false };
  const go = (pc: number, state: number): void => {
    const before = states.get(pc) ?? 0;
    if ((before | state) === before) return;
    states.set(pc, before | state);
    open.push(pc);
  };
  const ends = (state: number): void => {
    if (state & CLEAN) result.none = true;
  };
  const closureOf = ([, a, b, , x]: Instruction): Summary =>
    a === 0 ? summary(x, [[], ...chain]) : (chain[x]?.[b - O.SLOT_INPUT - 1] ?? ANY);
  const goOn = (pc: number, state: number, made: Summary): void => {
    if (made.none) ends(state);
    if (made.breaks) result.none = result.breaks = true;
    if (made.returns) go(pc, made.many ? state | LEFT : state);
  };
  go(functions[f]?.[0] ?? 0, CLEAN);
  for (let pc = open.pop(); pc !== undefined; pc = open.pop()) {
    const state = states.get(pc) ?? 0;
    const instruction = code[pc];
    if (instruction === undefined) continue;
    const [op, a, b, c, x, y] = instruction;
    switch (op) {
      case O.OP_RET:
        result.returns = true;
        if (state & LEFT) result.many = true;
        break;
      case O.OP_BACKTRACK:
      case O.OP_APPEND:
        ends(state);
        break;
      case O.OP_ERROR:
        break;
      case O.OP_JUMP:
        go(x, state);
        break;
      case O.OP_FORK: {
        const side = rightSide(code, pc, x);
        if (side === undefined) {
          go(pc + 1, LEFT);
          go(x, state);
          break;
        }
        // a // b: behind a's output b is not tried any more.
        note(forks, side.flag, state);
        go(pc + 1, (state & LEFT) | (state & ~LEFT ? OTHERWISE : 0));
        go(side.begin, state);
        break;
      }
      case O.OP_TRUE: {
        reads(a, pc);
        const before = forks.get(a);
        if (before === undefined) go(pc + 1, state);
        else go(pc + 1, (state & ~OTHERWISE) | (state & OTHERWISE ? before : 0));
        break;
      }
      case O.OP_UNLESS:
      case O.OP_TRY:
      case O.OP_ALTERNATIVE:
        go(pc + 1, state);
        go(x, state);
        break;
      case O.OP_COUNT:
        go(pc + 1, state);
        go(y, state);
        break;
      case O.OP_EACH:
      case O.OP_RANGE:
        ends(state);
        go(pc + 1, state | LEFT);
        break;
      case O.OP_FIELD:
      case O.OP_INDEX:
      case O.OP_SLICE:
        if ((op === O.OP_FIELD ? c : x) & O.FLAG_OPTIONAL) ends(state);
        go(pc + 1, state);
        break;
      case O.OP_SKIP:
        ends(state);
        go(pc + 1, state);
        break;
      case O.OP_MARK:
        note(marks, a, state);
        go(pc + 1, state);
        break;
      case O.OP_CUT:
        reads(b, pc);
        go(pc + 1, marks.get(b) ?? state);
        break;
      case O.OP_COUNT_DOWN:
        reads(b, pc);
        go(pc + 1, state | (marks.get(b) ?? 0));
        break;
      case O.OP_BREAK:
        if (x === 0) {
          reads(b, pc);
          ends(marks.get(b) ?? state);
        } else result.none = result.breaks = true;
        break;
      case O.OP_CALL: {
        const closures = code.slice(pc + 1, pc + 1 + c).map(closureOf);
        const levels = y & O.CALL_LEVELS;
        goOn(pc + 1 + c, state, summary(x, [closures, ...chain.slice(levels)]));
        break;
      }
      case O.OP_CALL_PARAM:
        goOn(pc + 1, state, chain[x]?.[c - O.SLOT_INPUT - 1] ?? ANY);
        break;
      case O.OP_CONCAT:
        go(pc + 1 + x, state);
        break;
      default:
        go(pc + 1, state);
    }
  }
  return result;
}
