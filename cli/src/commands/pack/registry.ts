import { existsSync } from "node:fs";
import { sha256, toHex } from "@reach-fabric/engine";
import { publicKeyOf } from "@reach-fabric/evidence";
import type { Pulled, RegistryOptions as HostOptions } from "@reach-fabric/host";
import type { Command } from "commander";
import { audited, withAudit } from "../log/audit.ts";
import type { AuditOptions } from "../log/audit.ts";
import type { Machine } from "../../ui/machine.ts";
import { readInput } from "../../read/files.ts";
import { readKey } from "../../read/keys.ts";
import { several } from "../../read/options.ts";
import { CliError, exists, EXIT } from "../../ui/problem.ts";
import { columns } from "../../ui/table.ts";
import type { Terminal } from "../../ui/terminal.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

interface RegistryOptions {
  credentials?: string;
  tokenHost?: string[];
  plainHttp?: boolean;
}

interface PushOptions extends RegistryOptions, AuditOptions {
  actor: string;
}

interface PullOptions extends RegistryOptions {
  output: string;
  force?: boolean;
  trust?: string[];
}

const withRegistry = (command: Command): Command =>
  command
    .option("--credentials <file>", "user:password, for a registry that asks for them")
    .option(
      "--token-host <host>",
      "who else may see them: a host that gives out the registry's tokens; may be given again",
      several,
    )
    .option("--plain-http", "speak HTTP without TLS, to a registry on this machine")
    .option(
      "--json",
      "print {manifest, digest, statements}, for a pull also {skipped}, as JSON; errors as JSON on stderr",
    );

/** `reach pack push REF FILE`: a pack into an OCI registry. */
export function push(group: Command, verb: Verb): void {
  const command = withRegistry(
    group
      .command("push")
      .summary("put a pack into an OCI registry")
      .description(
        "Puts a pack into any OCI registry under a tag, and each of its signed statements as an artifact " +
          "that refers to it. Credentials are sent to the registry alone, once it has asked for them; if it asks for " +
          "a token of another host (Docker Hub: auth.docker.io), that host must be named with --token-host.",
      )
      .argument("<reference>", "HOST[:PORT]/NAME:TAG")
      .argument("<file>", "a .pack file")
      .option("--actor <id>", "by whom, for the log: an id, not a name", "local"),
  );
  withAudit(command, "it is noted")
    .addHelpText(
      "after",
      "\nExample:\n  $ reach pack push registry.example/acme/loan:1.2.0 loan.pack",
    )
    .action(
      verb<[string, string, PushOptions]>(async (terminal, reference, file, options) => {
        const host = await import("@reach-fabric/host");
        const bytes = readInput(terminal.machine, file);
        const registry = registryOf(terminal.machine, options);
        // Before it is noted: what is not a reference may hold a password, and a log forgets nothing.
        host.parseReference(reference);
        const details = { reference, file: toHex(sha256(bytes)) };
        const act = { type: "pack.pushed", actor: options.actor, details };
        const pushed = await audited(terminal.machine, options, act, async () => {
          const result = await host.pushPack(reference, bytes, registry);
          const { digest: pack, manifest } = result;
          return { result, details: { pack, manifest } };
        });
        print(terminal, reference, pushed);
        return EXIT.ok;
      }),
    );
}

/** `reach pack pull REF -o FILE`: a pack from an OCI registry. */
export function pull(group: Command, verb: Verb): void {
  withRegistry(
    group
      .command("pull")
      .summary("get a pack from an OCI registry")
      .description(
        "Takes a pack and the signed statements about it from an OCI registry, compares every byte with its " +
          "digest, and writes one file. Statements that are broken, or about something else, are passed over and " +
          "named. `reach pack verify` says who signed the pack.",
      )
      .argument("<reference>", "HOST[:PORT]/NAME:TAG or HOST[:PORT]/NAME@sha256:DIGEST")
      .requiredOption("-o, --output <file>", "where the pack is written, a .pack file")
      .option(
        "--trust <keyfile>",
        "a publisher's key: what it has signed is kept where there are more than 16 statements of a type; may be given again",
        several,
      )
      .option("--force", "replace an existing output file"),
  )
    .addHelpText(
      "after",
      "\nExample:\n  $ reach pack pull registry.example/acme/loan:1.2.0 -o loan.pack --trust publisher.key.pub",
    )
    .action(
      verb<[string, PullOptions]>(async (terminal, reference, options) => {
        const { output, force, trust = [] } = options;
        if (force !== true && existsSync(output)) throw new CliError(exists(output));
        const host = await import("@reach-fabric/host");
        const { bytes, ...pulled } = await host.pullPack(reference, {
          ...registryOf(terminal.machine, options),
          trustedKeys: trust.map((path) => publicKeyOf(readKey(terminal.machine, path))),
        });
        await host.writeFileAtomic(output, bytes);
        print(terminal, output, pulled);
        if (!terminal.json) printSkipped(terminal, pulled.skipped);
        terminal.next(["reach", "pack", "verify", output, "--trust", trust[0] ?? "KEY.pub"]);
        return EXIT.ok;
      }),
    );
}

/** The first few of what was passed over; --json has all. */
function printSkipped(terminal: Terminal, skipped: Pulled["skipped"]): void {
  if (skipped.length === 0) return;
  terminal.print(line`  passed over: ${skipped.length}`);
  const rows = skipped.slice(0, 5).map(({ what, why }): [string, string] => [what, why]);
  terminal.print(columns(rows));
  if (skipped.length > rows.length) terminal.print(line`  and more, which --json names`);
}

function registryOf(
  machine: Machine,
  { credentials, tokenHost = [], plainHttp = false }: RegistryOptions,
): HostOptions {
  const options = { plainHttp, tokenHosts: tokenHost };
  if (credentials === undefined) return options;
  return {
    ...options,
    credentials: new TextDecoder().decode(readInput(machine, credentials)).trim(),
  };
}

function print(
  terminal: Terminal,
  where: string,
  facts: { manifest: string; digest: string; statements: readonly string[] },
): void {
  if (terminal.json) terminal.result({ file: where, ...facts });
  else {
    const { manifest, digest, statements } = facts;
    const said = statements.length === 0 ? "none" : statements.join(", ");
    terminal.print(line`  ${where}`);
    terminal.print(
      columns([
        ["pack", digest],
        ["manifest", manifest],
        ["statements", said],
      ]),
    );
  }
}
