// What the options of a command say of a run that is about to go: who signs it, what it may ask, where events come from.
import { Readable } from "node:stream";
import { toHex, utf8 } from "@reach-fabric/engine";
import type { Engine, Pack } from "@reach-fabric/engine";
import type { Signer } from "@reach-fabric/evidence";
import type * as Host from "@reach-fabric/host";
import type { EffectiveGrant, RunOptions } from "@reach-fabric/host";
import type { NewLogEntry } from "@reach-fabric/schema";
import { readSigner, userKey } from "../../read/keys.ts";
import type { Machine } from "../../ui/machine.ts";
import { taskName } from "../../ui/names.ts";
import { CliError, CODE, EXIT, problemOf } from "../../ui/problem.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { capabilitiesOf, EVENT_TYPE } from "./capabilities.ts";
import type { Capability } from "./capabilities.ts";

export function refuseSharedStdin({
  input,
  events,
  commands,
}: {
  readonly input?: string;
  readonly events?: string | undefined;
  readonly commands?: string | undefined;
}): void {
  if ([input, events, commands].filter((file) => file === "-").length < 2) return;
  throw new CliError({
    code: CODE.usage,
    what: "Only one of --input, --events and --commands can be stdin",
    hint: "Put the others into files.",
    exitCode: EXIT.usage,
  });
}

/** The key that signs: the one that was named, or the user's own. */
export async function chosenSigner(
  terminal: Terminal,
  {
    key: path,
    passphraseFile,
  }: { readonly key?: string | undefined; readonly passphraseFile?: string | undefined },
): Promise<Signer> {
  if (path !== undefined) return readSigner(terminal.machine, path, passphraseFile);
  const { path: own, made } = userKey(terminal.machine);
  if (made !== undefined) {
    const { id, private: secret, public: shared } = made;
    const text = `made your key ${id} in ${secret}; ${shared} is for those who verify`;
    terminal.progress("key", text, { ...made });
  }
  return readSigner(terminal.machine, own, passphraseFile);
}

/**
 * What a log says of a grant: its digest as the run's first record has it. The actor is the key that signs the
 * run: the name that evidence has can be taken out of it, and an entry stays.
 */
export const grantGiven = (
  engine: Engine,
  { grant }: EffectiveGrant,
  run: string,
  { key }: Signer,
): Extract<NewLogEntry, { type: "act" }>["body"] => ({
  type: "grant.given",
  actor: `key ${key.id}`,
  outcome: "success",
  details: { run, sha256: toHex(engine.canonicalHash(utf8(JSON.stringify(grant)))) },
});

/** Where events and commands come from, and where events go. */
export async function eventOptions(
  machine: Machine,
  { commandFile, eventFile, openEventSink }: typeof Host,
  {
    events,
    emit,
    commands,
  }: {
    readonly events?: string | undefined;
    readonly emit?: string | undefined;
    readonly commands?: string | undefined;
  },
): Promise<Pick<RunOptions, "events" | "effects" | "commands">> {
  return {
    ...(events === undefined ? {} : { events: await linesOf(machine, events, eventFile) }),
    ...(commands === undefined ? {} : { commands: await linesOf(machine, commands, commandFile) }),
    ...(emit === undefined ? {} : { effects: { emit: await sinkOf(emit, openEventSink) } }),
  };
}

/** The file for events, opened before anything runs: that it cannot be is no failure of a service. */
async function sinkOf(
  file: string,
  openSink: (typeof Host)["openEventSink"],
): ReturnType<typeof openSink> {
  try {
    return await openSink(file);
  } catch (error) {
    throw new CliError({
      ...problemOf(error),
      what: "The file for events (--emit) cannot be written",
    });
  }
}

/** A workflow that emits needs somewhere to emit to. */
export function refuseNoSink(pack: Pack, workflow: string, emit: string | undefined): void {
  const task = emit === undefined ? capabilitiesOf(pack).find(isEmitted)?.task : undefined;
  if (task === undefined) return;
  throw new CliError({
    code: CODE.usage,
    what: "This workflow emits events, and there is no file for them",
    where: `${workflow}, task ${taskName(task)}`,
    why: "an event that nothing takes would look like a service that cannot be reached",
    hint: "Give --emit FILE: the events are appended to it, one JSON text a line.",
    exitCode: EXIT.usage,
  });
}

const isEmitted = (one: Capability): boolean =>
  one.kind === "emit" || (one.kind === "computed" && one.what === EVENT_TYPE);

/** Of a file, all at once, so that what is wrong with it is said before the run; of stdin, as they come. */
async function linesOf<T>(
  { stdin }: Machine,
  file: string,
  read: (source: string | Readable, name?: string) => AsyncIterable<T>,
): Promise<AsyncIterable<T>> {
  if (file === "-") return read(stdin.stream(), "stdin");
  const all: T[] = [];
  for await (const one of read(file)) all.push(one);
  return Readable.from(all);
}
