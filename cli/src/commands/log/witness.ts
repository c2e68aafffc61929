import { formatNoteKey, noteKey } from "@reach-fabric/evidence";
import type { Command } from "commander";
import { EXIT } from "../../ui/problem.ts";
import { readSigner } from "../../read/keys.ts";
import { several } from "../../read/options.ts";
import { line } from "../../ui/text.ts";
import type { Verb } from "../../ui/verb.ts";
import { differentNoteKeys } from "../../read/note-keys.ts";
import { listenAddress, untilStopped } from "./common.ts";

interface WitnessOptions {
  key: string;
  passphraseFile?: string;
  name: string;
  log: string[];
  listen: string;
}

/** `reach log witness DIR`: cosigns checkpoints of other people's logs. */
export function witness(group: Command, verb: Verb): void {
  group
    .command("witness")
    .summary("cosign the checkpoints of logs, each only if it has grown")
    .description(
      "Serves a witness by the C2SP tlog-witness protocol until it is stopped: it cosigns a checkpoint " +
        "of a log that it knows if that has grown from the last one it cosigned, which it keeps in DIR. " +
        "Cosignatures on two different views of one log prove that the log has cheated.",
    )
    .argument("<dir>", "where the witness keeps what it has seen")
    .requiredOption("-k, --key <file>", "the witness's own Ed25519 key")
    .option("--passphrase-file <file>", "the passphrase of that key")
    .requiredOption("--name <name>", "the witness's name: a host name and a path, without https://")
    .requiredOption("--log <vkey>", "the key of a log that it watches; may be given again", several)
    .option("--listen <host:port>", "where to listen; port 0 takes any free port", "127.0.0.1:7380")
    .option("--json", "print {url, key} as JSON when it listens; errors as JSON on stderr")
    .addHelpText(
      "after",
      "\nExample:\n  $ reach log witness seen --key witness.key --name witness.example/w1 --log VKEY",
    )
    .action(
      verb<[string, WitnessOptions]>(async (terminal, dir, options) => {
        const host = await import("@reach-fabric/host");
        const signer = await readSigner(terminal.machine, options.key, options.passphraseFile);
        const name = noteKey(options.name, "cosignature", signer.key);
        const logs = differentNoteKeys(options.log, "note", "--log");
        const store = await host.openWitness(dir, {
          name,
          signer,
          logs: new Map(logs.map((key) => [key.name, key])),
        });
        const server = await host.serveWitness(store, listenAddress(options.listen));
        const vkey = formatNoteKey(name);
        // Whoever reads the address may stop it at once.
        const stopped = untilStopped(terminal.machine);
        if (terminal.json) terminal.result({ url: server.url, key: vkey });
        else terminal.print(line`witness ${vkey}\nserving ${server.url}add-checkpoint`);
        await stopped;
        await server.close();
        await store.close();
        return EXIT.ok;
      }),
    );
}
