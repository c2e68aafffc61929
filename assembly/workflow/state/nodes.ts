/**
 * A loaded pack: plain records in the PERSISTENT arena, written once by load(), read by the machine.
 *
 * Every field is a u32: an address (0 is none), a count or a code. Addresses of cells point at
 * canonical values with the KEPT flag.
 */

// Task kinds.
export const DO: u32 = 1;
export const SET: u32 = 2;
export const SWITCH: u32 = 3;
export const RAISE: u32 = 4;
export const FOR: u32 = 5;
export const TRY: u32 = 6;
export const CALL: u32 = 7;
export const DECIDE: u32 = 8;
export const WAIT_TASK: u32 = 9; // wait
export const FORK: u32 = 10;
export const EMIT: u32 = 11;
export const LISTEN: u32 = 12;
export const RUN_TASK: u32 = 14; // run.workflow
/** The workflow that a RUN_TASK runs: its only task. */
export const SUBFLOW: u32 = 15;

// Flow directives; GOTO + i is task i of the same list.
export const CONTINUE: u32 = 0;
export const EXIT: u32 = 1;
export const END: u32 = 2;
export const GOTO: u32 = 16;

/** A workflow document. */
@unmanaged
export class Workflow {
  /** String cells: namespace/name:version, its file, and the source of events that say none. */
  name: u32;
  file: u32;
  source: u32;
  definition: u32;
  list: u32;
  inputFrom: u32;
  outputAs: u32;
  /** Schemas: the root nodes of schema/nodes.ts. */
  inputSchema: u32;
  outputSchema: u32;
  /** Milliseconds; 0: none. */
  timeout: f64;
  /** Number of tasks, and an array of their addresses by id. */
  taskCount: u32;
  tasks: u32;
  /** Next workflow of the pack. */
  next: u32;
}

/** A list of tasks: their addresses follow the count. */
@unmanaged
export class List {
  count: u32;
}

export function taskOf(list: u32, index: u32): Task {
  return changetype<Task>(load<u32>(list + 4 + (index << 2)));
}

@unmanaged
export class Task {
  kind: u32;
  /** Position in document order, from 0; the tasks inside have the ids up to `lastId`. */
  id: u32;
  lastId: u32;
  /** String cells: name, and RFC 6901 pointer in the document. */
  name: u32;
  pointer: u32;
  definition: u32;
  condition: u32;
  inputFrom: u32;
  outputAs: u32;
  exportAs: u32;
  /** Schemas: the root nodes of schema/nodes.ts. */
  inputSchema: u32;
  outputSchema: u32;
  exportSchema: u32;
  /** The type of effect that the task asks for itself (FOR_CALL), or NO_EFFECT. */
  effect: u32;
  /** Milliseconds; 0: none. */
  timeout: f64;
  /** The directive of `then`. */
  flow: u32;
  /** What the kind needs: a record below, a template, or a list. */
  body: u32;
}

/** for: variables `each` and `at` are slots of the scope. */
@unmanaged
export class For {
  each: u32;
  at: u32;
  collection: u32;
  condition: u32;
  list: u32;
}

/** One case of a switch. */
@unmanaged
export class Case {
  condition: u32;
  flow: u32;
  next: u32;
}

@unmanaged
export class Try {
  list: u32;
  /** Object cell with the literal filters of errors.with, or 0. */
  filter: u32;
  /** Slot of the error variable. */
  variable: u32;
  when: u32;
  exceptWhen: u32;
  retry: u32;
  /** List to run when an error was caught, or 0. */
  catchList: u32;
  /** Flow after the catch path; NO_FLOW when not given. */
  flow: u32;
}
export const NO_FLOW: u32 = 0xffffffff;

@unmanaged
export class Retry {
  when: u32;
  exceptWhen: u32;
  /** Milliseconds. */
  delay: f64;
  jitterFrom: f64;
  jitterTo: f64;
  /** 0 constant, 1 linear, 2 exponential. */
  backoff: u32;
  hasJitter: u32;
  /** Largest number of retries; NO_LIMIT when not given. */
  attempts: u32;
  unused: u32;
  /** Milliseconds of one attempt, and of all retries; 0: no limit. */
  longestAttempt: f64;
  longest: f64;
}
export const NO_LIMIT: u32 = 0xffffffff;

// What a call http gives.
export const CONTENT: u32 = 0;
export const RAW: u32 = 1;
export const RESPONSE: u32 = 2;

