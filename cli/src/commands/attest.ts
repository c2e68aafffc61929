// `reach verify --attest KEY`: what the verification came to, signed.
import { existsSync } from "node:fs";
import { attest } from "@reach-fabric/evidence";
import type { Judgement, Policy } from "@reach-fabric/evidence";
import type { Engine } from "@reach-fabric/engine";
import { readSigner } from "../read/keys.ts";
import type { PolicyFiles } from "../read/policies.ts";
import type { Machine } from "../ui/machine.ts";
import { CODE, CliError, exists, EXIT } from "../ui/problem.ts";

export interface AttestOptions {
  attest?: string;
  attestOutput?: string;
  attestPassphraseFile?: string;
  policy?: string;
  pack?: string;
}

/** Signs the result of one verification and writes it; gives the name of the file. */
export type Attester = (
  engine: Engine,
  file: Uint8Array,
  report: Judgement<string>,
  policy: Policy,
) => Promise<string>;

/**
 * What signs the result, if that was asked for. What can be refused is refused before anything is verified.
 *
 * @param at the verifier's time, by which the policy judges
 */
export async function attesterOf(
  machine: Machine,
  files: readonly string[],
  at: string,
  options: AttestOptions,
  { policy: rules, keyring }: PolicyFiles,
): Promise<Attester | undefined> {
  const { attest: key, attestOutput, attestPassphraseFile, pack } = options;
  if (key === undefined) return undefined;
  const [file, ...more] = files;
  if (file === undefined || more.length > 0) throw usage("--attest is for one file at a time");
  if (rules === undefined) throw usage("--attest needs a --policy: a result says by which");
  if (pack !== undefined) {
    throw usage(
      "--attest takes no --pack: a result is about the file alone, which would not give it",
    );
  }
  const output = attestOutput ?? `${file}.svr.json`;
  if (existsSync(output)) throw new CliError(exists(output));
  const signer = await readSigner(machine, key, attestPassphraseFile);
  return async (engine, bytes, report, policy) => {
    const { trustedKeys = policy.ownKeys } = policy;
    const attested = { signer, at, file: bytes, policy: rules, keyring, trustedKeys };
    const { writeFileAtomic } = await import("@reach-fabric/host/packs");
    await writeFileAtomic(output, attest(engine, report, attested));
    return output;
  };
}

const usage = (what: string): CliError =>
  new CliError({ code: CODE.usage, what, hint: "reach verify --help", exitCode: EXIT.usage });
