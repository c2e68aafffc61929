import { existsSync } from "node:fs";
import { sha256, toHex } from "@reach-fabric/engine";
import { importWithdrawal, publicKeyOf, yankPack } from "@reach-fabric/evidence";
import type { PublicKey } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { audited, withAudit } from "../log/audit.ts";
import type { AuditOptions } from "../log/audit.ts";
import { engines } from "../../read/engine.ts";
import { readInput } from "../../read/files.ts";
import { readKey, readSigner } from "../../read/keys.ts";
import type { Machine } from "../../ui/machine.ts";
import { CODE, CliError, exists, EXIT, problemOf } from "../../ui/problem.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";

interface YankOptions extends AuditOptions {
  key?: string;
  passphraseFile?: string;
  reason?: string;
  bundle?: string;
  trust?: string;
  actor: string;
  output: string;
}

/** A withdrawal that is signed. */
interface Withdrawal {
  readonly bytes: Uint8Array;
  readonly reason: string;
  readonly key: PublicKey;
}

/** `reach pack yank DIGEST`: a signed withdrawal. */
export function yank(group: Command, verb: Verb): void {
  const command = group
    .command("yank")
    .summary("withdraw a pack: sign that it must no longer be used")
    .description(
      "Writes a withdrawal of a pack, signed by its publisher: `reach pack verify --yanked` fails for the pack. " +
        "Evidence of runs that used it stays valid, and says which pack it was. With --bundle the withdrawal is one that " +
        "cosign has signed, with a key in a KMS or an HSM: the type is urn:reach:yank:v1, the predicate " +
        '{"at":"2026-11-30T10:00:00.000Z","reason":"..."}, the file pack.json.',
    )
    .argument("<digest>", "the pack's digest, SHA-256 in hex")
    .option("-k, --key <file>", "the publisher's key")
    .option("--passphrase-file <file>", "the passphrase of that key")
    .option("--reason <text>", "why, for those who use it")
    .requiredOption("-o, --output <file>", "where the withdrawal is written")
    .option("--bundle <file>", "a withdrawal that cosign has signed (cosign attest-blob --bundle)")
    .option("--trust <keyfile>", "the public key that has signed the bundle, a PEM or a key file")
    .option("--actor <id>", "by whom, for the log: an id, not a name", "local");
  withAudit(command, "it is noted")
    .option("--json", "print {file, digest, key} as JSON; errors as JSON on stderr")
    .addHelpText(
      "after",
      '\nExample:\n  $ reach pack yank DIGEST --key publisher.key --reason "wrong band" -o loan.yank.json',
    )
    .action(
      verb<[string, YankOptions]>(async (terminal, digest, options) => {
        const { output } = options;
        if (!/^[0-9a-f]{64}$/.test(digest)) {
          throw new CliError({
            code: CODE.usage,
            what: "A digest is 64 lower-case hex digits",
            hint: "`reach pack inspect FILE` shows it.",
            exitCode: EXIT.usage,
          });
        }
        const { bytes, reason, key } = await withdrawalOf(terminal.machine, digest, options);
        const yank = toHex(sha256(bytes));
        const details = { pack: digest, reason, key: key.id, yank };
        const there = existsSync(output) ? readInput(terminal.machine, output) : undefined;
        const same = ["pack", "reason", "key"];
        const act = { type: "pack.yanked", actor: options.actor, details, same };
        const work = async (): Promise<{ result: undefined }> => {
          if (there !== undefined) throw new CliError(exists(output));
          const { writeFileAtomic } = await import("@reach-fabric/host/packs");
          await writeFileAtomic(output, bytes);
          return { result: undefined };
        };
        await audited(terminal.machine, options, act, work, ({ yank: noted }) =>
          there !== undefined && noted === toHex(sha256(there)) ? { result: undefined } : undefined,
        );
        if (terminal.json) terminal.result({ file: output, digest, key: key.id });
        else terminal.print(line`  ${output}  withdraws ${digest}`);
        terminal.next([
          "reach",
          "pack",
          "verify",
          "FILE.pack",
          "--yanked",
          output,
          "--trust",
          options.trust ?? `${options.key}.pub`,
        ]);
        return EXIT.ok;
      }),
    );
}

/** Signed here, or brought along. */
async function withdrawalOf(
  machine: Machine,
  digest: string,
  { key, passphraseFile, reason, bundle, trust }: YankOptions,
): Promise<Withdrawal> {
  const engine = engines()();
  if (key !== undefined && reason !== undefined && bundle === undefined && trust === undefined) {
    const signer = await readSigner(machine, key, passphraseFile);
    const at = new Date().toISOString();
    const bytes = yankPack(engine, digest, { reason, at }, signer);
    return { bytes, reason, key: signer.key };
  }
  if (key !== undefined || reason !== undefined || bundle === undefined || trust === undefined) {
    throw new CliError({
      code: CODE.usage,
      what: "Who withdraws it, and why?",
      hint: "Give --key KEY and --reason TEXT, or --bundle FILE and --trust PUBLIC_KEY for what another program has signed.",
      exitCode: EXIT.usage,
    });
  }
  const shared = publicKeyOf(readKey(machine, trust));
  try {
    const read = importWithdrawal(engine, readInput(machine, bundle), digest, shared);
    return { bytes: read.bundle, reason: read.reason, key: shared };
  } catch (error) {
    throw new CliError(problemOf(error, bundle));
  }
}