@unmanaged
export class Http {
  /** String cell in upper case. */
  method: u32;
  endpoint: u32;
  /** 1: the endpoint is a URI template to expand, 0: an expression's result as it is. */
  isTemplate: u32;
  headers: u32;
  query: u32;
  body: u32;
  output: u32;
  redirect: u32;
  /** Array cell of lower-case header names that the workflow reads, or 0. */
  responseHeaders: u32;
  /** NO_SCHEME or a scheme, with the template of the credentials or the secret's name (a cell). */
  scheme: u32;
  credentials: u32;
  secret: u32;
  /** Array cell of the places of secrets in the arguments, or 0. */
  secretPlaces: u32;
}
export const NO_SCHEME: u32 = 0;
export const BASIC: u32 = 1;
export const BEARER: u32 = 2;
export const DIGEST_AUTH: u32 = 3;
export const OAUTH2: u32 = 4;
export const OIDC: u32 = 5;

/** call mcp: a request whose body is the parameters. */
@unmanaged
export class Mcp {
  http: u32;
  /** Cells; the last two may be 0. */
  method: u32;
  client: u32;
  version: u32;
  /** Milliseconds; 0: none. */
  timeout: f64;
}

/** call grpc: a request whose body is the arguments. */
@unmanaged
export class Grpc {
  http: u32;
  /** Cells: the path of a file of the pack, the service's full name, the method. */
  proto: u32;
  service: u32;
  method: u32;
}

/** fork: a list whose tasks are the branches. */
@unmanaged
export class Fork {
  list: u32;
  /** 1: the first branch that completes wins. */
  compete: u32;
  /** What its expressions read, at any depth (expr/syntax/mentions.ts). */
  mentions: u32;
}

/** wait: milliseconds, or the program that gives a duration. */
@unmanaged
export class Wait {
  ms: f64;
  program: u32;
}

/** run.workflow: the template of its input (0: an empty object), a list of one SUBFLOW task. */
@unmanaged
export class RunTask {
  input: u32;
  list: u32;
  /** 1: its output is null, whatever the workflow gives. */
  silent: u32;
}

/** call decide: a table and the template of its input. */
@unmanaged
export class Decide {
  table: u32;
  input: u32;
}

export const FIRST: u32 = 0;
export const UNIQUE: u32 = 1;
export const COLLECT: u32 = 2;

/** A decision table; cells point into the parsed file. */
@unmanaged
export class Table {
  path: u32;
  name: u32;
  version: u32;
  policy: u32;
  inputs: u32;
  rules: u32;
  /** Object cell, or 0. */
  fallback: u32;
  next: u32;
}

/** emit: the template of an event's attributes, and the source of one that has none (a cell). */
@unmanaged
export class Emit {
  event: u32;
  source: u32;
}

// When a listen is over: never by itself, once one event was taken, once each filter has taken one.
export const FOREVER: u32 = 0;
export const ONCE: u32 = 1;
export const EACH: u32 = 2;

// What of an event a listen gives.
export const DATA: u32 = 0;
export const ENVELOPE: u32 = 1;
export const RAW_DATA: u32 = 2;

@unmanaged
export class Listen {
  /** The value of `to`: what the effect asks for. */
  to: u32;
  read: u32;
  /** Filters; 0: all events. */
  filters: u32;
  ends: u32;
  /** any ... until: filters whose events end it. */
  untilFilters: u32;
  untilEnds: u32;
  /** any ... until: a condition on what has been taken. */
  until: u32;
  /** What the expressions of the filters mention. */
  mentions: u32;
  /** foreach: 1, its variables, its list (0: none), and what is made of each turn. */
  foreach: u32;
  item: u32;
  at: u32;
  list: u32;
  outputAs: u32;
  outputSchema: u32;
  exportAs: u32;
  exportSchema: u32;
}

/** Which events are taken: all attributes and correlations must fit. */
@unmanaged
export class Filter {
  attributes: u32;
  correlations: u32;
  next: u32;
}

@unmanaged
export class Attribute {
  key: u32;
  /** A program on the attribute's value; 0: it equals `value`. */
  program: u32;
  value: u32;
  next: u32;
}

@unmanaged
export class Correlation {
  name: u32;
  /** On the event; and what it has to give, 0: what the first event gave. */
  from: u32;
  expect: u32;
  next: u32;
}

/** call llm: templates of the question's parts, 0 where they are not there. */
@unmanaged
export class Llm {
  /** The model's name, a cell. */
  model: u32;
  prompt: u32;
  system: u32;
  messages: u32;
  parameters: u32;
  /** Root node of the schema that the answer fits. */
  schema: u32;
  /** 1: the task gives the whole answer. */
  isResponse: u32;
  /** Tools that the model may ask for: an array of their addresses, and how many. */
  tools: u32;
  toolCount: u32;
}

/** A tool that a model may ask for. */
@unmanaged
export class Tool {
  /** Cells: its name, and what it is for (0: not said). */
  name: u32;
  description: u32;
  /** Root node of the schema that its arguments fit. */
  schema: u32;
}
