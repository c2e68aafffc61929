// Where a passphrase comes from: a file, or a person at the terminal. Never an argument or the
// environment, which other processes can read.
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { Machine } from "../ui/machine.ts";
import { readInput } from "./files.ts";
import { CODE, CliError, EXIT } from "../ui/problem.ts";
import { line } from "../ui/text.ts";

/** The passphrase in a file: its bytes without one line end at the end. */
export function passphraseIn(machine: Machine, path: string): Uint8Array {
  const bytes = readInput(machine, path);
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? -2 : -1) : bytes.length;
  const passphrase = bytes.subarray(0, end);
  if (passphrase.length > 0 && passphrase.length <= 1024) return passphrase;
  throw new CliError({
    code: CODE.usage,
    what: "A passphrase has 1 to 1024 bytes",
    where: path,
    exitCode: EXIT.usage,
  });
}

/** True where a person can be asked. */
export const canAsk = ({ stdin, stderr }: Machine): boolean => stdin.isTTY && stderr.isTTY;

/** Asks at the terminal, without showing what is typed. */
export async function askPassphrase(
  { stdin, stderr }: Machine,
  question: string,
): Promise<Uint8Array> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: stdin.stream(), output: silent, terminal: true });
  stderr.write(Buffer.from(String(line`${question}: `)));
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      reader.once("close", () => reject(nothing()));
      reader.once("SIGINT", () => reader.close());
      reader.question("", resolve);
    });
    if (answer === "") throw nothing();
    return new TextEncoder().encode(answer);
  } finally {
    stderr.write(Buffer.from("\n"));
    reader.close();
  }
}

const nothing = (): CliError =>
  new CliError({ code: CODE.usage, what: "No passphrase was given", exitCode: EXIT.usage });

/** A new passphrase, asked for twice. */
export async function askNewPassphrase(
  machine: Machine,
  what: string = "the private key",
): Promise<Uint8Array> {
  const first = await askPassphrase(machine, `passphrase for ${what}`);
  const second = await askPassphrase(machine, "the same again");
  if (Buffer.compare(first, second) === 0) return first;
  throw new CliError({ code: CODE.usage, what: "The two are not the same", exitCode: EXIT.usage });
}
